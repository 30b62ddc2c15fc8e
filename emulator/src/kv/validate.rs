//! Checks of what callers ask of KV against its limits. They refuse what workerd refuses, in the same order.

use super::PutOptions;
use super::error::{KvError, Method};
use super::limits::{
    MAX_BULK_KEYS, MAX_KEY_BYTES, MAX_LIST_KEYS, MAX_METADATA_BYTES, MAX_VALUE_BYTES, MIN_CACHE_TTL_S, MIN_LIFETIME_S,
};

/// Refuses names that no key may have.
pub(super) fn check_key(op: Method, key: &str) -> Result<(), KvError> {
    match key {
        "" => Err(KvError::EmptyKey),
        "." | ".." => Err(KvError::DotKey { key: key.to_owned() }),
        _ => check_key_length(op, key),
    }
}

/// Refuses what is no number of keys.
pub(super) fn check_bulk_count(keys: usize) -> Result<(), KvError> {
    match keys {
        0 => Err(KvError::NoBulkKeys),
        1..=MAX_BULK_KEYS => Ok(()),
        _ => Err(KvError::TooManyBulkKeys),
    }
}

/// As [`check_key`], in the words of the service: of several keys it is the first to look at them.
pub(super) fn check_bulk_key(key: &str) -> Result<(), KvError> {
    match key {
        "" => Err(KvError::EmptyBulkKey),
        "." | ".." => Err(KvError::DotBulkKey { key: key.to_owned() }),
        _ => check_key_length(Method::GetBulk, key),
    }
}

/// Refuses what a place cannot be asked to keep.
pub(super) fn check_cache_ttl(op: Method, ttl: Option<i64>) -> Result<(), KvError> {
    match ttl {
        Some(ttl) if ttl < MIN_CACHE_TTL_S => Err(KvError::CacheTtl { op, ttl }),
        _ => Ok(()),
    }
}

/// The part of [`check_key`] that holds for the prefix of a listing too.
pub(super) fn check_key_length(op: Method, key: &str) -> Result<(), KvError> {
    if key.len() > MAX_KEY_BYTES { Err(KvError::KeyTooLong { op, length: key.len() }) } else { Ok(()) }
}

pub(super) fn check_value(value: &[u8]) -> Result<(), KvError> {
    if value.len() > MAX_VALUE_BYTES { Err(KvError::ValueTooLarge { length: value.len() }) } else { Ok(()) }
}

/// The metadata to store: JSON `null` means none.
pub(super) fn metadata<'a>(options: &PutOptions<'a>) -> Result<Option<&'a str>, KvError> {
    match options.metadata {
        Some(json) if json.len() > MAX_METADATA_BYTES => Err(KvError::MetadataTooLarge { length: json.len() }),
        Some("null") | None => Ok(None),
        json => Ok(json),
    }
}

/// When the value ends, in seconds since 1970. A time to live wins over a point in time.
pub(super) fn expiration(options: &PutOptions<'_>, now_ms: u64) -> Result<Option<u64>, KvError> {
    let now_s = now_ms / 1000;
    if let Some(ttl) = options.expiration_ttl {
        return match u64::try_from(ttl) {
            Err(_) | Ok(0) => Err(KvError::TtlNotPositive { ttl }),
            Ok(seconds) if seconds < MIN_LIFETIME_S => Err(KvError::TtlTooShort { ttl }),
            Ok(seconds) => Ok(Some(now_s.saturating_add(seconds))),
        };
    }
    let Some(at) = options.expiration else { return Ok(None) };
    match u64::try_from(at) {
        Ok(seconds) if seconds >= now_s + MIN_LIFETIME_S => Ok(Some(seconds)),
        Ok(seconds) if seconds > now_s => Err(KvError::ExpirationTooSoon { at }),
        _ => Err(KvError::ExpirationPast { at }),
    }
}

/// The size of a page: what is not positive is ignored.
pub(super) fn list_limit(limit: Option<i64>) -> Result<u32, KvError> {
    match limit {
        Some(limit) if limit > i64::from(MAX_LIST_KEYS) => Err(KvError::ListLimit { limit }),
        Some(limit) if limit > 0 => Ok(u32::try_from(limit).unwrap_or(MAX_LIST_KEYS)),
        _ => Ok(MAX_LIST_KEYS),
    }
}
