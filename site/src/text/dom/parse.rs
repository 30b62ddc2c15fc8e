//! HTML as a tree, as lenient as browsers are. Every text gives a tree, in time that grows with its length, and what
//! is written from a tree gives the same text again when it is parsed and written.
//!
//! On purpose unlike a browser: `<x />` is an empty element for every name; a paragraph is not ended by what stands in
//! an element that HTML does not know, for that is a component; an end tag ends everything that is open inside.

use super::{
    Attribute, Element, MAX_DEPTH, Node,
    names::{ElementKind, kind},
    write::is_html_inside,
};
use std::borrow::Cow;

/// The nodes of a fragment.
pub(crate) fn parse(html: &str) -> Vec<Node<'_>> {
    let mut parser = TreeBuilder { text: html, at: 0, roots: Vec::new(), open: Vec::new(), beside: Vec::new() };
    parser.run();
    parser.end(0);
    parser.roots
}

struct TreeBuilder<'a> {
    text: &'a str,
    at: usize,
    roots: Vec<Node<'a>>,
    open: Vec<OpenElement<'a>>,
    /// Elements too deep to be opened, of which the end tags are still to come.
    beside: Vec<Cow<'a, str>>,
}

struct OpenElement<'a> {
    element: Element<'a>,
    kind: ElementKind,
    /// Whether its content is SVG or MathML.
    foreign: bool,
}

impl<'a> TreeBuilder<'a> {
    fn run(&mut self) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let Some(open) = rest.find('<') else {
                self.push(Node::Text(Cow::Borrowed(rest)));
                return;
            };
            if open > 0 {
                self.push(Node::Text(Cow::Borrowed(&rest[..open])));
                self.at += open;
            }
            let after = self.text.as_bytes().get(self.at + 1).copied();
            match after {
                Some(b) if b.is_ascii_alphabetic() => self.start_tag(),
                Some(b'/') => self.end_tag(),
                Some(b'!' | b'?') => self.other(),
                _ => {
                    // Left bare, it could become a tag together with what comes to stand behind it.
                    self.push(Node::Text(Cow::Borrowed("&lt;")));
                    self.at += 1;
                }
            }
        }
    }

    fn push(&mut self, node: Node<'a>) {
        match self.open.last_mut() {
            Some(open) => open.element.children.push(node),
            None => self.roots.push(node),
        }
    }

    /// Ends the elements from this level on.
    fn end(&mut self, level: usize) {
        while self.open.len() > level {
            if let Some(open) = self.open.pop() {
                self.push(Node::Element(open.element));
            }
            self.beside.clear();
        }
    }

    /// The same, by the end tag of the element of this level.
    fn close(&mut self, level: usize) {
        if let Some(open) = self.open.get_mut(level) {
            open.element.is_closed = true;
        }
        self.end(level);
    }

    fn foreign(&self) -> bool {
        self.open.last().is_some_and(|open| open.foreign)
    }

    // Comments, doctypes, processing instructions.

    fn other(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let (end, missing) = if rest.starts_with("<!--") {
            (comment_end(rest), "-->")
        } else if rest.starts_with("<![CDATA[") && self.foreign() {
            (rest.find("]]>").map(|at| at + 3), "]]>")
        } else {
            (rest.find('>').map(|at| at + 1), ">")
        };
        let node = match end {
            Some(end) => Cow::Borrowed(&rest[..end]),
            None => Cow::Owned(format!("{rest}{missing}")),
        };
        self.at = end.map_or(self.text.len(), |end| start + end);
        self.push(Node::Other(node));
    }

    // Tags.

    fn end_tag(&mut self) {
        self.at += 2;
        let name = self.take_until(ends_name);
        let close = self.text[self.at..].find('>');
        self.at = close.map_or(self.text.len(), |at| self.at + at + 1);
        if name.is_empty() || close.is_none() {
            return;
        }
        // Nearly always.
        if self.beside.is_empty() && self.open.last().is_some_and(|open| open.element.name == name) {
            return self.close(self.open.len() - 1);
        }
        if let Some(level) = self.beside.iter().rev().take(MAX_DEPTH).position(|open| open.eq_ignore_ascii_case(name)) {
            self.beside.truncate(self.beside.len() - 1 - level);
            return;
        }
        let lower = lower(name);
        let of_table = matches!(
            kind(&lower),
            ElementKind::Table | ElementKind::Caption | ElementKind::RowGroup | ElementKind::Row | ElementKind::Cell
        );
        for level in (0..self.open.len()).rev() {
            let open = &self.open[level];
            if open.element.name.eq_ignore_ascii_case(name) {
                return self.close(level);
            }
            let wall = match open.kind {
                ElementKind::Table | ElementKind::Scope => true,
                ElementKind::Cell | ElementKind::Caption => !of_table,
                _ => false,
            };
            if wall {
                return;
            }
        }
    }

    fn start_tag(&mut self) {
        let at = u32::try_from(self.at).ok();
        self.at += 1;
        let written = self.take_until(ends_name);
        let mut attributes = Vec::new();
        let self_closing = loop {
            let skipped = self.take_until(|b| !(b.is_ascii_whitespace() || b == b'/'));
            match self.peek() {
                // A tag without an end is none.
                None => return,
                Some(b'>') => {
                    self.at += 1;
                    break skipped.ends_with('/');
                }
                Some(_) => attributes.extend(self.attribute()),
            }
        };
        let html = lower(written);
        let mut of = kind(&html);
        // Inside of SVG and MathML only names count that do not occur there.
        if !self.foreign() {
            self.end_implied(&html, of);
        }
        let within = self.foreign();
        let name = if within { Cow::Borrowed(written) } else { html };
        if within {
            of = ElementKind::Foreign;
        }
        let mut element = Element { name, attributes, children: Vec::new(), self_closing, is_closed: false, at };
        if of == ElementKind::Raw && !self_closing {
            element.children.extend(self.raw_text(written));
        }
        if self_closing || matches!(of, ElementKind::Void | ElementKind::Raw) {
            return self.push(Node::Element(element));
        }
        if self.open.len() >= MAX_DEPTH {
            self.beside.push(element.name.clone());
            return self.push(Node::Element(element));
        }
        let foreign = of == ElementKind::Foreign && !(within && is_html_inside(&element.name));
        self.open.push(OpenElement { element, kind: of, foreign });
    }

    fn attribute(&mut self) -> Option<Attribute<'a>> {
        let start = self.at;
        // A name may begin with `=`; after that, `=` ends it.
        self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
        self.take_until(|b| ends_name(b) || b == b'=');
        let name = &self.text[start..self.at];
        let after_name = self.at;
        self.take_until(|b| !b.is_ascii_whitespace());
        let value = if self.peek() == Some(b'=') {
            self.at += 1;
            self.take_until(|b| !b.is_ascii_whitespace());
            Some(self.value())
        } else {
            self.at = after_name;
            None
        };
        // Behind a name without a value it would be read as the value's sign.
        (!name.starts_with('=')).then_some(Attribute { name: Cow::Borrowed(name), value })
    }

    fn value(&mut self) -> Cow<'a, str> {
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\''));
        self.at += usize::from(quote.is_some());
        let value = match quote {
            Some(quote) => self.take_until(|b| b == quote),
            None => self.take_until(|b| b.is_ascii_whitespace() || b == b'>'),
        };
        self.at += usize::from(quote.is_some() && self.peek().is_some());
        match quote {
            Some(b'"') => Cow::Borrowed(value),
            _ if !value.contains('"') => Cow::Borrowed(value),
            _ => Cow::Owned(value.replace('"', "&quot;")),
        }
    }

    /// Up to the end tag and past it, or all that is left.
    fn raw_text(&mut self, name: &str) -> Option<Node<'a>> {
        let start = self.at;
        let end = raw_text_end(self.text, start, name);
        let close = self.text[end..].find('>');
        self.at = close.map_or(self.text.len(), |at| end + at + 1);
        (end > start).then(|| Node::Text(Cow::Borrowed(&self.text[start..end])))
    }

    // End tags that authors may leave out.

    fn end_implied(&mut self, name: &str, of: ElementKind) {
        match of {
            ElementKind::Item | ElementKind::Term => {
                self.end_open(|open| open == of, |open| open.kind == ElementKind::Block && !open.element.is("div"));
                self.end_paragraph();
            }
            ElementKind::Block | ElementKind::Paragraph | ElementKind::Table => self.end_paragraph(),
            ElementKind::Void if name == "hr" => self.end_paragraph(),
            ElementKind::Cell => self.end_open(|open| open == ElementKind::Cell, |open| open.kind == ElementKind::Row),
            ElementKind::Row => {
                self.end_open(|open| open == ElementKind::Caption, |_| false);
                self.end_open(|open| open == ElementKind::Row, |open| open.kind == ElementKind::RowGroup);
            }
            ElementKind::RowGroup | ElementKind::Caption => {
                self.end_open(|open| matches!(open, ElementKind::RowGroup | ElementKind::Caption), |_| false);
            }
            ElementKind::Choice => {
                self.end_open(|open| open == ElementKind::Choice, |open| open.kind == ElementKind::ChoiceGroup)
            }
            ElementKind::ChoiceGroup => {
                self.end_open(|open| open == ElementKind::Choice, |open| open.kind == ElementKind::ChoiceGroup);
                self.end_open(|open| open == ElementKind::ChoiceGroup, |_| false);
            }
            ElementKind::Ruby => self.end_open(|open| open == ElementKind::Ruby, |open| open.element.is("ruby")),
            ElementKind::Unknown
            | ElementKind::Inline
            | ElementKind::Void
            | ElementKind::Raw
            | ElementKind::Scope
            | ElementKind::Foreign => {}
        }
    }

    fn end_paragraph(&mut self) {
        self.end_open(|open| open == ElementKind::Paragraph, |open| open.kind == ElementKind::Cell);
    }

    /// Ends the nearest open element of a kind, unless there is a wall before it.
    fn end_open(&mut self, wanted: impl Fn(ElementKind) -> bool, wall: impl Fn(&OpenElement<'a>) -> bool) {
        for level in (0..self.open.len()).rev() {
            let open = &self.open[level];
            if wanted(open.kind) {
                return self.end(level);
            }
            let always = matches!(
                open.kind,
                ElementKind::Unknown | ElementKind::Scope | ElementKind::Foreign | ElementKind::Table
            );
            if always || wall(open) {
                return;
            }
        }
    }

    // The text.

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        self.at += rest.iter().position(|b| stop(*b)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }
}

const fn ends_name(b: u8) -> bool {
    b.is_ascii_whitespace() || matches!(b, b'/' | b'>')
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Where the raw text that starts at `start` ends: at the end tag of `name`, else where the text does.
pub(crate) fn raw_text_end(text: &str, start: usize, name: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = start;
    while let Some(open) = text[end..].find("</") {
        end += open;
        let after = end + 2 + name.len();
        let named = bytes.get(end + 2..after).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
        if named && bytes.get(after).is_none_or(|b| ends_name(*b)) {
            return end;
        }
        end += 2;
    }
    text.len()
}

/// The length of the comment that the text starts with; none, if it never ends.
pub(crate) fn comment_end(text: &str) -> Option<usize> {
    let body = 4;
    // `<!-->` and `<!--->` are whole comments.
    if let Some(end) = ["->", ">"].iter().find(|end| text[body..].starts_with(**end)) {
        return Some(body + end.len());
    }
    let bytes = text.as_bytes();
    let mut at = body;
    while let Some(dashes) = text[at..].find("--") {
        at += dashes + 1;
        match bytes.get(at + 1..) {
            Some([b'>', ..]) => return Some(at + 2),
            Some([b'!', b'>', ..]) => return Some(at + 3),
            _ => {}
        }
    }
    None
}
