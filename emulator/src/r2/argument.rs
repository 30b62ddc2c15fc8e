//! Arguments that the platform's API refuses before R2 hears of them.

use super::{Algorithm, limits};
use crate::js::{ErrorClass, OutOfRange, number_text};

/// An argument that cannot be. As text it is exactly what the platform says, and [`Self::class`] is how it is thrown.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArgumentError {
    /// An etag in quotes where there may be none.
    #[error("Conditional ETag should not be wrapped in quotes ({etag}).")]
    QuotedEtag {
        /// As it was given.
        etag: String,
    },
    /// A header for etags without one.
    #[error("Invalid ETag in {header} header")]
    NoEtag {
        /// `if-match` or `if-none-match`.
        header: &'static str,
    },
    /// An etag whose closing quote is missing.
    #[error("Unclosed double quote for Etag")]
    UnclosedEtag,
    /// A `W` that does not begin a weak etag.
    #[error("Weak etags must start with W/ and their value must be quoted")]
    WeakEtag,
    /// Two etags with nothing between them.
    #[error("Comma was expected to separate etags. Encountered a {}", comma(*.found))]
    EtagWithoutComma {
        /// What the second begins with.
        found: char,
    },
    /// A number of a range that is negative, or none.
    #[error("Invalid {} ({}) must be greater than or equal to 0.", negative(*.part), number_text(*.number))]
    NegativeRange {
        /// Which one.
        part: RangePart,
        /// As it was given.
        number: f64,
    },
    /// A number of a range that is no integer.
    #[error("Invalid range. {} ({}) must be an integer, not floating point.", named(*.part), number_text(*.number))]
    FractionalRange {
        /// Which one.
        part: RangePart,
        /// As it was given.
        number: f64,
    },
    /// The last bytes, and something else.
    #[error("Suffix is incompatible with {other}.")]
    SuffixWith {
        /// What else.
        other: &'static str,
    },
    /// A body whose length nobody has announced.
    #[error(
        "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)"
    )]
    UnknownLength,
    /// More than one checksum.
    #[error("You cannot specify multiple hashing algorithms.")]
    SeveralChecksums,
    /// A checksum of the wrong length, as bytes.
    #[error("{algorithm} is {} bytes, not {length}", .algorithm.digest_bytes())]
    ChecksumBytes {
        /// What it should be made with.
        algorithm: Algorithm,
        /// Bytes.
        length: usize,
    },
    /// A checksum of the wrong length, as text.
    #[error("{algorithm} is {} hex characters, not {length}", 2 * .algorithm.digest_bytes())]
    ChecksumDigits {
        /// What it should be made with.
        algorithm: Algorithm,
        /// Bytes of the text.
        length: usize,
    },
    /// A checksum of the right length that is no hex.
    #[error("Provided {algorithm} wasn't a valid hex string")]
    ChecksumNotHex {
        /// What it should be made with.
        algorithm: Algorithm,
    },
    /// Something to list besides the keys that nobody knows.
    #[error("Unsupported include value {field}")]
    Include {
        /// Its name.
        field: String,
    },
    /// A part that is not from 1 to [`limits::MAX_PARTS`].
    #[error("Part number must be between 1 and {} (inclusive). Actual value was: {number}", limits::MAX_PARTS)]
    PartNumber {
        /// As it was given.
        number: i32,
    },
    /// A number that is no `int`.
    #[error(transparent)]
    Int(#[from] OutOfRange),
}

/// Which number of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangePart {
    /// Where it begins.
    Offset,
    /// How many bytes.
    Length,
    /// How many of the last bytes.
    Suffix,
}

impl ArgumentError {
    /// How it is thrown.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NoEtag { .. } | Self::UnclosedEtag | Self::WeakEtag | Self::EtagWithoutComma { .. } => {
                ErrorClass::Error
            }
            Self::NegativeRange { .. } | Self::FractionalRange { .. } | Self::Include { .. } => ErrorClass::RangeError,
            Self::QuotedEtag { .. }
            | Self::SuffixWith { .. }
            | Self::UnknownLength
            | Self::SeveralChecksums
            | Self::ChecksumBytes { .. }
            | Self::ChecksumDigits { .. }
            | Self::ChecksumNotHex { .. }
            | Self::PartNumber { .. } => ErrorClass::TypeError,
            Self::Int(error) => error.class(),
        }
    }
}

const fn comma(found: char) -> &'static str {
    match found {
        '*' => "wildcard character '*' instead.",
        'W' => "weak quotation character 'W' instead. This would otherwise indicate the start of a new weak etag.",
        _ => "double quote character '\"' instead. This would otherwise indicate the start of a new strong etag.",
    }
}

const fn named(part: RangePart) -> &'static str {
    match part {
        RangePart::Offset => "Starting offset",
        RangePart::Length => "Length",
        RangePart::Suffix => "Suffix",
    }
}

const fn negative(part: RangePart) -> &'static str {
    match part {
        RangePart::Offset => "range. Starting offset",
        RangePart::Length => "range. Length",
        RangePart::Suffix => "suffix. Suffix",
    }
}
