//! Open tags over several lines. CommonMark begins HTML at a tag of any name only where all of the tag stands in one line, and a line that
//! begins with `>` is a quotation to it: a component with its props below one another would be a paragraph and an empty quotation. So where
//! the tree shows a paragraph that begins with such a tag, the text is parsed again with a name in its place at which HTML begins anyway.

use super::lines::Lines;
use crate::text::{dom, html};
use comrak::nodes::{AstNode, NodeValue};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// How often a text is parsed again. What comes after a tag may be another one, seen only when the first is.
const MAX_PASSES: usize = 4;

/// The name that HTML of several lines begins with: it ends at an empty line, as that of a component does.
const BLOCK: &str = "<p";

/// A text in which such tags have another name, of the same length.
pub(super) struct Opened<'t> {
    pub(super) text: Cow<'t, str>,
    /// By the line, the name as it was written.
    names: BTreeMap<usize, &'t str>,
}

/// A line that begins with a tag that does not end in it.
#[derive(Clone, Copy)]
struct Candidate<'t> {
    /// Byte of `<`.
    at: usize,
    /// In bytes from 1, as the parser counts.
    column: usize,
    name: &'t str,
}

/// Finds such tags. A text without lines that could begin one is not parsed here.
pub(super) fn opened<'a, 't>(text: &'t str, parse: impl Fn(&str) -> &'a AstNode<'a>) -> Opened<'t> {
    let mut opened = Opened { text: Cow::Borrowed(text), names: BTreeMap::new() };
    let mut candidates = candidates(text);
    for _ in 0..MAX_PASSES {
        if candidates.is_empty() {
            return opened;
        }
        let root = parse(&opened.text);
        let (lines, mut tried) = (Lines::of(text, 1), BTreeMap::new());
        for node in root.descendants() {
            let data = node.data();
            let start = data.sourcepos.start;
            if !matches!(data.value, NodeValue::Paragraph) {
                continue;
            }
            let last = data.sourcepos.end.line;
            // A tag whose `>` became a quotation, behind other text.
            if lines.get(last + 1).trim_start().starts_with('>')
                && let Some((line, candidate)) =
                    candidates.range(..=last).next_back().filter(|(line, _)| **line > start.line)
                && let Some(rest) = lines.text(*line, last).get(candidate.column - 1..)
                && tag_end(rest).is_none()
            {
                tried.insert(*line, *candidate);
            } else if let Some(candidate) = candidates.get(&start.line).filter(|found| found.column == start.column)
                && (!dom::is_known(&candidate.name.to_ascii_lowercase())
                    || is_alone(&lines.text(start.line, last), start.column, candidate.name)
                    || lines.get(last + 1).trim_start().starts_with('>'))
            {
                tried.insert(start.line, *candidate);
            }
        }
        if tried.is_empty() {
            return opened;
        }
        candidates.retain(|line, _| !tried.contains_key(line));
        let mut names = opened.names.clone();
        names.extend(tried.iter().map(|(line, candidate)| (*line, candidate.name)));
        let whole = whole(parse(&renamed(&opened.text, tried.values())), &names);
        tried.retain(|line, _| whole.contains(line));
        opened.names.extend(tried.iter().map(|(line, candidate)| (*line, candidate.name)));
        opened.text = Cow::Owned(renamed(&opened.text, tried.values()));
    }
    opened
}

impl Opened<'_> {
    /// Gives the tags of a tree of the text their names again.
    pub(super) fn restore<'a>(&self, root: &'a AstNode<'a>) {
        if self.names.is_empty() {
            return;
        }
        for node in root.descendants() {
            let mut data = node.data_mut();
            let line = data.sourcepos.start.line;
            if let (NodeValue::HtmlBlock(block), Some(name)) = (&mut data.value, self.names.get(&line)) {
                rename(&mut block.literal, name);
            }
        }
    }
}

fn rename(literal: &mut String, name: &str) {
    if let Some(at) = literal.find('<')
        && literal[at..].starts_with(BLOCK)
        && literal.is_char_boundary(at + 1 + name.len())
    {
        literal.replace_range(at + 1..at + 1 + name.len(), name);
    }
}

fn renamed<'c, 't: 'c>(text: &str, tags: impl Iterator<Item = &'c Candidate<'t>>) -> String {
    let mut text = text.to_owned();
    for tag in tags {
        let name = format!("{:width$}", &BLOCK[1..], width = tag.name.len());
        text.replace_range(tag.at + 1..tag.at + 1 + tag.name.len(), &name);
    }
    text
}

/// The lines at which there is HTML now that begins with a whole tag, nothing but what belongs into HTML behind it.
fn whole<'a>(root: &'a AstNode<'a>, names: &BTreeMap<usize, &str>) -> BTreeSet<usize> {
    let is_whole = |literal: &str| {
        let text = literal.trim_start();
        let Some(end) = tag_end(text) else { return false };
        let line = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        // Behind a `>` that would begin a quotation, too.
        text[end..].lines().next().is_none_or(|rest| rest.trim().is_empty())
            || text[line..].trim_start().starts_with('>')
    };
    let nodes = root.descendants().filter_map(|node| {
        let data = node.data();
        let NodeValue::HtmlBlock(block) = &data.value else { return None };
        let line = data.sourcepos.start.line;
        (names.contains_key(&line) && is_whole(&block.literal)).then_some(line)
    });
    nodes.collect()
}

/// Whether a paragraph is nothing but an open tag that has content elsewhere.
fn is_alone(paragraph: &str, column: usize, name: &str) -> bool {
    let tag = paragraph.get(column - 1..).unwrap_or_default();
    !dom::is_void(&name.to_ascii_lowercase())
        && tag_end(tag).is_some_and(|end| tag[end..].trim().is_empty() && !tag[..end].ends_with("/>"))
}

/// By line, tags that do not end in it, with nothing before them but signs of lists and quotations.
fn candidates(text: &str) -> BTreeMap<usize, Candidate<'_>> {
    let mut found = BTreeMap::new();
    // The line of the last `<`, where it starts, and how far the text was looked at.
    let (mut line, mut start, mut seen) = (1, 0, 0);
    for (at, _) in text.match_indices('<') {
        let between = &text[seen..at];
        let newline = between.rfind(['\n', '\r']);
        // What comes later in a line is not at its beginning.
        let is_later = seen > 0 && newline.is_none();
        line += between.matches('\n').count();
        start = newline.map_or(start, |newline| seen + newline + 1);
        seen = at + 1;
        let rest = &text[at + 1..];
        if is_later || !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let is_first = text[start..at].bytes().all(|b| b.is_ascii_digit() || b" \t>-*+.)".contains(&b));
        let written = rest.split(['\n', '\r']).next().unwrap_or_default();
        if !is_first || tag_end(&text[at..at + 1 + written.len()]).is_some() {
            continue;
        }
        let name = html::tag_name(written);
        if !written[name.len()..].starts_with([' ', '\t']) && name.len() < written.len() {
            continue;
        }
        found.insert(line, Candidate { at, column: at - start + 1, name });
    }
    found
}

/// The length of the open tag that a text begins with, as CommonMark defines one; none, if it is none.
fn tag_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let run =
        |from: usize, of: fn(u8) -> bool| from + bytes[from.min(bytes.len())..].iter().take_while(|b| of(**b)).count();
    let space = |from| run(from, |b| b.is_ascii_whitespace());
    let mut at = run(1, |b| b.is_ascii_alphanumeric() || b == b'-');
    loop {
        let after = space(at);
        match bytes.get(after)? {
            b'>' => return Some(after + 1),
            b'/' => return (bytes.get(after + 1) == Some(&b'>')).then_some(after + 2),
            b if after > at && (b.is_ascii_alphabetic() || matches!(b, b'_' | b':')) => {}
            _ => return None,
        }
        at = run(after, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-'));
        let sign = space(at);
        if bytes.get(sign) == Some(&b'=') {
            let value = space(sign + 1);
            at = match *bytes.get(value)? {
                quote @ (b'"' | b'\'') => value + 2 + bytes[value + 1..].iter().position(|b| *b == quote)?,
                _ => run(value, |b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'=' | b'<' | b'>' | b'`')),
            };
            if at == value {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_ends_where_commonmark_ends_it() {
        for (text, end) in [
            ("<a>b", Some(3)),
            ("<a-b c d=\"e > f\"\n g='h'\n/>i", Some(26)),
            ("<a b = c>", Some(9)),
            ("<a\n>", Some(4)),
            ("<a b", None),
            ("<a b=\"c\"d>", None),
            ("<a @b>", None),
            ("<a b=", None),
            ("<a b=>", None),
            ("<a /b>", None),
            ("<a b='c", None),
        ] {
            assert_eq!(tag_end(text), end, "{text}");
        }
    }
}
