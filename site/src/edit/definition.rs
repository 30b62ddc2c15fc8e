//! Link reference definitions, with the bytes of their destinations.

use super::destination::{self, Destination};

/// `[label]: destination "title"`
pub(super) struct LinkDefinition {
    pub label: String,
    pub destination: Destination,
    /// With its title, without its line end.
    pub end: usize,
}

/// A line without indent, quote marks and list markers.
pub(super) fn bare(line: &str) -> &str {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '>']);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let marker = match rest[digits..].chars().next() {
            Some('.' | ')') if digits > 0 => digits + 1,
            Some('-' | '*' | '+') if digits == 0 => 1,
            _ => return rest,
        };
        match rest.get(marker..).filter(|after| after.starts_with([' ', '\t'])) {
            Some(after) => rest = after,
            None => return rest,
        }
    }
}

/// The definition at a byte of a text.
pub(super) fn definition(text: &str, at: usize) -> Option<LinkDefinition> {
    let rest = &text[at..];
    let mut escaped = false;
    let close = rest.strip_prefix('[')?.char_indices().take(1000).find_map(|(index, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => return Some(None),
            ']' => return Some(Some(index + 1)),
            _ => {}
        }
        None
    })??;
    let label = rest[1..close].trim();
    let after = at + close + 1;
    let start = after + 1 + destination::spaces(text[after..].strip_prefix(':')?)?;
    if label.is_empty() {
        return None;
    }
    let (destination, end) = destination::destination(text, start)?;
    if destination.range.is_empty() && !destination.angle {
        return None;
    }
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end);
    let is_blank = |from: usize| text[from..line_end(from)].trim().is_empty();
    let blank = destination::spaces(&text[end..]).unwrap_or(0);
    let title = destination::title(&text[end + blank..]).filter(|_| blank > 0).map(|length| end + blank + length);
    let end = match title.filter(|end| is_blank(*end)) {
        Some(end) => end,
        None if is_blank(end) => end,
        // A directive counts whatever follows it.
        None if label.starts_with('@') => end + text[end..line_end(end)].trim_end().len(),
        None => return None,
    };
    Some(LinkDefinition { label: label.to_owned(), destination, end })
}
