//! Text as the builder reads it: UTF-8 without a byte order mark, every line ended by `\n`. Files are brought into this form where they are
//! read, so that nothing behind that has to know of the others, and what pmx writes back into a file goes the other way.

pub(crate) mod address;
pub(crate) mod commas;
pub(crate) mod css;
pub(crate) mod cures;
pub(crate) mod dom;
pub(crate) mod html;
pub(crate) mod import_map;
pub(crate) mod keys;
pub(crate) mod language;
pub(crate) mod nearest;
pub(crate) mod numbers;
pub(crate) mod plain;
pub(crate) mod quotes;
pub(crate) mod script;
pub(crate) mod shorten;
pub(crate) mod yaml;

use std::{borrow::Cow, ops::Range};

/// A byte order mark in UTF-8.
const BOM: &str = "\u{feff}";

/// The text of a file: bad bytes replaced.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    // The lossy way is slower even where nothing is lost.
    match std::str::from_utf8(bytes) {
        Ok(text) => normal(text),
        Err(_) => Cow::Owned(normal(&String::from_utf8_lossy(bytes)).into_owned()),
    }
}

/// The bytes of the text of a file, if they are not those of the file. What is not UTF-8 stays as it is.
pub(super) fn normal_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'\r') && !bytes.starts_with(BOM.as_bytes()) {
        return None;
    }
    match normal(std::str::from_utf8(bytes).ok()?) {
        Cow::Owned(text) => Some(text.into_bytes()),
        Cow::Borrowed(text) => Some(text.as_bytes().to_vec()),
    }
}

/// Without a byte order mark, with `\n` for `\r\n` and `\r`.
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if !text.as_bytes().contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\r').peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        // The other half of `\r\n` begins the next part, and is the line's end.
        if lines.peek().is_some_and(|next| !next.starts_with('\n')) {
            out.push('\n');
        }
    }
    Cow::Owned(out)
}

/// The bytes of a file that stand for ranges of its text.
pub(super) struct OffsetMap {
    /// Bytes of the text from which on the file is further by one more, in order.
    dropped: Vec<usize>,
    /// Length of the byte order mark.
    mark: usize,
}

impl OffsetMap {
    pub(super) fn of(file: &str) -> Self {
        let text = file.strip_prefix(BOM).unwrap_or(file);
        let ends = text.match_indices("\r\n").enumerate();
        // Before the n-th end n bytes are gone already; the end itself begins where its `\r` does.
        Self { dropped: ends.map(|(before, (at, _))| at - before + 1).collect(), mark: file.len() - text.len() }
    }

    /// The range of the file.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.mark + at + self.dropped.partition_point(|from| *from <= at);
        place(range.start)..place(range.end)
    }
}

/// The end of lines that a file uses.
pub(super) fn end_of_line(file: &str) -> &'static str {
    if file.contains("\r\n") {
        "\r\n"
    } else if file.contains('\r') && !file.contains('\n') {
        "\r"
    } else {
        "\n"
    }
}

/// New lines as a file writes them.
pub(super) fn as_in<'t>(file: &str, text: &'t str) -> Cow<'t, str> {
    match end_of_line(file) {
        "\n" => Cow::Borrowed(text),
        end => Cow::Owned(text.replace('\n', end)),
    }
}

/// A file whose text is to be `after`: every byte before and behind what is different stays, and new lines end as the file's do.
pub(super) fn write_back(file: &str, after: &str) -> String {
    let before = normal(file);
    let start = before.bytes().zip(after.bytes()).take_while(|(old, new)| old == new).count();
    let start = (0..=start).rev().find(|at| before.is_char_boundary(*at) && after.is_char_boundary(*at)).unwrap_or(0);
    let rest = before[start..].bytes().rev().zip(after[start..].bytes().rev());
    let same = rest.take_while(|(old, new)| old == new).count();
    let is_end =
        |same: &usize| before.is_char_boundary(before.len() - same) && after.is_char_boundary(after.len() - same);
    let same = (0..=same).rev().find(is_end).unwrap_or(0);
    let range = OffsetMap::of(file).range(&(start..before.len() - same));
    let new = as_in(file, &after[start..after.len() - same]);
    // Behind a `\r` that is an end by itself, a `\n` would be the other half of it.
    let first = if file[..range.start].ends_with('\r') && new.starts_with('\n') { "\r" } else { "" };
    let written = [&file[..range.start], first, &new[first.len()..], &file[range.end..]].concat();
    if normal(&written) == after {
        return written;
    }
    // A `\r` and a `\n` have met that were two ends of lines.
    let mark = if file.starts_with(BOM) { BOM } else { "" };
    format!("{mark}{}", as_in(file, after))
}

/// Appends a value as JSON.
pub(crate) fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Text keys and plain values, written to memory: it cannot fail.
    let _ = serde_json::to_writer(out, value);
}

/// Past the closing quote of a string of CSS or JavaScript that opens here; it also ends where its line does.
fn string_end(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_end_of_a_line_is_one_and_a_mark_is_no_text() {
        for (file, text) in [
            ("a\nb", "a\nb"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("\u{feff}a\r\r\n\n\rb", "a\n\n\n\nb"),
            ("\r", "\n"),
            ("\r\n", "\n"),
            ("", ""),
            ("\u{feff}", ""),
            ("a\u{feff}b", "a\u{feff}b"),
        ] {
            assert_eq!(normal(file), text, "{file:?}");
            assert_eq!(decode(file.as_bytes()), text, "{file:?}");
            let bytes = normal_bytes(file.as_bytes());
            assert_eq!(bytes.as_deref().unwrap_or(file.as_bytes()), text.as_bytes());
            assert_eq!(bytes.is_some(), file != text, "what is the same is not copied: {file:?}");
        }
        assert_eq!(normal_bytes(b"\xff\r\n"), None);
        assert_eq!(decode(b"\xef\xbb\xbfa\r\n\xff"), "a\n\u{fffd}");
    }

    #[test]
    fn what_is_written_back_has_the_ends_of_the_file() {
        for (file, after, written) in [
            ("a\r\nb\r\n", "a\nx\nb\n", "a\r\nx\r\nb\r\n"),
            ("\u{feff}a\rb\r", "a\nb\nc\n", "\u{feff}a\rb\rc\r"),
            ("a\nb\r\nc\n", "a\nb\nd\n", "a\nb\r\nd\n"),
            ("é\r\n", "è\n", "è\r\n"),
            ("a\rX\nb", "a\n\nb", "a\n\nb"),
            ("", "a\n", "a\n"),
        ] {
            assert_eq!(write_back(file, after), written, "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn the_text_of_what_is_written_back_is_what_was_meant(
            file in "\u{feff}?([a-cé]|\r\n|\r|\n){0,20}", after in "([a-cé]|\n){0,20}",
        ) {
            let written = write_back(&file, &after);
            prop_assert_eq!(normal(&written), &*after);
            let text = normal(&file).into_owned();
            prop_assert_eq!(write_back(&file, &text), &*file, "without a change no byte changes");
        }

        #[test]
        fn a_range_of_the_text_is_found_in_the_file(file in "\u{feff}?([a-cé]|\r\n|\r|\n){0,20}", from in 0..20usize, length in 0..9usize) {
            let text = normal(&file).into_owned();
            let range = from.min(text.len())..(from + length).min(text.len());
            if text.is_char_boundary(range.start) && text.is_char_boundary(range.end) {
                let places = OffsetMap::of(&file);
                prop_assert_eq!(normal(&file[places.range(&range)]), &text[range]);
            }
        }
    }
}
