//! What is said with a call, and what a listing answers.

use super::{ArgumentError, Checksum, Conditional, Metadata, ObjectMeta};

/// How an object is put.
#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    /// What the object that is there must be like; otherwise it stays.
    pub only_if: Option<Conditional>,
    /// What the checksum of the bytes must be.
    pub checksum: Option<Checksum>,
    /// What is told of the object.
    pub metadata: Metadata,
}

/// Which objects to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions<'a> {
    /// What their keys start with, byte for byte.
    pub prefix: &'a str,
    /// Keys that have this text after the prefix are not listed: what they start with, up to and with it, is, once for all of them. Empty
    /// text is none.
    pub delimiter: Option<&'a str>,
    /// The key before the first.
    pub start_after: Option<&'a str>,
    /// At most this many objects and common beginnings, from 1 to [`limits::MAX_LIST_KEYS`](super::limits::MAX_LIST_KEYS).
    pub limit: Option<i64>,
    /// Where the page before ended. Text that no page has given may be anywhere.
    pub cursor: Option<&'a str>,
    /// What to list of the objects besides the keys.
    pub include: Include,
}

/// What to list of objects besides their keys. With either a page has at most
/// [`limits::MAX_LIST_KEYS_WITH_METADATA`](super::limits::MAX_LIST_KEYS_WITH_METADATA) entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// Their HTTP metadata.
    pub http: bool,
    /// Their custom metadata.
    pub custom: bool,
}

impl Include {
    /// From the names that a caller gives.
    ///
    /// # Errors
    /// If nobody knows a name.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ArgumentError> {
        let mut include = Self::default();
        for name in names {
            match name {
                "httpMetadata" => include.http = true,
                "customMetadata" => include.custom = true,
                field => return Err(ArgumentError::Include { field: field.to_owned() }),
            }
        }
        Ok(include)
    }

    pub(super) const fn any(self) -> bool {
        self.http || self.custom
    }
}

/// One page of a listing, in the order of the keys' UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The objects.
    pub objects: Vec<ObjectMeta>,
    /// What keys start with that are not listed because of the delimiter.
    pub delimited_prefixes: Vec<String>,
    /// Where the next page starts; none if this is the last.
    pub cursor: Option<String>,
}
