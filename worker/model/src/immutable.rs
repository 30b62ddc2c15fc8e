//! Names that carry the hash of their file, so that a URL can never mean other bytes.

use crate::File;

/// At least this many hex digits of its hash in a file's name make its URL immutable.
const HASH_DIGITS: usize = 16;

/// The longest run of hex digits in a file's name that may be a prefix of its hash.
#[must_use]
pub fn hash_in_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| {
            (HASH_DIGITS..=64).contains(&run.len()) && run.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
        .max_by_key(|run| run.len())
}

/// Whether the URL of this file can never mean other bytes.
#[must_use]
pub fn is_immutable(path: &str, file: &File) -> bool {
    hash_in_name(path).is_some_and(|digits| file.hash.hex().starts_with(digits.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hash;

    #[test]
    fn only_a_name_that_carries_its_own_hash_is_immutable() {
        let file = File { hash: Hash::of(b"body"), size: 4 };
        let hash = file.hash.to_string();
        assert!(is_immutable(&format!("assets/app.{}.js", &hash[..16]), &file));
        assert!(is_immutable(&format!("assets/app.{hash}.js"), &file));
        assert!(!is_immutable(&format!("assets/app.{}.js", &hash[..15]), &file));
        assert!(!is_immutable(&format!("assets/{}/app.js", &hash[..16]), &file));
        assert!(!is_immutable("assets/app.0123456789abcdef.js", &file));
        assert!(!is_immutable("logo.png", &file));
    }
}
