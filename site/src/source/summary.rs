//! What a Source says of itself without saying so, and what it says in so many words, with its values put in.

use super::{
    EXTENSION,
    blocks::Of,
    solution, text,
    values::{self, Values},
};
use crate::text::shorten::shorten;
use comrak::nodes::{AstNode, NodeHeading, NodeValue};
use serde_json::{Map, Value};

/// The longest derived description, in characters; search engines show about as much.
const DESCRIPTION: usize = 160;

/// The title and the description of a Source, in plain words.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// From the frontmatter, else the first heading of the highest rank that occurs.
    pub title: Option<String>,
    /// From the frontmatter, else the first paragraph.
    pub description: Option<String>,
}

/// A Block, as far as it is asked for here.
pub(super) struct SummaryBlock<'p, 'a> {
    pub nodes: &'p [&'a AstNode<'a>],
    pub values: &'p Map<String, Value>,
}

/// Sums up a Source. What belongs to the solution of a question says nothing of it; what stands for a value is that value, or is left out.
pub(super) fn summary<'p, 'a: 'p>(of: &Of<'_>, parts: impl Iterator<Item = SummaryBlock<'p, 'a>>) -> Summary {
    let (mut heading, mut paragraph) = (None::<(u8, SummaryNode<'_, '_>)>, None::<SummaryNode<'_, '_>>);
    for part in parts {
        let end = solution::start(part.nodes).unwrap_or(part.nodes.len());
        for node in part.nodes.iter().copied().take(end) {
            let words = || SummaryNode::of(node, part.values);
            match node.data().value {
                NodeValue::Heading(NodeHeading { level, .. })
                    if heading.as_ref().is_none_or(|(rank, _)| level < *rank) =>
                {
                    heading = words().map(|words| (level, words)).or(heading);
                }
                NodeValue::Paragraph if paragraph.is_none() => paragraph = words(),
                _ => {}
            }
        }
    }
    let mut summary = Summary::default();
    let none = Map::new();
    let written = |summary: &Summary, key| {
        let text = super::words(of.values, key)?;
        Some(summary.shown(&text, of, &none)).filter(|text| !text.is_empty())
    };
    let derived = |summary: &Summary, words: Option<SummaryNode<'_, '_>>| {
        let words = words?;
        let text = text::with(words.node, |text| summary.filled(text, of, words.block));
        Some(text).filter(|text| !text.is_empty())
    };
    summary.title = written(&summary, "title").or_else(|| derived(&summary, heading.map(|(_, words)| words)));
    summary.description = written(&summary, "description")
        .or_else(|| derived(&summary, paragraph).map(|text| shorten(&text, DESCRIPTION)));
    summary
}

impl Summary {
    /// A line of words with the values of a Block and its Source; what has no value is left out.
    fn shown(&self, text: &str, of: &Of<'_>, block: &Map<String, Value>) -> String {
        match self.filled(text, of, block) {
            Some(filled) => filled.split_whitespace().collect::<Vec<_>>().join(" "),
            None => text.to_owned(),
        }
    }

    /// The same for one of several runs of text, spaces as they are; none, if it has no values in it.
    pub(super) fn filled(&self, text: &str, of: &Of<'_>, block: &Map<String, Value>) -> Option<String> {
        let id = of.path.strip_suffix(EXTENSION).unwrap_or(of.path);
        let facts = [("title", self.title.as_deref().unwrap_or_default()), ("id", id), ("path", of.path)];
        values::plain(text, Values { block, source: of.values, facts: &facts })
    }
}

/// A node with words, and the values of the Block that it stands in.
struct SummaryNode<'p, 'a> {
    node: &'a AstNode<'a>,
    block: &'p Map<String, Value>,
}

impl<'p, 'a> SummaryNode<'p, 'a> {
    /// None of a node without words.
    fn of(node: &'a AstNode<'a>, block: &'p Map<String, Value>) -> Option<Self> {
        (!text::of(node).is_empty()).then_some(Self { node, block })
    }
}
