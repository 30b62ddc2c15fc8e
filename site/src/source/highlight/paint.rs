//! What the lexers write to: coloured text becomes one piece of HTML per line.

/// What a piece of code is. `theme/code.css` gives each a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// No span: names, brackets, white space.
    Plain,
    Keyword,
    String,
    Comment,
    Number,
    Function,
    /// Types, and the elements of markup and selectors.
    Type,
    /// Attributes, properties, keys.
    Attribute,
    Variable,
    Operator,
    /// Constants and what the language itself provides.
    Builtin,
    /// Directives, decorators, prompts, fences.
    Meta,
    /// What leaves a string: escapes and the braces around an expression.
    Escape,
    Heading,
    Emphasis,
    Strong,
    Link,
    Deleted,
    Inserted,
}

impl Class {
    const fn letter(self) -> Option<char> {
        Some(match self {
            Self::Plain => return None,
            Self::Keyword => 'k',
            Self::String => 's',
            Self::Comment => 'c',
            Self::Number => 'n',
            Self::Function => 'f',
            Self::Type => 't',
            Self::Attribute => 'a',
            Self::Variable => 'v',
            Self::Operator => 'o',
            Self::Builtin => 'b',
            Self::Meta => 'm',
            Self::Escape => 'x',
            Self::Heading => 'h',
            Self::Emphasis => 'e',
            Self::Strong => 'g',
            Self::Link => 'u',
            Self::Deleted => 'd',
            Self::Inserted => 'i',
        })
    }
}

/// What a line takes, about.
const LINE: usize = 160;

/// Collects lines. A span never crosses a line: what goes on is opened again.
pub(super) struct Paint {
    lines: Vec<String>,
    line: String,
    open: Class,
}

impl Paint {
    pub(super) const fn new() -> Self {
        Self { lines: Vec::new(), line: String::new(), open: Class::Plain }
    }

    /// Appends text, which may hold line ends.
    pub(super) fn put(&mut self, class: Class, text: &str) {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let safe = match byte {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                // In a Block's HTML a NUL announces an address.
                0 => "\u{fffd}",
                b'\n' => {
                    self.piece(class, &text[from..at]);
                    from = at + 1;
                    self.end_line();
                    continue;
                }
                _ => continue,
            };
            self.piece(class, &text[from..at]);
            self.piece(class, safe);
            from = at + 1;
        }
        self.piece(class, &text[from..]);
    }

    /// Appends escaped text.
    fn piece(&mut self, class: Class, text: &str) {
        if text.is_empty() {
            return;
        }
        if class != self.open {
            self.close();
            if let Some(letter) = class.letter() {
                self.line.push_str("<span class=\"hl-");
                self.line.push(letter);
                self.line.push_str("\">");
            }
            self.open = class;
        }
        self.line.push_str(text);
    }

    fn end_line(&mut self) {
        self.close();
        let next = String::with_capacity(LINE);
        self.lines.push(std::mem::replace(&mut self.line, next));
    }

    fn close(&mut self) {
        if self.open != Class::Plain {
            self.line.push_str("</span>");
            self.open = Class::Plain;
        }
    }

    /// The lines, one more than there were line ends.
    pub(super) fn finish(mut self) -> Vec<String> {
        self.close();
        self.lines.push(self.line);
        self.lines
    }
}
