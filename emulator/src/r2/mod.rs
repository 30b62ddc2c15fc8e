//! R2: objects on disk behind a byte cache in memory.
//!
//! ```
//! use pmx_emulator::{clock::Clock, r2::{R2, UploadOptions}, state_dir::StateDir};
//!
//! let bucket = R2::open(&StateDir::temporary()?, &Clock::system())?;
//! let mut upload = bucket.upload("a.txt", UploadOptions { length: 5, ..UploadOptions::default() })?;
//! upload.write(b"hello")?;
//! upload.finish()?;
//! let object = bucket.get("a.txt", None)?.ok_or("it is there")?;
//! assert_eq!(object.body.into_bytes()?, &b"hello"[..]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod engine;
mod error;
pub mod limits;
mod object;
#[cfg(test)]
mod tests;
mod upload;
mod validate;

pub use error::{Method, R2Error};
pub use object::{Body, Object, ObjectMeta, Range};
pub use upload::Upload;

use crate::{
    clock::Clock,
    state_dir::{StateDir, StateError},
};
use engine::Store;
use rusqlite::Connection;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The name of the bucket that lies in the state folder itself.
pub const DEFAULT_NAME: &str = "BUCKET";

/// A bucket. Clones are the same bucket; every method may be called from any thread.
///
/// Writes are durable, and seen by all reads that start later, when the call returns. [`Self::cached`] never touches
/// the disk; all else may block on it.
#[derive(Clone, Debug)]
pub struct R2(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
}

/// How an object is put.
#[derive(Clone, Copy, Debug, Default)]
pub struct UploadOptions {
    /// What its SHA-256 must be.
    pub sha256: Option<[u8; 32]>,
    /// Whether an object that exists stays as it is (`If-None-Match: *`).
    pub only_if_absent: bool,
    /// How many bytes it has.
    pub length: u64,
}

/// Which objects to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions<'a> {
    /// What their keys start with, byte for byte.
    pub prefix: &'a str,
    /// At most this many, from 1 to [`limits::MAX_LIST_KEYS`].
    pub limit: Option<u32>,
    /// Where the page before ended. Text that no page has given is ignored.
    pub cursor: Option<&'a str>,
}

/// One page of a listing, in the order of the keys' UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The objects.
    pub objects: Vec<ObjectMeta>,
    /// Where the next page starts; none if this is the last.
    pub cursor: Option<String>,
}

impl R2 {
    /// Opens the bucket of a state folder. What is built of R2 has the same limits in every profile.
    ///
    /// # Errors
    /// If its database or its files cannot be used.
    pub fn open(state: &StateDir, clock: &Clock) -> Result<Self, StateError> {
        Ok(Self(Arc::new(Inner { store: Store::open(state, clock)?, clock: clock.clone() })))
    }

    /// Who holds this lock keeps all writers waiting.
    pub(crate) fn writer(&self) -> &Mutex<Connection> {
        self.0.store.writer()
    }

    /// The database of a folder that is only read, for a copy of it.
    pub(crate) fn copy<T>(&self, copy: impl FnOnce(&Connection) -> T) -> T {
        self.0.store.copy(copy)
    }

    /// How many objects were lost since the bucket was opened, and when it was: their files were gone, cut short, or held other bytes.
    /// Their keys read as if they had never been put.
    #[must_use]
    pub fn lost(&self) -> watch::Receiver<u64> {
        self.0.store.lost.subscribe()
    }

    /// A text that is another one whenever the bucket has lost something that it had acknowledged before it was opened: proofs that
    /// objects are there hold as long as it is the same (`worker/ABI.md`, "Variables"). Empty where the state is only read.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.0.store.epoch
    }

    /// Ends the epoch with this process: objects were removed that something may still rely on.
    ///
    /// # Errors
    /// If storage fails.
    pub fn renew_epoch(&self) -> Result<(), R2Error> {
        self.0.store.renew_epoch().map_err(|source| R2Error::storage(Method::Put, source))
    }

    /// What memory knows of an object: `None` that it cannot answer and [`Self::get`] must be asked, `Some(None)` that
    /// there is no such object. The body is whole and in memory. Costs one look-up.
    #[must_use]
    pub fn cached(&self, key: &str) -> Option<Option<Object>> {
        self.0.store.cached(key)
    }

    /// What memory knows of an object's size: `None` that it cannot answer, `Some(None)` that there is no such object.
    #[must_use]
    pub fn cached_size(&self, key: &str) -> Option<Option<u64>> {
        self.0.store.cached_size(key)
    }

    /// What is known of an object, if it exists.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn head(&self, key: &str) -> Result<Option<ObjectMeta>, R2Error> {
        validate::check_key(Method::Head, key)?;
        self.0.store.head(key).map_err(|source| R2Error::storage(Method::Head, source))
    }

    /// An object, or a part of it, if it exists.
    ///
    /// # Errors
    /// If the key is none that could exist, the range holds nothing of the object, or storage fails.
    pub fn get(&self, key: &str, range: Option<Range>) -> Result<Option<Object>, R2Error> {
        validate::check_key(Method::Get, key)?;
        self.0.store.get(key, range)
    }

    /// Begins to put an object. Nothing of it exists before [`Upload::finish`].
    ///
    /// # Errors
    /// If the key or the length exceeds a limit.
    pub fn upload(&self, key: &str, options: UploadOptions) -> Result<Upload, R2Error> {
        validate::check_key(Method::Put, key)?;
        validate::check_length(options.length)?;
        Ok(Upload::new(self.clone(), key, options))
    }

    /// Removes an object; one that is missing is as good.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn delete(&self, key: &str) -> Result<(), R2Error> {
        validate::check_key(Method::Delete, key)?;
        self.0.store.delete(key).map_err(|source| R2Error::storage(Method::Delete, source))
    }

    /// One page of the objects.
    ///
    /// # Errors
    /// If the limit is not one, or storage fails.
    pub fn list(&self, options: ListOptions<'_>) -> Result<Page, R2Error> {
        let limit = validate::list_limit(options.limit)?;
        let after = options.cursor.and_then(crate::storage::cursor::read);
        let mut objects = self
            .0
            .store
            .list(options.prefix, after.as_deref(), limit + 1)
            .map_err(|source| R2Error::storage(Method::List, source))?;
        let more = objects.len() > limit as usize;
        objects.truncate(limit as usize);
        let cursor = objects.last().filter(|_| more).map(|last| crate::storage::cursor::write(&last.key));
        Ok(Page { objects, cursor })
    }
}
