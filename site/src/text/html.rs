//! Raw HTML in Sources: where the attributes of its tags are. Everything else passes as it was written.

pub(crate) mod addresses;

use super::{
    css,
    dom::{comment_end, is_raw_text, raw_text_end},
};
use std::{borrow::Cow, collections::HashMap, ops::Range, sync::OnceLock};

/// The longest name of a reference, in bytes: that of `&CounterClockwiseContourIntegral;`.
const MAX_NAME: usize = 31;

/// An attribute with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawAttribute<'a> {
    pub tag: &'a str,
    pub name: &'a str,
    /// Where the value stands, without its quotes.
    pub value: Range<usize>,
    pub quoted: bool,
}

/// A tag of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Byte of its `<`.
    pub at: usize,
    pub name: &'a str,
    pub form: Form,
}

/// Which half of an element a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Start,
    End,
    /// `<x />`
    Whole,
}

/// What may hold addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Attribute(RawAttribute<'a>),
    /// What is in a `<style>` element.
    Sheet(Range<usize>),
    /// What is in a `<script>` element that browsers run.
    Script(Range<usize>),
    /// What is in a `<script type="importmap">`.
    ImportMap(Range<usize>),
}

impl RawAttribute<'_> {
    /// Whether it is the address of a `<base>`, from which those of the page count.
    pub(crate) const fn is_base(&self) -> bool {
        self.tag.eq_ignore_ascii_case("base") && self.name.eq_ignore_ascii_case("href")
    }
}

impl<'a> Part<'a> {
    pub(crate) const fn attribute(&self) -> Option<&RawAttribute<'a>> {
        match self {
            Self::Attribute(attribute) => Some(attribute),
            Self::Sheet(_) | Self::Script(_) | Self::ImportMap(_) => None,
        }
    }
}

/// What a fragment holds, as the HTML standard tokenizes it; each list is in order.
#[derive(Debug)]
pub(crate) struct Scanned<'a> {
    /// A tag that does not end is none.
    pub tags: Vec<Tag<'a>>,
    pub parts: Vec<Part<'a>>,
}

impl<'a> Scanned<'a> {
    /// The attributes of all start tags.
    pub(crate) fn attributes(self) -> impl Iterator<Item = RawAttribute<'a>> {
        self.parts.into_iter().filter_map(|part| match part {
            Part::Attribute(attribute) => Some(attribute),
            Part::Sheet(_) | Part::Script(_) | Part::ImportMap(_) => None,
        })
    }
}

/// Scans a fragment once for all that is asked of it.
pub(crate) fn scan(text: &str) -> Scanned<'_> {
    let mut scanner = AttributeScanner { text, at: 0, found: Scanned { tags: Vec::new(), parts: Vec::new() } };
    scanner.run();
    scanner.found
}

/// The name of a tag or a component that a text begins with: letters, digits and dashes.
pub(crate) fn tag_name(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(text.len())]
}

struct AttributeScanner<'a> {
    text: &'a str,
    at: usize,
    found: Scanned<'a>,
}

impl<'a> AttributeScanner<'a> {
    fn run(&mut self) {
        while let Some(open) = self.text[self.at..].find('<') {
            self.at += open + 1;
            let rest = &self.text[self.at..];
            if rest.starts_with("!--") {
                let comment = self.at - 1;
                self.at = comment_end(&self.text[comment..]).map_or(self.text.len(), |end| comment + end);
            } else if rest.starts_with("![CDATA[") {
                self.skip_past(self.at, "]]>");
            } else if rest.starts_with(['!', '?']) {
                self.skip_past(self.at, ">");
            } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                self.start_tag();
            } else if rest.starts_with('/') {
                let at = self.at - 1;
                self.at += 1;
                let name = self.take_until(ends_name);
                self.skip_past(self.at, ">");
                if self.text[..self.at].ends_with('>') && !name.is_empty() {
                    self.found.tags.push(Tag { at, name, form: Form::End });
                }
            }
        }
    }

    fn start_tag(&mut self) {
        let at = self.at - 1;
        let first = self.found.parts.len();
        let tag = self.take_until(ends_name);
        let form = loop {
            let skipped = self.take_until(|b| !(b.is_ascii_whitespace() || b == b'/'));
            match self.peek() {
                None => return,
                Some(b'>') => {
                    self.at += 1;
                    break if skipped.ends_with('/') { Form::Whole } else { Form::Start };
                }
                Some(_) => self.attribute(tag),
            }
        };
        self.found.tags.push(Tag { at, name: tag, form });
        if is_raw_text(&tag.to_ascii_lowercase()) {
            let start = self.at;
            self.at = raw_text_end(self.text, self.at, tag);
            if tag.eq_ignore_ascii_case("style") {
                self.found.parts.push(Part::Sheet(start..self.at));
            } else if tag.eq_ignore_ascii_case("script") {
                let part: Option<fn(Range<usize>) -> Part<'a>> = match self.script_type(first).as_str() {
                    "" | "module" => Some(Part::Script),
                    kind if kind.ends_with("javascript") => Some(Part::Script),
                    "importmap" => Some(Part::ImportMap),
                    _ => None,
                };
                self.found.parts.extend(part.map(|part| part(start..self.at)));
            }
        }
    }

    /// The type of a script whose attributes are the parts from `first` on, in lower case.
    fn script_type(&self, first: usize) -> String {
        let mut attributes = self.found.parts[first..].iter().filter_map(Part::attribute);
        let kind = attributes.find(|attribute| attribute.name.eq_ignore_ascii_case("type"));
        kind.map_or_else(String::new, |kind| self.text[kind.value.clone()].trim().to_ascii_lowercase())
    }

    fn attribute(&mut self, tag: &'a str) {
        let start = self.at;
        // A name may begin with `=`; after that, `=` ends it.
        self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
        self.take_until(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='));
        let name = &self.text[start..self.at];
        self.take_until(|b| !b.is_ascii_whitespace());
        if self.peek() != Some(b'=') {
            return;
        }
        self.at += 1;
        self.take_until(|b| !b.is_ascii_whitespace());
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\''));
        let start = self.at + usize::from(quote.is_some());
        self.at = start;
        match quote {
            Some(quote) => self.take_until(|b| b == quote),
            None => self.take_until(|b| b.is_ascii_whitespace() || b == b'>'),
        };
        let attribute = RawAttribute { tag, name, value: start..self.at, quoted: quote.is_some() };
        self.found.parts.push(Part::Attribute(attribute));
        self.at += usize::from(quote.is_some() && self.peek().is_some());
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        self.at += rest.iter().position(|b| stop(*b)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    fn skip_past(&mut self, from: usize, end: &str) {
        self.at = self.text[from..].find(end).map_or(self.text.len(), |at| from + at + end.len());
    }
}

const fn ends_name(b: u8) -> bool {
    b.is_ascii_whitespace() || matches!(b, b'/' | b'>')
}

/// Text as it may stand in an element or between double quotes. All attributes are written between those.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    escape_into(text, &mut out);
    Cow::Owned(out)
}

/// The same, written to the end of `out`. What is not special is copied in one piece.
pub(crate) fn escape_into(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let reference = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(reference);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// The value that an attribute's text stands for.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((characters, length)) => {
                out.push_str(&characters);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The characters that the reference at the start of a text stands for, and its length.
fn reference(text: &str) -> Option<(Cow<'static, str>, usize)> {
    let name = &text[1..];
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |hex| (hex, 16));
        let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
        let character = char::from_u32(code).filter(|c| *c != '\0')?;
        let end = text.len() - digits.len() + length;
        return digits[length..].starts_with(';').then(|| (Cow::Owned(character.to_string()), end + 1));
    }
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    if end > MAX_NAME {
        return None;
    }
    if name[end..].starts_with(';') {
        return named(&text[..end + 2]).map(|characters| (Cow::Borrowed(characters), end + 2));
    }
    // The oldest ones need no semicolon, but before `=` they are none: `?a=1&copy=2`.
    let whole = named(&text[..end + 1]).filter(|_| !name[end..].starts_with('='));
    whole.map(|characters| (Cow::Borrowed(characters), end + 1))
}

/// What a named reference of HTML stands for, with its `&` and as it ends.
fn named(reference: &str) -> Option<&'static str> {
    static NAMED: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    match reference {
        "&amp;" => Some("&"),
        "&quot;" => Some("\""),
        "&lt;" => Some("<"),
        "&gt;" => Some(">"),
        _ => {
            let all = || entities::ENTITIES.iter().map(|entity| (entity.entity, entity.characters)).collect();
            NAMED.get_or_init(all).get(reference).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(&str, &str, &str)> {
        scan(text).attributes().map(|a| (a.tag, a.name, &text[a.value])).collect()
    }

    #[test]
    fn attributes_are_found_as_a_browser_finds_them() {
        assert_eq!(
            found("<a class=x href='./a b.md' DATA-x = \"1\"/><img src=./i.svg alt>"),
            [("a", "class", "x"), ("a", "href", "./a b.md"), ("a", "DATA-x", "1"), ("img", "src", "./i.svg")]
        );
        assert_eq!(found("<x-card\n  href=\"a\"\n  src=b>"), [("x-card", "href", "a"), ("x-card", "src", "b")]);
        assert_eq!(found("<a title='x > y' href=z>"), [("a", "title", "x > y"), ("a", "href", "z")]);
    }

    #[test]
    fn comments_scripts_and_end_tags_have_none() {
        for text in
            ["<!-- <a href=x> -->", "<script>'<a href=x>'</script>", "</a href=x>", "<!a href=x>", "1 < a href=x", ""]
        {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("<!--><a href=x>"), [("a", "href", "x")]);
        assert_eq!(found("<!-- x --!><a href=x>"), [("a", "href", "x")], "a browser ends a comment so, too");
        assert_eq!(found("<iframe><a href=x></iframe><a href=y>"), [("a", "href", "y")], "a frame's content is text");
        assert_eq!(found("<style></styled><a href=x></style><a href=y>"), [("a", "href", "y")]);
        assert_eq!(found("<style>a{}</STYLE ><a href=x>"), [("a", "href", "x")]);
    }

    #[test]
    fn every_reference_of_html_is_known() {
        for (text, expected) in [
            ("&Auml;&nbsp;&hellip;&#228;&#xE4;", "Ä\u{a0}…ää"),
            ("&CounterClockwiseContourIntegral;&fjlig;", "∳fj"),
            ("?a=1&copy=2&b=3&amp;c&copy d", "?a=1&copy=2&b=3&c© d"),
            ("&nothing; &amp &; & &#; &#0; &#xD800;", "&nothing; & &; & &#; &#0; &#xD800;"),
        ] {
            assert_eq!(unescape(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_without_fear(text in "[<>!/=a-c '\"é&;#-]{0,60}") {
            let mut last = 0;
            for attribute in scan(&text).attributes() {
                prop_assert!(attribute.value.start >= last && attribute.value.end <= text.len());
                prop_assert!(text.is_char_boundary(attribute.value.start) && text.is_char_boundary(attribute.value.end));
                last = attribute.value.end;
            }
        }

        #[test]
        fn escaping_is_undone_by_unescaping(text in "\\PC{0,40}") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"']));
            prop_assert_eq!(unescape(&escaped).into_owned(), text);
        }
    }
}
