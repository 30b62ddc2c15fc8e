//! Units of the window in authored styles. A page has a frame, so what an author calls the width of the window is the room that the
//! document has in it: `100vw` becomes `calc(100 * var(--pmx-vw, 1vw))`, and the frame says what a hundredth of that room is
//! (`theme/base.css`). Without the property, as on paper and in Play, it is what was written.

use crate::text::string_end;
use std::borrow::Cow;

/// What is made relative: the width of the window, in each of its variants, and its inline size.
const UNITS: [&[u8]; 8] = [b"vw", b"svw", b"lvw", b"dvw", b"vi", b"svi", b"lvi", b"dvi"];
/// The property that holds a hundredth of the room.
const PROPERTY: &str = "--pmx-vw";
/// An at-rule whose values cannot hold a property.
const CONSTANT: &[u8] = b"property";

/// Whether a text may hold such a unit: a quick look, so that most are never read by [`in_room`].
pub(crate) fn may_have_units(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends_number = |at: usize| matches!(bytes[at], b'0'..=b'9' | b'.');
    let is_unit = |(at, _): (usize, &str)| {
        let variant = at > 1 && matches!(bytes[at - 1] | 0x20, b's' | b'l' | b'd');
        bytes.get(at + 1).is_some_and(|next| matches!(next | 0x20, b'w' | b'i'))
            && at > 0
            && (ends_number(at - 1) || (variant && ends_number(at - 2)))
    };
    // One character at a time: searches for one are quick.
    text.match_indices('v').any(is_unit) || text.match_indices('V').any(is_unit)
}

/// A stylesheet, or the declarations of an element, with the units of the window made relative to the room. Strings, addresses,
/// names and what stands before the block of an at-rule stay as they are. It is its own result the second time.
pub(crate) fn in_room(css: &str) -> Cow<'_, str> {
    if !may_have_units(css) {
        return Cow::Borrowed(css);
    }
    let mut scan = UnitScanner {
        css,
        bytes: css.as_bytes(),
        at: 0,
        from: 0,
        out: String::with_capacity(css.len() + css.len() / 8),
    };
    scan.run();
    match scan.from {
        0 => Cow::Borrowed(css),
        from => {
            scan.out.push_str(&css[from..]);
            Cow::Owned(scan.out)
        }
    }
}

struct UnitScanner<'c> {
    css: &'c str,
    bytes: &'c [u8],
    at: usize,
    /// What comes after the last number that was replaced.
    from: usize,
    out: String,
}

impl UnitScanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'/' if self.bytes.get(self.at + 1) == Some(&b'*') => self.comment(),
                b'"' | b'\'' => self.at = string_end(self.bytes, self.at, byte),
                b'@' => self.at_rule(),
                b'#' => {
                    self.at += 1;
                    self.name();
                }
                b'0'..=b'9' => self.number(self.at),
                b'.' | b'+' | b'-' if self.starts_number() => self.number(self.at),
                _ if is_name(byte) => self.word(),
                _ => self.at += 1,
            }
        }
    }

    fn comment(&mut self) {
        self.at = self.css[self.at + 2..].find("*/").map_or(self.bytes.len(), |end| self.at + 2 + end + 2);
    }

    /// Past a name, with its escapes.
    fn name(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.escape(),
                _ if is_name(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    /// Past a backslash and the character that it stands for.
    fn escape(&mut self) {
        self.at += 1;
        let hex =
            self.bytes[self.at.min(self.bytes.len())..].iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
        self.at += hex.max(1);
        if hex > 0 && self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.at = (self.at..=self.bytes.len()).find(|end| self.css.is_char_boundary(*end)).unwrap_or(self.bytes.len());
    }

    fn word(&mut self) {
        let start = self.at;
        self.name();
        let word = &self.bytes[start..self.at];
        if self.bytes.get(self.at) == Some(&b'(') && word.eq_ignore_ascii_case(b"url") {
            let inside = self.at + 1;
            let open = inside + self.bytes[inside..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            self.at = match self.bytes.get(open) {
                Some(quote @ (b'"' | b'\'')) => string_end(self.bytes, open, *quote),
                _ => super::bare_end(self.bytes, open),
            };
            self.at =
                (self.at..=self.bytes.len()).find(|end| self.css.is_char_boundary(*end)).unwrap_or(self.bytes.len());
        } else if word == PROPERTY.as_bytes() {
            // Made relative before.
            self.at += self.bytes[self.at..].iter().position(|b| matches!(b, b')' | b';' | b'}')).unwrap_or(0);
        }
    }

    /// Past what stands before the block of an at-rule; past all of one that holds constants.
    fn at_rule(&mut self) {
        let name = self.at + 1;
        self.at = name;
        self.name();
        let is_constant = self.bytes[name..self.at].eq_ignore_ascii_case(CONSTANT);
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'/' if self.bytes.get(self.at + 1) == Some(&b'*') => self.comment(),
                b'"' | b'\'' => self.at = string_end(self.bytes, self.at, byte),
                b'\\' => self.escape(),
                b'}' => return,
                b'{' if is_constant => {
                    self.at += self.bytes[self.at..].iter().position(|b| *b == b'}').unwrap_or(0).max(1)
                }
                b'{' | b';' => return self.at += 1,
                _ => self.at += 1,
            }
        }
    }

    /// Whether a sign or a point begins a number here.
    fn starts_number(&self) -> bool {
        let rest = &self.bytes[self.at..];
        match rest {
            [b'+' | b'-', b'.', digit, ..] | [b'+' | b'-' | b'.', digit, ..] => digit.is_ascii_digit(),
            _ => false,
        }
    }

    fn number(&mut self, start: usize) {
        let digits =
            |at: usize| at + self.bytes[at.min(self.bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(start + usize::from(matches!(self.bytes[start], b'+' | b'-')));
        if self.bytes.get(end) == Some(&b'.') && self.bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1);
        }
        self.at = end;
        self.name();
        let unit = &self.bytes[end..self.at];
        if UNITS.iter().any(|known| unit.eq_ignore_ascii_case(known)) {
            let (number, unit) = (&self.css[start..end], &self.css[end..self.at]);
            self.out.push_str(&self.css[self.from..start]);
            for part in ["calc(", number, " * var(", PROPERTY, ", 1", unit, "))"] {
                self.out.push_str(part);
            }
            self.from = self.at;
        }
    }
}

/// What a name is made of, but for escapes; a name may begin with all but a digit.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'\\') || byte >= 128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_width_of_the_window_is_that_of_the_room() {
        for (written, made) in [
            ("width: 100vw", "width: calc(100 * var(--pmx-vw, 1vw))"),
            ("margin: 0 calc(50% - 50VW)", "margin: 0 calc(50% - calc(50 * var(--pmx-vw, 1VW)))"),
            ("margin-left:-50vw", "margin-left:calc(-50 * var(--pmx-vw, 1vw))"),
            (
                "left: +.5dvw; right: -1.25svi",
                "left: calc(+.5 * var(--pmx-vw, 1dvw)); right: calc(-1.25 * var(--pmx-vw, 1svi))",
            ),
            ("--wide:100lvw", "--wide:calc(100 * var(--pmx-vw, 1lvw))"),
            (
                "@media (width > 1px) { a { width: 9vw } }",
                "@media (width > 1px) { a { width: calc(9 * var(--pmx-vw, 1vw)) } }",
            ),
            ("a{width:calc(1px + 2vw)}/* 2vw */", "a{width:calc(1px + calc(2 * var(--pmx-vw, 1vw)))}/* 2vw */"),
        ] {
            assert_eq!(in_room(written), made);
            assert_eq!(in_room(made), made, "made relative once");
        }
    }

    #[test]
    fn what_is_no_such_length_stays() {
        for css in [
            "width: 100vh; height: 5vmin; inset: 3vmax",
            "a { background: url(/a/50vw.png) }",
            "a { background: url( \"5vw\" ); content: '100vw' }",
            ".w-50vw, .col-2-50vw, #a50vw, .\\35 0vw, .w-\\[100vw\\] { color: #50f }",
            "@media (min-width: 50vw) { a { b: c } }",
            "@import \"x.css\" (width > 5vw);",
            "@property --x { syntax: '<length>'; initial-value: 5vw; inherits: true }",
            "width: 5vwx; height: 5 vw; top: x5vw",
            "a { b: 'open 5vw",
            "/* 5vw",
            "@media 5vw",
            "",
        ] {
            assert_eq!(in_room(css), css);
        }
    }

    proptest! {
        #[test]
        fn any_text_passes_and_is_its_own_result(css in "(url\\(|@media|@property|--pmx-vw|[0-9]vw|[\"'\\\\/*(){};. \\n#a-cü+5v-]){0,40}") {
            let once = in_room(&css).into_owned();
            prop_assert_eq!(in_room(&once).into_owned(), once.clone());
            prop_assert!(may_have_units(&css) || once == css);
        }
    }
}
