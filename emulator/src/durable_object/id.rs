//! The ids of Durable Objects.

use hmac::{Hmac, KeyInit as _, Mac as _};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};

use crate::world::clock::Clock;

/// Hex digits of an id.
const DIGITS: usize = 64;

/// Makes and knows the ids of one namespace: 32 bytes, of which the second half proves that the first belongs to the namespace. They are
/// workerd's for a namespace with the same unique key.
#[derive(Clone, Debug)]
pub(crate) struct IdFactory {
    key: [u8; 32],
}

/// A text is no id of the namespace; the platform's words, of a `TypeError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdError {
    #[error("Invalid Durable Object ID: must be 64 hex digits")]
    NotHex,
    #[error("Durable Object ID is not valid for this namespace.")]
    OtherNamespace,
}

impl IdFactory {
    pub(crate) fn new(unique_key: &str) -> Self {
        Self { key: Sha256::digest(unique_key).into() }
    }

    /// The id of the object with this name: 64 lower-case hex digits, as all ids.
    pub(crate) fn of_name(&self, name: &str) -> String {
        self.id(half(&self.key, name.as_bytes()))
    }

    /// An id that no other object has.
    ///
    /// # Errors
    /// If there is no randomness.
    pub(crate) fn unique(&self, clock: &Clock) -> Result<String, getrandom::Error> {
        let mut base = [0; 16];
        clock.random(&mut base)?;
        Ok(self.id(base))
    }

    /// The id that a text is, in lower case.
    ///
    /// # Errors
    /// If it is none, or one of another namespace.
    pub(crate) fn parse(&self, text: &str) -> Result<String, IdError> {
        if text.len() != DIGITS {
            return Err(IdError::NotHex);
        }
        let id = text.to_ascii_lowercase().parse::<Hash>().map_err(|_| IdError::NotHex)?;
        let (base, proof) = id.as_bytes().split_first_chunk::<16>().ok_or(IdError::NotHex)?;
        if *proof == half(&self.key, base) { Ok(id.to_string()) } else { Err(IdError::OtherNamespace) }
    }

    fn id(&self, base: [u8; 16]) -> String {
        let mut id = [0; 32];
        id[..16].copy_from_slice(&base);
        id[16..].copy_from_slice(&half(&self.key, &base));
        Hash::from_bytes(id).to_string()
    }
}

/// The id under which the object with this name is found: 64 lower-case hex digits, the same as workerd's for a namespace with this
/// unique key.
#[must_use]
pub fn object_id(unique_key: &str, name: &str) -> String {
    IdFactory::new(unique_key).of_name(name)
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
    use super::*;

    const A: &str = "ab8aab4e28cb29d1e700593a29cd97b72f1971c274544d2056e51bc7b8f56eea";

    #[test]
    fn ids_are_workerd_s() {
        assert_eq!(object_id("w-O", "a"), A);
    }

    #[test]
    fn a_text_is_an_id_of_its_namespace_in_any_case_and_of_no_other() {
        let (ids, others) = (IdFactory::new("w-O"), IdFactory::new("w-P"));
        assert_eq!(ids.parse(&A.to_ascii_uppercase()).as_deref(), Ok(A));
        assert_eq!(others.parse(A), Err(IdError::OtherNamespace));
        assert_eq!(ids.parse(&A.replace("ab8", "ab9")), Err(IdError::OtherNamespace));
        for text in ["", "ab", &A[1..], &format!("{A}0"), &A.replace('a', "x"), &"é".repeat(32)] {
            assert_eq!(ids.parse(text), Err(IdError::NotHex), "{text}");
        }
    }

    #[test]
    fn unique_ids_differ_and_belong_to_their_namespace() {
        let (ids, clock) = (IdFactory::new("w-O"), Clock::manual(1));
        let (one, two) = (ids.unique(&clock).unwrap(), ids.unique(&clock).unwrap());
        assert_ne!(one, two);
        assert_eq!(ids.parse(&one), Ok(one));
    }
}
