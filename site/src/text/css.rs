//! The addresses in a stylesheet: `url(…)`, `@import "…"` and the strings of functions that take addresses. Everything else passes as it
//! was written.

mod units;

pub(crate) use units::{in_room, may_have_units};

use super::string_end;
use std::{borrow::Cow, fmt::Write as _, ops::Range};

/// Functions whose strings are addresses.
const STRINGS: [&str; 4] = ["image-set", "-webkit-image-set", "image", "src"];

/// Where an address stands, and the address, escapes undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CssUrl {
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
pub(crate) fn references(css: &str) -> Vec<CssUrl> {
    let bytes = css.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    // Whether the next string is an address: only white space and comments since `@import`.
    let mut import = false;
    // The open parentheses, and whether the strings between them are addresses.
    let mut open: Vec<bool> = Vec::new();
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = css[at + 2..].find("*/").map_or(bytes.len(), |end| start + 2 + end + 2);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                at = string_end(bytes, start, quote);
                if import || open.last() == Some(&true) {
                    found.push(reference(css, start..at));
                }
            }
            b'@' => {
                at = word_end(bytes, start + 1);
                import = is_named(&css[start + 1..at], &["import"]);
                continue;
            }
            byte if is_word(byte) => {
                at = word_end(bytes, start);
                if bytes.get(at) == Some(&b'(') {
                    let name = &css[start..at];
                    at += 1;
                    let is_url = is_named(name, &["url"]);
                    open.push(!is_url && is_named(name, &STRINGS));
                    if is_url {
                        let inside = at + bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                        at = match bytes.get(inside) {
                            Some(quote @ (b'"' | b'\'')) => string_end(bytes, inside, *quote),
                            _ => bare_end(bytes, inside),
                        };
                        found.push(reference(css, inside..at));
                    }
                }
            }
            byte => {
                at += 1;
                match byte {
                    b'(' => open.push(false),
                    b')' => drop(open.pop()),
                    byte if byte.is_ascii_whitespace() => continue,
                    _ => {}
                }
            }
        }
        import = false;
    }
    found
}

/// What a part of a style sheet stands for: its escapes undone.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let length = escape_end(escape.as_bytes(), 0);
        let length = (length..=escape.len()).find(|end| escape.is_char_boundary(*end)).unwrap_or(escape.len());
        let digits = escape[1..length].trim_ascii_end();
        match u32::from_str_radix(digits, 16) {
            Ok(code) => out.push(char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{fffd}')),
            // The end of a line goes with its backslash.
            Err(_) => out.extend(escape[1..length].chars().filter(|c| !matches!(c, '\n' | '\r' | '\u{c}'))),
        }
        rest = &escape[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The stylesheet with other addresses; `address` gives the new one, or `None` to leave it.
pub(crate) fn rewrite(css: &str, mut address: impl FnMut(&CssUrl) -> Option<String>) -> String {
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

/// Whether a name, its escapes undone, is one of these.
fn is_named(name: &str, names: &[&str]) -> bool {
    let name = unescape(name);
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Bytes that words are made of; inside of a character, too, so that no step ends there.
const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'#' | b'\\') || b >= 128
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while bytes.get(at).is_some_and(|b| is_word(*b)) {
        at = if bytes[at] == b'\\' { escape_end(bytes, at) } else { at + 1 };
    }
    at
}

/// Past an escape: a backslash and up to six digits with a white space, else a backslash and the first byte of what it escapes.
fn escape_end(bytes: &[u8], start: usize) -> usize {
    let digits = bytes[start + 1..].iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
    let end = start + 1 + digits;
    let space = match bytes.get(end..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [space, ..] if digits == 0 || space.is_ascii_whitespace() => 1,
        _ => 0,
    };
    end + space
}

fn bare_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() && bytes[at] != b')' && !bytes[at].is_ascii_whitespace() {
        at = if bytes[at] == b'\\' { escape_end(bytes, at) } else { at + 1 };
    }
    at.min(bytes.len())
}

fn reference(css: &str, range: Range<usize>) -> CssUrl {
    // Escapes may leave the end inside a character.
    let range = range.start..(range.end..=css.len()).find(|end| css.is_char_boundary(*end)).unwrap_or(css.len());
    let target = unquoted(&css[range.clone()]);
    CssUrl { range, target }
}

/// What a string, or an address without quotes, stands for.
pub(crate) fn unquoted(written: &str) -> String {
    let quoted = written.strip_prefix(['"', '\'']);
    let inside = quoted.map_or(written, |rest| rest.strip_suffix(['"', '\'']).unwrap_or(rest));
    unescape(inside).into_owned()
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
        assert_eq!(
            found(
                r#"a{b:image(ltr "a.png",red) src( 'b.png' );c:u\72l(c.png);d:\75 RL("d.png") image-se\74('e.png' 1x)} @\69mport "f.css";"#
            ),
            ["a.png", "b.png", "c.png", "d.png", "e.png", "f.css"]
        );
        assert_eq!(
            found("a{b:url(../\\70.png) url(\"\\e9 t\\0000E9.png\") url('a\\\nb.png') url(a\\29 b) url(\\110000.x)}"),
            ["../p.png", "été.png", "ab.png", "a)b", "\u{fffd}.x"]
        );
        let none = "a { b: my-image('no') 1url(no) #url(no) attr(src) } @imports 'no'; @import layer('no');";
        assert_eq!(found(none), Vec::<String>::new());
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
        fn any_text_passes(css in "(url\\(|u\\\\72l\\(|@import|src\\(|[\"'\\\\/*() \\na-cü;#1]){0,40}") {
            proptest::prop_assert_eq!(rewrite(&css, |_| None), css);
        }
    }
}
