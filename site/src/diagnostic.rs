use serde::{Deserialize, Serialize};
use std::fmt;

/// What the author should know about a Source, with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Diagnostic {
    /// The file, as the author would name it from the working directory.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Whether the build fails.
    pub severity: Severity,
    /// A stable name of the kind of finding, `<part>/<finding>`.
    pub code: &'static str,
    /// What is the matter, one sentence.
    pub message: String,
    /// What could be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How bad a finding is: by one rule, that authors read in the handbook (`commands.reference.md`, "Errors and warnings"), and that a test holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A whole page or Path is not what its Source says: it cannot be read or reached, or two things claim one name that pages share. The
    /// command fails, though everything that could be built was built.
    Error,
    /// The page stands, and something in it is missing or not as written: whatever it refers to and does not get.
    Warning,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte of a text.
    pub(super) fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// This place, in a text that itself starts at `outer`.
    pub(super) const fn within(self, outer: Self) -> Self {
        let column = if self.line == 1 { outer.column + self.column - 1 } else { self.column };
        Self { line: outer.line + self.line - 1, column }
    }
}

/// The places of bytes of one text, each found from the one before: for bytes in order, in time that grows with the text and no faster.
pub(super) struct Positions<'t> {
    text: &'t str,
    byte: usize,
    position: Position,
}

impl<'t> Positions<'t> {
    pub(super) const fn of(text: &'t str) -> Self {
        Self { text, byte: 0, position: Position::START }
    }

    /// The place of a byte.
    pub(super) fn at(&mut self, byte: usize) -> Position {
        if byte < self.byte {
            *self = Self::of(self.text);
        }
        let passed = self.text.get(self.byte..byte).unwrap_or_default();
        match passed.rfind('\n') {
            Some(end) => {
                self.position.line += passed.matches('\n').count();
                self.position.column = passed[end + 1..].chars().count() + 1;
            }
            None => self.position.column += passed.chars().count(),
        }
        self.byte += passed.len();
        self.position
    }
}

impl Diagnostic {
    /// A finding that lets the build stand. The path is set by [`Self::at`].
    pub(super) fn warning(code: &'static str, position: Position, message: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            line: position.line,
            column: position.column,
            severity: Severity::Warning,
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// A finding that fails the build. The path is set by [`Self::at`].
    pub(super) fn error(code: &'static str, position: Position, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, ..Self::warning(code, position, message) }
    }

    /// The same finding, in this file.
    #[must_use]
    pub(super) fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same finding, with what could be done.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As it is printed: `path:line:column: warning: message [code]`, and the hint on a line of its own.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let Self { path, line, column, severity, code, message, hint } = self;
        let first = format!("{path}:{line}:{column}: {severity}: {message} [{code}]");
        std::iter::once(first).chain(hint.as_ref().map(|hint| format!("  hint: {hint}")))
    }

    /// Whether the build fails because of it.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Diagnostic {
    /// The [lines](Self::lines) as one text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_and_adds_up() {
        let text = "ä: b\nüü: c";
        assert_eq!(Position::of(text, text.find('c').unwrap()), Position { line: 2, column: 5 });
        let mut positions = Positions::of(text);
        for (byte, _) in text.char_indices().chain(text.char_indices().rev()) {
            assert_eq!(positions.at(byte), Position::of(text, byte), "{byte}");
        }
        let outer = Position { line: 7, column: 3 };
        assert_eq!(Position { line: 1, column: 2 }.within(outer), Position { line: 7, column: 4 });
        assert_eq!(Position { line: 2, column: 2 }.within(outer), Position { line: 8, column: 2 });
    }
}
