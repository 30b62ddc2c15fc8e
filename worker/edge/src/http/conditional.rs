//! Preconditions and ranges of a request for what is there (RFC 9110, 13.2.2 and 14.2). Our tags are strong: the quoted hash of the bytes.

use super::range::{Range, parse_range};
use crate::time::rfc3339;
use std::time::UNIX_EPOCH;

/// What would be answered with 200 if nothing were asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Current<'a> {
    /// Its strong tag without quotes, if it has one.
    pub tag: Option<&'a str>,
    /// Since when it cannot have changed, as RFC 3339 in UTC, if that is known.
    pub unchanged_since: Option<&'a str>,
    /// Its bytes.
    pub size: u64,
}

/// What is answered in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionalOutcome {
    /// 200 with all of it, 206 with a part, or 416.
    Send(Range),
    /// 304: the client has it.
    NotModified,
    /// 412: it is not what the client takes it for.
    Failed,
}

impl Current<'_> {
    /// What a `GET` or `HEAD` is answered. `headers` gives the values of a header by its name in lower case, one for each line.
    pub fn outcome<'h, I: Iterator<Item = &'h str>>(
        &self,
        method: &str,
        headers: impl Fn(&'static str) -> I,
    ) -> ConditionalOutcome {
        let matched = any(headers("if-match"), |tag| !tag.weak && Some(tag.opaque) == self.tag);
        let is_expected = matched.unwrap_or_else(|| {
            let date = headers("if-unmodified-since").next().and_then(date);
            date.zip(self.unchanged_since).is_none_or(|(date, since)| seconds(since) <= seconds(&date))
        });
        if !is_expected {
            return ConditionalOutcome::Failed;
        }
        if any(headers("if-none-match"), |tag| Some(tag.opaque) == self.tag) == Some(true) {
            return ConditionalOutcome::NotModified;
        }
        // A range means something for GET alone, and several lines are no range.
        let mut ranges = headers("range").filter(|_| method == "GET");
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return ConditionalOutcome::Send(Range::Whole) };
        let is_same = headers("if-range").next().is_none_or(|one| {
            let mut tags = Tags(one);
            matches!((tags.next(), tags.next()), (Some(tag), None) if !tag.weak && Some(tag.opaque) == self.tag)
        });
        ConditionalOutcome::Send(if is_same { parse_range(range, self.size) } else { Range::Whole })
    }
}

/// Whether `*` or one of the tags in a header's lines is meant; `None` without such a header.
fn any<'a>(lines: impl Iterator<Item = &'a str>, is_meant: impl Fn(Tag<'_>) -> bool) -> Option<bool> {
    lines.fold(None, |found, line| Some(found == Some(true) || line.trim() == "*" || Tags(line).any(&is_meant)))
}

#[derive(Clone, Copy)]
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

/// The tags of a list. A tag may have commas in it; at the first that is none, the list ends.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let (weak, rest) = rest.strip_prefix("W/").map_or((false, rest), |rest| (true, rest));
        let (opaque, rest) = rest.strip_prefix('"')?.split_once('"')?;
        self.0 = rest;
        Some(Tag { weak, opaque })
    }
}

/// A date in any of the three forms of HTTP, as RFC 3339. What is no date is ignored.
fn date(text: &str) -> Option<String> {
    let date = httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(rfc3339(date.as_secs() * 1000))
}

/// A time down to its seconds: HTTP's dates have no more.
fn seconds(time: &str) -> &str {
    time.get(.."2026-01-01T00:00:00".len()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Current<'_> =
        Current { tag: Some("abc"), unchanged_since: Some("2026-06-01T12:00:00.900Z"), size: 10 };
    const WHOLE: ConditionalOutcome = ConditionalOutcome::Send(Range::Whole);
    const PART: ConditionalOutcome = ConditionalOutcome::Send(Range::Part { offset: 0, length: 5 });

    fn outcome(method: &str, headers: &[(&'static str, &'static str)]) -> ConditionalOutcome {
        CURRENT.outcome(method, |name| headers.iter().filter(move |(n, _)| *n == name).map(|(_, value)| *value))
    }

    #[test]
    fn each_precondition_alone() {
        let (unmodified, failed) = ("if-unmodified-since", ConditionalOutcome::Failed);
        for (name, value, expected) in [
            ("if-none-match", "\"abc\"", ConditionalOutcome::NotModified),
            ("if-none-match", "W/\"abc\"", ConditionalOutcome::NotModified),
            ("if-none-match", "\"x\", W/\"abc\" ,\"y\"", ConditionalOutcome::NotModified),
            ("if-none-match", ",, \"abc\"", ConditionalOutcome::NotModified),
            ("if-none-match", " * ", ConditionalOutcome::NotModified),
            ("if-none-match", "\"x\"", WHOLE),
            ("if-none-match", "", WHOLE),
            ("if-none-match", "abc", WHOLE),
            ("if-none-match", "\"x,abc\"", WHOLE),
            ("if-none-match", "\"x,\"abc\"", WHOLE),
            ("if-match", "\"abc\"", WHOLE),
            ("if-match", "\"x\",\"abc\"", WHOLE),
            ("if-match", "*", WHOLE),
            ("if-match", "W/\"abc\"", failed),
            ("if-match", "\"x\"", failed),
            ("if-match", "", failed),
            (unmodified, "Mon, 01 Jun 2026 12:00:00 GMT", WHOLE),
            (unmodified, "Tue, 02 Jun 2026 00:00:00 GMT", WHOLE),
            (unmodified, "Mon, 01 Jun 2026 11:59:59 GMT", failed),
            (unmodified, "Monday, 01-Jun-26 11:59:59 GMT", failed),
            (unmodified, "Mon Jun  1 11:59:59 2026", failed),
            (unmodified, "yesterday", WHOLE),
            ("range", "bytes=0-4", PART),
            ("if-modified-since", "Fri, 01 Jan 2038 00:00:00 GMT", WHOLE),
        ] {
            assert_eq!(outcome("GET", &[(name, value)]), expected, "{name}: {value}");
        }
    }

    #[test]
    fn one_goes_before_the_other() {
        let old = ("if-unmodified-since", "Fri, 01 Jan 2021 00:00:00 GMT");
        assert_eq!(outcome("GET", &[old, ("if-match", "\"abc\"")]), WHOLE, "the date is not looked at beside tags");
        assert_eq!(outcome("GET", &[old, ("if-none-match", "\"abc\"")]), ConditionalOutcome::Failed);
        assert_eq!(outcome("GET", &[("if-match", "\"x\""), ("if-match", "\"abc\"")]), WHOLE, "lines are one list");
        assert_eq!(
            outcome("GET", &[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")]),
            ConditionalOutcome::NotModified
        );
        assert_eq!(outcome("GET", &[("if-none-match", "*"), ("range", "bytes=0-4")]), ConditionalOutcome::NotModified);
        let range = ("range", "bytes=0-4");
        assert_eq!(outcome("GET", &[range, ("if-range", "\"abc\"")]), PART);
        for other in ["W/\"abc\"", "\"x\"", "\"abc\",\"abc\"", "Wed, 21 Oct 2037 07:28:00 GMT"] {
            assert_eq!(outcome("GET", &[range, ("if-range", other)]), WHOLE, "{other}");
        }
        assert_eq!(outcome("HEAD", &[range]), WHOLE, "a range means something for GET alone");
        assert_eq!(outcome("HEAD", &[("range", "bytes=10-")]), WHOLE);
        assert_eq!(outcome("GET", &[range, ("range", "bytes=5-6")]), WHOLE);
    }

    #[test]
    fn without_tag_and_date_only_the_star_means_it() {
        let plain = Current { tag: None, unchanged_since: None, size: 10 };
        let outcome = |name: &'static str, value: &'static str| {
            plain.outcome("GET", |asked| (asked == name).then_some(value).into_iter())
        };
        assert_eq!(outcome("if-match", "*"), WHOLE);
        assert_eq!(outcome("if-match", "\"\""), ConditionalOutcome::Failed);
        assert_eq!(outcome("if-none-match", "\"\""), WHOLE);
        assert_eq!(outcome("if-unmodified-since", "Fri, 01 Jan 2021 00:00:00 GMT"), WHOLE);
    }
}
