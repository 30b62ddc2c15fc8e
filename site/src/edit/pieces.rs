//! Text that was put together from parts of a file, with the way back to the file's bytes.

use std::ops::Range;

/// Some lines of a file without what their containers put before them.
#[derive(Debug, Default)]
pub(super) struct ContainedText {
    pub text: String,
    /// Where each part starts: in the text, in the file.
    starts: Vec<(usize, usize)>,
}

impl ContainedText {
    /// Adds a part of the file that starts at this byte of it.
    pub(super) fn push(&mut self, at: usize, part: &str) {
        self.starts.push((self.text.len(), at));
        self.text.push_str(part);
    }

    /// The byte of the file for a byte of the text.
    fn place(&self, at: usize) -> usize {
        let part = self.starts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.starts.get(part).map_or(at, |(start, file)| file + (at - start))
    }

    /// The range of the file for a range of the text. One that spans parts takes in what lies between them.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.place(range.start);
        let end = if range.is_empty() { start } else { self.place(range.end - 1) + 1 };
        start..end
    }
}

/// Where the lines of a text stand, as the Markdown parser counts them: from 1, ended by `\n`, `\r\n` or `\r`.
#[derive(Debug)]
pub(super) struct LineTable<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineTable<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line without its end. Beyond the ends there are empty lines.
    pub(super) fn range(&self, number: usize) -> Range<usize> {
        let Some(start) = number.checked_sub(1).and_then(|index| self.starts.get(index)).copied() else {
            return self.text.len()..self.text.len();
        };
        let end = self.starts.get(number).copied().unwrap_or(self.text.len());
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }

    pub(super) fn get(&self, number: usize) -> &'a str {
        &self.text[self.range(number)]
    }

    /// The bytes of some lines with the end of the last one.
    pub(super) fn whole(&self, first: usize, last: usize) -> Range<usize> {
        let end = self.starts.get(last).copied().unwrap_or(self.text.len());
        self.range(first).start..end
    }

    /// The number of the line that a byte lies in.
    pub(super) fn number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_the_text_leads_back_to_the_file() {
        let file = "> one\r\n> two";
        let lines = LineTable::of(file);
        assert_eq!((lines.count(), lines.get(1), lines.get(2), lines.get(9)), (2, "> one", "> two", ""));
        let mut pieces = ContainedText::default();
        for number in [1, 2] {
            pieces.push(lines.range(number).start + 2, &lines.get(number)[2..]);
            pieces.push(lines.range(number).end, "\n");
        }
        assert_eq!(pieces.text, "one\ntwo\n");
        assert_eq!(&file[pieces.range(&(1..3))], "ne");
        assert_eq!(&file[pieces.range(&(2..5))], "e\r\n> t");
        assert_eq!(lines.number(0), 1);
        assert_eq!(lines.number(7), 2);
        assert_eq!(&file[lines.whole(1, 1)], "> one\r\n");
    }
}
