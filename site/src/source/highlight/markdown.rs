//! Markdown as Sources are written: frontmatter, Blocks, topmatter, fences, directives.

use super::{
    cursor::{Cursor, in_name},
    lex_language, markup,
    paint::{Class, Paint},
    yaml,
};

/// Colours Markdown. Fences inside it are coloured as their language while `depth` lasts.
pub(super) fn lex(text: &str, depth: u32, paint: &mut Paint) {
    let mut lexer = MarkdownLexer { cursor: Cursor::new(text), paint, depth };
    lexer.frontmatter();
    while !lexer.cursor.done() {
        lexer.line();
    }
}

/// Longer addresses between `<` and `>` are not looked for.
const MAX_ADDRESS: usize = 300;

struct MarkdownLexer<'a, 'p> {
    cursor: Cursor<'a>,
    paint: &'p mut Paint,
    depth: u32,
}

impl<'a> MarkdownLexer<'a, '_> {
    fn frontmatter(&mut self) {
        if !self.cursor.looks_at("---\n") {
            return;
        }
        let rest = &self.cursor.rest()[4..];
        let ends = |line: &str| matches!(line.trim_end(), "---" | "...");
        let Some(length) = lines(rest).find(|(_, line)| ends(line)).map(|(at, _)| at) else { return };
        self.put(Class::Meta, 4);
        let body = self.cursor.take(length);
        yaml::lex(body, self.paint);
        let end = self.cursor.take_whole_line();
        self.paint.put(Class::Meta, end);
    }

    fn put(&mut self, class: Class, length: usize) {
        let text = self.cursor.take(length);
        self.paint.put(class, text);
    }

    fn line(&mut self) {
        let mut blank = self.cursor.take_while(|b| matches!(b, b' ' | b'\t'));
        self.paint.put(Class::Plain, blank);
        // Quotes and list items hold whatever a line may be.
        loop {
            let taken = self.container();
            if taken == 0 {
                break;
            }
            blank = self.cursor.take_while(|b| matches!(b, b' ' | b'\t'));
            self.paint.put(Class::Plain, blank);
        }
        let line = self.cursor.rest().split('\n').next().unwrap_or_default();
        let bare = line.trim_end();
        let hashes = bare.bytes().take_while(|b| *b == b'#').count();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            return self.fence(line);
        }
        if self.cursor.looks_at("<!--") {
            return self.comment();
        }
        let ruled = |mark: char| bare.len() >= 3 && bare.chars().all(|c| c == mark);
        let table = bare.starts_with('|')
            && bare.contains("--")
            && bare.bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' '));
        if (1..=6).contains(&hashes) && (bare.len() == hashes || bare.as_bytes()[hashes] == b' ') {
            self.inline(line.len(), Class::Heading);
        } else if ruled('-') || ruled('*') || ruled('_') || ruled('=') || bare.starts_with("$$") {
            self.put(Class::Meta, line.len());
        } else if table {
            self.put(Class::Operator, line.len());
        } else if let Some(label) = definition(bare) {
            self.put(Class::Attribute, label);
            self.put(Class::Plain, 1);
            self.put(Class::Link, line.len() - label - 1);
        } else {
            self.inline(line.len(), Class::Plain);
        }
        self.put(Class::Plain, 1);
    }

    /// The mark of a quote or a list item, with what follows it at once.
    fn container(&mut self) -> usize {
        let bytes = self.cursor.bytes();
        let next = |at: usize| bytes.get(at).copied().unwrap_or(b'\n');
        let digits = bytes.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        let space = |at: usize| matches!(next(at), b' ' | b'\n');
        let (class, length) = match next(0) {
            b'>' => (Class::Keyword, 1),
            b'-' | b'*' | b'+' if next(1) == b' ' => (Class::Keyword, 1),
            _ if (1..10).contains(&digits) && matches!(next(digits), b'.' | b')') && space(digits + 1) => {
                (Class::Keyword, digits + 1)
            }
            b'[' if matches!(next(1), b' ' | b'x' | b'X' | b'~') && next(2) == b']' && next(3) == b' ' => {
                (Class::Builtin, 3)
            }
            _ => return 0,
        };
        self.put(class, length);
        length
    }

    fn fence(&mut self, line: &str) {
        let mark = line.bytes().next().unwrap_or(b'`');
        let length = line.bytes().take_while(|b| *b == mark).count();
        let info = line[length..].trim();
        let language = info.split(|c: char| c.is_ascii_whitespace() || c == '{').next().unwrap_or_default();
        self.put(Class::Meta, length);
        let words = self.cursor.take(line.len() - length);
        let end = words.find(language).map_or(0, |at| at + language.len());
        self.paint.put(Class::Type, &words[..end]);
        self.paint.put(Class::Attribute, &words[end..]);
        self.put(Class::Plain, 1);
        let rest = self.cursor.rest();
        let closes = |line: &str| {
            let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
            line.len() >= length && line.bytes().all(|b| b == mark)
        };
        let end = lines(rest).find(|(_, line)| closes(line)).map_or(rest.len(), |(at, _)| at);
        let body = self.cursor.take(end);
        if self.depth == 0 || !lex_language(language, body, self.depth - 1, self.paint) {
            self.paint.put(Class::Plain, body);
        }
        let close = self.cursor.take_whole_line();
        self.paint.put(Class::Meta, close);
    }

    /// A comment; one that holds keys is topmatter.
    fn comment(&mut self) {
        let text = self.cursor.take_past("-->");
        let body = text.get(4..text.len().saturating_sub(3)).filter(|_| text.ends_with("-->"));
        let key = |line: &str| {
            let key = line.split(':').next().unwrap_or_default();
            line.len() > key.len() && !key.is_empty() && key.bytes().all(|b| in_name(b) || matches!(b, b'-' | b'.'))
        };
        match body {
            Some(body) if body.lines().map(str::trim).find(|line| !line.is_empty()).is_some_and(key) => {
                self.paint.put(Class::Comment, "<!--");
                yaml::lex(body, self.paint);
                self.paint.put(Class::Comment, "-->");
            }
            _ => self.paint.put(Class::Comment, text),
        }
    }

    /// The rest of a line, whose text is of a class.
    fn inline(&mut self, length: usize, plain: Class) {
        let line = self.cursor.take(length);
        let mut inside = Cursor::new(line);
        let mut ends = Ends::default();
        while let Some(byte) = inside.peek() {
            let text = inside.take_while(|b| !is_special(b));
            self.paint.put(plain, text);
            if text.is_empty() {
                self.span(&mut inside, byte, plain, &mut ends);
            }
        }
    }

    fn span(&mut self, inside: &mut Cursor<'_>, byte: u8, plain: Class, ends: &mut Ends) {
        let next = inside.ahead(1).unwrap_or(b' ');
        match byte {
            b'\\' => {
                let slash = inside.take(1);
                self.paint.put(Class::Escape, slash);
                let escaped = inside.take_char();
                self.paint.put(Class::Escape, escaped);
            }
            b'`' => {
                let marks = inside.bytes().iter().take_while(|b| **b == b'`').count();
                let length = code_length(inside.bytes(), marks, ends);
                let text = inside.take(length.unwrap_or(marks));
                self.paint.put(if length.is_some() { Class::String } else { plain }, text);
            }
            b'*' | b'_' | b'~' | b'=' => self.emphasis(inside, byte, next, plain, ends),
            b'!' if next == b'[' => {
                let mark = inside.take(1);
                self.paint.put(Class::Keyword, mark);
            }
            b'[' => self.link(inside, plain, ends),
            b'<' | b'&' if next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'#') => {
                if byte == b'<' && is_address(inside.bytes()) {
                    let text = inside.take_past(">");
                    self.paint.put(Class::Link, text);
                } else {
                    markup::step(inside, self.paint);
                }
            }
            b'{' if next == b'{' => markup::braces(inside, self.paint),
            b':' if inside.looks_at(":lucide-") => {
                let from = inside.rest();
                let mut length = inside.take(1).len() + inside.take_while(|b| in_name(b) || b == b'-').len();
                length += if inside.peek() == Some(b':') { inside.take(1).len() } else { 0 };
                self.paint.put(Class::Builtin, &from[..length]);
            }
            b'h' if inside.looks_at("https://") || inside.looks_at("http://") => {
                let address =
                    inside.take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b')' | b'<' | b'>' | b'"' | b'`'));
                self.paint.put(Class::Link, address);
            }
            b'|' => {
                let bar = inside.take(1);
                self.paint.put(Class::Operator, bar);
            }
            _ => {
                let other = inside.take_char();
                self.paint.put(plain, other);
            }
        }
    }

    fn emphasis(&mut self, inside: &mut Cursor<'_>, byte: u8, next: u8, plain: Class, ends: &mut Ends) {
        let double = next == byte;
        let marks = 1 + usize::from(double);
        let rest = inside.bytes();
        let opens = rest.get(marks).is_some_and(|b| !b.is_ascii_whitespace() && *b != byte);
        let single = matches!(byte, b'*' | b'_') && !double;
        let closed = (double || single) && opens && !ends.failed(byte, marks);
        let found = closed.then(|| find_mark(rest, byte, marks)).flatten();
        match found {
            Some(length) => {
                let class = if single { Class::Emphasis } else { Class::Strong };
                let text = inside.take(length);
                self.paint.put(if plain == Class::Heading { plain } else { class }, text);
            }
            None => {
                if closed {
                    ends.fail(byte, marks);
                }
                let text = inside.take(marks);
                self.paint.put(plain, text);
            }
        }
    }

    /// `[label](address "title")`, `[label][name]`, `[^1]`, `[[page]]`
    fn link(&mut self, inside: &mut Cursor<'_>, plain: Class, ends: &mut Ends) {
        let at = inside.at();
        let close = ends.bracket(at, inside.bytes()).map(|end| end - at);
        let rest = inside.rest();
        let after = close.and_then(|close| rest.as_bytes().get(close + 1).copied());
        let (Some(close), Some(open @ (b'(' | b'['))) = (close, after) else {
            let short = close.filter(|close| *close > 1 && matches!(rest.as_bytes()[1], b'^' | b'@' | b'['));
            let text = inside.take(short.map_or(1, |close| close + 1));
            return self.paint.put(if short.is_some() { Class::Attribute } else { plain }, text);
        };
        let label = inside.take(close + 1);
        let directive = label.starts_with("[@") || label.starts_with("[>");
        self.paint.put(if directive { Class::Keyword } else { Class::Function }, label);
        let address = inside.take_while(|b| b != if open == b'(' { b')' } else { b']' });
        self.paint.put(Class::Link, address);
        let end = inside.take(1);
        self.paint.put(Class::Link, end);
    }
}

/// Which marks were looked for in vain on this line, and where the next `]` is: nothing is looked for twice.
#[derive(Default)]
struct Ends {
    failed: Vec<(u8, usize)>,
    bracket: Option<usize>,
}

impl Ends {
    fn failed(&self, byte: u8, marks: usize) -> bool {
        self.failed.contains(&(byte, marks))
    }

    fn fail(&mut self, byte: u8, marks: usize) {
        if self.failed.len() < 16 {
            self.failed.push((byte, marks));
        }
    }

    fn bracket(&mut self, at: usize, bytes: &[u8]) -> Option<usize> {
        if self.failed(b']', 1) {
            return None;
        }
        if let Some(known) = self.bracket.filter(|known| *known >= at) {
            return Some(known);
        }
        self.bracket = bytes.iter().position(|b| *b == b']').map(|found| at + found);
        if self.bracket.is_none() {
            self.fail(b']', 1);
        }
        self.bracket
    }
}

/// The length of a code span that `marks` backticks open. Longer runs than any author writes close nothing.
fn code_length(bytes: &[u8], marks: usize, ends: &mut Ends) -> Option<usize> {
    if marks > 8 || ends.failed(b'`', marks) {
        return None;
    }
    let mut at = marks;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|b| **b == b'`').count();
        if run == marks {
            return Some(at + run);
        }
        at += run.max(1);
    }
    ends.fail(b'`', marks);
    None
}

/// The length of emphasis that `marks` such bytes open.
fn find_mark(bytes: &[u8], byte: u8, marks: usize) -> Option<usize> {
    let mut at = marks + 1;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|b| **b == byte).count();
        if run >= marks && !bytes[at - 1].is_ascii_whitespace() {
            return Some(at + marks);
        }
        at += run.max(1);
    }
    None
}

/// How long the label of a link's definition is: `[label]` before `:`.
fn definition(line: &str) -> Option<usize> {
    let end = line.strip_prefix('[')?.find("]:")? + 2;
    (!line[1..end - 1].contains('[')).then_some(end)
}

/// `<https://…>`
fn is_address(bytes: &[u8]) -> bool {
    let near = &bytes[..bytes.len().min(MAX_ADDRESS)];
    let end = near.iter().position(|b| matches!(b, b'>' | b' ' | b'"' | b'='));
    end.is_some_and(|end| near[end] == b'>' && near[..end].contains(&b':'))
}

/// Lines and where they begin.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let from = at;
        at += line.len();
        (from, line)
    })
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'`' | b'*' | b'_' | b'~' | b'=' | b'!' | b'[' | b'<' | b'&' | b'{' | b':' | b'h' | b'|')
}
