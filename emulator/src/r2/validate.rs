//! Checks of what callers ask of R2 against its limits.

use super::error::{Method, R2Error};
use super::limits::{MAX_DELETE_KEYS, MAX_KEY_BYTES, MAX_LIST_KEYS, MAX_UPLOAD_BYTES};
use crate::profile::Profile;

pub(super) fn check_key(op: Method, key: &str) -> Result<(), R2Error> {
    if key.len() > MAX_KEY_BYTES { Err(R2Error::InvalidName { op }) } else { Ok(()) }
}

/// Keys that are deleted at once; miniflare takes any number.
pub(super) fn check_keys(keys: &[&str], profile: Profile) -> Result<(), R2Error> {
    if profile == Profile::Production && keys.len() > MAX_DELETE_KEYS {
        return Err(R2Error::TooManyKeys);
    }
    keys.iter().try_for_each(|key| check_key(Method::Delete, key))
}

pub(super) fn check_length(op: Method, length: u64) -> Result<(), R2Error> {
    if length > MAX_UPLOAD_BYTES { Err(R2Error::TooLarge { op }) } else { Ok(()) }
}

/// The size of a page. -1 is that of nobody having said: the platform hands it on as the number that stands for this.
pub(super) fn list_limit(limit: Option<i64>) -> Result<u32, R2Error> {
    match limit {
        None | Some(-1) => Ok(MAX_LIST_KEYS),
        Some(limit) => {
            u32::try_from(limit).ok().filter(|limit| (1..=MAX_LIST_KEYS).contains(limit)).ok_or(R2Error::MaxKeys)
        }
    }
}
