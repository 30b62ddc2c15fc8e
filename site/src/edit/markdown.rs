//! The addresses in a Markdown file. The tree says what is code, HTML or text; the bytes are found by scanning each run of text,
//! and what the scan finds must agree with what the parser found there.

use super::{
    definition::{bare, definition},
    frontmatter,
    inline::{self, Grammar, InlineSpan, normalized},
    markup,
    pieces::{ContainedText, LineTable},
    reference::{Reference, Removal, Syntax},
    stylesheet,
};
use crate::{
    source::{self, Settings},
    text::address::{self, Address},
};
use comrak::{
    Arena,
    nodes::{AstNode, NodeValue},
};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

/// What a Markdown file names.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub references: Vec<Reference>,
    /// Addresses that the parser sees and the scan does not, each with its line: they cannot be edited.
    pub doubts: Vec<(usize, String)>,
}

/// A run of text with links in it.
struct Leaf<'a> {
    pieces: ContainedText,
    /// Addresses of the links and images that the parser found.
    urls: Vec<String>,
    /// Tags that the parser found.
    tags: usize,
    line: usize,
    node: &'a AstNode<'a>,
}

/// Reads a Markdown file. `text` has no byte order mark; ranges count from its start.
pub(super) fn read(path: &str, text: &str, settings: &Settings) -> Document {
    let front = source::frontmatter(text);
    let mut document = Document { references: frontmatter::references(text, front.body), doubts: Vec::new() };
    let defines = source::defines(path, &front.values);
    let lines = LineTable::of(text);
    // Lines of the frontmatter count too: what the parser says is moved down by them.
    let skipped = front.body_line - 1;
    let arena = Arena::new();
    let root = source::tree(&arena, &text[front.body..], settings);

    let mut reader =
        DocumentReader { lines: &lines, skipped, covered: vec![false; lines.count() + 2], document: &mut document };
    let mut leaves = Vec::new();
    for node in root.descendants() {
        reader.visit(node, defines, &mut leaves);
    }
    let mut definitions = reader.loose_definitions();
    for leaf in &mut leaves {
        definitions.extend(reader.leading_definitions(leaf));
    }
    let mut by_label: HashMap<String, usize> = HashMap::new();
    for (label, reference) in definitions {
        // Of several the first one counts.
        by_label.entry(normalized(&label)).or_insert(document.references.len());
        document.references.push(reference);
    }
    let grammar = Grammar { defined: &|label| by_label.contains_key(label), wiki: settings.wikilinks };
    for leaf in &leaves {
        let found = inline::scan(&leaf.pieces.text, &grammar);
        document.take_in(leaf, &found, &by_label);
    }
    document
}

struct DocumentReader<'a, 'd> {
    lines: &'a LineTable<'a>,
    skipped: usize,
    /// Lines that belong to a block with content.
    covered: Vec<bool>,
    document: &'d mut Document,
}

impl DocumentReader<'_, '_> {
    fn visit<'a>(&mut self, node: &'a AstNode<'a>, defines: bool, leaves: &mut Vec<Leaf<'a>>) {
        let data = node.data();
        let (first, last) = (data.sourcepos.start.line + self.skipped, data.sourcepos.end.line + self.skipped);
        let column = data.sourcepos.start.column;
        match &data.value {
            NodeValue::HtmlBlock(_) => {
                self.cover(first, last);
                let pieces = self.pieces(node, first, last, column);
                self.document.references.extend(markup::references(&pieces));
            }
            NodeValue::CodeBlock(code) => {
                self.cover(first, last);
                let language = code.info.split_whitespace().next().unwrap_or_default();
                if defines && code.fenced && matches!(language, "html" | "css") {
                    let last = first + code.literal.lines().count();
                    let pieces = self.pieces(node, first + 1, last, 1);
                    let found = if language == "css" { stylesheet::references } else { markup::references };
                    self.document.references.extend(found(&pieces));
                }
            }
            NodeValue::ThematicBreak => self.cover(first, last),
            NodeValue::TableRow(_) => {
                self.cover(first, last);
                leaves.extend(self.cells(node, first));
            }
            NodeValue::Table(_) => self.cover(first, last),
            NodeValue::Paragraph | NodeValue::Heading(_) => {
                self.cover(first, last);
                leaves.push(leaf(self.pieces(node, first, last, column), node, first));
            }
            _ => {}
        }
    }

    fn cover(&mut self, first: usize, last: usize) {
        let end = last.min(self.covered.len() - 1);
        if first <= end {
            self.covered[first..=end].fill(true);
        }
    }

    /// The lines of a block without what its containers put before them.
    fn pieces<'a>(&self, node: &'a AstNode<'a>, first: usize, last: usize, column: usize) -> ContainedText {
        let quotes = node
            .ancestors()
            .filter(|above| {
                matches!(above.data().value, NodeValue::BlockQuote | NodeValue::Alert(_) | NodeValue::Callout(_))
            })
            .count();
        let mut pieces = ContainedText::default();
        for number in first..=last {
            let line = self.lines.range(number);
            let text = self.lines.get(number);
            let mut from = 0;
            if number == first && column > 1 {
                from = (column - 1).min(text.len());
                while !text.is_char_boundary(from) {
                    from -= 1;
                }
            } else {
                for _ in 0..quotes {
                    let rest = text[from..].trim_start_matches([' ', '\t']);
                    match rest.strip_prefix('>') {
                        Some(rest) => from = text.len() - rest.len(),
                        None => break,
                    }
                }
                from = text.len() - text[from..].trim_start_matches([' ', '\t']).len();
            }
            pieces.push(line.start + from, &text[from..]);
            if number < last {
                pieces.push(line.end, "\n");
            }
        }
        pieces
    }

    /// The cells of a table's row, each a run of its own.
    fn cells<'a>(&self, row: &'a AstNode<'a>, number: usize) -> Vec<Leaf<'a>> {
        let line = self.lines.range(number);
        let text = self.lines.get(number);
        let mut pieces = Vec::new();
        let mut start = 0;
        let mut escaped = false;
        for (at, c) in text.char_indices().chain([(text.len(), '|')]) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '|' => {
                    let mut cell = ContainedText::default();
                    cell.push(line.start + start, &text[start..at]);
                    pieces.push(cell);
                    start = at + 1;
                }
                _ => {}
            }
        }
        // Empty pieces stand before the first bar and after the last.
        let mut pieces: Vec<ContainedText> = pieces.into_iter().filter(|cell| !cell.text.trim().is_empty()).collect();
        let cells = row.children().filter(|cell| cell.first_child().is_some());
        let cells: Vec<_> = cells.collect();
        if cells.len() > pieces.len() {
            pieces.resize_with(cells.len(), ContainedText::default);
        }
        cells.into_iter().zip(pieces).map(|(cell, pieces)| leaf(pieces, cell, number)).collect()
    }

    /// Definitions that stand in no paragraph: the parser took them out whole.
    fn loose_definitions(&mut self) -> Vec<(String, Reference)> {
        let mut found = Vec::new();
        let mut number = self.skipped + 1;
        while number <= self.lines.count() {
            let mut pieces = ContainedText::default();
            let first = number;
            while number <= self.lines.count() && !self.covered[number] {
                let text = self.lines.get(number);
                let content = bare(text);
                if content.is_empty() {
                    break;
                }
                let at = self.lines.range(number);
                pieces.push(at.end - content.len(), content);
                pieces.push(at.end, "\n");
                number += 1;
            }
            let mut at = 0;
            while at < pieces.text.len() {
                let line = pieces.text[at..].find('\n').map_or(pieces.text.len(), |end| at + end + 1);
                at = self.definition(&pieces, at, &mut found).map_or(line, |length| at + length);
            }
            number = number.max(first + 1);
        }
        found
    }

    /// Definitions at the start of a paragraph; they leave its text.
    fn leading_definitions(&mut self, leaf: &mut Leaf<'_>) -> Vec<(String, Reference)> {
        let mut found = Vec::new();
        let mut at = 0;
        if !matches!(leaf.node.data().value, NodeValue::Paragraph | NodeValue::Heading(_)) {
            return found;
        }
        while let Some(length) = self.definition(&leaf.pieces, at, &mut found) {
            at += length;
        }
        // The scan must not see them; the places of the rest stay.
        let blank: String = leaf.pieces.text[..at].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
        leaf.pieces.text.replace_range(..at, &blank);
        found
    }

    /// Reads the definition at a byte of a text and adds it; its length with the line end.
    fn definition(&self, pieces: &ContainedText, at: usize, found: &mut Vec<(String, Reference)>) -> Option<usize> {
        let text = pieces.text.as_str();
        let definition = definition(text, at)?;
        let next = text[definition.end..].find('\n').map_or(text.len(), |end| definition.end + end + 1);
        if !definition.label.starts_with('^') {
            let whole = pieces.range(&(at..definition.end));
            let syntax = if definition.destination.angle { Syntax::Angle } else { Syntax::Destination };
            let written = definition.destination.range;
            let reference = Reference {
                address: syntax.unescape(&text[written.clone()]),
                written: pieces.range(&written),
                syntax,
                by_id: !definition.label.starts_with('@'),
                removal: Removal::Cut(vec![whole]),
                list: None,
            };
            found.push((definition.label, reference));
        }
        Some(next - at)
    }
}

fn leaf<'a>(pieces: ContainedText, node: &'a AstNode<'a>, line: usize) -> Leaf<'a> {
    let mut leaf = Leaf { pieces, urls: Vec::new(), tags: 0, line, node };
    for inner in node.descendants() {
        match &inner.data().value {
            NodeValue::Link(link) | NodeValue::Image(link) => leaf.urls.push(link.url.clone()),
            NodeValue::WikiLink(link) => leaf.urls.push(link.url.clone()),
            NodeValue::HtmlInline(_) => leaf.tags += 1,
            _ => {}
        }
    }
    leaf
}

impl Document {
    /// Adds what a scan found in a run, as far as the parser agrees.
    fn take_in(&mut self, leaf: &Leaf<'_>, found: &[InlineSpan], definitions: &HashMap<String, usize>) {
        let pieces = &leaf.pieces;
        let text = pieces.text.as_str();
        let mut open: HashMap<&str, usize> = HashMap::new();
        let local = |address: &str| matches!(address::classify(address), Address::File(_));
        for url in leaf.urls.iter().filter(|url| local(url)) {
            *open.entry(url).or_default() += 1;
        }
        let mut references = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut tags = 0;
        // Links that hold nothing but an image: the image's text must stay.
        let links: HashSet<(usize, usize)> = found
            .iter()
            .filter_map(|found| match found {
                InlineSpan::Link { image: false, text, .. } | InlineSpan::Use { image: false, text, .. } => {
                    Some((text.start, text.end))
                }
                _ => None,
            })
            .collect();
        for one in found {
            match one {
                InlineSpan::Link { image, whole, text: inner, destination } => {
                    let syntax = if destination.angle { Syntax::Angle } else { Syntax::Destination };
                    let address = syntax.unescape(&text[destination.range.clone()]);
                    *seen.entry(address.clone()).or_default() += 1;
                    let alone = links.contains(&(whole.start, whole.end));
                    references.push(Reference {
                        written: pieces.range(&destination.range),
                        address,
                        syntax,
                        by_id: !image,
                        removal: Removal::Cut(unlinked(pieces, *image && !alone, whole, inner)),
                        list: None,
                    });
                }
                InlineSpan::Use { image, whole, text: inner, label } => {
                    let Some(definition) = definitions.get(label).and_then(|at| self.references.get_mut(*at)) else {
                        continue;
                    };
                    *seen.entry(definition.address.clone()).or_default() += 1;
                    let alone = links.contains(&(whole.start, whole.end));
                    let drop = *image && !alone || label.starts_with('@');
                    if let Removal::Cut(cuts) = &mut definition.removal {
                        cuts.extend(unlinked(pieces, drop, whole, inner));
                    }
                }
                InlineSpan::Wiki { whole, target, text: inner } => {
                    let address = text[target.clone()].trim().to_owned();
                    *seen.entry(address.clone()).or_default() += 1;
                    references.push(Reference {
                        written: pieces.range(&trimmed(text, target)),
                        address,
                        syntax: Syntax::Wiki,
                        by_id: true,
                        removal: Removal::Cut(unlinked(pieces, false, whole, inner)),
                        list: None,
                    });
                }
                InlineSpan::Html(range) => {
                    tags += 1;
                    let mut tag = ContainedText::default();
                    // A tag on one line is one part of the file; on several it is as many.
                    let mut from = range.start;
                    for line in text[range.clone()].split_inclusive('\n') {
                        tag.push(pieces.range(&(from..from + line.len())).start, line);
                        from += line.len();
                    }
                    references.extend(markup::references(&tag));
                }
            }
        }
        let sure = |reference: &Reference| match reference.syntax {
            Syntax::Attribute(_) | Syntax::Candidate(_) => tags == leaf.tags,
            _ => local(&reference.address) && seen.get(&reference.address) <= open.get(reference.address.as_str()),
        };
        let (sure, unsure): (Vec<_>, Vec<_>) = references.into_iter().partition(|reference| sure(reference));
        self.references.extend(sure);
        // Where the parser has none at all, it is no link: it stands in a formula, say.
        let unsure = unsure.into_iter().filter(|reference| match reference.syntax {
            Syntax::Attribute(_) | Syntax::Candidate(_) => local(&reference.address),
            _ => open.contains_key(reference.address.as_str()),
        });
        self.doubts.extend(unsure.map(|reference| (leaf.line, reference.address)));
        let unseen = open.iter().filter(|(url, count)| seen.get(**url).is_none_or(|seen| seen < *count));
        self.doubts.extend(unseen.map(|(url, _)| (leaf.line, (*url).to_owned())));
    }
}

/// What goes of a link whose target goes: all but its text, or everything.
fn unlinked(pieces: &ContainedText, drop: bool, whole: &Range<usize>, text: &Range<usize>) -> Vec<Range<usize>> {
    // A directive has no text for readers.
    if drop || pieces.text[text.clone()].starts_with('@') {
        return vec![pieces.range(whole)];
    }
    vec![pieces.range(&(whole.start..text.start)), pieces.range(&(text.end..whole.end))]
}

fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests;
