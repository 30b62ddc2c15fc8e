//! The lines of a Block. What is code stays as it is, whatever stands in it; the parser has said where that is.

use super::{Includes, SourceText, block_texts, inline};
use crate::{
    source::{self, Place, solution, values::Values},
    text::{dom, html},
};
use serde_json::Map;
use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    ops::Range,
};

/// Rewrites the text of one Source.
pub(super) struct Rewriter<'r, 'p, 'a> {
    pub(super) of: SourceText<'a>,
    pub(super) includes: &'r mut Includes<'p, 'a>,
    text: Cow<'a, str>,
    title: String,
    /// Addresses by the targets of links, as they are written.
    pub(super) addresses: HashMap<&'a str, &'a str>,
    /// Names, pictures and includes, which the parser has found: their lines, and the numbers of the links.
    found: Vec<(usize, usize)>,
}

/// One Block while it is written.
pub(super) struct Writing<'w> {
    pub out: String,
    pub values: Values<'w>,
    /// Those of the line at hand, in order.
    pub found: VecDeque<usize>,
    /// Whether the line before was left out: a blank one goes with it.
    dropped: bool,
    /// So many bytes before the end of the text ends what no comment is closed in.
    open_to: Option<usize>,
}

/// How the text goes on behind a line, or what was looked at of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// After so many bytes from the start of the line.
    From(usize),
    /// What follows in the Block is the solution of a question.
    Solution,
}

impl<'r, 'p, 'a> Rewriter<'r, 'p, 'a> {
    pub(super) fn of(of: SourceText<'a>, includes: &'r mut Includes<'p, 'a>) -> Self {
        let links = || of.node.source.links.iter().enumerate();
        let is_found = |place: &Place| place.is_name() || *place == Place::Include;
        let mut found: Vec<(usize, usize)> = links()
            .filter(|(_, link)| is_found(&link.place))
            .map(|(number, link)| (link.position.line, number))
            .collect();
        // Footnotes are written last, wherever they stand.
        found.sort_by_key(|(_, number)| of.node.source.links.get(*number).map(|link| link.position));
        let addresses = links()
            .filter(|(_, link)| !link.place.is_name() && !matches!(link.place, Place::Sheet | Place::Document))
            .filter_map(|(number, link)| Some((link.target.as_str(), of.addresses.get(number)?.as_str())))
            .collect();
        Self { text: source::decode(&of.node.bytes), title: of.node.title(), of, includes, addresses, found }
    }

    /// Writes these Blocks, one after the other.
    pub(super) fn blocks(&mut self, blocks: Range<usize>, mut write: impl FnMut(String)) {
        let node = self.of.node;
        let (text, title) = (std::mem::take(&mut self.text), std::mem::take(&mut self.title));
        let facts = [("title", title.as_str()), ("id", &node.id), ("path", &node.path)];
        let texts = block_texts(&node.source, &text);
        for (block, (first, text)) in node.source.blocks.iter().zip(texts).take(blocks.end).skip(blocks.start) {
            let values = Values { block: &block.values, source: &node.source.values, facts: &facts };
            let mut writing = Writing {
                out: String::with_capacity(text.len()),
                values,
                found: VecDeque::new(),
                dropped: false,
                open_to: None,
            };
            if block.values.contains_key("id") {
                writing.out.push_str(&inline::anchor(&block.id));
                writing.out.push_str("\n\n");
                writing.dropped = true;
            }
            let data = topmatter(&block.values, block.line, first, text);
            self.block(text, first, data, &mut writing);
            write(writing.out);
        }
    }

    /// Writes the text of a Block, of which these lines are topmatter.
    fn block(&mut self, text: &str, first: usize, data: Range<usize>, writing: &mut Writing<'_>) {
        // Up to here nothing is written any more.
        let (mut at, mut done) = (0, 0);
        // The fence of the code at hand.
        let mut fence: Option<(char, usize)> = None;
        let code = self.of.node.source.code.as_slice();
        let mut code = &code[code.partition_point(|(_, last)| *last < first)..];
        for (number, line) in (first..).zip(text.split_inclusive('\n')) {
            let start = at;
            at += line.len();
            while let Some((_, rest)) = code.split_first().filter(|((_, last), _)| *last < number) {
                code = rest;
            }
            if data.contains(&number) || done >= at {
                writing.dropped = true;
                continue;
            }
            if let Some((from, last)) = code.first().copied().filter(|(from, _)| *from <= number) {
                if from == number {
                    fence = opening(line);
                }
                writing.out.push_str(line);
                if last == number
                    && let Some((mark, length)) = fence.take().filter(|fence| from == last || !closes(line, *fence))
                {
                    writing.fresh_line();
                    writing.out.push_str(&mark.to_string().repeat(length));
                    writing.out.push('\n');
                }
                writing.dropped = false;
                continue;
            }
            let found = self.found.partition_point(|(line, _)| *line < number);
            writing.found.clear();
            writing.found.extend(self.found[found..].iter().take_while(|(line, _)| *line == number).map(|(_, n)| *n));
            let from = done.max(start);
            match self.line(&text[from..], at - from, from > start, writing) {
                Rest::From(end) => done = from + end,
                Rest::Solution => return,
            }
        }
    }

    /// Writes the first `length` bytes of a text, a line or its end; a comment may lead further.
    fn line(&mut self, text: &str, length: usize, is_end: bool, writing: &mut Writing<'_>) -> Rest {
        let line = &text[..length];
        let trimmed = line.trim();
        if trimmed.is_empty() {
            writing.dropped = (writing.dropped && writing.is_at_gap()) || (is_end && writing.is_at_line());
            if !writing.dropped {
                writing.trim_line(is_end);
                writing.out.push_str(line);
            }
            return Rest::From(length);
        }
        if let Some((label, target)) = definition(trimmed).filter(|_| !is_end) {
            if label.starts_with('@') {
                writing.dropped = true;
                return Rest::From(length);
            }
            let start = writing.out.len();
            writing.out.push_str(line);
            if let Some(address) = self.addresses.get(&*html::unescape(target)) {
                let at = start + line.find("]:").map_or(0, |at| at + 2);
                if let Some(found) = writing.out[at..].find(target) {
                    writing.out.replace_range(at + found..at + found + target.len(), address);
                }
            }
            writing.dropped = false;
            return Rest::From(length);
        }
        if let Some(taken) = self.taken(line, writing) {
            writing.gap();
            writing.out.push_str(&taken);
            writing.out.push_str("\n\n");
            writing.dropped = true;
            return Rest::From(length);
        }
        let start = writing.out.len();
        let rest = self.inline(text, length, writing);
        // A line of nothing but comments is none.
        writing.dropped = writing.out[start..].trim().is_empty();
        if writing.dropped {
            writing.out.truncate(start);
        }
        rest
    }

    /// What a line includes that is nothing but an include.
    fn taken(&mut self, line: &str, writing: &Writing<'_>) -> Option<String> {
        let link = *writing.found.front().filter(|_| writing.found.len() == 1)?;
        let is_include = self.of.node.source.links.get(link).is_some_and(|link| link.place == Place::Include);
        let whole = line.trim();
        is_include.then(|| inline::include(whole)).flatten().filter(|include| include.length == whole.len())?;
        self.includes.take(self.of, link)
    }
}

impl Writing<'_> {
    /// Whether nothing is written of the line at hand.
    pub(super) fn is_at_line(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    /// Whether what was written ends with a blank line.
    fn is_at_gap(&self) -> bool {
        self.out.is_empty() || self.out.ends_with("\n\n")
    }

    fn fresh_line(&mut self) {
        if !self.is_at_line() {
            self.out.push('\n');
        }
    }

    fn gap(&mut self) {
        self.fresh_line();
        if !self.is_at_gap() {
            self.out.push('\n');
        }
    }

    /// Where the comment ends that a text begins with. One within a line ends before the next blank line, or is none; one that begins a
    /// line and is never closed hides all that follows.
    pub(super) fn comment(&mut self, text: &str, begins_line: bool) -> Option<Rest> {
        if !begins_line && self.open_to.is_some_and(|end| text.len() > end) {
            return None;
        }
        let limit = match begins_line {
            true => text.len(),
            false => text.find("\n\n").unwrap_or(text.len()),
        };
        match dom::comment_end(&text[..limit]) {
            Some(end) if solution::is_mark(&text[..end]) => Some(Rest::Solution),
            Some(end) => Some(Rest::From(end)),
            None if begins_line => Some(Rest::From(text.len())),
            None => {
                self.open_to = Some(text.len() - limit);
                None
            }
        }
    }

    /// Takes spaces at the end away.
    pub(super) fn trim_line(&mut self, really: bool) {
        if really {
            self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        }
    }
}

/// The lines of a Block's topmatter, where they are not a comment, which is left out anyway.
fn topmatter(values: &Map<String, serde_json::Value>, line: usize, first: usize, text: &str) -> Range<usize> {
    let lines = || text.lines().skip(line.saturating_sub(first));
    if values.is_empty() || lines().next().is_none_or(|line| line.trim_start().starts_with("<!--")) {
        return 0..0;
    }
    line..line + lines().take_while(|line| !line.trim().is_empty()).count()
}

/// The fence that a line opens: its character, and its length.
fn opening(line: &str) -> Option<(char, usize)> {
    let inner = line.trim().trim_start_matches(|c: char| c.is_ascii_digit() || " >-*+.)".contains(c));
    let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~' | '$'))?;
    let length = inner.chars().take_while(|c| *c == mark).count();
    (length >= 3 || mark == '$' && length == 2).then_some((mark, length))
}

fn closes(line: &str, (mark, length): (char, usize)) -> bool {
    let text = line.trim().trim_start_matches(['>', ' ']);
    text.len() >= length
        && text.ends_with(&mark.to_string().repeat(length))
        && (mark == '$' || text.chars().all(|c| c == mark))
}

/// Label and target of a line that is a definition.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, rest) = line.strip_prefix('[')?.split_once("]:")?;
    let target = rest.split_whitespace().next()?;
    let target = target.strip_prefix('<').and_then(|target| target.strip_suffix('>')).unwrap_or(target);
    (!label.is_empty() && !label.starts_with('^') && !label.contains(['[', ']']) && !target.is_empty())
        .then_some((label, target))
}
