//! What bounds the documents and the texts in them, each where it enters.

use std::borrow::Cow;

/// The most bytes that one roots, manifest or routes document may have. They enter the Worker whole.
pub const MAX_DOCUMENT: u64 = 8 * 1024 * 1024;
/// The most bytes that the manifest and routes documents of all roots of a deploy may have together. Parsed they take at most one and a
/// half times as much, so the documents of a whole deploy stay in an instance's cache (32 MiB), beside which an isolate of 128 MiB has
/// room for those that are being read, and a Durable Object for the deploy before.
pub const MAX_DOCUMENTS: u64 = 16 * 1024 * 1024;
/// The most roots of one deploy.
pub const MAX_ROOTS: usize = 16;
/// The most files of one manifest.
pub const MAX_FILES: usize = 25_000;
/// The largest blob, in bytes: a Cloudflare KV value or static asset has the same limit.
pub const MAX_BLOB: u64 = 25 * 1024 * 1024;
/// The most bytes of a file's path, a Source's id, an entry: those of an R2 key, though keys are hashes.
pub const MAX_PATH: usize = 1_024;
/// The most bytes of a route and of a redirect's target: what servers and browsers take for a URL at the least.
pub const MAX_ROUTE: usize = 2_048;
/// The most bytes of `meta` as JSON.
pub const MAX_META: usize = 4 * 1024;
/// The most members of `meta`.
pub const MAX_META_MEMBERS: usize = 64;
/// The most bytes of a name in `meta`.
pub const MAX_META_NAME: usize = 64;
/// The most bytes of a deploy's id; ours have 36.
pub const MAX_DEPLOY_ID: usize = 64;
/// What is said of a text that is refused has at most so many characters of it.
const SHOWN: usize = 80;

/// Whether a text can be the id of a deploy: 1 to [`MAX_DEPLOY_ID`] letters, digits and hyphens.
#[must_use]
pub fn is_deploy_id(id: &str) -> bool {
    (1..=MAX_DEPLOY_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether a text can be the id of a Source or the entry of a root: at most [`MAX_PATH`] bytes, no control characters.
#[must_use]
pub fn is_source_id(id: &str) -> bool {
    id.len() <= MAX_PATH && !id.chars().any(char::is_control)
}

/// A text as an error shows it: its first characters.
pub(super) fn shown(text: &str) -> String {
    clip(text, SHOWN).into_owned()
}

/// At most so many characters of a text, with an ellipsis for the rest.
#[must_use]
pub fn clip(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_in_part() {
        assert_eq!(clip("äbc", 3), "äbc");
        assert_eq!(clip("äbcd", 3), "äbc…");
    }

    #[test]
    fn ids_are_bounded() {
        assert!(is_deploy_id("0-a") && is_deploy_id(&"a".repeat(64)));
        for bad in ["", "a b", "ä", "a\0", &"a".repeat(65)] {
            assert!(!is_deploy_id(bad), "{bad}");
        }
        assert!(is_source_id("a b/é.md") && is_source_id(&"a".repeat(1024)));
        for bad in ["a\0", "a\nb", "\u{7f}", &"a".repeat(1025)] {
            assert!(!is_source_id(bad), "{bad}");
        }
    }
}
