//! What KV refuses, in the platform's words.

use super::limits;
use crate::{
    js::{ErrorClass, OutOfRange},
    storage::StoreError,
};
use std::fmt;

/// The platform's names for what can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads and listings.
    Get,
    /// Reads of several keys.
    GetBulk,
    /// Writes.
    Put,
    /// Deletions.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::GetBulk => "GET_BULK",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

/// Why KV refuses. As text it is exactly what the platform says, and [`Self::class`] is how it is thrown.
#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// A key without a name.
    #[error("Key name cannot be empty.")]
    EmptyKey,
    /// `.` or `..`.
    #[error("\"{key}\" is not allowed as a key name.")]
    DotKey {
        /// The key.
        key: String,
    },
    /// A number that is no `int`.
    #[error(transparent)]
    Int(#[from] OutOfRange),
    /// A key without a name among several.
    #[error("KV GET_BULK failed: 400 Key names must not be empty")]
    EmptyBulkKey,
    /// `.` or `..` among several keys.
    #[error("KV GET_BULK failed: 400 Illegal key name \"{key}\". Please use a different name.")]
    DotBulkKey {
        /// The key.
        key: String,
    },
    /// No keys.
    #[error("KV GET_BULK failed: 400 You must request a minimum of 1 key")]
    NoBulkKeys,
    /// More than [`limits::MAX_BULK_KEYS`].
    #[error("KV GET_BULK failed: 400 You can request a maximum of {} keys", limits::MAX_BULK_KEYS)]
    TooManyBulkKeys,
    /// A type that several values cannot be read as.
    #[error("KV GET_BULK failed: 400 \"{name}\" is not a valid type. Use \"json\" or \"text\"")]
    BulkType {
        /// Its name.
        name: String,
    },
    /// A value that is no JSON, where all were to be.
    #[error("KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value")]
    NotJson,
    /// More than [`limits::MAX_BULK_UNITS`].
    #[error(
        "KV GET_BULK failed: 413 Total size of request exceeds the limit of {}MB",
        limits::MAX_BULK_UNITS / 1024 / 1024
    )]
    BulkTooLarge,
    /// Less than [`limits::MIN_CACHE_TTL_S`].
    #[error("KV {op} failed: 400 Invalid cache_ttl of {ttl}. Cache TTL must be at least {}.", limits::MIN_CACHE_TTL_S)]
    CacheTtl {
        /// What was tried.
        op: Method,
        /// Seconds.
        ttl: i64,
    },
    /// More than [`limits::MAX_KEY_BYTES`].
    #[error(
        "KV {op} failed: 414 UTF-8 encoded length of {length} exceeds key length limit of {}.",
        limits::MAX_KEY_BYTES
    )]
    KeyTooLong {
        /// What was tried.
        op: Method,
        /// Bytes of the key.
        length: usize,
    },
    /// More than [`limits::MAX_VALUE_BYTES`].
    #[error("KV PUT failed: 413 Value length of {length} exceeds limit of {}.", limits::MAX_VALUE_BYTES)]
    ValueTooLarge {
        /// Bytes of the value.
        length: usize,
    },
    /// More than [`limits::MAX_METADATA_BYTES`].
    #[error("KV PUT failed: 413 Metadata length of {length} exceeds limit of {}.", limits::MAX_METADATA_BYTES)]
    MetadataTooLarge {
        /// Bytes of the JSON.
        length: usize,
    },
    /// A time to live that is none.
    #[error("KV PUT failed: 400 Invalid expiration_ttl of {ttl}. Please specify integer greater than 0.")]
    TtlNotPositive {
        /// Seconds.
        ttl: i64,
    },
    /// Less than [`limits::MIN_LIFETIME_S`].
    #[error(
        "KV PUT failed: 400 Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {}.",
        limits::MIN_LIFETIME_S
    )]
    TtlTooShort {
        /// Seconds.
        ttl: i64,
    },
    /// An end that lies behind.
    #[error(
        "KV PUT failed: 400 Invalid expiration of {at}. Please specify integer greater than the current number of seconds since the UNIX epoch."
    )]
    ExpirationPast {
        /// Seconds since 1970.
        at: i64,
    },
    /// An end nearer than [`limits::MIN_LIFETIME_S`].
    #[error(
        "KV PUT failed: 400 Invalid expiration of {at}. Expiration times must be at least {} seconds in the future.",
        limits::MIN_LIFETIME_S
    )]
    ExpirationTooSoon {
        /// Seconds since 1970.
        at: i64,
    },
    /// More than [`limits::MAX_LIST_KEYS`].
    #[error(
        "KV GET failed: 400 Invalid key_count_limit of {limit}. Please specify an integer less than {}.",
        limits::MAX_LIST_KEYS
    )]
    ListLimit {
        /// The limit asked for.
        limit: i64,
    },
    /// A second write to a key within [`limits::MIN_WRITE_INTERVAL_MS`].
    #[error("KV PUT failed: 429 Too Many Requests")]
    TooManyRequests,
    /// A failure that [`Faults`](crate::faults::Faults) ordered.
    #[error("{0}")]
    Ordered(String),
    /// The disk or the database failed; the source says how, the platform would not.
    #[error("KV {op} failed: 500 Internal Server Error")]
    Storage {
        /// What was tried.
        op: Method,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl KvError {
    /// How it is thrown.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::EmptyKey | Self::DotKey { .. } => ErrorClass::TypeError,
            Self::Int(error) => error.class(),
            _ => ErrorClass::Error,
        }
    }

    /// What a failure of the disk or the database is to a caller; what it is in truth is for the log.
    pub(super) fn storage(op: Method, source: StoreError) -> Self {
        tracing::error!(error = source, "KV {op} failed; `pmx state check` tells whether the state is whole");
        Self::Storage { op, source }
    }
}
