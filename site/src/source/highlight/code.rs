//! The lexer for programming languages. One pass; what nests lies on a stack, not on ours.

use super::{
    cursor::{Cursor, begins_name, in_name},
    family::{
        ANY_CASE, ARROW_MEMBERS, BANG, CAPITALS, DASHES, DECORATORS, DOLLAR, Family, HASH_ATTRIBUTES, JSX, KEYS,
        LIFETIMES, NESTING, NO_CALLS, PREPROCESSOR, Quote, RAW_HASHES, REGEX, SIGILS,
    },
    jsx,
    paint::{Class, Paint},
};

/// Colours code of a language.
pub(super) fn lex(family: &'static Family, text: &str, paint: &mut Paint) {
    let mut lexer = CodeLexer {
        family,
        cursor: Cursor::new(text),
        paint,
        modes: Vec::new(),
        before: Preceding::Operator,
        punctuation: 0,
        fresh_line: true,
        no_regex_before: 0,
    };
    while !lexer.cursor.done() {
        match lexer.modes.last() {
            Some(CodeMode::Text(quote)) => lexer.string(*quote),
            Some(CodeMode::Tag { .. } | CodeMode::Children) => jsx::step(&mut lexer),
            Some(CodeMode::Code { .. }) | None => lexer.code(),
        }
    }
}

/// What is open.
#[derive(Clone, Copy)]
pub(super) enum CodeMode {
    /// A string.
    Text(Quote),
    /// Code inside a string or an element, up to the bracket that closes it.
    Code { end: u8, depth: u32, one_line: bool, format: bool },
    /// Between `<` and `>`.
    Tag { closing: bool, named: bool },
    /// Between a start tag and its end tag.
    Children,
}

/// What stands before, as far as it decides what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Preceding {
    /// A value may begin.
    Operator,
    /// A value has ended.
    Value,
    /// A member's name comes.
    Dot,
    /// The name of what is being defined comes.
    Function,
    Type,
}

pub(super) struct CodeLexer<'a, 'p> {
    family: &'static Family,
    pub(super) cursor: Cursor<'a>,
    pub(super) paint: &'p mut Paint,
    pub(super) modes: Vec<CodeMode>,
    pub(super) before: Preceding,
    /// The last byte of punctuation, 0 after anything else.
    punctuation: u8,
    fresh_line: bool,
    /// Up to here, no `/` closes a regular expression.
    no_regex_before: usize,
}

/// Worth a colour of their own; longer ones stand first. One sign alone is calm enough without.
const OPERATORS: [&str; 22] = [
    "===", "!==", "...", "..=", "**=", "=>", "->", "<-", "==", "!=", "<=", ">=", "&&", "||", "??", "|>", "+=", "-=",
    "*=", "/=", ":=", "::",
];

const DEFINES_FUNCTION: [&str; 8] = ["function", "func", "fn", "def", "fun", "defp", "defmacro", "sub"];
const DEFINES_TYPE: [&str; 10] =
    ["class", "struct", "interface", "enum", "trait", "protocol", "union", "record", "type", "extends"];

impl<'a> CodeLexer<'a, '_> {
    fn code(&mut self) {
        let Some(byte) = self.cursor.peek() else { return };
        if byte.is_ascii_whitespace() {
            return self.space();
        }
        let fresh = std::mem::replace(&mut self.fresh_line, false);
        if self.comment(byte) || self.quoted(byte) {
            return;
        }
        if begins_name(byte) || (byte == b'$' && self.family.has(REGEX)) {
            return self.word();
        }
        if byte.is_ascii_digit()
            || (byte == b'.' && self.punctuation != b'.' && self.cursor.ahead(1).is_some_and(|b| b.is_ascii_digit()))
        {
            let number = self.cursor.take_number();
            return self.value(Class::Number, number);
        }
        if self.special(byte, fresh) {
            return;
        }
        self.punctuation(byte);
    }

    fn space(&mut self) {
        let space = self.cursor.take_while(|b| b.is_ascii_whitespace());
        self.paint.put(Class::Plain, space);
        if space.contains('\n') {
            self.fresh_line = true;
            // What a line of string holds ends with the line, or the rest of the text would be taken for code.
            if let Some(CodeMode::Code { one_line: true, .. }) = self.modes.last() {
                self.modes.truncate(self.modes.len().saturating_sub(2));
            }
        }
    }

    pub(super) fn value(&mut self, class: Class, text: &str) {
        self.paint.put(class, text);
        self.before = Preceding::Value;
        self.punctuation = 0;
    }

    fn comment(&mut self, byte: u8) -> bool {
        let opens = |mark: &str| mark.as_bytes().first() == Some(&byte) && self.cursor.looks_at(mark);
        if let Some((open, close)) = self.family.block_comment.filter(|(open, _)| opens(open)) {
            let text = if self.family.has(NESTING) {
                nested(&mut self.cursor, open, close)
            } else {
                let from = self.cursor.rest();
                let length = self.cursor.take(open.len()).len() + self.cursor.take_past(close).len();
                &from[..length]
            };
            self.paint.put(Class::Comment, text);
            return true;
        }
        let found = self.family.line_comments.iter().any(|mark| opens(mark))
            && !(byte == b'#' && self.family.has(HASH_ATTRIBUTES) && self.cursor.ahead(1) == Some(b'['));
        if found {
            let line = self.cursor.take_line();
            self.paint.put(Class::Comment, line);
        }
        found
    }

    /// Begins a string, if one begins here.
    fn quoted(&mut self, byte: u8) -> bool {
        if byte.is_ascii_alphabetic() && self.prefixed(byte) {
            return true;
        }
        let looks = |quote: &&Quote| quote.open.as_bytes().first() == Some(&byte) && self.cursor.looks_at(quote.open);
        let Some(quote) = self.family.quotes.iter().find(looks).copied() else { return false };
        if quote.open == "'" && self.family.has(LIFETIMES) {
            return self.lifetime();
        }
        self.open(quote, 0);
        true
    }

    fn open(&mut self, quote: Quote, prefix: usize) {
        let open = self.cursor.take(prefix + quote.open.len());
        self.value(quote.class, open);
        self.modes.push(CodeMode::Text(quote));
    }

    fn prefixed(&mut self, byte: u8) -> bool {
        if byte == b'r' && self.family.has(RAW_HASHES) && self.raw_hashes() {
            return true;
        }
        if self.family.prefixes.is_empty() {
            return false;
        }
        let bytes = self.cursor.bytes();
        let Some(length) = (1..=2).find(|at| matches!(bytes.get(*at), Some(b'"' | b'\''))) else { return false };
        let letters = &self.cursor.rest().as_bytes()[..length];
        let Some(prefix) = self.family.prefixes.iter().find(|p| letters.eq_ignore_ascii_case(p.letters.as_bytes()))
        else {
            return false;
        };
        let rest = &bytes[length..];
        let Some(quote) = self.family.quotes.iter().find(|quote| rest.starts_with(quote.open.as_bytes())) else {
            return false;
        };
        self.open(Quote { escapes: prefix.escapes, inside: prefix.inside, ..*quote }, length);
        true
    }

    fn raw_hashes(&mut self) -> bool {
        let rest = &self.cursor.bytes()[1..];
        let hashes = rest.iter().take_while(|b| **b == b'#').count();
        // More would be nobody's code, and looking for the end would cost the more.
        if hashes > 8 || rest.get(hashes) != Some(&b'"') {
            return false;
        }
        let from = self.cursor.rest();
        let close = &"\"########"[..=hashes];
        let length = self.cursor.take(hashes + 2).len() + self.cursor.take_past(close).len();
        self.value(Class::String, &from[..length]);
        true
    }

    fn lifetime(&mut self) -> bool {
        let bytes = self.cursor.bytes();
        let after = self.cursor.rest()[1..].chars().next().map_or(1, |c| 1 + c.len_utf8());
        if bytes.get(1) == Some(&b'\\') || bytes.get(after) == Some(&b'\'') {
            self.open(super::family::SINGLE, 0);
        } else {
            let from = self.cursor.rest();
            let length = self.cursor.take(1).len() + self.cursor.take_while(in_name).len();
            self.value(Class::Variable, &from[..length]);
        }
        true
    }

    /// Signs that mean something in some languages only.
    fn special(&mut self, byte: u8, fresh: bool) -> bool {
        let family = self.family;
        let next = self.cursor.ahead(1).unwrap_or(b' ');
        let (class, length) = match byte {
            b'#' if fresh && family.has(PREPROCESSOR) => {
                self.directive();
                return true;
            }
            b'#' if family.has(HASH_ATTRIBUTES) && (next == b'[' || next == b'!') => {
                let text = self.cursor.take_while(|b| !matches!(b, b'\n' | b']' | b'"'));
                self.paint.put(Class::Meta, text);
                return true;
            }
            b'#' if family.has(REGEX) && begins_name(next) => (Class::Plain, 1 + self.name_length(1)),
            b'@' if family.has(DECORATORS) && begins_name(next) => {
                let dotted = |b: &u8| in_name(*b) || *b == b'.';
                (Class::Meta, 1 + self.cursor.bytes()[1..].iter().take_while(|b| dotted(b)).count())
            }
            b'$' if family.has(DOLLAR) && begins_name(next) => (Class::Variable, 1 + self.name_length(1)),
            b'@' if family.has(SIGILS) && (begins_name(next) || next == b'@') => {
                let marks = 1 + usize::from(next == b'@');
                (Class::Variable, marks + self.name_length(marks))
            }
            b':' if family.has(SIGILS) && begins_name(next) && self.punctuation != b':' => {
                (Class::Builtin, 1 + self.name_length(1))
            }
            b'/' if family.has(REGEX) && self.before != Preceding::Value => return self.regex(),
            b'<' if family.has(JSX)
                && self.before != Preceding::Value
                && (next.is_ascii_alphabetic() || next == b'>') =>
            {
                let open = self.cursor.take(1);
                self.paint.put(Class::Plain, open);
                self.modes.push(CodeMode::Tag { closing: false, named: false });
                return true;
            }
            _ => return false,
        };
        let text = self.cursor.take(length);
        self.value(class, text);
        true
    }

    fn directive(&mut self) {
        let from = self.cursor.rest();
        let hash = self.cursor.take(1).len() + self.cursor.take_while(|b| matches!(b, b' ' | b'\t')).len();
        let word = self.cursor.take_while(in_name);
        self.paint.put(Class::Meta, &from[..hash + word.len()]);
        if matches!(word, "include" | "import") && self.cursor.after_blanks() == Some(b'<') {
            let file = self.cursor.take_line();
            self.paint.put(Class::String, file);
        }
    }

    fn name_length(&self, from: usize) -> usize {
        self.cursor.bytes()[from..].iter().take_while(|b| in_name(**b)).count()
    }

    fn regex(&mut self) -> bool {
        if self.cursor.at() < self.no_regex_before {
            return false;
        }
        let bytes = self.cursor.bytes();
        let (mut at, mut set) = (1, false);
        loop {
            match bytes.get(at) {
                None | Some(b'\n') => {
                    self.no_regex_before = self.cursor.at() + at;
                    return false;
                }
                Some(b'\\') if bytes.get(at + 1) != Some(&b'\n') => at += 1,
                Some(b'[') => set = true,
                Some(b']') => set = false,
                Some(b'/') if !set => break,
                Some(_) => {}
            }
            at += 1;
        }
        at += 1;
        at += bytes[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let text = self.cursor.take(at);
        self.value(Class::String, text);
        true
    }

    fn word(&mut self) {
        let family = self.family;
        let bytes = self.cursor.bytes();
        let extra = |b: u8| (b == b'-' && family.has(DASHES)) || (b == b'$' && family.has(REGEX));
        let mut length = bytes.iter().take_while(|b| in_name(**b) || extra(**b)).count();
        if family.has(SIGILS) && matches!(bytes.get(length), Some(b'?' | b'!')) && bytes.get(length + 1) != Some(&b'=')
        {
            length += 1;
        }
        let word = self.cursor.take(length);
        let next = self.cursor.after_blanks().unwrap_or(b'\n');
        let class = self.word_class(word, next);
        if class == Class::Function && self.cursor.peek() == Some(b'!') && family.has(BANG) {
            self.paint.put(class, word);
            let bang = self.cursor.take(1);
            return self.value(class, bang);
        }
        self.paint.put(class, word);
        self.punctuation = 0;
        self.before = match class {
            Class::Keyword if DEFINES_FUNCTION.contains(&word) => Preceding::Function,
            Class::Keyword if DEFINES_TYPE.contains(&word) => Preceding::Type,
            Class::Keyword => Preceding::Operator,
            _ => Preceding::Value,
        };
    }

    fn word_class(&self, word: &str, next: u8) -> Class {
        let family = self.family;
        let called = next == b'(' && !family.has(NO_CALLS);
        let before = self.before;
        if before == Preceding::Dot && word != "await" {
            return if called { Class::Function } else { capital(family, word).unwrap_or(Class::Plain) };
        }
        let known = if family.has(ANY_CASE) {
            family.words.class(&word.to_ascii_lowercase())
        } else {
            family.words.class(word)
        };
        let key = family.has(KEYS) && next == b':' && matches!(self.punctuation, b'{' | b',');
        if key {
            return Class::Attribute;
        }
        if let Some(known) = known {
            return known;
        }
        if family.soft.contains(&word)
            && (begins_name(next) || matches!(next, b'"' | b'\'' | b'{' | b'*' | b'[' | b'#'))
        {
            return Class::Keyword;
        }
        match before {
            Preceding::Function => return Class::Function,
            Preceding::Type => return Class::Type,
            _ => {}
        }
        if called || (family.has(BANG) && self.cursor.peek() == Some(b'!') && self.cursor.ahead(1) != Some(b'=')) {
            return Class::Function;
        }
        capital(family, word).unwrap_or(Class::Plain)
    }

    fn punctuation(&mut self, byte: u8) {
        if let Some(CodeMode::Code { end, depth, format, .. }) = self.modes.last_mut() {
            let opens = if *end == b')' { b'(' } else { b'{' };
            if byte == opens {
                *depth += 1;
            } else if byte == *end && *depth == 0 {
                self.modes.pop();
                let close = self.cursor.take(1);
                return self.value(Class::Escape, close);
            } else if byte == *end {
                *depth -= 1;
            } else if *format && *depth == 0 && byte == b':' {
                let spec = self.cursor.take_while(|b| !matches!(b, b'{' | b'}' | b'"' | b'\'' | b'\n'));
                return self.value(Class::String, spec);
            }
        }
        let goes_on = self
            .cursor
            .ahead(1)
            .is_some_and(|b| matches!(b, b'=' | b'>' | b'-' | b'<' | b'&' | b'|' | b'?' | b'.' | b':' | b'*'));
        let operator = OPERATORS.iter().filter(|_| goes_on).find(|operator| self.cursor.looks_at(operator));
        let text = self.cursor.take(operator.map_or(1, |operator| operator.len()));
        self.paint.put(if text.len() > 1 { Class::Operator } else { Class::Plain }, text);
        self.before = match byte {
            b')' | b']' | b'}' => Preceding::Value,
            b'.' if self.cursor.peek() != Some(b'.') => Preceding::Dot,
            b'?' if text == "?" && self.cursor.peek() == Some(b'.') => self.before,
            b'-' if text == "->" && self.family.has(ARROW_MEMBERS) => Preceding::Dot,
            _ => Preceding::Operator,
        };
        self.punctuation = byte;
    }
}

fn capital(family: &Family, word: &str) -> Option<Class> {
    let bytes = word.as_bytes();
    if !family.has(CAPITALS) || !bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let constant = bytes.len() > 1 && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    Some(if constant { Class::Builtin } else { Class::Type })
}

/// A comment with comments in it.
fn nested<'a>(cursor: &mut Cursor<'a>, open: &str, close: &str) -> &'a str {
    let from = cursor.rest();
    let bytes = from.as_bytes();
    let (mut at, mut depth) = (open.len(), 1_u32);
    while depth > 0 && at < bytes.len() {
        if bytes[at..].starts_with(close.as_bytes()) {
            depth -= 1;
            at += close.len();
        } else if bytes[at..].starts_with(open.as_bytes()) {
            depth += 1;
            at += open.len();
        } else {
            at += 1;
        }
    }
    cursor.take(at)
}
