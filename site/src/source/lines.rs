use crate::diagnostic::Position;
use comrak::nodes::LineColumn;

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
        let mut lines = Vec::with_capacity(body.len() / 40);
        let has_returns = body.contains('\r');
        let mut feeds = body.split('\n').peekable();
        while let Some(line) = feeds.next() {
            if has_returns {
                // A return in front of a line feed is a part of it.
                let line = line.strip_suffix('\r').filter(|_| feeds.peek().is_some()).unwrap_or(line);
                lines.extend(line.split('\r'));
            } else {
                lines.push(line);
            }
        }
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

/// How far a piece of HTML was walked, to say where something stands in it without counting its lines anew.
pub(super) struct Walked {
    /// Where the piece begins.
    start: LineColumn,
    seen: usize,
    line: usize,
    line_start: Option<usize>,
}

impl Walked {
    pub(super) const fn from(start: LineColumn) -> Self {
        Self { start, seen: 0, line: start.line, line_start: None }
    }

    /// Line and byte column of a byte behind all that were asked for before; `text` is the piece.
    pub(super) fn to(&mut self, lines: &Lines<'_>, text: &str, byte: usize) -> (usize, usize) {
        let between = text.get(self.seen..byte).unwrap_or_default();
        self.line += between.matches('\n').count();
        self.line_start = between.rfind('\n').map(|newline| self.seen + newline + 1).or(self.line_start);
        self.seen = byte;
        let Some(line_start) = self.line_start else { return (self.line, self.start.column + byte) };
        // The piece has no signs of the lists and quotations that it stands in.
        let rest = text[line_start..].split('\n').next().unwrap_or_default();
        let signs = lines.get(self.line).strip_suffix(rest).map_or(0, str::len);
        (self.line, signs + byte - line_start + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_as_the_markdown_parser_ends_it() {
        assert_eq!(Lines::of("a\nb\r\nc\rd\n\n\r\n\r\re", 1).lines, ["a", "b", "c", "d", "", "", "", "", "e"]);
        assert_eq!(Lines::of("", 1).lines, [""]);
        assert_eq!(Lines::of("\n", 1).lines, ["", ""]);
    }

    #[test]
    fn a_column_counts_characters_and_no_further_than_anybody_looks() {
        let long = format!("é{}", "x".repeat(10_000));
        let lines = Lines::of(&long, 4);
        assert_eq!(lines.position(1, 3), Position { line: 4, column: 2 });
        assert_eq!(lines.position(1, 1), Position { line: 4, column: 1 });
        assert_eq!(lines.position(1, 9_000).column, LONGEST);
        assert_eq!((lines.number(4), lines.position(9, 9)), (1, Position { line: 12, column: 1 }));
    }
}
