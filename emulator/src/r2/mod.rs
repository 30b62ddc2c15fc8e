//! R2: durable objects behind a byte cache in memory.

mod engine;
pub mod limits;
#[cfg(test)]
mod tests;
mod upload;

pub use upload::Upload;

use crate::{
    clock::Clock,
    state_dir::{StateDir, StateError},
};
use bytes::Bytes;
use engine::Store;
use pmx_model::Hash;
use rusqlite::Connection;
use std::{
    fmt,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

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

/// An object, opened.
#[derive(Debug)]
pub struct Object {
    /// Bytes of the whole object, whatever part of it was asked for.
    pub size: u64,
    /// The part that was asked for.
    pub body: Body,
}

/// Bytes, or where to read them. A file stays readable when its object is deleted or replaced.
#[derive(Debug)]
pub enum Body {
    /// In memory.
    Bytes(Bytes),
    /// On disk.
    File {
        /// The file; its position is not defined.
        file: File,
        /// Where the body begins.
        offset: u64,
        /// Its bytes.
        len: u64,
    },
}

impl Body {
    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it, in memory. May block.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn into_bytes(self) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::File { mut file, offset, len } => {
                let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
                file.seek(SeekFrom::Start(offset))?;
                file.take(len).read_to_end(&mut bytes)?;
                if bytes.len() as u64 == len { Ok(bytes.into()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
        }
    }
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its key.
    pub key: String,
    /// Another one for each upload.
    pub version: String,
    /// Its bytes.
    pub size: u64,
    /// The MD5 of its bytes, in lower-case hex.
    pub etag: String,
    /// The SHA-256 of its bytes, if it was given, and so verified, when it was put.
    pub sha256: Option<Hash>,
    /// When it was put, in milliseconds since 1970.
    pub uploaded_ms: u64,
}

impl ObjectMeta {
    /// The etag as it stands in a header.
    #[must_use]
    pub fn http_etag(&self) -> String {
        format!("\"{}\"", self.etag)
    }
}

/// A part of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From an offset, to the end or for so many bytes.
    From {
        /// Where it begins.
        offset: u64,
        /// Its bytes, cut at the end of the object.
        length: Option<u64>,
    },
    /// The last bytes.
    Suffix(u64),
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

/// The platform's names for what can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Metadata.
    Head,
    /// Reads.
    Get,
    /// Uploads.
    Put,
    /// Deletions.
    Delete,
    /// Listings.
    List,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Get => "get",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::List => "list",
        })
    }
}

/// Why R2 refuses. As text it is exactly what the platform says.
#[derive(Debug, thiserror::Error)]
pub enum R2Error {
    /// A key of more than [`limits::MAX_KEY_BYTES`].
    #[error("{op}: The specified object name is not valid. (10020)")]
    InvalidName {
        /// What was tried.
        op: Op,
    },
    /// A page of no keys, or of more than [`limits::MAX_LIST_KEYS`].
    #[error("list: MaxKeys params must be positive integer <= {}. (10022)", limits::MAX_LIST_KEYS)]
    MaxKeys,
    /// Other bytes arrived than were announced.
    #[error(
        "put: The SHA-256 checksum you specified did not match what we received.\nYou provided a SHA-256 checksum with \
         value: {expected}\nActual SHA-256 was: {actual} (10037)"
    )]
    ChecksumMismatch {
        /// As announced.
        expected: Hash,
        /// As received.
        actual: Hash,
    },
    /// A range that holds nothing of the object.
    #[error("get: The requested range is not satisfiable (10039)")]
    Range,
    /// More than [`limits::MAX_UPLOAD_BYTES`].
    #[error("put: Your proposed upload exceeds the maximum allowed object size. (100100)")]
    TooLarge,
    /// The body went on after its announced end.
    #[error("Attempt to write too many bytes through a FixedLengthStream.")]
    BodyTooLong,
    /// The body ended before its announced end.
    #[error("FixedLengthStream did not see all expected bytes before close().")]
    BodyTooShort,
    /// The disk or the database failed; the source says how, the platform would not.
    #[error("{op}: We encountered an internal error. Please try again. (10001)")]
    Storage {
        /// What was tried.
        op: Op,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl R2Error {
    /// What a failure of the disk or the database is to a caller; what it is in truth is for the log.
    fn storage(op: Op, source: engine::Failure) -> Self {
        tracing::error!(error = source, "R2 {op} failed; `pmx state check` tells whether the state is whole");
        Self::Storage { op, source }
    }
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
        self.0.store.renew_epoch().map_err(|source| R2Error::storage(Op::Put, source))
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
        limits::check_key(Op::Head, key)?;
        self.0.store.head(key).map_err(|source| R2Error::storage(Op::Head, source))
    }

    /// An object, or a part of it, if it exists.
    ///
    /// # Errors
    /// If the key is none that could exist, the range holds nothing of the object, or storage fails.
    pub fn get(&self, key: &str, range: Option<Range>) -> Result<Option<Object>, R2Error> {
        limits::check_key(Op::Get, key)?;
        self.0.store.get(key, range)
    }

    /// Begins to put an object. Nothing of it exists before [`Upload::finish`].
    ///
    /// # Errors
    /// If the key or the length exceeds a limit.
    pub fn upload(&self, key: &str, options: UploadOptions) -> Result<Upload, R2Error> {
        limits::check_key(Op::Put, key)?;
        limits::check_length(options.length)?;
        Ok(Upload::new(self.clone(), key, options))
    }

    /// Removes an object; one that is missing is as good.
    ///
    /// # Errors
    /// If the key is none that could exist, or storage fails.
    pub fn delete(&self, key: &str) -> Result<(), R2Error> {
        limits::check_key(Op::Delete, key)?;
        self.0.store.delete(key).map_err(|source| R2Error::storage(Op::Delete, source))
    }

    /// One page of the objects.
    ///
    /// # Errors
    /// If the limit is not one, or storage fails.
    pub fn list(&self, options: ListOptions<'_>) -> Result<Page, R2Error> {
        let limit = limits::list_limit(options.limit)?;
        let after = options.cursor.and_then(crate::storage::cursor::read);
        let mut objects = self
            .0
            .store
            .list(options.prefix, after.as_deref(), limit + 1)
            .map_err(|source| R2Error::storage(Op::List, source))?;
        let more = objects.len() > limit as usize;
        objects.truncate(limit as usize);
        let cursor = objects.last().filter(|_| more).map(|last| crate::storage::cursor::write(&last.key));
        Ok(Page { objects, cursor })
    }
}
