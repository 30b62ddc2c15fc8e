//! Parts of objects.

use super::{ArgumentError, R2Error, RangePart, headers};

/// A part of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From an offset, to the end or for so many bytes.
    From {
        /// Where it begins.
        offset: u64,
        /// Its bytes, cut at the end of the object.
        length: Option<u64>,
    },
    /// The last bytes.
    Suffix(u64),
    /// As a header asks for it: where that cannot be had it is the whole object.
    Header(HeaderRange),
}

/// The range of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderRange {
    /// From the first byte to the last, or to the end.
    Between(u64, Option<u64>),
    /// The last bytes.
    Last(u64),
}

/// A range as a caller gives it: numbers may be any.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RangeOptions {
    /// Where it begins; 0 if that is not said.
    pub offset: Option<f64>,
    /// How many bytes it has; to the end if that is not said.
    pub length: Option<f64>,
    /// How many of the last bytes; instead of both others.
    pub suffix: Option<f64>,
}

impl Range {
    /// From the object form.
    ///
    /// ```
    /// use pmx_emulator::r2::{Range, RangeOptions};
    ///
    /// let range = Range::from_options(RangeOptions { offset: Some(2.0), ..RangeOptions::default() })?;
    /// assert_eq!(range, Range::From { offset: 2, length: None });
    /// let refused = Range::from_options(RangeOptions { suffix: Some(1.5), ..RangeOptions::default() }).unwrap_err();
    /// assert_eq!(refused.to_string(), "Invalid range. Suffix (1.5) must be an integer, not floating point.");
    /// assert_eq!(refused.class().name(), "RangeError");
    /// # Ok::<(), pmx_emulator::r2::ArgumentError>(())
    /// ```
    ///
    /// # Errors
    /// If a number is no size, or there are numbers that contradict each other.
    pub fn from_options(options: RangeOptions) -> Result<Self, ArgumentError> {
        let size = |option: Option<f64>, what| option.map(|number| whole(number, what)).transpose();
        let offset = size(options.offset, RangePart::Offset)?;
        let length = size(options.length, RangePart::Length)?;
        let Some(suffix) = options.suffix else {
            return Ok(Self::From { offset: offset.unwrap_or(0), length });
        };
        if offset.is_some() {
            return Err(ArgumentError::SuffixWith { other: "offset" });
        }
        if length.is_some() {
            return Err(ArgumentError::SuffixWith { other: "length" });
        }
        whole(suffix, RangePart::Suffix).map(Self::Suffix)
    }

    /// From the `Range` among the headers of a request; `None`, which is the whole object, if there is none that could be served alone.
    #[must_use]
    pub fn from_headers(given: &[(&str, &str)]) -> Option<Self> {
        let value = headers::value(given, "range")?;
        let (unit, ranges) = value.split_once('=')?;
        if !unit.trim_matches(' ').eq_ignore_ascii_case("bytes") {
            return None;
        }
        let mut found = None;
        for range in ranges.split(',') {
            match parse(range)? {
                HeaderRange::Last(0) => {}
                _ if found.is_some() => return None,
                range => found = Some(range),
            }
        }
        found.map(Self::Header)
    }

    /// Offset and length within an object of this size: what reaches past the end is cut, what begins there is refused.
    pub(super) fn resolve(self, size: u64) -> Result<(u64, u64), R2Error> {
        let (offset, length) = match self {
            Self::From { offset, length } => (offset, length),
            Self::Suffix(length) => (size.saturating_sub(length), Some(length)),
            Self::Header(range) => return Ok(range.resolve(size).unwrap_or((0, size))),
        };
        let length = length.unwrap_or(u64::MAX).min(size.saturating_sub(offset));
        if length == 0 { Err(R2Error::Range) } else { Ok((offset, length)) }
    }
}

impl HeaderRange {
    fn resolve(self, size: u64) -> Option<(u64, u64)> {
        let (first, last) = match self {
            Self::Between(first, last) => (first, last.unwrap_or(u64::MAX)),
            Self::Last(length) => (size.checked_sub(length)?, u64::MAX),
        };
        (first <= last && first < size).then(|| (first, last.min(size - 1) - first + 1))
    }
}

fn whole(number: f64, part: RangePart) -> Result<u64, ArgumentError> {
    // Neither is what is no number.
    if number.is_nan() || number < 0.0 {
        return Err(ArgumentError::NegativeRange { part, number });
    }
    if number.is_finite() && number.fract() != 0.0 {
        return Err(ArgumentError::FractionalRange { part, number });
    }
    // What is larger than any object may as well be the largest number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(number as u64)
}

fn parse(range: &str) -> Option<HeaderRange> {
    let (first, last) = range.split_once('-')?;
    match (number(first)?, number(last)?) {
        (Some(first), last) => Some(HeaderRange::Between(first, last)),
        (None, Some(length)) => Some(HeaderRange::Last(length)),
        (None, None) => None,
    }
}

/// A number between blanks, if there is one; `None` for what is none.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Some(None);
    }
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(offset: Option<f64>, length: Option<f64>, suffix: Option<f64>) -> Result<Range, ArgumentError> {
        Range::from_options(RangeOptions { offset, length, suffix })
    }

    #[test]
    fn ranges_of_the_object_form() {
        for (offset, length, suffix, size, expected) in [
            (None, None, None, 10, Some((0, 10))),
            (None, None, None, 0, None),
            (Some(0.0), None, None, 10, Some((0, 10))),
            (Some(-0.0), None, None, 10, Some((0, 10))),
            (Some(2.0), None, None, 10, Some((2, 8))),
            (Some(2.0), Some(3.0), None, 10, Some((2, 3))),
            (None, Some(3.0), None, 10, Some((0, 3))),
            (Some(8.0), Some(100.0), None, 10, Some((8, 2))),
            (Some(8.0), Some(1e20), None, 10, Some((8, 2))),
            (None, Some(f64::INFINITY), None, 10, Some((0, 10))),
            (None, None, Some(3.0), 10, Some((7, 3))),
            (None, None, Some(100.0), 10, Some((0, 10))),
            (None, None, Some(f64::INFINITY), 10, Some((0, 10))),
            (None, None, Some(0.0), 10, None),
            (None, None, Some(5.0), 0, None),
            (Some(10.0), None, None, 10, None),
            (Some(11.0), Some(1.0), None, 10, None),
            (Some(1e20), None, None, 10, None),
            (Some(f64::INFINITY), None, None, 10, None),
            (Some(0.0), Some(0.0), None, 10, None),
            (Some(0.0), None, None, 0, None),
        ] {
            let range = options(offset, length, suffix).unwrap();
            assert_eq!(range.resolve(size).ok(), expected, "{range:?} of {size}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_are_refused_in_the_platform_s_words() {
        for (offset, length, suffix, expected) in [
            (Some(-1.0), None, None, "Invalid range. Starting offset (-1) must be greater than or equal to 0."),
            (Some(1.5), None, None, "Invalid range. Starting offset (1.5) must be an integer, not floating point."),
            (Some(f64::NAN), None, None, "Invalid range. Starting offset (nan) must be greater than or equal to 0."),
            (
                Some(f64::NEG_INFINITY),
                None,
                None,
                "Invalid range. Starting offset (-inf) must be greater than or equal to 0.",
            ),
            (None, Some(-0.1), None, "Invalid range. Length (-0.1) must be greater than or equal to 0."),
            (None, Some(0.5), None, "Invalid range. Length (0.5) must be an integer, not floating point."),
            (None, None, Some(-1.0), "Invalid suffix. Suffix (-1) must be greater than or equal to 0."),
            (None, None, Some(1.5), "Invalid range. Suffix (1.5) must be an integer, not floating point."),
            (Some(1.0), None, Some(-1.0), "Suffix is incompatible with offset."),
            (None, Some(1.0), Some(-1.0), "Suffix is incompatible with length."),
            (Some(-1.0), None, Some(1.0), "Invalid range. Starting offset (-1) must be greater than or equal to 0."),
        ] {
            assert_eq!(options(offset, length, suffix).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn ranges_of_headers_never_fail() {
        for (value, expected) in [
            ("bytes=0-4", (0, 5)),
            ("bytes=5-", (5, 5)),
            ("bytes=-3", (7, 3)),
            ("bytes=5-100", (5, 5)),
            ("BYTES = 1 - 2", (1, 2)),
            ("bytes=0-1,-0", (0, 2)),
            ("bytes=-0,0-1", (0, 2)),
            ("bytes=0-99999999999999999999999", (0, 10)),
            ("bytes=10-", (0, 10)),
            ("bytes=5-4", (0, 10)),
            ("bytes=-10", (0, 10)),
            ("bytes=-11", (0, 10)),
            ("bytes=-0", (0, 10)),
            ("bytes=0-1,2-3", (0, 10)),
            ("bytes=0-1,", (0, 10)),
            ("bytes=99999999999999999999999-", (0, 10)),
            ("bytes=+1-2", (0, 10)),
            ("bytes=1-2-3", (0, 10)),
            ("bytes=-", (0, 10)),
            ("bytes=", (0, 10)),
            ("items=0-1", (0, 10)),
            ("bytes 0-1", (0, 10)),
            ("", (0, 10)),
        ] {
            let range = Range::from_headers(&[("Range", value)]);
            assert_eq!(range.map_or((0, 10), |range| range.resolve(10).unwrap()), expected, "{value}");
        }
        assert_eq!(Range::from_headers(&[]), None);
        let range = Range::from_headers(&[("range", "bytes=0-")]).unwrap();
        assert_eq!(range.resolve(0).unwrap(), (0, 0), "of an empty object");
    }
}
