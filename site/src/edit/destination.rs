//! What stands behind a link's text and behind a definition's label.

use std::ops::Range;

/// How deep brackets may stand in a destination.
const MAX_PARENTHESES: usize = 32;

/// Where a link leads, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// Without angle brackets.
    pub range: Range<usize>,
    pub angle: bool,
}

/// `(destination "title")` at a byte of the text, and its length.
pub(super) fn resource(text: &str, at: usize) -> Option<(Destination, usize)> {
    let inside = text[at..].strip_prefix('(')?;
    let mut from = at + 1 + spaces(inside)?;
    let (destination, end) = destination(text, from)?;
    let blank = spaces(&text[end..])?;
    from = end + blank;
    if blank > 0
        && let Some(length) = title(&text[from..])
    {
        from += length;
        from += spaces(&text[from..])?;
    }
    text[from..].starts_with(')').then(|| (destination, from + 1 - at))
}

/// White space with at most one line end; its length.
pub(super) fn spaces(text: &str) -> Option<usize> {
    let length = text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len();
    let ends = text[..length].replace("\r\n", "\n");
    (ends.matches(['\n', '\r']).count() <= 1).then_some(length)
}

/// A destination at a byte of the text, perhaps empty, and the byte after it.
pub(super) fn destination(text: &str, at: usize) -> Option<(Destination, usize)> {
    let rest = &text[at..];
    let mut escaped = false;
    if let Some(inside) = rest.strip_prefix('<') {
        for (index, c) in inside.char_indices() {
            match c {
                '\n' | '\r' => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '<' => return None,
                '>' => {
                    let range = at + 1..at + 1 + index;
                    return Some((Destination { angle: true, range }, at + index + 2));
                }
                _ => {}
            }
        }
        return None;
    }
    let mut depth = 0;
    let mut end = rest.len();
    for (index, c) in rest.char_indices() {
        match c {
            _ if c.is_ascii_whitespace() || c.is_ascii_control() => {
                end = index;
                break;
            }
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => {
                depth += 1;
                if depth > MAX_PARENTHESES {
                    return None;
                }
            }
            ')' if depth == 0 => {
                end = index;
                break;
            }
            ')' => depth -= 1,
            _ => {}
        }
    }
    (depth == 0).then_some((Destination { angle: false, range: at..at + end }, at + end))
}

/// The length of a title with its quotes.
pub(super) fn title(text: &str) -> Option<usize> {
    let close = match text.chars().next()? {
        '"' => '"',
        '\'' => '\'',
        '(' => ')',
        _ => return None,
    };
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' if close == ')' => return None,
            c if c == close => return Some(at + 1),
            _ => {}
        }
    }
    None
}
