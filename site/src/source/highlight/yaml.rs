//! YAML.

use super::{
    cursor::Cursor,
    paint::{Class, Paint},
};

/// Colours YAML, line by line.
pub(super) fn lex(text: &str, paint: &mut Paint) {
    let mut lexer = YamlLexer { cursor: Cursor::new(text), paint, flow: 0 };
    while !lexer.cursor.done() {
        lexer.line();
    }
}

struct YamlLexer<'a, 'p> {
    cursor: Cursor<'a>,
    paint: &'p mut Paint,
    /// How many `{` and `[` are open.
    flow: u32,
}

impl YamlLexer<'_, '_> {
    /// A line, and the block of text that it may announce.
    fn line(&mut self) {
        let indent = self.blanks();
        let rest = self.cursor.rest();
        if self.flow == 0 && indent == 0 && ["---", "...", "%"].iter().any(|mark| rest.starts_with(mark)) {
            let mark = self.cursor.take_line();
            self.paint.put(Class::Meta, mark);
        }
        let mut block = false;
        while let Some(byte) = self.cursor.peek() {
            if byte == b'\n' {
                break;
            }
            block = self.token(byte);
        }
        let end = self.cursor.take(1);
        self.paint.put(Class::Plain, end);
        if block {
            self.block(indent);
        }
    }

    fn blanks(&mut self) -> usize {
        let blanks = self.cursor.take_while(|b| matches!(b, b' ' | b'\t'));
        self.paint.put(Class::Plain, blanks);
        blanks.len()
    }

    /// Lines that are deeper than `indent`, or empty.
    fn block(&mut self, indent: usize) {
        while !self.cursor.done() {
            let line = self.cursor.rest().split('\n').next().unwrap_or_default();
            let deep = line.len() - line.trim_start_matches(' ').len();
            if deep <= indent && !line.trim().is_empty() {
                return;
            }
            let line = self.cursor.take_whole_line();
            self.paint.put(Class::String, line);
        }
    }

    /// Whether it announced a block of text.
    fn token(&mut self, byte: u8) -> bool {
        let next = self.cursor.ahead(1).unwrap_or(b'\n');
        let ends = |b: u8| matches!(b, b' ' | b'\n' | b'\t' | b'\r');
        match byte {
            b' ' | b'\t' | b'\r' => {
                let blank = self.cursor.take_while(|b| matches!(b, b' ' | b'\t' | b'\r'));
                self.paint.put(Class::Plain, blank);
            }
            b'#' => {
                let comment = self.cursor.take_line();
                self.paint.put(Class::Comment, comment);
            }
            b'-' | b'?' | b':' if ends(next) => self.plain(),
            b'{' | b'[' => {
                self.flow += 1;
                self.plain();
            }
            b'}' | b']' => {
                self.flow = self.flow.saturating_sub(1);
                self.plain();
            }
            b',' if self.flow > 0 => self.plain(),
            b'"' | b'\'' => self.quoted(byte),
            b'&' | b'*' | b'!' if !ends(next) => {
                let flow = self.flow > 0;
                let name = self.cursor.take_while(|b| !(ends(b) || flow && matches!(b, b',' | b']' | b'}')));
                self.paint.put(if byte == b'!' { Class::Type } else { Class::Variable }, name);
            }
            b'|' | b'>' if self.flow == 0 => {
                let mark = self.cursor.take_while(|b| matches!(b, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'));
                self.paint.put(Class::Keyword, mark);
                return matches!(self.cursor.after_blanks(), None | Some(b'\n' | b'#' | b'\r'));
            }
            _ => self.scalar(),
        }
        false
    }

    fn plain(&mut self) {
        let mark = self.cursor.take(1);
        self.paint.put(Class::Plain, mark);
    }

    fn quoted(&mut self, quote: u8) {
        let bytes = self.cursor.bytes();
        let mut at = 1;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            if *byte == b'\\' && quote == b'"' {
                at += 1;
            } else if *byte == quote {
                break;
            }
        }
        let text = self.cursor.take(at);
        let key = self.cursor.peek() == Some(b':');
        self.paint.put(if key { Class::Attribute } else { Class::String }, text);
    }

    /// A key, or a value without quotes.
    fn scalar(&mut self) {
        let bytes = self.cursor.bytes();
        let mut at = 0;
        let mut key = false;
        while let Some(byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
            match byte {
                b'\n' => break,
                b':' if next.is_ascii_whitespace() || (self.flow > 0 && matches!(next, b',' | b'}' | b']')) => {
                    key = true;
                    break;
                }
                b'#' if at > 0 && bytes[at - 1].is_ascii_whitespace() => break,
                b',' | b'}' | b']' | b'{' | b'[' if self.flow > 0 => break,
                _ => at += 1,
            }
        }
        let text = self.cursor.take(at.max(1));
        let word = text.trim_end();
        let class = match word {
            "<<" => Class::Keyword,
            _ if key => Class::Attribute,
            "true" | "false" | "null" | "~" | "yes" | "no" | "on" | "off" | "True" | "False" => Class::Builtin,
            _ if is_number(word) => Class::Number,
            _ => Class::String,
        };
        self.paint.put(class, word);
        self.paint.put(Class::Plain, &text[word.len()..]);
    }
}

/// Numbers, dates and times.
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '+', '.']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| {
            b.is_ascii_hexdigit() || matches!(b, b'-' | b'+' | b'.' | b':' | b'_' | b'T' | b'Z' | b'x' | b'o' | b' ')
        })
        && digits.bytes().filter(u8::is_ascii_alphabetic).count() <= 2
}
