//! What R2 refuses, in the platform's words.

use super::{Algorithm, ArgumentError, Checksum, limits};
use crate::{js::ErrorClass, storage::StoreError};
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
    /// The beginning of an upload in parts.
    CreateMultipartUpload,
    /// A part.
    UploadPart,
    /// Parts that become an object.
    CompleteMultipartUpload,
    /// Parts that become none.
    AbortMultipartUpload,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Get => "get",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::List => "list",
            Self::CreateMultipartUpload => "createMultipartUpload",
            Self::UploadPart => "uploadPart",
            Self::CompleteMultipartUpload => "completeMultipartUpload",
            Self::AbortMultipartUpload => "abortMultipartUpload",
        })
    }
}

/// Why R2 refuses. As text it is exactly what the platform says, and [`Self::class`] is how it is thrown.
#[derive(Debug, thiserror::Error)]
pub enum R2Error {
    /// An argument that cannot be.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// A key of more than [`limits::MAX_KEY_BYTES`].
    #[error("{op}: The specified object name is not valid. (10020)")]
    InvalidName {
        /// What was tried.
        op: Method,
    },
    /// A page of no keys, or of more than [`limits::MAX_LIST_KEYS`].
    #[error("list: MaxKeys params must be positive integer <= {}. (10022)", limits::MAX_LIST_KEYS)]
    MaxKeys,
    /// More than [`limits::MAX_DELETE_KEYS`] at once.
    #[error(
        "delete: The number of keys in the request must be between 1 and {} inclusive. (10027)",
        limits::MAX_DELETE_KEYS
    )]
    TooManyKeys,
    /// More than [`limits::MAX_METADATA_BYTES`], or [`limits::MAX_METADATA_BYTES_LOCAL`].
    #[error("{op}: Your metadata headers exceed the maximum allowed metadata size. (10012)")]
    MetadataTooLarge {
        /// What was tried.
        op: Method,
    },
    /// Other bytes arrived than were announced.
    #[error(
        "put: The {0} checksum you specified did not match what we received.\nYou provided a {0} checksum with value: \
         {expected}\nActual {0} was: {actual} (10037)",
        algorithm(.expected)
    )]
    ChecksumMismatch {
        /// As announced.
        expected: Checksum,
        /// As received.
        actual: Checksum,
    },
    /// A range that holds nothing of the object.
    #[error("get: The requested range is not satisfiable (10039)")]
    Range,
    /// More than [`limits::MAX_UPLOAD_BYTES`].
    #[error("{op}: Your proposed upload exceeds the maximum allowed object size. (100100)")]
    TooLarge {
        /// What was tried.
        op: Method,
    },
    /// An upload in parts that was completed or aborted, or that never was, where a part comes.
    #[error("{op}: The specified multipart upload does not exist. (10024)")]
    NoSuchUpload {
        /// What was tried.
        op: Method,
    },
    /// A part that was never uploaded, or replaced since.
    #[error("completeMultipartUpload: One or more of the specified parts could not be found. (10025)")]
    NoSuchPart,
    /// A part, other than the last, of less than [`limits::MIN_PART_BYTES`].
    #[error("completeMultipartUpload: Your proposed upload is smaller than the minimum allowed object size. (10011)")]
    PartTooSmall,
    /// Parts of different sizes, or a last one that is larger than the others.
    #[error("completeMultipartUpload: There was a problem with the multipart upload. (10048)")]
    UnequalParts,
    /// An upload in parts that never was, or a part that is there twice: what the platform has no better words for.
    #[error("{op}: We encountered an internal error. Please try again. (10001)")]
    Internal {
        /// What was tried.
        op: Method,
    },
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
    /// How it is thrown.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Argument(error) => error.class(),
            Self::BodyTooLong | Self::BodyTooShort => ErrorClass::TypeError,
            _ => ErrorClass::Error,
        }
    }

    /// What a failure of the disk or the database is to a caller; what it is in truth is for the log.
    pub(super) fn storage(op: Method, source: StoreError) -> Self {
        tracing::error!(error = source, "R2 {op} failed; `pmx state check` tells whether the state is whole");
        Self::Storage { op, source }
    }
}

const fn algorithm(checksum: &Checksum) -> Algorithm {
    checksum.algorithm()
}
