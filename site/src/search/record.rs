//! What a reader can look for in one Source.

use super::{
    terms::{each_term, rank, shard_of},
    words::{Occurrence, TermTable},
};
use crate::text::{
    dom::{Element, Node},
    html,
    shorten::shorten,
};
use serde::{Deserialize, Serialize};

/// The most different terms of a Source; what comes later in the text is left out. The largest public Source has some 3,000.
const MAX_TERMS: usize = 10_000;
/// The most headings of a Source that are listed.
const MAX_HEADINGS: usize = 48;
/// The most characters of a listed heading.
const MAX_HEADING: usize = 120;

/// The terms and headings of one Source. A function of its page, so it can be kept with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// By the [`rank`] of their shard out of [`MAX_SHARDS`](super::terms::MAX_SHARDS), then sorted; each followed by the digit of its weight, one space between.
    pub(super) terms: Box<str>,
    /// Id and text of those that have an id.
    pub(super) headings: Vec<(Box<str>, Box<str>)>,
}

impl Record {
    /// Whether the index of Sources says the same of both.
    pub(crate) fn same_headings(&self, other: &Self) -> bool {
        self.headings == other.headings
    }

    /// The terms of one shard out of `count` with their weights, in the order in which they are kept, one space between. `from` goes on
    /// with each call: shards are asked for in the order of their [`rank`].
    pub(super) fn of_shard(&self, shard: usize, count: usize, from: &mut usize) -> &str {
        let wanted = rank(shard, count);
        let is_at = |term: &str| rank(shard_of(letters(term), count), count);
        let next = self.term_at(*from, self.terms.len());
        let start = if is_at(next) >= wanted { *from } else { self.first(*from, |term| is_at(term) >= wanted) };
        let mut end = start;
        while end < self.terms.len() {
            let term = self.term_at(end, self.terms.len());
            if is_at(term) != wanted {
                break;
            }
            end = (end + term.len() + 1).min(self.terms.len());
        }
        *from = end;
        self.terms.get(start..end).unwrap_or_default().trim_end()
    }

    /// Where the first term from `low` on stands that `is_there` is true of, as it is of all after it.
    fn first(&self, mut low: usize, is_there: impl Fn(&str) -> bool) -> usize {
        let mut high = self.terms.len();
        while low < high {
            let middle = low + (high - low) / 2;
            let before = self.terms.as_bytes()[low..=middle].iter().rposition(|b| *b == b' ');
            // On the space itself stands the term after it.
            let start = before.map_or(low, |at| low + at + 1);
            let term = self.term_at(start, high);
            if start < high && is_there(term) {
                high = start;
            } else {
                low = (start + term.len() + 1).min(high);
            }
        }
        low
    }

    /// The term that starts at this byte.
    fn term_at(&self, start: usize, end: usize) -> &str {
        let rest = self.terms.get(start..end).unwrap_or_default();
        let length = rest.bytes().position(|b| b == b' ').unwrap_or(rest.len());
        &rest[..length]
    }

    /// Each term with its weight.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.split(' ').filter(|term| !term.is_empty())
    }
}

/// A term of a record without its weight.
pub(super) fn letters(term: &str) -> &str {
    term.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(term)
}

/// Gathers what a page says, Block by Block.
#[derive(Default)]
pub(crate) struct RecordBuilder {
    found: TermTable,
    headings: Vec<(Box<str>, Box<str>)>,
    /// Text of one place that was not yet cut into terms.
    text: String,
}

#[derive(Clone, Copy)]
enum TextRole {
    Title,
    Heading,
    Text,
    Code,
}

impl RecordBuilder {
    /// The Source's title, and other names by which it is looked for, tags for example.
    pub(crate) fn title(&mut self, title: &str) {
        self.text.push_str(title);
        self.take(TextRole::Title);
    }

    /// A Block of the page, components and all. What is marked with `data-pathmx-search="ignore"` is left out.
    pub(crate) fn block(&mut self, nodes: &[Node<'_>]) {
        self.nodes(nodes, TextRole::Text);
        self.take(TextRole::Text);
    }

    /// What was shared_parts.
    pub(crate) fn finish(self) -> Record {
        let terms = self.found.ranked();
        let mut text = String::with_capacity(terms.iter().map(|(term, _)| term.len() + 2).sum());
        for (term, found) in terms {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(term);
            text.extend(char::from_digit(found.weight(), 10));
        }
        Record { terms: text.into(), headings: self.headings }
    }

    fn nodes(&mut self, nodes: &[Node<'_>], place: TextRole) {
        for node in nodes {
            match node {
                Node::Text(text) => self.text.push_str(&html::unescape(text)),
                Node::Element(element) => self.element(element, place),
                Node::Other(_) => {}
            }
        }
    }

    fn element(&mut self, element: &Element<'_>, place: TextRole) {
        if is_unread(element) {
            self.text.push(' ');
            return;
        }
        match (&*element.name, place) {
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", TextRole::Text) => {
                self.take(place);
                self.nodes(&element.children, TextRole::Heading);
                self.heading(element);
                self.take(TextRole::Heading);
            }
            ("pre", TextRole::Text) => {
                self.take(place);
                self.nodes(&element.children, TextRole::Code);
                self.take(TextRole::Code);
            }
            (name, _) => {
                let is_apart = !is_inline(name);
                if is_apart {
                    self.text.push(' ');
                }
                self.nodes(&element.children, place);
                if is_apart {
                    self.text.push(' ');
                }
            }
        }
    }

    fn heading(&mut self, element: &Element<'_>) {
        let Some(id) = element.attr("id").filter(|id| !id.is_empty()) else { return };
        let text = shorten(&self.text, MAX_HEADING);
        if text.is_empty() || self.headings.len() >= MAX_HEADINGS {
            return;
        }
        self.headings.push((html::unescape(id).into(), text.into()));
    }

    fn take(&mut self, place: TextRole) {
        let Self { found, text, .. } = self;
        each_term(text, |term| {
            if let Some(found) = found.get(term, MAX_TERMS) {
                found.note(place);
            }
        });
        text.clear();
    }
}

impl Occurrence {
    const fn note(&mut self, place: TextRole) {
        match place {
            TextRole::Title => self.title = true,
            TextRole::Heading => self.heading = true,
            TextRole::Text => self.text = self.text.saturating_add(1),
            TextRole::Code => self.code = true,
        }
    }

    /// From 1 to 9.
    fn weight(&self) -> u32 {
        let text = match self.text {
            0 => u32::from(self.code),
            1 => 1,
            2..=3 => 2,
            _ => 3,
        };
        (text + if self.title { 5 } else { 0 } + if self.heading { 3 } else { 0 }).clamp(1, 9)
    }
}

/// What nobody reads, or should not be found by.
fn is_unread(element: &Element<'_>) -> bool {
    matches!(&*element.name, "script" | "style" | "template" | "noscript" | "annotation" | "annotation-xml" | "button")
        || element.attr("data-pathmx-search") == Some("ignore")
        || element.attr("aria-hidden") == Some("true")
}

/// Elements that do not end a word.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tspan"
            | "u"
            | "var"
            | "wbr"
    )
}
