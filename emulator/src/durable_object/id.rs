//! The id of a Durable Object that has a name.

use hmac::{Hmac, KeyInit as _, Mac as _};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};

/// The class whose objects these are; the folder of their files.
pub(crate) const CLASS: &str = "SpaceDO";
/// The key under which workerd derives the ids of this namespace: Worker and class.
pub(super) const UNIQUE_KEY: &str = "pmx-SpaceDO";

/// The id under which the object with this name is found: 64 lower-case hex digits, the same as workerd's for a
/// namespace with this unique key. Half of it stands for the name, the other half proves that the first half belongs to
/// the namespace.
#[must_use]
pub fn object_id(unique_key: &str, name: &str) -> String {
    let key: [u8; 32] = Sha256::digest(unique_key).into();
    let base = half(&key, name.as_bytes());
    let proof = half(&key, &base);
    let mut id = [0; 32];
    id[..16].copy_from_slice(&base);
    id[16..].copy_from_slice(&proof);
    Hash::from_bytes(id).to_string()
}

/// Whether a text has the form of an id.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first half of the keyed hash of a message.
fn half(key: &[u8; 32], message: &[u8]) -> [u8; 16] {
    // HMAC pads keys shorter than its block of 64 bytes with zeros; a key of exactly that size cannot be refused.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(message);
    let mut half = [0; 16];
    half.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    half
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_workerd_s() {
        assert_eq!(super::object_id("w-O", "a"), "ab8aab4e28cb29d1e700593a29cd97b72f1971c274544d2056e51bc7b8f56eea");
    }
}
