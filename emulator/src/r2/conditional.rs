//! Preconditions of reads and writes (`onlyIf`).

use super::{ArgumentError, headers};
use crate::js::parse_date;

/// An etag of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Etag {
    /// `"…"`
    Strong(String),
    /// `W/"…"`: never found where etags have to match, though it may be found where they must not.
    Weak(String),
    /// `*`: that of every object.
    Any,
}

/// A condition on the object that is there. All of its parts have to hold; without parts it holds. That there is none is no object:
/// then a condition holds that neither names etags to match nor a time after which it was put.
///
/// ```
/// use pmx_emulator::r2::{Conditional, Etag};
///
/// let condition = Conditional::from_headers(&[("If-None-Match", "\"a\", W/\"b\"")])?;
/// assert_eq!(condition.etag_does_not_match, Some(vec![Etag::Strong("a".into()), Etag::Weak("b".into())]));
/// # Ok::<(), pmx_emulator::r2::ArgumentError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditional {
    /// Its etag is among these.
    pub etag_matches: Option<Vec<Etag>>,
    /// Its etag is not among these.
    pub etag_does_not_match: Option<Vec<Etag>>,
    /// It was put before this time, in milliseconds since 1970; or its etag is one of `etag_matches`.
    pub uploaded_before_ms: Option<i64>,
    /// It was put after this time, in milliseconds since 1970; or its etag is not one of `etag_does_not_match`, and those are given.
    pub uploaded_after_ms: Option<i64>,
    /// Times are compared by their whole seconds, as those of headers are.
    pub seconds_granularity: bool,
}

impl Conditional {
    /// Holds if there is no object: `If-None-Match: *`.
    #[must_use]
    pub fn absent() -> Self {
        Self { etag_does_not_match: Some(vec![Etag::Any]), ..Self::default() }
    }

    /// An etag as the object form of a condition has it: without quotes, or `*`.
    ///
    /// # Errors
    /// If it is in quotes.
    pub fn etag(text: &str) -> Result<Vec<Etag>, ArgumentError> {
        if text.starts_with('"') && text.ends_with('"') {
            return Err(ArgumentError::QuotedEtag { etag: text.to_owned() });
        }
        Ok(vec![if text == "*" { Etag::Any } else { Etag::Strong(text.to_owned()) }])
    }

    /// From the headers of a request. A time that is no date is 1970.
    ///
    /// # Errors
    /// If there is a header of etags that has none, or cannot be read.
    pub fn from_headers(given: &[(&str, &str)]) -> Result<Self, ArgumentError> {
        let etags = |name| headers::value(given, name).map(|list| parse_etags(name, &list)).transpose();
        let time = |name| headers::value(given, name).map(|date| parse_date(&date).unwrap_or(0));
        Ok(Self {
            etag_matches: etags("if-match")?,
            etag_does_not_match: etags("if-none-match")?,
            uploaded_before_ms: time("if-unmodified-since"),
            uploaded_after_ms: time("if-modified-since"),
            seconds_granularity: true,
        })
    }

    /// Whether it holds for the object that is there: its etag, and when it was put.
    pub(super) fn holds(&self, object: Option<(&str, u64)>) -> bool {
        let Some((etag, uploaded_ms)) = object else {
            return self.etag_matches.is_none() && self.uploaded_after_ms.is_none();
        };
        let matches = self.etag_matches.as_ref().is_none_or(|etags| contains(etags, etag, false));
        let differs = self.etag_does_not_match.as_ref().is_none_or(|etags| !contains(etags, etag, true));
        let uploaded = self.granular(uploaded_ms);
        // As observed: what is before 1970 is no time to compare with.
        let time = |ms: i64| u64::try_from(ms).ok().map(|ms| self.granular(ms));
        let after = self.uploaded_after_ms.is_none_or(|ms| {
            time(ms).is_some_and(|ms| ms < uploaded) || (self.etag_does_not_match.is_some() && differs)
        });
        let before = self
            .uploaded_before_ms
            .is_none_or(|ms| time(ms).is_some_and(|ms| uploaded < ms) || (self.etag_matches.is_some() && matches));
        matches && differs && after && before
    }

    const fn granular(&self, ms: u64) -> u64 {
        if self.seconds_granularity { ms - ms % 1000 } else { ms }
    }
}

fn contains(etags: &[Etag], etag: &str, weakly: bool) -> bool {
    etags.iter().any(|found| match found {
        Etag::Any => true,
        Etag::Strong(value) => value == etag,
        Etag::Weak(value) => weakly && value == etag,
    })
}

/// The etags of a header. What comes after something that is no etag is not looked at.
fn parse_etags(header: &'static str, list: &str) -> Result<Vec<Etag>, ArgumentError> {
    let mut etags = Vec::new();
    let mut rest = list;
    loop {
        let next = rest.trim_start_matches([' ', '\t', ',']);
        let separated = etags.is_empty() || rest[..rest.len() - next.len()].contains(',');
        let found = match next.chars().next() {
            Some(found @ ('*' | '"' | 'W')) if !separated => return Err(ArgumentError::EtagWithoutComma { found }),
            Some('*') => return Ok(vec![Etag::Any]),
            Some('"') => next,
            Some('W') => next.strip_prefix("W/").ok_or(ArgumentError::WeakEtag)?,
            _ => break,
        };
        let value = found.strip_prefix('"').ok_or(ArgumentError::WeakEtag)?;
        let (value, after) = value.split_once('"').ok_or(ArgumentError::UnclosedEtag)?;
        let etag = if next.starts_with('W') { Etag::Weak } else { Etag::Strong };
        etags.push(etag(value.to_owned()));
        rest = after;
    }
    if etags.is_empty() { Err(ArgumentError::NoEtag { header }) } else { Ok(etags) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strong(value: &str) -> Etag {
        Etag::Strong(value.to_owned())
    }

    #[test]
    fn etags_of_headers_are_read_as_the_platform_reads_them() {
        let weak = |value: &str| Etag::Weak(value.to_owned());
        for (list, expected) in [
            ("*", vec![Etag::Any]),
            ("* x", vec![Etag::Any]),
            ("*\"a\"", vec![Etag::Any]),
            ("\"a\", *", vec![Etag::Any]),
            ("\"a\"", vec![strong("a")]),
            ("  \"a\"", vec![strong("a")]),
            ("\"\"", vec![strong("")]),
            ("\"a,b\", \"c*\"", vec![strong("a,b"), strong("c*")]),
            (",, \"a\",", vec![strong("a")]),
            ("W/\"a\" ,\"b\"", vec![weak("a"), strong("b")]),
            ("\"a\" x, \"b\"", vec![strong("a")]),
            ("\"a\", x, \"b\"", vec![strong("a")]),
            ("\"a\";\"b\"", vec![strong("a")]),
        ] {
            assert_eq!(parse_etags("if-match", list).unwrap(), expected, "{list}");
        }
    }

    #[test]
    fn what_are_no_etags_is_refused_in_the_platform_s_words() {
        const NONE: &str = "Invalid ETag in if-none-match header";
        const WEAK: &str = "Weak etags must start with W/ and their value must be quoted";
        for (list, expected) in [
            ("", NONE),
            (" ", NONE),
            (",", NONE),
            ("a", NONE),
            ("a, \"b\"", NONE),
            ("a*", NONE),
            ("w/\"a\"", NONE),
            ("W", WEAK),
            ("W/", WEAK),
            ("W\"a\"", WEAK),
            ("W/ \"a\"", WEAK),
            ("Wx/\"a\"", WEAK),
            ("\"a\", W", WEAK),
            ("\"a", "Unclosed double quote for Etag"),
            ("W/\"a", "Unclosed double quote for Etag"),
            (
                "\"a\" \"b\"",
                "Comma was expected to separate etags. Encountered a double quote character '\"' instead. This would \
                 otherwise indicate the start of a new strong etag.",
            ),
            (
                "\"a\"W/\"b\"",
                "Comma was expected to separate etags. Encountered a weak quotation character 'W' instead. This would \
                 otherwise indicate the start of a new weak etag.",
            ),
            ("\"a\" *", "Comma was expected to separate etags. Encountered a wildcard character '*' instead."),
        ] {
            assert_eq!(parse_etags("if-none-match", list).unwrap_err().to_string(), expected, "{list}");
        }
    }

    #[test]
    fn an_etag_of_the_object_form_has_no_quotes() {
        assert_eq!(Conditional::etag("*").unwrap(), [Etag::Any]);
        assert_eq!(Conditional::etag("").unwrap(), [strong("")]);
        assert_eq!(Conditional::etag("W/\"a\"").unwrap(), [strong("W/\"a\"")]);
        for quoted in ["\"a\"", "\""] {
            assert_eq!(
                Conditional::etag(quoted).unwrap_err().to_string(),
                format!("Conditional ETag should not be wrapped in quotes ({quoted}).")
            );
        }
    }

    const UPLOADED_MS: i64 = 1_700_000_000_500;

    /// Of a header, and whether it holds for an object with the etag `e` and for none.
    #[test]
    fn conditions_of_headers_hold_as_they_do_on_the_platform() {
        let (at, before, after) =
            ("Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:19 GMT", "Tue, 14 Nov 2023 22:13:21 GMT");
        for (given, there, missing) in [
            (vec![], true, true),
            (vec![("if-match", "\"e\"")], true, false),
            (vec![("if-match", "\"x\", \"e\"")], true, false),
            (vec![("if-match", "*")], true, false),
            (vec![("if-match", "\"x\"")], false, false),
            (vec![("if-match", "W/\"e\"")], false, false),
            (vec![("if-none-match", "\"e\"")], false, true),
            (vec![("if-none-match", "W/\"e\"")], false, true),
            (vec![("if-none-match", "\"x\"")], true, true),
            (vec![("if-none-match", "*")], false, true),
            (vec![("if-modified-since", before)], true, false),
            (vec![("if-modified-since", at)], false, false),
            (vec![("if-modified-since", after)], false, false),
            (vec![("if-unmodified-since", before)], false, true),
            (vec![("if-unmodified-since", at)], false, true),
            (vec![("if-unmodified-since", after)], true, true),
            (vec![("if-modified-since", "garbage")], true, false),
            (vec![("if-unmodified-since", "garbage")], false, true),
            (vec![("if-modified-since", "Thu, 01 Jan 1960 00:00:00 GMT")], false, false),
            (vec![("if-none-match", "\"x\""), ("if-modified-since", after)], true, false),
            (vec![("if-none-match", "\"e\""), ("if-modified-since", before)], false, false),
            (vec![("if-match", "\"e\""), ("if-unmodified-since", before)], true, false),
            (vec![("if-match", "\"x\""), ("if-unmodified-since", after)], false, false),
            (vec![("If-Match", "\"x\""), ("IF-MATCH", "\"e\"")], true, false),
        ] {
            let condition = Conditional::from_headers(&given).unwrap();
            assert_eq!(condition.holds(Some(("e", UPLOADED_MS.cast_unsigned()))), there, "{given:?}");
            assert_eq!(condition.holds(None), missing, "{given:?}, missing");
        }
    }

    #[test]
    fn times_of_the_object_form_are_compared_to_the_millisecond() {
        for (difference, seconds_granularity, is_before, is_after) in [
            (-1, false, false, true),
            (0, false, false, false),
            (1, false, true, false),
            (-500, true, false, false),
            (-501, true, false, true),
            (500, true, true, false),
        ] {
            let ms = Some(UPLOADED_MS + difference);
            let object = Some(("e", UPLOADED_MS.cast_unsigned()));
            let condition = Conditional { seconds_granularity, ..Conditional::default() };
            let before = Conditional { uploaded_before_ms: ms, ..condition.clone() };
            let after = Conditional { uploaded_after_ms: ms, ..condition };
            assert_eq!((before.holds(object), after.holds(object)), (is_before, is_after), "{difference}");
        }
    }
}
