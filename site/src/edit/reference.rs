//! A place in a file that names another file.

use crate::text::{css, html};
use std::{borrow::Cow, ops::Range};

/// Where an address stands, what it says, and what goes when the file that it names goes.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// The address as it is written, without quotes or angle brackets: bytes of the file.
    pub written: Range<usize>,
    /// The address, the escapes of its syntax undone.
    pub address: String,
    pub syntax: Syntax,
    /// Whether `./lesson` may stand for `./lesson.md`.
    pub by_id: bool,
    pub removal: Removal,
    /// A list that goes as a whole when nothing is left in it.
    pub list: Option<AddressList>,
}

/// How an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `](./x.md)`
    Destination,
    /// `](<./x y.md>)`
    Angle,
    /// The value of an attribute, in these quotes or in none.
    Attribute(Option<char>),
    /// One address of a `srcset`, in these quotes or in none.
    Candidate(Option<char>),
    /// A scalar in frontmatter, in these quotes or in none.
    Scalar(Option<char>),
    /// In a stylesheet, in these quotes or in none.
    Stylesheet(Option<char>),
    /// `[[name]]`
    Wiki,
}

/// What happens to a reference whose target is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// These bytes go.
    Cut(Vec<Range<usize>>),
    /// Only a person can say what should be there instead; why.
    Keep(&'static str),
}

/// A list of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddressList {
    /// Its key with all that belongs to it: bytes of the file.
    pub whole: Range<usize>,
    pub members: usize,
}

impl Syntax {
    /// What the written text stands for.
    pub(super) fn unescape(self, written: &str) -> String {
        match self {
            Self::Destination | Self::Angle => unescape_markdown(written),
            Self::Attribute(_) | Self::Candidate(_) => html::unescape(written).into_owned(),
            Self::Scalar(Some('\'')) => written.replace("''", "'"),
            Self::Scalar(Some(_)) => unescape_backslash(written),
            Self::Stylesheet(_) => css::unescape(written).into_owned(),
            Self::Scalar(None) | Self::Wiki => written.to_owned(),
        }
    }

    /// A path as it may be written here. Characters that this syntax has no good way to write are percent-encoded by
    /// [`Self::forbids`] already.
    pub(super) fn escape(self, path: &str) -> Cow<'_, str> {
        match self {
            Self::Attribute(quote) | Self::Candidate(quote) if path.contains(['&', '"', '\'']) => {
                let quoted = path.replace('&', "&amp;");
                match quote {
                    Some('"') => quoted.replace('"', "&quot;"),
                    Some(_) => quoted.replace('\'', "&#39;"),
                    None => quoted,
                }
                .into()
            }
            Self::Scalar(Some('\'')) => path.replace('\'', "''").into(),
            _ => path.into(),
        }
    }

    /// Whether a character of a path must be percent-encoded in this syntax.
    pub(super) fn forbids(self, c: char) -> bool {
        // These mean something in every address; a brace may begin `{{ a value }}`.
        if c.is_control() || matches!(c, '?' | '#' | '\\' | '{' | '}') {
            return true;
        }
        match self {
            Self::Destination => c.is_whitespace() || matches!(c, '<' | '>' | '|' | '&' | '"' | '`'),
            Self::Angle => matches!(c, '<' | '>' | '|' | '&'),
            Self::Attribute(Some(_)) => false,
            Self::Attribute(None) => c.is_whitespace() || matches!(c, '"' | '\'' | '=' | '<' | '>' | '`'),
            Self::Candidate(Some(_)) => c.is_whitespace() || c == ',',
            Self::Candidate(None) => c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '=' | '<' | '>' | '`'),
            Self::Scalar(Some(_)) => c == '"',
            Self::Scalar(None) => matches!(c, ',' | '[' | ']' | '"' | '\'' | ':' | '&' | '*' | '!' | '|' | '>' | '`'),
            Self::Stylesheet(Some(_)) => matches!(c, '"' | '\''),
            Self::Stylesheet(None) => c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')'),
            Self::Wiki => matches!(c, '[' | ']' | '|'),
        }
    }

    /// Whether a space usually stands as it is here.
    pub(super) const fn has_spaces(self) -> bool {
        matches!(self, Self::Angle | Self::Scalar(_) | Self::Wiki)
    }
}

/// Backslash escapes and entities, as Markdown has them in a link's destination.
pub(super) fn unescape_markdown(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            match escaped.chars().next().filter(char::is_ascii_punctuation) {
                Some(c) => {
                    out.push(c);
                    rest = &escaped[1..];
                }
                None => {
                    out.push('\\');
                    rest = escaped;
                }
            }
        } else {
            let end = rest.find(';').filter(|end| *end <= 12).map_or(1, |end| end + 1);
            let end = if rest[1..end].contains('&') { 1 } else { end };
            out.push_str(&html::unescape(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

fn unescape_backslash(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_a_destination_are_undone() {
        for (written, meant) in
            [(r"a\(b\).md", "a(b).md"), ("a&amp;b", "a&b"), (r"c:\x", r"c:\x"), ("a&b;c", "a&b;c"), ("&&amp;", "&&")]
        {
            assert_eq!(unescape_markdown(written), meant, "{written}");
        }
    }
}
