//! What R2 refuses, in the platform's words.

use super::limits;
use crate::storage::StoreError;
use pmx_model::Hash;
use std::fmt;

/// The platform's names for what can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
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

impl fmt::Display for Method {
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
        op: Method,
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
        op: Method,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl R2Error {
    /// What a failure of the disk or the database is to a caller; what it is in truth is for the log.
    pub(super) fn storage(op: Method, source: StoreError) -> Self {
        tracing::error!(error = source, "R2 {op} failed; `pmx state check` tells whether the state is whole");
        Self::Storage { op, source }
    }
}
