//! Objects, what is known of them, and what they are made of.

use super::{Checksums, Metadata};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    sync::Arc,
};

/// An object, opened.
#[derive(Debug)]
pub struct Object {
    /// What is known of the whole object, whatever part of it was asked for.
    pub meta: Arc<ObjectMeta>,
    /// Where in the object the body begins.
    pub offset: u64,
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
    /// The MD5 of its bytes, in lower-case hex; of an object that was uploaded in parts the MD5 of theirs, and how many they were.
    pub etag: String,
    /// The checksums that are known.
    pub checksums: Checksums,
    /// What was said of it when it was put.
    pub metadata: Metadata,
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

/// What a conditional read found.
#[derive(Debug)]
pub enum Found {
    /// The object, or the part of it.
    Object(Object),
    /// An object that the condition does not hold for.
    ConditionFailed(Arc<ObjectMeta>),
}

/// A part of an upload, as its upload has answered and as it is named when the parts become an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its number, from 1 to [`limits::MAX_PARTS`](super::limits::MAX_PARTS).
    pub number: u32,
    /// Another one for each upload of the part.
    pub etag: String,
}
