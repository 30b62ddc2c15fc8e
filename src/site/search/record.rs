//! What a reader can look for in one Source.

use super::terms::each_term;
use crate::site::{
    dom::{Element, Node},
    html,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The most different terms of a Source; what comes later in the text is left out. The largest public Source has some 3,000.
const MAX_TERMS: usize = 10_000;
/// The most headings of a Source that are listed.
const MAX_HEADINGS: usize = 48;
/// The most characters of a listed heading.
const MAX_HEADING: usize = 120;

/// The terms and headings of one Source. A function of its page, so it can be kept with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::site) struct Record {
    /// Sorted, each followed by the digit of its weight, one space between.
    pub(super) terms: Box<str>,
    /// Id and text of those that have an id.
    pub(super) headings: Vec<(Box<str>, Box<str>)>,
}

impl Record {
    /// Whether the index of Sources says the same of both.
    pub(in crate::site) fn same_headings(&self, other: &Self) -> bool {
        self.headings == other.headings
    }

    /// Each term with its weight.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.split(' ').filter(|term| !term.is_empty())
    }
}

/// Gathers what a page says, Block by Block.
#[derive(Default)]
pub(in crate::site) struct Reading {
    found: HashMap<Box<str>, Found>,
    headings: Vec<(Box<str>, Box<str>)>,
    /// Text of one place that was not yet cut into terms.
    text: String,
}

/// Where a term occurs.
#[derive(Default)]
struct Found {
    title: bool,
    heading: bool,
    code: bool,
    text: u32,
}

#[derive(Clone, Copy)]
enum Place {
    Title,
    Heading,
    Text,
    Code,
}

impl Reading {
    /// The Source's title, and other names by which it is looked for, tags for example.
    pub(in crate::site) fn title(&mut self, title: &str) {
        self.text.push_str(title);
        self.take(Place::Title);
    }

    /// A Block of the page, components and all. What is marked with `data-pathmx-search="ignore"` is left out.
    pub(in crate::site) fn block(&mut self, nodes: &[Node<'_>]) {
        self.nodes(nodes, Place::Text);
        self.take(Place::Text);
    }

    /// What was gathered.
    pub(in crate::site) fn finish(self) -> Record {
        let mut terms: Vec<(Box<str>, u32)> = self.found.into_iter().map(|(term, f)| (term, f.weight())).collect();
        terms.sort_unstable();
        let mut text = String::with_capacity(terms.iter().map(|(term, _)| term.len() + 2).sum());
        for (term, weight) in &terms {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(term);
            text.extend(char::from_digit(*weight, 10));
        }
        Record { terms: text.into(), headings: self.headings }
    }

    fn nodes(&mut self, nodes: &[Node<'_>], place: Place) {
        for node in nodes {
            match node {
                Node::Text(text) => self.text.push_str(&html::unescape(text)),
                Node::Element(element) => self.element(element, place),
                Node::Other(_) => {}
            }
        }
    }

    fn element(&mut self, element: &Element<'_>, place: Place) {
        if is_unread(element) {
            self.text.push(' ');
            return;
        }
        match (&*element.name, place) {
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", Place::Text) => {
                self.take(place);
                self.nodes(&element.children, Place::Heading);
                self.heading(element);
                self.take(Place::Heading);
            }
            ("pre", Place::Text) => {
                self.take(place);
                self.nodes(&element.children, Place::Code);
                self.take(Place::Code);
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
        let text: String = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || self.headings.len() >= MAX_HEADINGS {
            return;
        }
        let text = match text.char_indices().nth(MAX_HEADING) {
            Some((at, _)) => format!("{}…", text[..at].trim_end()),
            None => text,
        };
        self.headings.push((html::unescape(id).into(), text.into()));
    }

    fn take(&mut self, place: Place) {
        let Self { found, text, .. } = self;
        each_term(text, |term| {
            if let Some(known) = found.get_mut(term) {
                known.note(place);
            } else if found.len() < MAX_TERMS {
                found.entry(term.into()).or_default().note(place);
            }
        });
        text.clear();
    }
}

impl Found {
    const fn note(&mut self, place: Place) {
        match place {
            Place::Title => self.title = true,
            Place::Heading => self.heading = true,
            Place::Text => self.text = self.text.saturating_add(1),
            Place::Code => self.code = true,
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
