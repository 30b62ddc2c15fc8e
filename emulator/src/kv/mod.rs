//! Workers KV: durable rows behind a read cache in memory.
//!
//! ```
//! use pmx_emulator::{clock::Clock, faults::Faults, kv::{Kv, PutOptions}, state_dir::StateDir};
//!
//! let kv = Kv::open(&StateDir::temporary()?, &Clock::system(), &Faults::none())?;
//! kv.put("greeting", b"hello", PutOptions::default())?;
//! assert_eq!(kv.get("greeting")?.as_deref(), Some(&b"hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod engine;
mod error;
mod lag;
pub mod limits;
#[cfg(test)]
mod tests;
mod validate;

use crate::{
    clock::Clock,
    faults::Faults,
    state_dir::{StateDir, StateError},
    storage::StoreError,
};
use bytes::Bytes;
pub(crate) use engine::read_digest;
use engine::{Entry, Store};
pub use error::{KvError, Method};
use lag::{ReadLag, WriteRate};
use rusqlite::Connection;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The id of the namespace that lies in the state folder itself.
pub const DEFAULT_ID: &str = "SPACE_KV";

/// A KV namespace. Clones are the same namespace; every method may be called from any thread.
///
/// A write is durable, and seen by every reader that starts after it, when the call returns; unless the
/// [`Faults`] say otherwise. [`Self::cached`] never touches the disk; all else may block on it.
#[derive(Clone, Debug)]
pub struct Kv(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    lag: ReadLag,
    rate: WriteRate,
    clock: Clock,
    faults: Faults,
}

/// What may be said about a value when it is put. Without it neither is set, and what was set before is cleared.
#[derive(Clone, Copy, Debug, Default)]
pub struct PutOptions<'a> {
    /// When the value ends, in seconds since 1970.
    pub expiration: Option<i64>,
    /// In how many seconds it ends; wins over `expiration`.
    pub expiration_ttl: Option<i64>,
    /// JSON text.
    pub metadata: Option<&'a str>,
}

/// Which keys to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions<'a> {
    /// What their names start with, byte for byte.
    pub prefix: &'a str,
    /// At most this many; from 1 to [`limits::MAX_LIST_KEYS`], and what is not positive is ignored.
    pub limit: Option<i64>,
    /// Where the page before ended. Text that no page has given is ignored.
    pub cursor: Option<&'a str>,
}

/// One page of a listing, in the order of the names' UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The keys.
    pub keys: Vec<ListedKey>,
    /// Where the next page starts; none if this is the last.
    pub cursor: Option<String>,
}

/// A key of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Its name.
    pub name: String,
    /// When its value ends, in seconds since 1970.
    pub expiration: Option<u64>,
    /// JSON text.
    pub metadata: Option<String>,
}

impl Kv {
    /// Opens the namespace of a state folder. Profiles do not differ in KV's limits, only in its timing, which `faults`
    /// governs.
    ///
    /// # Errors
    /// If its database or its files cannot be used.
    pub fn open(state: &StateDir, clock: &Clock, faults: &Faults) -> Result<Self, StateError> {
        Ok(Self(Arc::new(Inner {
            store: Store::open(state, clock.now_ms() / 1000)?,
            lag: ReadLag::default(),
            rate: WriteRate::default(),
            clock: clock.clone(),
            faults: faults.clone(),
        })))
    }

    /// Who holds this lock keeps all writers waiting.
    pub(crate) fn writer(&self) -> &Mutex<Connection> {
        self.0.store.writer()
    }

    /// The database of a folder that is only read, for a copy of it.
    pub(crate) fn copy<T>(&self, copy: impl FnOnce(&Connection) -> T) -> T {
        self.0.store.copy(copy)
    }

    /// How many values were lost since the namespace was opened: their files were gone, cut short, or held other bytes. Their keys read
    /// as if they had never been put.
    #[must_use]
    pub fn lost(&self) -> watch::Receiver<u64> {
        self.0.store.lost.subscribe()
    }

    /// What memory knows of a key: `None` that it knows nothing and [`Self::get`] must be asked, `Some(None)` that there
    /// is no such key. Costs one look-up. The key's limits are not checked: what they forbid is never in memory.
    #[must_use]
    pub fn cached(&self, key: &str) -> Option<Option<Bytes>> {
        if let Some(entry) = self.lagging(key) {
            return Some(self.live(entry));
        }
        self.0.store.cached(key).map(|entry| self.live(entry))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        validate::check_key(Method::Get, key)?;
        let entry = match self.lagging(key) {
            Some(entry) => entry,
            None => self.0.store.get(key).map_err(|source| KvError::storage(Method::Get, source))?,
        };
        Ok(self.live(entry))
    }

    /// Stores a value. The delay and the failures that [`Faults`] order are those of the platform's service: the
    /// delay is the caller's to wait for ([`Faults::kv_put_latency`]), a failure leaves the old value.
    ///
    /// # Errors
    /// If a limit is exceeded, a failure was ordered, or storage fails.
    pub fn put(&self, key: &str, value: &[u8], options: PutOptions<'_>) -> Result<(), KvError> {
        let now_ms = self.0.clock.now_ms();
        validate::check_key(Method::Put, key)?;
        validate::check_value(value)?;
        let metadata = validate::metadata(&options)?;
        let expiration = validate::expiration(&options, now_ms)?;
        if let Some(text) = self.0.faults.take_kv_put_failure() {
            return Err(KvError::Ordered(text));
        }
        if self.0.faults.kv_write_rate_limited() && !self.0.rate.allows(key, self.0.clock.elapsed_ms()) {
            return Err(KvError::TooManyRequests);
        }
        let row = engine::NewRow { key, value, expiration, metadata };
        self.write(key, Method::Put, |store, before| store.put(&row, before))
    }

    /// Removes a key; one that is missing is as good.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn delete(&self, key: &str) -> Result<(), KvError> {
        validate::check_key(Method::Delete, key)?;
        self.write(key, Method::Delete, |store, before| store.delete(key, before))
    }

    /// One page of the keys. What is listed does not lag.
    ///
    /// # Errors
    /// If the prefix or the limit is too large, or storage fails.
    pub fn list(&self, options: ListOptions<'_>) -> Result<Page, KvError> {
        validate::check_key_length(Method::Get, options.prefix)?;
        let limit = validate::list_limit(options.limit)?;
        let after = options.cursor.and_then(crate::storage::cursor::read);
        let mut keys = self
            .0
            .store
            .list(options.prefix, after.as_deref(), limit.saturating_add(1), self.0.clock.now_ms() / 1000)
            .map_err(|source| KvError::storage(Method::Get, source))?;
        let more = keys.len() > limit as usize;
        keys.truncate(limit as usize);
        let cursor = keys.last().filter(|_| more).map(|last| crate::storage::cursor::write(&last.name));
        Ok(Page { keys, cursor })
    }

    /// Writes, and remembers what readers go on seeing if they lag. The store calls back with the entry of before,
    /// while no other write can happen.
    fn write(
        &self,
        key: &str,
        op: Method,
        write: impl FnOnce(&Store, Option<&mut dyn FnMut(Entry)>) -> Result<(), StoreError>,
    ) -> Result<(), KvError> {
        let lag_ms = self.lag_ms();
        let now_ms = self.0.clock.elapsed_ms();
        let mut remember = |before| self.0.lag.record_write(key, before, now_ms, lag_ms);
        let before: Option<&mut dyn FnMut(Entry)> = if lag_ms > 0 { Some(&mut remember) } else { None };
        write(&self.0.store, before).map_err(|source| KvError::storage(op, source))
    }

    /// What a lagging reader sees instead of the truth.
    fn lagging(&self, key: &str) -> Option<Entry> {
        if self.0.lag.is_empty() { None } else { self.0.lag.stale_entry(key, self.0.clock.elapsed_ms(), self.lag_ms()) }
    }

    fn lag_ms(&self) -> u64 {
        u64::try_from(self.0.faults.kv_lag().as_millis()).unwrap_or(u64::MAX)
    }

    fn live(&self, entry: Entry) -> Option<Bytes> {
        match entry.expiration {
            Some(at) if at <= self.0.clock.now_ms() / 1000 => None,
            _ => entry.value,
        }
    }
}
