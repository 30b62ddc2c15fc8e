//! The lines of a Source around a finding.

use serde::Serialize;
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// The largest Source that is looked into, in bytes.
const LARGEST_SOURCE: u64 = 4 * 1024 * 1024;
/// How many lines are shown before and after the one in question.
const AROUND: usize = 2;
/// How many characters of a line are shown.
const WIDTH: usize = 200;
/// How many characters before the column are kept of a line that is too long.
const BEFORE: usize = 80;

/// Lines of a Source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Excerpt {
    /// Number of the first line.
    first: usize,
    lines: Vec<String>,
    /// Number of the line in question.
    line: usize,
    /// Place in that line as it is shown, in characters, from 1; one more than the line has where the place is its end.
    column: usize,
}

impl Excerpt {
    /// The lines with their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().map(|(index, line)| (self.first + index, line.as_str()))
    }
}

/// The lines around a place in a file; `None` if it cannot be read or has no such line.
pub(super) fn read(path: &Path, line: usize, column: usize) -> Option<Excerpt> {
    of(&text(path).ok()?, line, column)
}

fn text(path: &Path) -> io::Result<String> {
    let metadata = fs_err::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LARGEST_SOURCE {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    File::open(path)?.take(LARGEST_SOURCE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn of(text: &str, line: usize, column: usize) -> Option<Excerpt> {
    let first = line.saturating_sub(AROUND).max(1);
    let mut lines: Vec<String> =
        text.lines().skip(first - 1).take(line + AROUND + 1 - first).map(str::to_owned).collect();
    let wanted = lines.get(line.checked_sub(first)?)?;
    let column = column.clamp(1, wanted.chars().count() + 1);
    let from = if column > WIDTH { column - 1 - BEFORE } else { 0 };
    for (number, text) in lines.iter_mut().enumerate() {
        *text = cut(text, if number + first == line { from } else { 0 });
    }
    // Where the line begins with a mark, one character stands for those that are left out.
    let column = if from > 0 { column - from + 1 } else { column };
    Some(Excerpt { first, lines, line, column })
}

/// A line from a character on, as wide as it may be.
fn cut(line: &str, from: usize) -> String {
    let mut shown: String = line.chars().skip(from).take(WIDTH).collect();
    if line.chars().nth(from + WIDTH).is_some() {
        shown.push('…');
    }
    if from > 0 {
        shown.insert(0, '…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stands_between_its_neighbours() {
        let text = "one\r\ntwo\nthree\nfour\nfive\nsix";
        let lines = |line| of(text, line, 2).map(|excerpt| (excerpt.first, excerpt.lines.join(",")));
        assert_eq!(lines(1), Some((1, "one,two,three".to_owned())));
        assert_eq!(lines(4), Some((2, "two,three,four,five,six".to_owned())));
        assert_eq!(lines(6), Some((4, "four,five,six".to_owned())));
        assert_eq!((lines(7), lines(0)), (None, None));
        assert_eq!(of("äöü", 1, 99).unwrap().column, 4);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let excerpt = of(&text, 1, 5001).unwrap();
        let shown: Vec<char> = excerpt.lines[0].chars().collect();
        assert_eq!((shown[excerpt.column - 1], shown.len()), ('X', WIDTH + 2));
        let excerpt = of(&text, 1, 3).unwrap();
        assert_eq!((excerpt.column, excerpt.lines[0].chars().count()), (3, WIDTH + 1));
    }

    #[test]
    fn what_is_no_readable_file_has_no_excerpt() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), 1, 1), None);
        assert_eq!(read(&folder.path().join("missing"), 1, 1), None);
    }
}
