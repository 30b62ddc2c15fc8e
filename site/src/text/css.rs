//! The addresses in a stylesheet: `url(…)`, `@import "…"` and the strings of `image-set(…)`. Everything else passes as it was written.

mod units;

pub(crate) use units::{in_room, may_have_units};

use std::{fmt::Write as _, ops::Range};

/// Where an address stands, and the address, escapes undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// With its quotes.
    pub range: Range<usize>,
    pub target: String,
}

/// A text as it may stand between double quotes in a style sheet, without any character that HTML would write otherwise.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' | '&' | '<' | '>' | '\n' | '\r' | '\u{c}' => {
                let _ = write!(out, "\\{:x} ", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// All addresses, in order.
pub(crate) fn references(css: &str) -> Vec<Reference> {
    let bytes = css.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    // Whether the next string is an address: only white space and comments since `@import`.
    let mut import = false;
    // The open parentheses, and whether each is that of an `image-set`.
    let mut open: Vec<bool> = Vec::new();
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = css[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                let end = string_end(bytes, at, quote);
                if import || open.last() == Some(&true) {
                    found.push(reference(css, at..end));
                }
                at = end;
                import = false;
                continue;
            }
            b'\\' => at += 1,
            b'@' if keyword(bytes, at + 1, b"import") => {
                import = true;
                at += "@import".len();
                continue;
            }
            b'u' | b'U' if keyword(bytes, at, b"url") && bytes.get(at + 3) == Some(&b'(') && starts_word(bytes, at) => {
                let inside = at + 4;
                open.push(false);
                let start = inside + bytes[inside..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                let end = match bytes.get(start) {
                    Some(quote @ (b'"' | b'\'')) => string_end(bytes, start, *quote),
                    _ => bare_end(bytes, start),
                };
                found.push(reference(css, start..end));
                at = end;
                import = false;
                continue;
            }
            b'(' => {
                let word = b"image-set";
                open.push(at.checked_sub(word.len()).is_some_and(|start| keyword(bytes, start, word)));
                import = false;
            }
            b')' => {
                open.pop();
                import = false;
            }
            byte if !byte.is_ascii_whitespace() => import = false,
            _ => {}
        }
        at += 1;
    }
    found
}

/// The stylesheet with other addresses; `address` gives the new one, or `None` to leave it.
pub(crate) fn rewrite(css: &str, mut address: impl FnMut(&Reference) -> Option<String>) -> String {
    let mut out = String::with_capacity(css.len());
    let mut from = 0;
    for reference in references(css) {
        let Some(new) = address(&reference) else { continue };
        out.push_str(&css[from..reference.range.start]);
        out.push('"');
        for c in new.chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
        from = reference.range.end;
    }
    out.push_str(&css[from..]);
    out
}

fn keyword(bytes: &[u8], at: usize, word: &[u8]) -> bool {
    bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0
        || !(bytes[at - 1].is_ascii_alphanumeric()
            || matches!(bytes[at - 1], b'-' | b'_' | b'\\')
            || bytes[at - 1] >= 128)
}

/// Past the closing quote; a string also ends where its line does.
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

fn bare_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() && bytes[at] != b')' && !bytes[at].is_ascii_whitespace() {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn reference(css: &str, range: Range<usize>) -> Reference {
    // Escapes may leave the end inside a character.
    let range = range.start..(range.end..=css.len()).find(|end| css.is_char_boundary(*end)).unwrap_or(css.len());
    let text = &css[range.clone()];
    let quoted = text.strip_prefix(['"', '\'']);
    let inside = quoted.map_or(text, |rest| rest.strip_suffix(['"', '\'']).unwrap_or(rest));
    let mut target = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        target.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Reference { range, target }
}

/// Whether a file is a stylesheet, whose own addresses are rewritten.
pub(crate) fn is_sheet(path: &str) -> bool {
    path.ends_with(".css")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(css: &str) -> Vec<String> {
        references(css).into_iter().map(|reference| reference.target).collect()
    }

    #[test]
    fn addresses_are_found_where_css_has_them() {
        assert_eq!(
            found("@import \"a.css\" screen; @import url(b.css); a { b: URL( 'c d.png' ) url(e\\ f.png) }"),
            ["a.css", "b.css", "c d.png", "e f.png"]
        );
        assert_eq!(
            found(
                "a { b: image-set('a.png' 1x, url(b.png) 2x, \"c.avif\" type('image/avif') 3x) } c { d: -webkit-image-set( \"e.png\" 1x); content: 'no' }"
            ),
            ["a.png", "b.png", "c.avif", "e.png"]
        );
        let none = "/* url(no) @import 'no' */ a::before { content: \"url(no)\" } .url { my-url: curl(no) }";
        assert_eq!(found(none), Vec::<String>::new());
    }

    #[test]
    fn only_what_is_given_anew_changes() {
        let css = "a{b:url(x.png) url(\"y.png\")}";
        let new = rewrite(css, |reference| (reference.target == "x.png").then(|| "z.png".to_owned()));
        assert_eq!(new, "a{b:url(\"z.png\") url(\"y.png\")}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_passes(css in "(url\\(|@import|[\"'\\\\/*() \\na-cü;]){0,40}") {
            proptest::prop_assert_eq!(rewrite(&css, |_| None), css);
        }
    }
}
