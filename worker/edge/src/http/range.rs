//! One byte range of a `Range` header (RFC 9110, 14.2).

/// What a `Range` header means for a body of a known size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Answer with everything: no range, several, or nothing that can be read as one.
    Whole,
    /// Answer 206 with this part.
    Part {
        /// First byte.
        offset: u64,
        /// Number of bytes, at least 1.
        length: u64,
    },
    /// Answer 416.
    Unsatisfiable,
}

/// Reads a `Range` header for a body of `size` bytes.
#[must_use]
pub fn parse_range(header: &str, size: u64) -> Range {
    let Some((unit, spec)) = header.split_once('=') else { return Range::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Range::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return Range::Whole;
    }
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) if last.is_none_or(|last| first <= last) => {
            if first >= size {
                return Range::Unsatisfiable;
            }
            let end = last.map_or(size, |last| size.min(last.saturating_add(1)));
            Range::Part { offset: first, length: end - first }
        }
        (Some(None), Some(Some(suffix))) => match suffix.min(size) {
            0 => Range::Unsatisfiable,
            length => Range::Part { offset: size - length, length },
        },
        _ => Range::Whole,
    }
}

/// `Some(None)` for nothing, `None` for what is no number.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_answered_and_what_is_no_range_is_ignored() {
        let part = |offset, length| Range::Part { offset, length };
        for (header, expected) in [
            ("bytes=0-4", part(0, 5)),
            ("Bytes = 5-", part(5, 5)),
            ("bytes=-3", part(7, 3)),
            ("bytes=5-100", part(5, 5)),
            ("bytes=-100", part(0, 10)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=99999999999999999999-", Range::Unsatisfiable),
            ("bytes=4-2", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("lines=0-4", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(parse_range(header, 10), expected, "{header}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Range::Unsatisfiable);
    }
}
