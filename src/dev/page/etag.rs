//! Pages with the tag have other bytes than the file, so they have another ETag: the file's with the id of the script.

use super::script::ID;
use axum::http::HeaderValue;
use std::sync::LazyLock;

/// What stands between the file's hash and the closing quote, where answers are taken and where they are not.
static SUFFIXES: LazyLock<[String; 2]> =
    LazyLock::new(|| [format!("-dev.{}\"", *ID), format!("-dev.{}.answers\"", *ID)]);

/// The ETag of a page with the tag, from that of the file.
pub(super) fn with_script(etag: &HeaderValue, answers: bool) -> Option<HeaderValue> {
    let file = etag.to_str().ok()?.strip_suffix('"')?;
    format!("{file}{}", SUFFIXES[usize::from(answers)]).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_the_tag_has_a_tag_of_its_own() {
        let ours = with_script(&HeaderValue::from_static("\"abc\""), false).unwrap();
        assert_eq!(ours, format!("\"abc-dev.{}\"", *ID));
        let asking = with_script(&HeaderValue::from_static("\"abc\""), true).unwrap();
        assert_eq!(asking, format!("\"abc-dev.{}.answers\"", *ID));
    }
}
