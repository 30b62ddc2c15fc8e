//! Pages with the tag have other bytes than the file, so they have another ETag: the file's with the id of the script.

use super::script::ID;
use axum::http::HeaderValue;
use std::sync::LazyLock;

/// What stands between the file's hash and the closing quote.
static SUFFIX: LazyLock<String> = LazyLock::new(|| format!("-dev.{}\"", *ID));

/// The ETag of a page with the tag, from that of the file.
pub(super) fn with_script(etag: &HeaderValue) -> Option<HeaderValue> {
    let file = etag.to_str().ok()?.strip_suffix('"')?;
    format!("{file}{}", *SUFFIX).parse().ok()
}

/// `If-None-Match` as it is put to the Worker: what we made of its ETags is undone.
pub(super) fn of_files(asked: &HeaderValue) -> Option<HeaderValue> {
    asked.to_str().ok()?.replace(SUFFIX.as_str(), "\"").parse().ok()
}

/// Whether `If-None-Match` names this ETag of a page with the tag.
pub(super) fn names(asked: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(asked), Ok(etag)) = (asked.to_str(), etag.to_str()) else { return false };
    asked.contains(etag.trim_start_matches("W/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_goes_out_with_the_id_and_comes_back_without() {
        let ours = with_script(&HeaderValue::from_static("\"abc\"")).unwrap();
        assert_eq!(ours, format!("\"abc-dev.{}\"", *ID));
        let asked: HeaderValue = format!("\"x\", W/{}", ours.to_str().unwrap()).parse().unwrap();
        assert_eq!(of_files(&asked).unwrap(), "\"x\", W/\"abc\"");
        assert!(names(&asked, &ours));
        assert!(!names(&HeaderValue::from_static("\"abc\""), &ours));
        let older = HeaderValue::from_static("\"abc-dev.0123456789abcdef\"");
        assert_eq!(of_files(&older).unwrap(), older);
    }
}
