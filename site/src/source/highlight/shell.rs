//! Shells: sh, bash, zsh, and sessions with prompts.

use super::{
    cursor::{Cursor, begins_name, in_name},
    paint::{Class, Paint},
    words::WordLists,
};

static WORDS: WordLists = WordLists::new(&[
    (
        Class::Keyword,
        "if then else elif fi for while until do done case esac in function select time return break continue exit { } ! [[ ]]",
    ),
    (
        Class::Builtin,
        "alias bg cd command declare dirs echo eval exec export false fg getopts hash help jobs kill let local mapfile popd \
         printf pushd pwd read readonly set shift shopt source test times trap true type typeset ulimit umask unalias unset \
         wait . : [",
    ),
]);

/// Colours a script, or a session if its first line begins with a prompt.
pub(super) fn lex(text: &str, paint: &mut Paint) {
    if text.trim_start().starts_with("$ ") {
        return session(text, paint);
    }
    script(text, paint);
}

/// Colours commands after `$`, `#`, `>` or `%`; other lines are what they printed.
pub(super) fn session(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    while !cursor.done() {
        let line = cursor.take_whole_line();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        match line[indent..].split_at_checked(2) {
            Some((prompt @ ("$ " | "> " | "# " | "% "), mut command)) => {
                paint.put(Class::Plain, &line[..indent]);
                paint.put(Class::Meta, prompt);
                // A command goes on after a backslash.
                let from = cursor.at() - command.len();
                while command.trim_end_matches(['\n', '\r']).ends_with('\\') && !cursor.done() {
                    cursor.take_whole_line();
                    command = &text[from..cursor.at()];
                }
                script(command, paint);
            }
            _ => paint.put(Class::Plain, line),
        }
    }
}

fn script(text: &str, paint: &mut Paint) {
    let mut lexer = ShellLexer {
        cursor: Cursor::new(text),
        paint,
        modes: Vec::new(),
        command: true,
        assigned: false,
        documents: Vec::new(),
    };
    while let Some(byte) = lexer.cursor.peek() {
        match lexer.modes.last() {
            Some(ShellMode::Quote) => lexer.quoted(),
            _ => lexer.code(byte),
        }
    }
}

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShellMode {
    /// `"`
    Quote,
    /// `$(` or `(`; whether it stands in the value of a variable.
    Paren { assigned: bool },
    /// `` ` ``
    Backtick,
}

struct ShellLexer<'a, 'p> {
    cursor: Cursor<'a>,
    paint: &'p mut Paint,
    modes: Vec<ShellMode>,
    /// A command's name comes next.
    command: bool,
    /// The value of a variable is being read; after it a command may come.
    assigned: bool,
    /// The ends of the here-documents that begin on the next line, and whether they hold variables.
    documents: Vec<(&'a str, bool)>,
}

impl<'a> ShellLexer<'a, '_> {
    fn put(&mut self, class: Class, length: usize) {
        let text = self.cursor.take(length);
        self.paint.put(class, text);
    }

    fn code(&mut self, byte: u8) {
        let next = self.cursor.ahead(1).unwrap_or(b'\n');
        match byte {
            b'\n' => {
                self.put(Class::Plain, 1);
                self.command = true;
                self.assigned = false;
                self.here_documents();
            }
            b' ' | b'\t' | b'\r' => {
                let blanks = self.cursor.take_while(|b| matches!(b, b' ' | b'\t' | b'\r'));
                self.paint.put(Class::Plain, blanks);
                self.command |= std::mem::take(&mut self.assigned);
            }
            b'\\' if next == b'\n' => self.put(Class::Escape, 2),
            b'\\' => {
                self.put(Class::Escape, 1);
                let escaped = self.cursor.take_char();
                self.paint.put(Class::Escape, escaped);
            }
            b'#' => {
                let comment = self.cursor.take_line();
                self.paint.put(Class::Comment, comment);
            }
            b'\'' => {
                let from = self.cursor.rest();
                let length = self.cursor.take(1).len() + self.cursor.take_past("'").len();
                self.paint.put(Class::String, &from[..length]);
                self.command = false;
            }
            b'"' => {
                self.put(Class::String, 1);
                self.command = false;
                self.modes.push(ShellMode::Quote);
            }
            b'$' => self.variable(),
            b'`' => self.backtick(),
            b'(' => {
                self.put(Class::Plain, 1);
                let assigned = std::mem::take(&mut self.assigned);
                self.modes.push(ShellMode::Paren { assigned });
                // `A=(…)` lists words.
                self.command = !assigned;
            }
            b')' => {
                let mut opened = false;
                if let Some(ShellMode::Paren { assigned }) = self.modes.last().copied() {
                    self.assigned = assigned;
                    self.modes.pop();
                    opened = true;
                }
                // Inside a string what opened it was an escape; so is what closes it.
                let escape = opened && self.modes.last() == Some(&ShellMode::Quote);
                self.put(if escape { Class::Escape } else { Class::Plain }, 1);
                self.command = !opened;
            }
            b'<' if next == b'<' => self.here_operator(),
            b'|' | b'&' | b';' => {
                let signs = self.cursor.take_while(|b| matches!(b, b'|' | b'&' | b';'));
                self.paint.put(Class::Operator, signs);
                self.command = true;
            }
            b'<' | b'>' => {
                let signs = self.cursor.take_while(|b| matches!(b, b'<' | b'>' | b'&' | b'|'));
                self.paint.put(Class::Operator, signs);
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) {
        let word = self.cursor.take_while(|b| {
            !b.is_ascii_whitespace()
                && !matches!(
                    b,
                    b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' | b'"' | b'\'' | b'$' | b'`' | b'\\' | b'='
                )
        });
        if word.is_empty() {
            return self.put(Class::Plain, 1);
        }
        let name = word.bytes().all(in_name) && word.bytes().next().is_some_and(begins_name);
        if self.command && name && matches!(self.cursor.bytes(), [b'=', ..]) {
            self.paint.put(Class::Variable, word);
            self.command = false;
            self.assigned = true;
            return self.put(Class::Plain, 1);
        }
        if name && self.command && self.cursor.looks_at("()") {
            self.paint.put(Class::Function, word);
            self.put(Class::Plain, 2);
            return;
        }
        let known = WORDS.class(word);
        let class = match known {
            _ if word.starts_with('-') && word.len() > 1 => Class::Attribute,
            _ if word.bytes().all(|b| b.is_ascii_digit()) => Class::Number,
            Some(class) if self.command || word == "in" || word == "]]" || word == "do" => class,
            Some(_) | None if self.command => Class::Function,
            _ => Class::Plain,
        };
        self.paint.put(class, word);
        // After `then`, `do` and their like another command comes; a file descriptor is no command.
        self.command = match class {
            Class::Keyword => !matches!(
                word,
                "in" | "for" | "case" | "function" | "select" | "[[" | "]]" | "exit" | "return" | "break"
            ),
            _ => false,
        };
    }

    fn variable(&mut self) {
        let next = self.cursor.ahead(1).unwrap_or(b' ');
        let was_command = std::mem::replace(&mut self.command, false);
        match next {
            b'(' => {
                self.put(Class::Escape, 2);
                let assigned = std::mem::take(&mut self.assigned);
                self.modes.push(ShellMode::Paren { assigned });
                self.command = true;
            }
            b'{' => {
                let length = braces(self.cursor.bytes());
                self.put(Class::Variable, length);
            }
            b'\'' => {
                self.put(Class::String, 2);
                let rest = self.cursor.take_past("'");
                self.paint.put(Class::String, rest);
            }
            b'#' | b'?' | b'@' | b'*' | b'!' | b'$' | b'-' | b'0'..=b'9' => self.put(Class::Variable, 2),
            _ if begins_name(next) => {
                let from = self.cursor.rest();
                let length = self.cursor.take(1).len() + self.cursor.take_while(in_name).len();
                self.paint.put(Class::Variable, &from[..length]);
            }
            _ => {
                self.put(Class::Plain, 1);
                self.command = was_command;
            }
        }
    }

    fn backtick(&mut self) {
        self.put(Class::Escape, 1);
        if self.modes.last() == Some(&ShellMode::Backtick) {
            self.modes.pop();
            self.command = false;
        } else {
            self.modes.push(ShellMode::Backtick);
            self.command = true;
        }
    }

    /// Inside `"…"`.
    fn quoted(&mut self) {
        let text = self.cursor.take_while(|b| !matches!(b, b'"' | b'$' | b'\\' | b'`'));
        self.paint.put(Class::String, text);
        match self.cursor.peek() {
            Some(b'"') => {
                self.put(Class::String, 1);
                self.modes.pop();
            }
            Some(b'\\') => {
                self.put(Class::Escape, 1);
                let escaped = self.cursor.take_char();
                self.paint.put(Class::Escape, escaped);
            }
            Some(b'$') if self.cursor.ahead(1).is_some_and(|b| matches!(b, b'"' | b'\'' | b' ')) => {
                self.put(Class::String, 1)
            }
            Some(b'$') => self.variable(),
            Some(_) => self.backtick(),
            None => {}
        }
    }

    /// `<<END`, `<<-'END'`, `<<< word`
    fn here_operator(&mut self) {
        if self.cursor.looks_at("<<<") {
            return self.put(Class::Operator, 3);
        }
        self.put(Class::Operator, if self.cursor.looks_at("<<-") { 3 } else { 2 });
        let blanks = self.cursor.take_while(|b| b == b' ');
        self.paint.put(Class::Plain, blanks);
        let quote = self.cursor.peek().filter(|b| matches!(b, b'\'' | b'"'));
        let marks = usize::from(quote.is_some());
        let word =
            self.cursor.bytes()[marks.min(self.cursor.bytes().len())..].iter().take_while(|b| in_name(**b)).count();
        let text = self.cursor.take(2 * marks + word);
        if let Some(name) = text.get(marks..marks + word).filter(|name| !name.is_empty()) {
            self.documents.push((name, quote.is_none()));
        }
        self.paint.put(Class::Meta, text);
    }

    fn here_documents(&mut self) {
        for (end, variables) in std::mem::take(&mut self.documents) {
            while !self.cursor.done() {
                let line = self.cursor.take_whole_line();
                if line.trim() == end {
                    self.paint.put(Class::Meta, line);
                    break;
                }
                if variables {
                    self.document_line(line);
                } else {
                    self.paint.put(Class::String, line);
                }
            }
        }
    }

    fn document_line(&mut self, line: &str) {
        let mut cursor = Cursor::new(line);
        while !cursor.done() {
            let text = cursor.take_while(|b| b != b'$');
            self.paint.put(Class::String, text);
            let next = cursor.ahead(1).unwrap_or(b' ');
            let length = if next == b'{' {
                braces(cursor.bytes())
            } else if begins_name(next) {
                1 + cursor.bytes()[1..].iter().take_while(|b| in_name(**b)).count()
            } else {
                0
            };
            if length > 0 {
                let name = cursor.take(length);
                self.paint.put(Class::Variable, name);
            } else {
                let sign = cursor.take(1);
                self.paint.put(Class::String, sign);
            }
        }
    }
}

/// How long `${…}` is, with the braces in it; to the end of the line if it does not close.
fn braces(bytes: &[u8]) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => return at,
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    bytes.len()
}
