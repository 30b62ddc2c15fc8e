//! Where rules begin and end in CSS: strings, comments, escapes and brackets as its standard tokenizes them.

use std::borrow::Cow;

/// A rule with a block, or a statement or declaration without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CssItem<'c> {
    /// What is before the block; the same as `text` if there is none.
    pub prelude: &'c str,
    /// What is between the braces.
    pub body: Option<&'c str>,
    /// All of it, with white space and comments before.
    pub text: &'c str,
}

/// What matters in CSS for where rules end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    Open(u8),
    Close(u8),
    Semicolon,
    /// A colon; another one may follow.
    Colon,
    Other,
}

/// Steps over tokens, or over parts of them that do not matter.
struct RuleScanner<'c> {
    bytes: &'c [u8],
    at: usize,
    /// What is missing at the end of a text that stops within a token.
    missing: &'static str,
}

impl<'c> RuleScanner<'c> {
    const fn new(css: &'c str) -> Self {
        Self { bytes: css.as_bytes(), at: 0, missing: "" }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The next token and where it starts.
    fn step(&mut self) -> Option<(usize, Delimiter)> {
        let start = self.at;
        let token = match self.peek(0)? {
            b'/' if self.peek(1) == Some(b'*') => {
                self.comment();
                Delimiter::Other
            }
            quote @ (b'"' | b'\'') => {
                self.string(quote);
                Delimiter::Other
            }
            open @ (b'{' | b'(' | b'[') => {
                self.at += 1;
                Delimiter::Open(open)
            }
            close @ (b'}' | b')' | b']') => {
                self.at += 1;
                Delimiter::Close(close)
            }
            b';' => {
                self.at += 1;
                Delimiter::Semicolon
            }
            b':' => {
                self.at += 1;
                Delimiter::Colon
            }
            b if is_word(b) => {
                self.word();
                Delimiter::Other
            }
            _ => {
                self.at += 1;
                Delimiter::Other
            }
        };
        Some((start, token))
    }

    fn comment(&mut self) {
        self.at += 2;
        while self.at < self.bytes.len() {
            if self.bytes[self.at..].starts_with(b"*/") {
                self.at += 2;
                return;
            }
            self.at += 1;
        }
        // Half of the end may be there, but not after `/*` itself.
        self.missing = "*/";
    }

    /// A string also ends where its line does.
    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(b) = self.peek(0) {
            match b {
                b'\\' if self.peek(1).is_none() => break,
                b'\\' => self.at += 2,
                b'\n' | b'\r' | b'\x0c' => return,
                b if b == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.missing = if quote == b'"' { "\"" } else { "'" };
    }

    fn word(&mut self) {
        let start = self.at;
        while let Some(b) = self.peek(0).filter(|b| is_word(*b)) {
            // A backslash before the end of a line, or of the text, is no escape.
            let escaped = b == b'\\' && self.peek(1).is_some_and(|next| !matches!(next, b'\n' | b'\r' | b'\x0c'));
            self.at += if escaped { 2 } else { 1 };
        }
        self.at = self.at.min(self.bytes.len());
        if self.bytes[start..self.at].eq_ignore_ascii_case(b"url") && self.peek(0) == Some(b'(') {
            self.url();
        }
    }

    /// An address without quotes is one token; one with quotes is a function.
    fn url(&mut self) {
        let mut ahead = 1;
        while self.peek(ahead).is_some_and(|b| b.is_ascii_whitespace()) {
            ahead += 1;
        }
        if matches!(self.peek(ahead), Some(b'"' | b'\'')) {
            return;
        }
        self.at += ahead;
        while let Some(b) = self.peek(0) {
            self.at += if b == b'\\' && self.peek(1).is_some() { 2 } else { 1 };
            if b == b')' {
                return;
            }
        }
        self.missing = ")";
    }
}

/// Bytes that words are made of; inside of a character, too, so that no step ends there.
const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'\\') || b >= 128
}

/// The bracket that ends this one.
const fn closing(open: u8) -> u8 {
    match open {
        b'{' => b'}',
        b'(' => b')',
        _ => b']',
    }
}

/// The same rules, but with everything closed that is left open, and no brace that would end what stands around them.
pub(super) fn closed(css: &str) -> Cow<'_, str> {
    // A backslash at the very end would escape what comes after.
    let slashes = css.len() - css.trim_end_matches('\\').len();
    let css = if slashes % 2 == 1 { &css[..css.len() - 1] } else { css };
    let mut scan = RuleScanner::new(css);
    let mut open = Vec::new();
    let mut stray = Vec::new();
    while let Some((at, token)) = scan.step() {
        match token {
            Delimiter::Open(bracket) => open.push(closing(bracket)),
            Delimiter::Close(bracket) if open.last() == Some(&bracket) => {
                open.pop();
            }
            Delimiter::Close(b'}') if open.is_empty() => stray.push(at),
            _ => {}
        }
    }
    if open.is_empty() && stray.is_empty() && scan.missing.is_empty() {
        return Cow::Borrowed(css);
    }
    let mut out = String::with_capacity(css.len() + open.len() + 4);
    let mut from = 0;
    for at in stray {
        out.push_str(&css[from..at]);
        // What it stood between stays apart.
        out.push(' ');
        from = at + 1;
    }
    out.push_str(&css[from..]);
    out.push_str(scan.missing);
    out.extend(open.into_iter().rev().map(char::from));
    Cow::Owned(out)
}

/// The rules and statements of a list, in order; text that is [`closed`].
pub(super) fn items(css: &str) -> Vec<CssItem<'_>> {
    let mut scan = RuleScanner::new(css);
    let mut found = Vec::new();
    let mut start = 0;
    let mut open: Vec<u8> = Vec::new();
    let mut brace = None;
    while let Some((at, token)) = scan.step() {
        match token {
            Delimiter::Open(bracket) => {
                if open.is_empty() && bracket == b'{' {
                    brace = Some(at);
                }
                open.push(closing(bracket));
            }
            Delimiter::Close(bracket) if open.last() == Some(&bracket) => {
                open.pop();
                if open.is_empty()
                    && bracket == b'}'
                    && let Some(brace) = brace.take()
                {
                    let text = &css[start..scan.at];
                    found.push(CssItem { prelude: &css[start..brace], body: Some(&css[brace + 1..at]), text });
                    start = scan.at;
                }
            }
            Delimiter::Semicolon if open.is_empty() => {
                let text = &css[start..scan.at];
                found.push(CssItem { prelude: text, body: None, text });
                start = scan.at;
            }
            _ => {}
        }
    }
    if start < css.len() {
        let text = &css[start..];
        found.push(CssItem { prelude: text, body: None, text });
    }
    found
}

/// The name of an at-rule, in lower case; empty for others.
pub(super) fn name_of(prelude: &str) -> String {
    let mut rest = prelude.trim_start();
    while let Some(comment) = rest.strip_prefix("/*") {
        rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
    }
    let Some(rest) = rest.strip_prefix('@') else { return String::new() };
    let end = rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'-')).unwrap_or(rest.len());
    rest[..end].to_ascii_lowercase()
}

/// Where a pseudo-class of this name stands in a selector: the place of its colon.
pub(super) fn pseudo_classes(selector: &str, name: &str) -> Vec<usize> {
    let mut scan = RuleScanner::new(selector);
    let mut found = Vec::new();
    let mut colon = None;
    while let Some((at, token)) = scan.step() {
        let word = selector.get(at..scan.at).unwrap_or_default();
        if let Some(colon) = colon.filter(|colon| colon + 1 == at)
            && word.eq_ignore_ascii_case(name)
        {
            found.push(colon);
        }
        // The second colon of a pseudo-element is none of a pseudo-class.
        colon = (token == Delimiter::Colon && colon.is_none_or(|before| before + 1 != at)).then_some(at);
    }
    found
}
