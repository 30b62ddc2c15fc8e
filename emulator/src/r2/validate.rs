//! Checks of what callers ask of R2 against its limits.

use super::error::{Method, R2Error};
use super::limits::{MAX_KEY_BYTES, MAX_LIST_KEYS, MAX_UPLOAD_BYTES};
use super::object::Range;

pub(super) fn check_key(op: Method, key: &str) -> Result<(), R2Error> {
    if key.len() > MAX_KEY_BYTES { Err(R2Error::InvalidName { op }) } else { Ok(()) }
}

pub(super) fn check_length(length: u64) -> Result<(), R2Error> {
    if length > MAX_UPLOAD_BYTES { Err(R2Error::TooLarge) } else { Ok(()) }
}

pub(super) fn list_limit(limit: Option<u32>) -> Result<u32, R2Error> {
    match limit {
        None => Ok(MAX_LIST_KEYS),
        Some(limit @ 1..=MAX_LIST_KEYS) => Ok(limit),
        Some(_) => Err(R2Error::MaxKeys),
    }
}

/// Offset and length of a range within an object: what reaches past the end is cut, what begins there is refused.
pub(super) fn resolve(range: Option<Range>, size: u64) -> Result<(u64, u64), R2Error> {
    let (offset, length) = match range {
        None => return Ok((0, size)),
        Some(Range::From { offset, length }) => (offset, length),
        Some(Range::Suffix(length)) => (size.saturating_sub(length), Some(length)),
    };
    let length = length.unwrap_or(u64::MAX).min(size.saturating_sub(offset));
    if length == 0 { Err(R2Error::Range) } else { Ok((offset, length)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_an_object_of_ten_bytes() {
        let from = |offset, length| Some(Range::From { offset, length });
        for (range, size, expected) in [
            (None, 10, Some((0, 10))),
            (None, 0, Some((0, 0))),
            (from(0, None), 10, Some((0, 10))),
            (from(2, None), 10, Some((2, 8))),
            (from(2, Some(3)), 10, Some((2, 3))),
            (from(8, Some(100)), 10, Some((8, 2))),
            (from(8, Some(u64::MAX)), 10, Some((8, 2))),
            (Some(Range::Suffix(3)), 10, Some((7, 3))),
            (Some(Range::Suffix(100)), 10, Some((0, 10))),
            (Some(Range::Suffix(0)), 10, None),
            (from(10, None), 10, None),
            (from(11, Some(1)), 10, None),
            (from(0, Some(0)), 10, None),
            (from(0, None), 0, None),
        ] {
            assert_eq!(resolve(range, size).ok(), expected, "{range:?} of {size}");
        }
    }
}
