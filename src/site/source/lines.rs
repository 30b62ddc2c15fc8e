use crate::site::diagnostic::Position;

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
        let text = self.get(line);
        let end = byte_column.saturating_sub(1).min(text.len());
        let column = text.char_indices().take_while(|(at, _)| *at < end).count() + 1;
        Position { line: self.first + line.max(1) - 1, column }
    }
}
