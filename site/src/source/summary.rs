use crate::text::shorten::shorten;
use comrak::nodes::{AstNode, NodeHeading, NodeValue};

/// The longest derived description, in characters; search engines show about as much.
const DESCRIPTION: usize = 160;

/// What a Source says of itself without saying so.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub title: Option<String>,
    pub description: Option<String>,
}

/// Title: the first heading of the highest rank that occurs. Description: the first paragraph.
pub(super) fn summary<'a>(nodes: impl Iterator<Item = &'a AstNode<'a>>) -> Summary {
    let mut best: Option<(u8, String)> = None;
    let mut description = None;
    for node in nodes {
        match node.data().value {
            NodeValue::Heading(NodeHeading { level, .. }) if best.as_ref().is_none_or(|(rank, _)| level < *rank) => {
                best = text(node).map(|text| (level, text)).or(best);
            }
            NodeValue::Paragraph if description.is_none() => description = text(node),
            _ => {}
        }
    }
    Summary { title: best.map(|(_, text)| text), description: description.map(|text| shorten(&text, DESCRIPTION)) }
}

fn text<'a>(node: &'a AstNode<'a>) -> Option<String> {
    Some(super::text::of(node)).filter(|text| !text.is_empty())
}
