//! URLs as text.

use url::{ParseError, Url};

/// Parses an absolute URL as the platform does, which encodes a caret in a path (WHATWG URL, "path percent-encode set"); the crate does not.
///
/// # Errors
/// If it is none.
pub(crate) fn parse_url(text: &str) -> Result<Url, ParseError> {
    let mut url = Url::parse(text)?;
    if url.path().contains('^') {
        let path = url.path().replace('^', "%5E");
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_is_encoded_in_a_path_and_nowhere_else() {
        for (text, expected) in [
            ("http://a/^/b^%5e?^", "http://a/%5E/b%5E%5e?^"),
            ("http://a/%zz/%2F^", "http://a/%zz/%2F%5E"),
            ("http://a/?^", "http://a/?^"),
        ] {
            assert_eq!(parse_url(text).unwrap().as_str(), expected);
        }
    }
}
