//! A Source's Blocks: what stands between lines that are exactly `---` with a blank line on either side. The tree of the
//! whole document decides what such a line is, so fences, lists and HTML need no second grammar.

use super::{
    Annotation, Link, Settings, checks,
    define::Code,
    ids::Ids,
    lines::Lines,
    markup::{NoTag, TagPlace},
    notes::Notes,
    render::{RenderedParts, Renderer},
    sections::{Met, Standing},
    solution,
    summary::{self, Summary, summary},
    survey::survey,
    tags_apart, text,
    topmatter::{self, topmatter},
};
use crate::diagnostic::{Diagnostic, Position};
use comrak::nodes::{AstNode, NodeValue};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// A Block of a Source.
#[derive(Debug)]
pub(crate) struct Block {
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
    /// Where the start tags in its HTML were written that may be those of components, in the order of the HTML.
    pub tags: Vec<TagPlace>,
}

/// What the tree gives.
pub(super) struct Parts {
    /// With what else they hold, if the Source defines components.
    pub blocks: Vec<(Block, Code)>,
    pub links: Vec<Link>,
    /// See [`super::Source::listed`].
    pub listed: Vec<(usize, Standing)>,
    /// Those that stand on their own.
    pub headings: Vec<Met>,
    pub anchors: HashSet<String>,
    pub summary: Summary,
    pub annotations: Vec<Annotation>,
    pub draws_in_browser: bool,
    /// See [`super::Source::no_tags`].
    pub no_tags: Vec<NoTag>,
    /// See [`super::Source::code`].
    pub code: Vec<(usize, usize)>,
}

/// The Source that the Blocks are of.
pub(super) struct Of<'s> {
    pub path: &'s str,
    /// Its frontmatter.
    pub values: &'s Map<String, Value>,
    /// Whether it defines components.
    pub defines: bool,
    /// Whether it imports some.
    pub imports: bool,
}

/// A Block before its HTML.
#[derive(Default)]
struct Draft<'a> {
    nodes: Vec<&'a AstNode<'a>>,
    values: Map<String, Value>,
    line: usize,
}

/// Divides the document into Blocks and renders them. Topmatter leaves the tree.
pub(super) fn blocks<'a>(
    root: &'a AstNode<'a>,
    lines: &Lines<'_>,
    settings: &Settings,
    of: &Of<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Parts {
    let mut drafts = drafts(root, lines, of.defines, findings);
    let mut survey = survey(root, lines, findings);
    let notes = Notes::of(&survey.footnotes, lines, settings, findings);
    let mut ids = Ids::new(std::mem::take(&mut survey.ids));
    let explicit: Vec<Option<String>> =
        drafts.iter().map(|draft| ids.explicit(&draft.values, || id_position(draft.line, lines), findings)).collect();
    let parts = drafts.iter().map(|draft| summary::SummaryBlock { nodes: &draft.nodes, values: &draft.values });
    let summary = summary(of, parts);
    let headings = ids.headings(&mut survey, |line, node| {
        let text = text::of(node);
        let last = |draft: &Draft<'_>| draft.nodes.last().map_or(0, |node| node.data().sourcepos.end.line);
        match drafts.iter().find(|draft| line <= last(draft)).filter(|_| text.contains("{{")) {
            Some(draft) => text::with(node, |text| summary.filled(text, of, &draft.values)),
            None => text,
        }
    });

    let mut blocks: Vec<(Block, Code)> = Vec::new();
    let only = drafts.len() == 1;
    let mut waiting = headings.iter().peekable();
    let mut renderer = Renderer::new(lines, settings, &headings, notes, findings);
    renderer.knows_components = of.defines || of.imports;
    for (draft, explicit) in drafts.iter_mut().zip(explicit) {
        let last = draft.nodes.last().map_or(0, |node| node.data().sourcepos.end.line);
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
        let html = renderer.block(&id, &draft.nodes, solution::start(&draft.nodes));
        let tags = renderer.tags();
        let values = std::mem::take(&mut draft.values);
        let code = if of.defines { Code::of(&draft.nodes, lines) } else { Code::default() };
        blocks.push((Block { id, classes: super::classes(&values), values, html, line: draft.line, tags }, code));
    }
    let rendered = renderer.finish();
    if blocks.is_empty() {
        let line = lines.position(1, 1).line;
        let id = ids.unique("block:1");
        let block = Block { id, values: Map::new(), classes: Vec::new(), html: String::new(), line, tags: Vec::new() };
        blocks.push((block, Code::default()));
    }
    let mut anchors = ids.taken;
    anchors.extend(rendered.anchors);
    let RenderedParts { links, listed, headings, annotations, draws_in_browser, .. } = rendered;
    Parts {
        blocks,
        links,
        listed,
        headings,
        anchors,
        summary,
        annotations,
        draws_in_browser,
        code: survey.code,
        no_tags: survey.no_tags,
    }
}

/// The nodes of each Block, and its topmatter.
fn drafts<'a>(
    root: &'a AstNode<'a>,
    lines: &Lines<'_>,
    defines: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Draft<'a>> {
    let mut drafts = vec![Draft { line: lines.position(1, 1).line, ..Draft::default() }];
    for node in root.children() {
        if is_divider(node, lines) {
            let line = lines.position(node.data().sourcepos.start.line + 1, 1).line;
            drafts.push(Draft { line, ..Draft::default() });
        } else if let Some(draft) = drafts.last_mut() {
            draft.nodes.push(node);
        }
    }
    for draft in &mut drafts {
        findings.extend(draft.nodes.iter().skip(1).filter_map(|node| topmatter::late(node, lines)));
        let Some(first) = draft.nodes.first().copied() else { continue };
        let (from, to) = (first.data().sourcepos.start.line, first.data().sourcepos.end.line);
        draft.line = lines.position(from, 1).line;
        let Some(mut values) = topmatter(first, lines, findings) else { continue };
        tags_apart(&mut values);
        let text = lines.text(from, to);
        let place = Position { line: draft.line, column: 1 };
        checks::block(&values, &text, place, findings);
        if !defines {
            checks::block_keys(&values, &text, place, findings);
        }
        draft.values = values;
        draft.nodes.remove(0);
        first.detach();
    }
    drafts
}

/// Where a Block says its `id`: a line of the topmatter that starts at this line of the Source.
fn id_position(line: usize, lines: &Lines<'_>) -> Position {
    let first = lines.number(line);
    let at = (first..first + 40).find_map(|number| {
        let text = lines.get(number);
        let column = text.find("id")?;
        let before = text[..column].trim_start_matches("<!--").trim();
        (before.is_empty() && text[column + 2..].trim_start().starts_with(':')).then_some((number, column + 1))
    });
    at.map_or(Position { line, column: 1 }, |(number, column)| lines.position(number, column))
}

/// Whether a node divides Blocks, if it is a part of nothing but the document.
pub(super) fn is_divider<'a>(node: &'a AstNode<'a>, lines: &Lines<'_>) -> bool {
    let data = node.data();
    let line = data.sourcepos.start.line;
    matches!(data.value, NodeValue::ThematicBreak)
        && lines.get(line).trim_end() == "---"
        && lines.is_blank(line - 1)
        && lines.is_blank(line + 1)
}
