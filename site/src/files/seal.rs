//! What this user's pmx wrote is told from what came with a checkout: by a code (HMAC-SHA256, RFC 2104) under a key that no checkout
//! can know.

use super::paths::canonical;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::{fmt, path::Path};

/// Bytes of a block of SHA-256, to which RFC 2104 fills up the key.
const BLOCK: usize = 64;
/// Bytes of a code.
pub const SEAL: usize = 32;

/// A random key that the user keeps outside of every project.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Begins the code of something that is kept in a folder: elsewhere, or as something else, it is worth nothing.
    #[must_use]
    pub fn seal(&self, what: &str, folder: &Path) -> Seal {
        let mut block = [0; BLOCK];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut seal = Seal(Hmac::<Sha256>::new(&block.into()));
        let folder = canonical(folder).unwrap_or_else(|_| folder.to_owned());
        for part in [what.as_bytes(), folder.as_os_str().as_encoded_bytes()] {
            seal.update(&(part.len() as u64).to_le_bytes());
            seal.update(part);
        }
        seal
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// A code that is being computed.
#[derive(Debug)]
pub struct Seal(Hmac<Sha256>);

impl Seal {
    /// Adds to what it is the code of.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The code.
    #[must_use]
    pub fn finish(self) -> [u8; SEAL] {
        self.0.finalize().into_bytes().into()
    }

    /// Whether this is the code, in a time that does not depend on what differs.
    #[must_use]
    pub fn is(self, code: &[u8]) -> bool {
        self.0.verify_slice(code).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_one_key_one_purpose_one_folder_and_one_text() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let code = |key: u8, what: &str, folder: &Path, text: &[u8]| {
            let mut seal = Key::new([key; 32]).seal(what, folder);
            seal.update(text);
            seal
        };
        let is = code(1, "a", one.path(), b"text").finish();
        assert!(code(1, "a", one.path(), b"text").is(&is));
        assert!(code(1, "a", &one.path().join("../").join(one.path().file_name().unwrap()), b"text").is(&is));
        assert!(!code(2, "a", one.path(), b"text").is(&is));
        assert!(!code(1, "b", one.path(), b"text").is(&is));
        assert!(!code(1, "a", two.path(), b"text").is(&is));
        assert!(!code(1, "a", one.path(), b"test").is(&is));
        assert!(!code(1, "a", one.path(), b"text").is(&is[..31]));
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key");
    }
}
