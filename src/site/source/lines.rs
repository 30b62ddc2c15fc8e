use crate::site::diagnostic::Position;

/// How much of a line is counted for a column, in bytes: beyond it nobody looks, and counting would go quadratic.
const LONGEST: usize = 4096;

/// The lines of a Source's body, as the Markdown parser counts them.
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    /// Line of the Source at which the body starts, from 1.
    first: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(body: &'a str, first: usize) -> Self {
        let mut lines = Vec::new();
        let mut rest = body;
        while let Some(at) = rest.find(['\n', '\r']) {
            lines.push(&rest[..at]);
            rest = &rest[at + if rest[at..].starts_with("\r\n") { 2 } else { 1 }..];
        }
        lines.push(rest);
        Self { lines, first }
    }

    /// A line by its number from 1; beyond the ends all is blank.
    pub(super) fn get(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default()
    }

    /// The number of a line of the Source among these, from 1.
    pub(super) const fn number(&self, line: usize) -> usize {
        (line + 1).saturating_sub(self.first)
    }

    pub(super) fn is_blank(&self, number: usize) -> bool {
        self.get(number).trim().is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    /// The text of some lines, joined by `\n`.
    pub(super) fn text(&self, first: usize, last: usize) -> String {
        (first..=last).map(|number| self.get(number)).collect::<Vec<_>>().join("\n")
    }

    /// The place in the Source of a place that the parser gave: line from 1, column in bytes from 1.
    pub(super) fn position(&self, line: usize, byte_column: usize) -> Position {
        let text = self.get(line).as_bytes();
        let end = byte_column.saturating_sub(1).min(text.len()).min(LONGEST);
        // Every byte but those that continue a character starts one.
        let column = text[..end].iter().filter(|byte| (**byte as i8) >= -0x40).count() + 1;
        Position { line: self.first + line.max(1) - 1, column }
    }
}
