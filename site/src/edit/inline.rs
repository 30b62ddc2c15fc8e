//! The links in a run of Markdown text: what the parser finds, with the bytes that it drops.

use super::destination::{Destination, resource};
use crate::source::wikilinks;
use std::{collections::HashMap, ops::Range};

/// The longest label, by CommonMark.
const MAX_LABEL: usize = 999;

/// What was found, with its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InlineSpan {
    /// `[text](destination "title")`
    Link { image: bool, whole: Range<usize>, text: Range<usize>, destination: Destination },
    /// `[text][label]`, `[label][]` or `[label]`
    Use { image: bool, whole: Range<usize>, text: Range<usize>, label: String },
    /// `[[target|text]]`
    Wiki { whole: Range<usize>, target: Range<usize>, text: Range<usize> },
    /// A tag, a comment or the like.
    Html(Range<usize>),
}

/// What may be found.
pub(super) struct Grammar<'a> {
    /// Whether a label, normalized by [`normalized`], is defined.
    pub defined: &'a dyn Fn(&str) -> bool,
    pub wiki: bool,
}

/// A label as it is compared.
pub(super) fn normalized(label: &str) -> String {
    wikilinks::label(label)
}

struct InlineScanner<'a> {
    text: &'a str,
    at: usize,
    grammar: &'a Grammar<'a>,
    openers: Vec<Opener>,
    /// How many of the openers no link may start at any more: a link after them was closed, and none stands in another.
    spent: usize,
    found: Vec<InlineSpan>,
    /// Starts of runs of backticks, by their length.
    ticks: HashMap<usize, Vec<usize>>,
    /// Ends of comments and the like that are known to be missing from here on.
    missing: Vec<&'static str>,
}

struct Opener {
    at: usize,
    image: bool,
}

/// Everything in a text, in the order in which it ends.
pub(super) fn scan(text: &str, grammar: &Grammar<'_>) -> Vec<InlineSpan> {
    let mut ticks: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('`').map(|found| at + found) {
        let length = run(text, start);
        ticks.entry(length).or_default().push(start);
        at = start + length;
    }
    let mut scanner = InlineScanner {
        text,
        at: 0,
        grammar,
        openers: Vec::new(),
        spent: 0,
        found: Vec::new(),
        ticks,
        missing: Vec::new(),
    };
    scanner.run();
    scanner.found
}

/// How many backticks stand here.
fn run(text: &str, at: usize) -> usize {
    text[at..].bytes().take_while(|b| *b == b'`').count()
}

impl InlineScanner<'_> {
    fn run(&mut self) {
        while let Some(next) = self.text[self.at..].find(['\\', '`', '<', '[', '!', ']']) {
            self.at += next;
            match self.text.as_bytes()[self.at] {
                b'\\' => {
                    self.at += 1;
                    self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
                }
                b'`' => self.code(),
                b'<' => self.angle(),
                b'!' if self.text[self.at + 1..].starts_with('[') => self.open(true),
                b'[' => {
                    if !self.wiki() {
                        self.open(false);
                    }
                }
                b']' => self.close(),
                _ => self.at += 1,
            }
        }
    }

    /// Past a code span, or past backticks that are none.
    fn code(&mut self) {
        let length = run(self.text, self.at);
        let after = self.at + length;
        let starts = self.ticks.get(&length).map_or(&[][..], Vec::as_slice);
        self.at = starts.get(starts.partition_point(|start| *start < after)).map_or(after, |end| end + length);
    }

    fn angle(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let end = if let Some(body) = rest.strip_prefix("<!--") {
            match ["->", ">"].iter().find(|end| body.starts_with(**end)) {
                Some(end) => Some(start + 4 + end.len()),
                None => self.past(start + 4, "-->"),
            }
        } else if rest.starts_with("<?") {
            self.past(start + 2, "?>")
        } else if rest.starts_with("<![CDATA[") {
            self.past(start + 9, "]]>")
        } else if rest.starts_with("<!") && rest[2..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.past(start + 2, ">")
        } else if let Some(length) = autolink(rest) {
            self.at = start + length;
            return;
        } else {
            tag(rest).map(|length| start + length)
        };
        match end {
            Some(end) => {
                self.found.push(InlineSpan::Html(start..end));
                self.at = end;
            }
            None => self.at += 1,
        }
    }

    fn past(&mut self, from: usize, end: &'static str) -> Option<usize> {
        if self.missing.contains(&end) {
            return None;
        }
        let found = self.text[from..].find(end).map(|at| from + at + end.len());
        if found.is_none() {
            self.missing.push(end);
        }
        found
    }

    fn wiki(&mut self) -> bool {
        if !self.grammar.wiki {
            return false;
        }
        let Some(inside) = self.text[self.at..].strip_prefix("[[") else { return false };
        let Some(end) = inside.find(['[', ']', '\n', '`', '<']).filter(|end| inside[*end..].starts_with("]]")) else {
            return false;
        };
        if inside[..end].trim().is_empty() {
            return false;
        }
        let start = self.at + 2;
        let whole = self.at..start + end + 2;
        // What CommonMark makes a link of is one.
        let label = normalized(&inside[..end]);
        if (self.grammar.defined)(&label) || resource(self.text, whole.end).is_some() || inside.starts_with('^') {
            return false;
        }
        let bar = inside[..end].find('|');
        // In a table the bar is escaped.
        let name = bar.map_or(end, |bar| bar - usize::from(inside[..bar].ends_with('\\')));
        let target = start..start + name;
        let text = start + bar.map_or(0, |bar| bar + 1)..start + end;
        self.at = whole.end;
        self.found.push(InlineSpan::Wiki { whole, target, text });
        true
    }

    fn open(&mut self, image: bool) {
        self.openers.push(Opener { at: self.at, image });
        self.at += if image { 2 } else { 1 };
    }

    fn close(&mut self) {
        let end = self.at;
        self.at += 1;
        let Some(opener) = self.openers.pop() else { return };
        let is_spent = self.openers.len() < self.spent;
        self.spent = self.spent.min(self.openers.len());
        if is_spent && !opener.image {
            return;
        }
        let start = opener.at + if opener.image { 2 } else { 1 };
        let (image, text) = (opener.image, start..end);
        let found = if let Some((destination, length)) = resource(self.text, self.at) {
            let whole = opener.at..self.at + length;
            Some(InlineSpan::Link { image, whole, text, destination })
        } else {
            self.reference(&opener, text)
        };
        let Some(found) = found else { return };
        if let InlineSpan::Link { whole, .. } | InlineSpan::Use { whole, .. } = &found {
            self.at = whole.end;
        }
        self.found.push(found);
        if !image {
            self.spent = self.openers.len();
        }
    }

    fn reference(&self, opener: &Opener, text: Range<usize>) -> Option<InlineSpan> {
        let found = |end: usize, label: &str| {
            let label = normalized(label);
            let whole = opener.at..end;
            let known = !label.is_empty() && (self.grammar.defined)(&label);
            known.then(|| InlineSpan::Use { image: opener.image, whole, text: text.clone(), label })
        };
        let after = &self.text[self.at..];
        let own = &self.text[text.clone()];
        match label(after) {
            // A label of its own decides alone.
            Some(length) if length > 2 => found(self.at + length, &after[1..length - 1]),
            collapsed => {
                let is_label = own.len() <= MAX_LABEL && !own.starts_with('^') && bracket_free(own);
                is_label.then(|| found(self.at + collapsed.unwrap_or(0), own)).flatten()
            }
        }
    }
}

/// The length of `[…]` at the start of a text.
fn label(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let mut escaped = false;
    for (at, c) in inside.char_indices().take(MAX_LABEL + 1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => return None,
            ']' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

fn bracket_free(text: &str) -> bool {
    let mut escaped = false;
    text.chars().all(|c| {
        let fine = escaped || !matches!(c, '[' | ']');
        escaped = !escaped && c == '\\';
        fine
    })
}

/// The length of `<scheme:…>` or `<name@host>`.
fn autolink(text: &str) -> Option<usize> {
    let end = text[1..].find(|c: char| matches!(c, '<' | '>') || c.is_ascii_whitespace() || c.is_ascii_control())? + 1;
    let inside = text[..end].strip_prefix('<').filter(|_| text[end..].starts_with('>'))?;
    let scheme = inside.find(':').is_some_and(|colon| {
        (2..=32).contains(&colon)
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside[..colon].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    });
    let mail = inside.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !name.contains(['=', '"', '/']) && !host.is_empty() && !host.contains(['=', '"', '/', '@'])
    });
    (scheme || mail).then_some(end + 1)
}

/// The length of a start or end tag.
fn tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let closing = bytes.get(1) == Some(&b'/');
    let mut at = if closing { 2 } else { 1 };
    if !bytes.get(at)?.is_ascii_alphabetic() {
        return None;
    }
    let skip = |from: usize, test: &dyn Fn(u8) -> bool| from + bytes[from..].iter().take_while(|b| test(**b)).count();
    at = skip(at, &|b| b.is_ascii_alphanumeric() || b == b'-');
    loop {
        let blank = skip(at, &|b| b.is_ascii_whitespace());
        match *bytes.get(blank)? {
            b'>' => return Some(blank + 1),
            b'/' if !closing && bytes.get(blank + 1) == Some(&b'>') => return Some(blank + 2),
            b if !closing && blank > at && (b.is_ascii_alphabetic() || matches!(b, b'_' | b':')) => {
                let end = skip(blank, &|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-'));
                let equals = skip(end, &|b| b.is_ascii_whitespace());
                at = end;
                if bytes.get(equals) == Some(&b'=') {
                    let value = skip(equals + 1, &|b| b.is_ascii_whitespace());
                    at = match *bytes.get(value)? {
                        quote @ (b'"' | b'\'') => skip(value + 1, &|b| b != quote) + 1,
                        b'=' | b'<' | b'>' | b'`' => return None,
                        _ => skip(value, &|b| {
                            !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'=' | b'<' | b'>' | b'`')
                        }),
                    };
                    if at > bytes.len() {
                        return None;
                    }
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scanned(text: &str) -> Vec<String> {
        let defined = |label: &str| matches!(label, "ref" | "two words");
        let found = scan(text, &Grammar { defined: &defined, wiki: true });
        let part = |range: &Range<usize>| text[range.clone()].to_owned();
        found
            .iter()
            .map(|found| match found {
                InlineSpan::Link { text, destination, .. } => format!("{} -> {}", part(text), part(&destination.range)),
                InlineSpan::Use { text, label, .. } => format!("{} => {label}", part(text)),
                InlineSpan::Wiki { target, text, .. } => format!("{} ~> {}", part(text), part(target)),
                InlineSpan::Html(range) => part(range),
            })
            .collect()
    }

    #[test]
    fn links_are_found_where_markdown_has_them() {
        for (text, expected) in [
            ("a [b](./c.md) d", vec!["b -> ./c.md"]),
            ("[b]( <c d.md> 'e (f)' )", vec!["b -> c d.md"]),
            ("[b](a(b)c.md)", vec!["b -> a(b)c.md"]),
            ("[![i](i.png)](p.md)", vec!["i -> i.png", "![i](i.png) -> p.md"]),
            ("[a [b](c)](d)", vec!["b -> c"]),
            (r"\[a](b) [c\](d)](e)", vec![r"c\](d) -> e"]),
            ("`[a](b)` ``[c](`)`` [d](e)", vec!["d -> e"]),
            ("` [a](b)", vec!["a -> b"]),
            ("<a href='[x](y)'>[a](b)</a>", vec!["<a href='[x](y)'>", "a -> b", "</a>"]),
            ("<!-- [a](b) --> [c](d)", vec!["<!-- [a](b) -->", "c -> d"]),
            ("[a](b c)", vec![]),
            ("[Ref] [x][ref] [two\nwords][] [no] [x][no]", vec!["Ref => ref", "x => ref", "two\nwords => two words"]),
            ("[[a b|c]] [[d]] [[]]", vec!["c ~> a b", "d ~> d"]),
            ("<https://x.y/[a](b)> [c](d)", vec!["c -> d"]),
            ("[^1](x)", vec!["^1 -> x"]),
        ] {
            assert_eq!(scanned(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_without_fear(text in "[\\[\\]()<>!`\\\\a:'\"=/\n -ü&|]{0,60}") {
            for found in scan(&text, &Grammar { defined: &|_| true, wiki: true }) {
                let whole = match found {
                    InlineSpan::Link { whole, destination, .. } => {
                        prop_assert!(text.get(destination.range).is_some());
                        whole
                    }
                    InlineSpan::Use { whole, .. } | InlineSpan::Wiki { whole, .. } | InlineSpan::Html(whole) => whole,
                };
                prop_assert!(text.get(whole).is_some());
            }
        }
    }
}
