//! R2: objects on disk behind a byte cache in memory.
//!
//! ```
//! use pmx_emulator::{clock::Clock, profile::Profile, r2::{Conditional, PutOptions, R2}, state_dir::StateDir};
//!
//! let bucket = R2::open(&StateDir::temporary()?, &Clock::system(), Profile::Production)?;
//! let only_if_absent = || PutOptions { only_if: Some(Conditional::absent()), ..PutOptions::default() };
//! let stored = bucket.put("a.txt", b"hello", only_if_absent())?;
//! assert!(stored.is_some_and(|object| object.etag == "5d41402abc4b2a76b9719d911017c592"));
//! assert!(bucket.put("a.txt", b"other", only_if_absent())?.is_none());
//! let object = bucket.get("a.txt", None)?.ok_or("it is there")?;
//! assert_eq!(object.body.into_bytes()?, &b"hello"[..]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the platform's API checks before the bucket hears of a call ([`Range::from_options`], [`Conditional::from_headers`],
//! [`Checksum::from_options`]) gives an [`ArgumentError`]; what the bucket refuses is an [`R2Error`].

mod algorithm;
mod argument;
mod checksum;
mod conditional;
mod engine;
mod error;
mod headers;
mod incoming;
pub mod limits;
mod metadata;
mod multipart;
mod object;
mod options;
mod range;
#[cfg(test)]
mod tests;
mod upload;
mod validate;

pub use algorithm::Algorithm;
pub use argument::{ArgumentError, RangePart};
pub use checksum::{Checksum, Checksums, GivenChecksum};
pub use conditional::{Conditional, Etag};
pub use error::{Method, R2Error};
pub use metadata::{HttpMetadata, Metadata};
pub use multipart::{PartUpload, part_number};
pub use object::{Body, Found, Object, ObjectMeta, UploadedPart};
pub use options::{Include, ListOptions, Page, PutOptions};
pub use range::{HeaderRange, Range, RangeOptions};
pub use upload::Upload;

use crate::{
    profile::Profile,
    state_dir::{StateDir, StateError},
    world::clock::Clock,
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
    profile: Profile,
}

impl R2 {
    /// Opens the bucket of a state folder, also of one that an earlier version has made. The profile governs the limit of custom metadata,
    /// how many keys are deleted at once, storage classes, and whether an upload in parts ends by itself.
    ///
    /// # Errors
    /// If its database or its files cannot be used.
    pub fn open(state: &StateDir, clock: &Clock, profile: Profile) -> Result<Self, StateError> {
        Ok(Self(Arc::new(Inner { store: Store::open(state, clock, profile)?, clock: clock.clone(), profile })))
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

    /// As [`Self::head`], if memory can answer: `None` that it cannot, `Some(None)` that there is no such object. Costs one look-up.
    #[must_use]
    pub fn cached_head(&self, key: &str) -> Option<Option<Arc<ObjectMeta>>> {
        self.0.store.cached_head(key)
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
        Ok(match self.0.store.get(key, range, None)? {
            Some(Found::Object(object)) => Some(object),
            Some(Found::ConditionFailed(_)) | None => None,
        })
    }

    /// As [`Self::get`], if a condition holds for the object. Where it does not, the range does not matter.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn get_if(&self, key: &str, range: Option<Range>, only_if: &Conditional) -> Result<Option<Found>, R2Error> {
        validate::check_key(Method::Get, key)?;
        self.0.store.get(key, range, Some(only_if))
    }

    /// Begins to put an object of so many bytes. Nothing of it exists before [`Upload::finish`].
    ///
    /// # Errors
    /// If the key, the length or the metadata exceeds a limit.
    pub fn upload(&self, key: &str, length: u64, options: PutOptions) -> Result<Upload, R2Error> {
        validate::check_key(Method::Put, key)?;
        validate::check_length(Method::Put, length)?;
        metadata::check_custom(Method::Put, &options.metadata.custom, self.0.profile)?;
        Ok(Upload::new(self.clone(), key, length, options))
    }

    /// Puts an object; `None` if its condition does not hold, and what is there stays.
    ///
    /// # Errors
    /// If the key, the length or the metadata exceeds a limit, the checksum is another, or storage fails. What is there stays then.
    pub fn put(&self, key: &str, bytes: &[u8], options: PutOptions) -> Result<Option<ObjectMeta>, R2Error> {
        let mut upload = self.upload(key, bytes.len() as u64, options)?;
        upload.write(bytes)?;
        upload.finish()
    }

    /// Removes an object; one that is missing is as good.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn delete(&self, key: &str) -> Result<(), R2Error> {
        self.delete_all(&[key])
    }

    /// Removes objects, all or, if that fails, none of them; those that are missing are as good.
    ///
    /// # Errors
    /// If a key is none that could exist, there are too many, or storage fails.
    pub fn delete_all(&self, keys: &[&str]) -> Result<(), R2Error> {
        validate::check_keys(keys, self.0.profile)?;
        self.0.store.delete(keys).map_err(|source| R2Error::storage(Method::Delete, source))
    }

    /// One page of the objects.
    ///
    /// ```
    /// use pmx_emulator::{clock::Clock, profile::Profile, r2::{ListOptions, PutOptions, R2}, state_dir::StateDir};
    ///
    /// let bucket = R2::open(&StateDir::temporary()?, &Clock::system(), Profile::Production)?;
    /// for key in ["a", "photos/1", "photos/2"] {
    ///     bucket.put(key, b"", PutOptions::default())?;
    /// }
    /// let page = bucket.list(ListOptions { delimiter: Some("/"), ..ListOptions::default() })?;
    /// assert_eq!((page.objects.len(), page.delimited_prefixes), (1, vec!["photos/".to_owned()]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the limit is not one, or storage fails.
    pub fn list(&self, options: ListOptions<'_>) -> Result<Page, R2Error> {
        let mut limit = validate::list_limit(options.limit)?;
        if options.include.any() {
            limit = limit.min(limits::MAX_LIST_KEYS_WITH_METADATA);
        }
        self.0.store.list(&options, limit).map_err(|source| R2Error::storage(Method::List, source))
    }

    fn new_version(&self, op: Method) -> Result<[u8; 16], R2Error> {
        let mut version = [0; 16];
        self.0.clock.random(&mut version).map_err(|source| R2Error::storage(op, source.into()))?;
        Ok(version)
    }
}
