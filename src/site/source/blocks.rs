//! A Source's Blocks: what stands between lines that are exactly `---` with a blank line on either side. The tree of the
//! whole document decides what such a line is, so fences, lists and HTML need no second grammar.

use super::{
    Link,
    lines::Lines,
    markup,
    summary::{Summary, summary},
    topmatter::topmatter,
};
use crate::site::{
    diagnostic::{Diagnostic, Position},
    html,
};
use comrak::{
    Anchorizer,
    nodes::{AstNode, NodeHeading, NodeValue},
};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// A Block of a Source.
#[derive(Debug)]
pub(in crate::site) struct Block {
    /// Unique in the Source.
    pub id: String,
    /// Its topmatter.
    pub values: Map<String, Value>,
    /// Classes of its own.
    pub classes: Vec<String>,
    /// Its HTML, marked with `\0<n>\0` where the address of the link `n` of the Source goes: always in a quoted attribute.
    pub html: String,
    /// Line of the Source at which it starts, from 1.
    pub line: usize,
}

/// A heading of a Source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::site) struct Heading {
    /// From 1 to 6.
    pub level: u8,
    /// Unique in the page.
    pub id: String,
    /// Without markup.
    pub text: String,
}

/// What the tree gives.
pub(super) struct Parts {
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
    pub headings: Vec<Heading>,
    pub anchors: HashSet<String>,
    pub summary: Summary,
}

/// A Block before its markup.
#[derive(Default)]
struct Draft<'a> {
    nodes: Vec<&'a AstNode<'a>>,
    values: Map<String, Value>,
    line: usize,
}

/// Divides the document into Blocks and renders them. Topmatter leaves the tree.
pub(super) fn blocks<'a>(root: &'a AstNode<'a>, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) -> Parts {
    let mut dividers = HashSet::new();
    let mut drafts = vec![Draft { line: lines.position(1, 1).line, ..Draft::default() }];
    for node in root.children() {
        let line = node.data().sourcepos.start.line;
        if is_divider(node, lines) {
            dividers.insert(line);
            drafts.push(Draft { line: lines.position(line + 1, 1).line, ..Draft::default() });
        } else if let Some(draft) = drafts.last_mut() {
            draft.nodes.push(node);
        }
    }
    for draft in &mut drafts {
        if let Some(first) = draft.nodes.first().copied()
            && let Some(values) = topmatter(first, lines, findings)
        {
            draft.values = values;
            draft.line = lines.position(first.data().sourcepos.start.line, 1).line;
            draft.nodes.remove(0);
            first.detach();
        }
    }
    let mut ids = Ids::new(root);
    let explicit: Vec<Option<String>> = drafts.iter().map(|draft| ids.explicit(draft, lines, findings)).collect();
    let headings = ids.headings(root);
    let summary = summary(drafts.iter().flat_map(|draft| draft.nodes.iter().copied()));
    let heading_ids = headings.iter().map(|(_, heading)| heading.id.clone()).collect();
    let (rendered, links) = markup::render(root, lines, &dividers, heading_ids);

    let mut blocks = Vec::new();
    let only = drafts.len() == 1;
    let mut waiting = headings.iter().peekable();
    for ((draft, explicit), html) in drafts.into_iter().zip(explicit).zip(rendered) {
        // Footnotes stand at the end of the tree, wherever they were written: the lines in between decide.
        let last = draft.nodes.iter().map(|node| node.data().sourcepos.end.line).max().unwrap_or(draft.line);
        let mut first_heading = None;
        while let Some((_, heading)) = waiting.next_if(|(line, _)| *line <= last) {
            first_heading.get_or_insert(heading.id.as_str());
        }
        if !only && draft.nodes.is_empty() && draft.values.is_empty() {
            continue;
        }
        let id = explicit.unwrap_or_else(|| {
            let name = first_heading.map_or_else(|| (blocks.len() + 1).to_string(), str::to_owned);
            ids.unique(&format!("block:{name}"))
        });
        let classes = super::classes(&draft.values);
        blocks.push(Block { id, classes, values: draft.values, html, line: draft.line });
    }
    if blocks.is_empty() {
        let id = ids.unique("block:1");
        let line = lines.position(1, 1).line;
        blocks.push(Block { id, values: Map::new(), classes: Vec::new(), html: String::new(), line });
    }
    let headings = headings.into_iter().map(|(_, heading)| heading).collect();
    Parts { blocks, links, headings, anchors: ids.taken, summary }
}

fn is_divider<'a>(node: &'a AstNode<'a>, lines: &Lines<'_>) -> bool {
    let data = node.data();
    let line = data.sourcepos.start.line;
    matches!(data.value, NodeValue::ThematicBreak)
        && lines.get(line).trim_end() == "---"
        && lines.is_blank(line - 1)
        && lines.is_blank(line + 1)
}

/// The ids of a page, each given once. Headings get GitHub's.
struct Ids {
    taken: HashSet<String>,
    anchorizer: Anchorizer,
}

impl Ids {
    /// Starts with the ids that authors wrote into raw HTML.
    fn new<'a>(root: &'a AstNode<'a>) -> Self {
        let mut ids = Self { taken: HashSet::new(), anchorizer: Anchorizer::new() };
        for node in root.descendants() {
            let data = node.data();
            let text = match &data.value {
                NodeValue::HtmlBlock(block) => block.literal.as_str(),
                NodeValue::HtmlInline(literal) => literal,
                _ => continue,
            };
            for attribute in html::attributes(text) {
                let anchor = attribute.tag.eq_ignore_ascii_case("a") && attribute.name.eq_ignore_ascii_case("name");
                if anchor || attribute.name.eq_ignore_ascii_case("id") {
                    ids.take(html::unescape(&text[attribute.value]).into_owned());
                }
            }
        }
        ids
    }

    fn take(&mut self, id: String) -> bool {
        // So that no heading gets the same.
        self.anchorizer.anchorize(&id);
        self.taken.insert(id)
    }

    fn unique(&mut self, id: &str) -> String {
        let mut candidate = id.to_owned();
        let mut suffix = 0;
        while !self.taken.insert(candidate.clone()) {
            suffix += 1;
            candidate = format!("{id}-{suffix}");
        }
        candidate
    }

    /// The `id` of a Block's topmatter.
    fn explicit(&mut self, draft: &Draft<'_>, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) -> Option<String> {
        let id = match draft.values.get("id")? {
            Value::String(id) => id.trim().to_owned(),
            Value::Number(id) => id.to_string(),
            _ => String::new(),
        };
        let position = Position { line: draft.line, column: 1 };
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let message = "the `id` of a Block is a word without spaces";
            findings.push(Diagnostic::warning("block/id", position, message));
            return None;
        }
        if self.take(id.clone()) {
            return Some(id);
        }
        let message = format!("the id `{id}` is used twice in this Source");
        findings.push(Diagnostic::warning("block/duplicate-id", position, message));
        Some(self.unique(&id))
    }

    /// Every heading and the line that it stands in, in order.
    fn headings<'a>(&mut self, root: &'a AstNode<'a>) -> Vec<(usize, Heading)> {
        let mut found = Vec::new();
        for node in root.descendants() {
            let data = node.data();
            let NodeValue::Heading(NodeHeading { level, .. }) = data.value else { continue };
            let text = node.collect_text().trim().to_owned();
            let mut id = self.anchorizer.anchorize(&text);
            if id.is_empty() {
                id = self.anchorizer.anchorize("section");
            }
            let id = self.unique(&id);
            found.push((data.sourcepos.start.line, Heading { level, id, text }));
        }
        found
    }
}
