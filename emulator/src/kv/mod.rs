//! Workers KV: durable rows behind a read cache in memory.
//!
//! ```
//! use pmx_emulator::{clock::Clock, faults::Faults, kv::{Kv, PutOptions}, profile::Profile, state_dir::StateDir};
//! use std::time::Duration;
//!
//! let faults = Faults::none();
//! let kv = Kv::open(&StateDir::temporary()?, &Clock::manual(0), &faults, Profile::Production)?;
//! kv.put("greeting", b"hello", PutOptions::default())?;
//! assert_eq!(kv.get("greeting")?.as_deref(), Some(&b"hello"[..]));
//!
//! // Eventual consistency, as it is between the places of Cloudflare's network.
//! faults.set_kv_lag(Duration::from_secs(60));
//! let (here, there) = (kv.at("WAW"), kv.at("SIN"));
//! here.put("greeting", b"moin", PutOptions::default())?;
//! assert_eq!(here.get("greeting")?.as_deref(), Some(&b"moin"[..]));
//! assert_eq!(there.get("greeting")?.as_deref(), Some(&b"hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bulk;
mod engine;
mod error;
mod lag;
pub mod limits;
#[cfg(test)]
mod tests;
mod validate;

use crate::{
    faults::Faults,
    profile::Profile,
    state_dir::{StateDir, StateError},
    storage::StoreError,
    world::clock::Clock,
};
pub use bulk::{BulkEntry, BulkOptions, BulkType};
use bytes::Bytes;
pub(crate) use engine::read_digest;
use engine::{Entry, Store};
pub use error::{KvError, Method};
use lag::{PlaceName, ReadLag, WriteRate};
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
pub struct Kv {
    shared: Arc<Inner>,
    place: PlaceName,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    lag: ReadLag,
    rate: WriteRate,
    clock: Clock,
    faults: Faults,
    profile: Profile,
}

/// How a key is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetOptions {
    /// How many seconds the reader's place may go on with what it has read, at least [`limits::MIN_CACHE_TTL_S`]. It matters only where
    /// readers lag: this one then lags as long, if that is longer.
    pub cache_ttl: Option<i64>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvRead {
    /// The value, if there is one.
    pub value: Option<Bytes>,
    /// What was said of it when it was put, as JSON text.
    pub metadata: Option<Arc<str>>,
    /// Whether it was in memory. workerd alone does not tell.
    pub cache_status: Option<CacheStatus>,
}

/// Whether a place knew what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStatus {
    /// It did.
    Hit,
    /// It did not.
    Miss,
}

impl CacheStatus {
    /// As the platform writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "HIT",
            Self::Miss => "MISS",
        }
    }
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
    /// As in [`KvRead`]: pages are not kept in memory.
    pub cache_status: Option<CacheStatus>,
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
    /// Opens the namespace of a state folder. Profiles do not differ in KV's limits; what they tell of a read differs. Behaviour in time
    /// is governed by `faults`.
    ///
    /// # Errors
    /// If its database or its files cannot be used.
    pub fn open(state: &StateDir, clock: &Clock, faults: &Faults, profile: Profile) -> Result<Self, StateError> {
        let shared = Inner {
            store: Store::open(state, clock.now_ms() / 1000)?,
            lag: ReadLag::default(),
            rate: WriteRate::default(),
            clock: clock.clone(),
            faults: faults.clone(),
            profile,
        };
        Ok(Self { shared: Arc::new(shared), place: None })
    }

    /// The namespace as it is seen from a place, which any name stands for. Where readers lag, what is written at a place is seen there at
    /// once, and elsewhere when the lag is over; so are misses. What is written through a namespace without a place lags everywhere.
    #[must_use]
    pub fn at(&self, place: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), place: Some(place.into()) }
    }

    /// Who holds this lock keeps all writers waiting.
    pub(crate) fn writer(&self) -> &Mutex<Connection> {
        self.shared.store.writer()
    }

    /// The database of a folder that is only read, for a copy of it.
    pub(crate) fn copy<T>(&self, copy: impl FnOnce(&Connection) -> T) -> T {
        self.shared.store.copy(copy)
    }

    /// How many values were lost since the namespace was opened: their files were gone, cut short, or held other bytes. Their keys read
    /// as if they had never been put.
    #[must_use]
    pub fn lost(&self) -> watch::Receiver<u64> {
        self.shared.store.lost.subscribe()
    }

    /// What memory knows of a key: `None` that it knows nothing and [`Self::get`] must be asked, `Some(None)` that there
    /// is no such key. Costs one look-up. The key's limits are not checked: what they forbid is never in memory.
    #[must_use]
    pub fn cached(&self, key: &str) -> Option<Option<Bytes>> {
        let entry = self.known(key, None)?;
        Some(self.live(entry).value)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn get(&self, key: &str) -> Result<Option<Bytes>, KvError> {
        Ok(self.get_with(key, GetOptions::default())?.value)
    }

    /// As [`Self::get`], with the metadata.
    ///
    /// # Errors
    /// As [`Self::get`], and if the options cannot be.
    pub fn get_with(&self, key: &str, options: GetOptions) -> Result<KvRead, KvError> {
        validate::check_key(Method::Get, key)?;
        validate::check_cache_ttl(Method::Get, options.cache_ttl)?;
        self.read(Method::Get, key, options.cache_ttl)
    }

    /// As [`Self::get_with`], if memory can answer. Costs one look-up. The key's limits are not checked: what they forbid is never in memory.
    #[must_use]
    pub fn cached_read(&self, key: &str) -> Option<KvRead> {
        let known = self.known(key, None)?;
        Some(self.told(known, CacheStatus::Hit))
    }

    fn read(&self, op: Method, key: &str, cache_ttl: Option<i64>) -> Result<KvRead, KvError> {
        if let Some(entry) = self.known(key, cache_ttl) {
            return Ok(self.told(entry, CacheStatus::Hit));
        }
        let entry = self.shared.store.get(key).map_err(|source| KvError::storage(op, source))?;
        Ok(self.told(entry, CacheStatus::Miss))
    }

    /// What memory knows of a key, the past that a lagging reader sees included.
    fn known(&self, key: &str, cache_ttl: Option<i64>) -> Option<Entry> {
        self.lagging(key, cache_ttl).or_else(|| self.shared.store.cached(key))
    }

    /// What a reader is told of an entry.
    fn told(&self, entry: Entry, status: CacheStatus) -> KvRead {
        let Entry { value, metadata, .. } = self.live(entry);
        KvRead { value, metadata, cache_status: self.status(status) }
    }

    /// What workerd alone does not tell.
    fn status(&self, status: CacheStatus) -> Option<CacheStatus> {
        (self.shared.profile == Profile::Production).then_some(status)
    }

    /// Stores a value. The delay and the failures that [`Faults`] order are those of the platform's service: the
    /// delay is the caller's to wait for ([`Faults::kv_put_latency`]), a failure leaves the old value.
    ///
    /// # Errors
    /// If a limit is exceeded, a failure was ordered, or storage fails.
    pub fn put(&self, key: &str, value: &[u8], options: PutOptions<'_>) -> Result<(), KvError> {
        let now_ms = self.shared.clock.now_ms();
        validate::check_key(Method::Put, key)?;
        let expiration = validate::expiration(&options, now_ms)?;
        let metadata = validate::metadata(&options)?;
        validate::check_value(value)?;
        if let Some(text) = self.shared.faults.take_kv_put_failure() {
            return Err(KvError::Ordered(text));
        }
        if self.shared.faults.kv_write_rate_limited() && !self.shared.rate.allows(key, self.shared.clock.elapsed_ms()) {
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
        let limit = validate::list_limit(options.limit)?;
        validate::check_key_length(Method::Get, options.prefix)?;
        let after = options.cursor.filter(|cursor| !cursor.is_empty()).map(crate::storage::cursor::read);
        let mut keys = self
            .shared
            .store
            .list(options.prefix, after.as_deref(), limit.saturating_add(1), self.shared.clock.now_ms() / 1000)
            .map_err(|source| KvError::storage(Method::Get, source))?;
        let more = keys.len() > limit as usize;
        keys.truncate(limit as usize);
        let cursor = keys.last().filter(|_| more).map(|last| crate::storage::cursor::write(&last.name));
        Ok(Page { keys, cursor, cache_status: self.status(CacheStatus::Miss) })
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
        let now_ms = self.shared.clock.elapsed_ms();
        let mut remember = |before| self.shared.lag.record_write(&self.place, key, before, now_ms, lag_ms);
        let before: Option<&mut dyn FnMut(Entry)> = if lag_ms > 0 { Some(&mut remember) } else { None };
        write(&self.shared.store, before).map_err(|source| KvError::storage(op, source))
    }

    /// What a lagging reader sees instead of the truth.
    fn lagging(&self, key: &str, cache_ttl: Option<i64>) -> Option<Entry> {
        if self.shared.lag.is_empty() {
            return None;
        }
        let lag_ms = match self.lag_ms() {
            0 => 0,
            lag_ms => {
                let cached_s = cache_ttl.and_then(|ttl| u64::try_from(ttl).ok()).unwrap_or(0);
                lag_ms.max(cached_s.saturating_mul(1000))
            }
        };
        self.shared.lag.stale_entry(&self.place, key, self.shared.clock.elapsed_ms(), lag_ms)
    }

    fn lag_ms(&self) -> u64 {
        u64::try_from(self.shared.faults.kv_lag().as_millis()).unwrap_or(u64::MAX)
    }

    /// What is there of an entry now.
    fn live(&self, entry: Entry) -> Entry {
        match entry.expiration {
            Some(at) if at <= self.shared.clock.now_ms() / 1000 => Entry::default(),
            _ => entry,
        }
    }
}
