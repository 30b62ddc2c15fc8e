//! Text from outside as a terminal may have it.
//!
//! Names of files, Sources, keys, branches and what servers answer are other people's text: in it may be sequences that move the
//! cursor, write into the clipboard, make links, or turn the order of letters around (`CVE-2021-42574`). All that is printed goes through
//! [`line`], which shows such characters by their number. The colours of pmx itself stand in it as marks that begin with a number
//! drawn anew by every process, so that no text from outside can have one.

use std::{
    borrow::Cow,
    fmt::Write as _,
    hash::{BuildHasher as _, RandomState},
    sync::LazyLock,
};

/// What begins a mark.
static MARK: LazyLock<String> = LazyLock::new(|| format!("\x1b{:016x}", RandomState::new().hash_one(0)));
/// The sequences that a mark stands for (ECMA-48, 8.3.117 SGR): its letter, and the parameters.
const STYLES: [(char, &str); 6] = [('n', "0"), ('b', "1"), ('d', "2"), ('g', "32"), ('w', "33"), ('e', "1;31")];

/// Puts a text between the mark with this letter and the one that ends it.
pub(super) fn marked(letter: char, text: &str) -> String {
    let mark = &*MARK;
    format!("{mark}{letter}{text}{mark}n")
}

/// One line for a terminal: marks as sequences, or as nothing where no colours are wanted, and of all else nothing that is more than a
/// letter. Line breaks, too, are shown by their number; what has several lines is printed as several.
pub(super) fn line(text: &str, is_coloured: bool) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(MARK.as_str());
    let mut out = String::with_capacity(text.len() + 16);
    escape(parts.next().unwrap_or_default(), &mut out);
    for part in parts {
        let style = STYLES.iter().find_map(|(letter, sgr)| Some((sgr, part.strip_prefix(*letter)?)));
        let (sgr, rest) = style.unwrap_or((&"0", part));
        if is_coloured {
            // Writing to a String does not fail.
            let _ = write!(out, "\x1b[{sgr}m");
        }
        escape(rest, &mut out);
    }
    Cow::Owned(out)
}

/// Content for a terminal: its lines and tabs, and of all else nothing that is more than a letter.
pub(super) fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        for (index, part) in line.split('\t').enumerate() {
            out.push_str(if index > 0 { "\t" } else { "" });
            escape(part, &mut out);
        }
        out.push_str(end);
    }
    out
}

/// JSON in which only letters stand for themselves: JSON itself escapes no more than the controls below the space. It says the same.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_active(c) {
            // All of them are below U+10000, where a character is one unit of UTF-16.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_active(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
}

/// Whether a character does something: the controls C0, DEL and C1, those of bidirectional text (Unicode 17, 3.12 and Annex 9) with
/// the deprecated ones beside them, what separates lines, and what annotates them.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_something_is_shown_by_its_number() {
        for (text, shown) in [
            ("plain ä 🏳️‍🌈", "plain ä 🏳️‍🌈"),
            ("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\x1b]52;c;aGk=\x07", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\rb\nc\td\x7f", "a\\rb\\nc d\\u{7f}"),
            ("\u{202e}gpj.exe\u{2066}", "\\u{202e}gpj.exe\\u{2066}"),
        ] {
            assert_eq!(line(text, true), shown);
        }
        assert_eq!(content("a\tb\r\nc\rd\x1b\n"), "a\tb\nc\\rd\\u{1b}\n");
        let json = json("{\"a\":\"\u{9b}\u{202e}\u{7f}ä\"}").into_owned();
        assert_eq!(json, "{\"a\":\"\\u009b\\u202e\\u007fä\"}");
    }

    #[test]
    fn only_the_marks_of_this_process_become_styles() {
        let painted = format!("{} {}", marked('e', "bad\x1b[0m"), marked('d', "weak"));
        assert_eq!(line(&painted, false), "bad\\u{1b}[0m weak");
        assert_eq!(line(&painted, true), "\x1b[1;31mbad\\u{1b}[0m\x1b[0m \x1b[2mweak\x1b[0m");
        assert_eq!(line("\x1b0123456789abcdefe", true), "\\u{1b}0123456789abcdefe");
    }

    /// Text without the sequences of [`STYLES`].
    fn unstyled(text: &str) -> String {
        STYLES.iter().fold(text.to_owned(), |text, (_, sgr)| text.replace(&format!("\x1b[{sgr}m"), ""))
    }

    proptest! {
        #[test]
        fn no_text_reaches_a_terminal_as_more_than_letters(
            outside in "(\\PC|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{200e}-\u{202e}\u{2066}-\u{2069}\\[;m]){0,40}",
            letter in prop::sample::select(vec!['n', 'b', 'd', 'g', 'w', 'e']),
        ) {
            let printed = line(&outside, true).into_owned();
            prop_assert!(!printed.chars().any(is_active), "{:?}", printed);
            let painted = marked(letter, &outside);
            let printed = line(&painted, false).into_owned();
            prop_assert!(!printed.chars().any(is_active), "{:?}", printed);
            let printed = unstyled(&line(&painted, true));
            prop_assert!(!printed.chars().any(is_active), "{:?}", printed);
            let kept = content(&outside);
            prop_assert!(!kept.chars().any(|c| is_active(c) && !matches!(c, '\n' | '\t')), "{:?}", kept);
            let text = serde_json::to_string(&outside).unwrap();
            let safe = json(&text);
            prop_assert!(!safe.chars().any(is_active));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), outside);
        }
    }
}
