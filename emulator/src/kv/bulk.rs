//! Several keys read at once.

use super::{Kv, KvError, Method, limits, validate};
use crate::{js, profile::Profile};
use serde::de::IgnoredAny;
use std::sync::Arc;

/// How several keys are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkOptions {
    /// What all values have to be.
    pub kind: BulkType,
    /// As in [`GetOptions`](super::GetOptions).
    pub cache_ttl: Option<i64>,
}

/// What several values can be read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BulkType {
    /// Text, whatever it is.
    #[default]
    Text,
    /// Text that is JSON.
    Json,
}

impl BulkType {
    /// From its name; no name is that of text.
    ///
    /// # Errors
    /// If it is another one.
    pub fn from_name(name: &str) -> Result<Self, KvError> {
        match name {
            "" | "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            name => Err(KvError::BulkType { name: name.to_owned() }),
        }
    }
}

/// One of several keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkEntry {
    /// The key.
    pub key: String,
    /// Its value, if there is one, without a mark of the byte order.
    pub text: Option<String>,
    /// What was said of it when it was put, as JSON text.
    pub metadata: Option<Arc<str>>,
}

impl Kv {
    /// The values of from 1 to [`limits::MAX_BULK_KEYS`] keys, in this order, each key once. With workerd alone keys that are indexes
    /// of an array are left out, as there.
    ///
    /// ```
    /// use pmx_emulator::{clock::Clock, faults::Faults, kv::{BulkOptions, Kv, PutOptions}, profile::Profile, state_dir::StateDir};
    ///
    /// let kv = Kv::open(&StateDir::temporary()?, &Clock::system(), &Faults::none(), Profile::Production)?;
    /// kv.put("a", b"1", PutOptions::default())?;
    /// let found = kv.get_bulk(&["b", "a"], BulkOptions::default())?;
    /// assert_eq!(found.iter().map(|entry| entry.text.as_deref()).collect::<Vec<_>>(), [None, Some("1")]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there are none or too many, a key is none that could exist, the options cannot be, a value is not of the type that was asked
    /// for, all of them together are too large, or storage fails.
    pub fn get_bulk(&self, keys: &[&str], options: BulkOptions) -> Result<Vec<BulkEntry>, KvError> {
        validate::check_bulk_count(keys.len())?;
        let mut entries: Vec<BulkEntry> = Vec::with_capacity(keys.len());
        let mut units = 0_usize;
        for key in keys {
            validate::check_bulk_key(key)?;
            validate::check_cache_ttl(Method::GetBulk, options.cache_ttl)?;
            let read = self.read(Method::GetBulk, key, options.cache_ttl)?;
            let text = read.value.map(|value| decode(&value));
            if let Some(text) = &text {
                if options.kind == BulkType::Json && serde_json::from_str::<IgnoredAny>(text).is_err() {
                    return Err(KvError::NotJson);
                }
                units = units.saturating_add(text.encode_utf16().count());
            }
            let left_out = self.shared.profile == Profile::WorkerdLocal && js::array_index(key).is_some();
            // What is too large is not kept until that is said: another value may be refused first.
            if !left_out && units <= limits::MAX_BULK_UNITS && entries.iter().all(|entry| entry.key != *key) {
                entries.push(BulkEntry { key: (*key).to_owned(), text, metadata: read.metadata });
            }
        }
        if units > limits::MAX_BULK_UNITS { Err(KvError::BulkTooLarge) } else { Ok(entries) }
    }
}

/// Text as `TextDecoder` reads it.
fn decode(value: &[u8]) -> String {
    String::from_utf8_lossy(value.strip_prefix(b"\xef\xbb\xbf").unwrap_or(value)).into_owned()
}
