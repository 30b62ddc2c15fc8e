//! CSS, SCSS and Less.

use super::{
    cursor::{Cursor, begins_name, in_name},
    paint::{Class, Paint},
};

/// Colours a stylesheet; `sassy` adds `//` comments and `$` variables.
pub(super) fn lex(text: &str, sassy: bool, paint: &mut Paint) {
    let mut lexer = CssLexer { cursor: Cursor::new(text), paint, sassy };
    while lexer.cursor.peek().is_some() {
        if !lexer.trivia() {
            lexer.statement();
        }
    }
}

/// Colours declarations alone, as in a `style` attribute.
pub(super) fn declarations(text: &str, paint: &mut Paint) {
    let mut lexer = CssLexer { cursor: Cursor::new(text), paint, sassy: false };
    while lexer.cursor.peek().is_some() {
        if !lexer.trivia() {
            lexer.declaration();
        }
    }
}

struct CssLexer<'a, 'p> {
    cursor: Cursor<'a>,
    paint: &'p mut Paint,
    sassy: bool,
}

/// How far to look for what a statement is; longer than selectors are, and bounded so that no text takes long.
const LOOK_AHEAD: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum CssToken {
    Selector,
    Declaration,
}

impl CssLexer<'_, '_> {
    /// White space, comments and stray ends of statements.
    fn trivia(&mut self) -> bool {
        let (class, text) = match self.cursor.peek() {
            Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c') => {
                (Class::Plain, self.cursor.take_while(|b| b.is_ascii_whitespace()))
            }
            Some(b'{' | b'}' | b';') => (Class::Plain, self.cursor.take(1)),
            Some(b'/') if self.cursor.ahead(1) == Some(b'*') => {
                let from = self.cursor.rest();
                let length = self.cursor.take(2).len() + self.cursor.take_past("*/").len();
                (Class::Comment, &from[..length])
            }
            Some(b'/') if self.sassy && self.cursor.ahead(1) == Some(b'/') => (Class::Comment, self.cursor.take_line()),
            _ => return false,
        };
        self.paint.put(class, text);
        true
    }

    fn statement(&mut self) {
        match self.cursor.peek() {
            Some(b'@') => self.at_rule(),
            _ if self.kind() == CssToken::Selector => self.selector(),
            _ => self.declaration(),
        }
    }

    /// What begins here: whichever of `{` and `;` comes first decides.
    fn kind(&self) -> CssToken {
        if self.cursor.looks_at("--") || (self.sassy && self.cursor.looks_at("$")) {
            return CssToken::Declaration;
        }
        let bytes = self.cursor.bytes();
        let bytes = &bytes[..bytes.len().min(LOOK_AHEAD)];
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                // `#{…}` is a value of SCSS, `{{ … }}` one of a component.
                b'{' if at > 0 && bytes[at - 1] == b'#' => at += skip(&bytes[at..], b"}"),
                b'{' if bytes.get(at + 1) == Some(&b'{') => at += skip(&bytes[at..], b"}}"),
                b'{' => return CssToken::Selector,
                b'}' | b';' => return CssToken::Declaration,
                b'"' | b'\'' => at += skip_string(&bytes[at..]),
                b'/' if bytes.get(at + 1) == Some(&b'*') => at += skip(&bytes[at..], b"*/"),
                _ => {}
            }
            at += 1;
        }
        CssToken::Declaration
    }

    fn at_rule(&mut self) {
        self.marked(1, Class::Keyword);
        let (mut parens, mut value) = (0_u32, false);
        while let Some(byte) = self.cursor.peek() {
            if matches!(byte, b'{' | b'}' | b';') && !self.cursor.looks_at("{{") {
                return;
            }
            if self.value_token(byte) || self.trivia() {
                continue;
            }
            if begins_name(byte) || byte == b'-' {
                let word = self.cursor.take_while(in_css_name);
                let class = match word {
                    "and" | "or" | "not" | "only" | "from" | "to" | "through" | "in" | "if" | "layer" | "supports" => {
                        Class::Keyword
                    }
                    _ if self.cursor.peek() == Some(b'(') => Class::Function,
                    _ if parens > 0
                        && !value
                        && matches!(self.cursor.after_blanks(), Some(b':' | b'<' | b'>' | b'=' | b')')) =>
                    {
                        Class::Attribute
                    }
                    _ if parens > 0 => Class::Builtin,
                    _ => Class::Type,
                };
                self.paint.put(class, word);
                continue;
            }
            match byte {
                b'(' => parens += 1,
                b')' => parens = parens.saturating_sub(1),
                _ => {}
            }
            value = byte == b':';
            self.other();
        }
    }

    fn selector(&mut self) {
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b'{' if self.cursor.looks_at("{{") => self.braces(),
                b'{' | b'}' | b';' => return,
                b'.' | b'#' | b'%' if self.cursor.ahead(1).is_some_and(|b| begins_name(b) || b == b'-') => {
                    self.marked(1, Class::Function);
                }
                b'#' if self.cursor.ahead(1) == Some(b'{') => self.interpolation(),
                b':' => {
                    let colons = 1 + usize::from(self.cursor.ahead(1) == Some(b':'));
                    self.marked(colons, if self.cursor.looks_at(":self") { Class::Keyword } else { Class::Meta });
                }
                b'[' => self.attribute(),
                b'&' => {
                    let parent = self.cursor.take(1);
                    self.paint.put(Class::Keyword, parent);
                }
                b'"' | b'\'' => self.string(),
                b'0'..=b'9' => {
                    let number = self.number();
                    self.paint.put(Class::Number, number);
                }
                _ if begins_name(byte) => {
                    let name = self.cursor.take_while(in_css_name);
                    self.paint.put(Class::Type, name);
                }
                _ => {
                    if !self.trivia() {
                        self.other();
                    }
                }
            }
        }
    }

    fn attribute(&mut self) {
        let open = self.cursor.take(1);
        self.paint.put(Class::Plain, open);
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b'"' | b'\'' => self.string(),
                b'{' | b'}' | b';' => return,
                b']' => return self.other(),
                _ if begins_name(byte) || byte == b'-' => {
                    let name = self.cursor.take_while(in_css_name);
                    self.paint.put(Class::Attribute, name);
                }
                _ => self.other(),
            }
        }
    }

    fn declaration(&mut self) {
        let name = self.cursor.take_while(|b| in_css_name(b) || matches!(b, b'$' | b'*'));
        let variable = name.starts_with("--") || name.starts_with('$');
        self.paint.put(if variable { Class::Variable } else { Class::Attribute }, name);
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b';' | b'}' => return,
                b'{' if self.cursor.looks_at("{{") => self.braces(),
                b'!' => {
                    self.marked(1, Class::Keyword);
                }
                _ if self.value_token(byte) => {}
                _ if begins_name(byte) || (byte == b'-' && self.cursor.ahead(1).is_some_and(begins_name)) => {
                    self.word()
                }
                _ => {
                    if matches!(byte, b'{') || !self.trivia() {
                        self.other();
                    }
                }
            }
        }
    }

    fn word(&mut self) {
        let word = self.cursor.take_while(in_css_name);
        if self.cursor.peek() != Some(b'(') {
            return self.paint.put(Class::Builtin, word);
        }
        self.paint.put(Class::Function, word);
        let raw = word.eq_ignore_ascii_case("url") && !matches!(self.cursor.ahead(1), Some(b'"' | b'\'' | b' '));
        if raw {
            self.other();
            let address = self.cursor.take_while(|b| !matches!(b, b')' | b'\n' | b'{' | b'}'));
            self.paint.put(Class::String, address);
        }
    }

    /// What reads the same in every value: strings, numbers, colours, custom properties.
    fn value_token(&mut self, byte: u8) -> bool {
        let next = self.cursor.ahead(1).unwrap_or(b' ');
        match byte {
            b'"' | b'\'' => self.string(),
            b'-' if next == b'-' => {
                let name = self.cursor.take_while(in_css_name);
                self.paint.put(Class::Variable, name);
            }
            b'$' | b'@' if self.sassy && begins_name(next) => {
                self.marked(1, Class::Variable);
            }
            b'#' if next == b'{' => self.interpolation(),
            b'#' if next.is_ascii_hexdigit() => {
                self.marked(1, Class::Number);
            }
            b'0'..=b'9' => {
                let number = self.number();
                self.paint.put(Class::Number, number);
            }
            b'+' | b'-' | b'.' if next.is_ascii_digit() || (byte != b'.' && next == b'.') => {
                let from = self.cursor.rest();
                let length = self.cursor.take(1).len() + self.number().len();
                self.paint.put(Class::Number, &from[..length]);
            }
            _ => return false,
        }
        true
    }
}

impl<'a> CssLexer<'a, '_> {
    /// A name with `marks` bytes before it.
    fn marked(&mut self, marks: usize, class: Class) {
        let from = self.cursor.rest();
        let length = self.cursor.take(marks).len() + self.cursor.take_while(in_css_name).len();
        self.paint.put(class, &from[..length]);
    }

    /// Digits and a unit.
    fn number(&mut self) -> &'a str {
        self.cursor.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'%'))
    }

    fn string(&mut self) {
        let length = skip_string(self.cursor.bytes()) + 1;
        let text = self.cursor.take(length);
        self.paint.put(Class::String, text);
    }

    fn braces(&mut self) {
        let text = self.cursor.take_past("}}");
        self.paint.put(Class::Variable, text);
    }

    fn interpolation(&mut self) {
        let text = self.cursor.take_past("}");
        self.paint.put(Class::Variable, text);
    }

    fn other(&mut self) {
        let text = self.cursor.take_char();
        self.paint.put(Class::Plain, text);
    }
}

const fn in_css_name(byte: u8) -> bool {
    in_name(byte) || byte == b'-'
}

/// How far the last byte of `end` is, or of the text.
fn skip(bytes: &[u8], end: &[u8]) -> usize {
    let found = bytes.windows(end.len()).position(|window| window == end);
    found.map_or(bytes.len(), |at| at + end.len()).saturating_sub(1)
}

/// How far the last byte of the string is, which a line end closes too.
fn skip_string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at - 1,
            byte if *byte == bytes[0] => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len().saturating_sub(1)
}
