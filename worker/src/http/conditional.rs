//! `If-None-Match` and `If-Range` (RFC 9110, 13.1). Our tags are strong: the quoted hash of the bytes.

/// Whether the client has these bytes already: a strong or weak tag, a list of them, or `*`.
#[must_use]
pub fn if_none_match(header: &str, tag: &str) -> bool {
    header.trim() == "*" || header.split(',').any(|one| one.trim().trim_start_matches("W/").trim_matches('"') == tag)
}

/// Whether a range may be answered: the tag must be the very same and strong. Dates are not used here.
#[must_use]
pub fn if_range(header: &str, tag: &str) -> bool {
    header.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_weak_lists_and_the_star_match() {
        for header in ["\"abc\"", "W/\"abc\"", "\"x\", W/\"abc\" ,\"y\"", "*", " * "] {
            assert!(if_none_match(header, "abc"), "{header}");
        }
        for header in ["\"x\"", "", "\"ab\"", "\"abcd\""] {
            assert!(!if_none_match(header, "abc"), "{header}");
        }
        assert!(if_range("\"abc\"", "abc"));
        assert!(!if_range("W/\"abc\"", "abc"));
        assert!(!if_range("Wed, 21 Oct 2015 07:28:00 GMT", "abc"));
    }
}
