//! The content of a file.

use super::{Content, FileStamp};
use crate::{
    files::{file_retry::while_held, folder::open_regular},
    source::EXTENSION,
    text::{css::is_sheet, normal_bytes},
};
use pmx_model::{Hash, MAX_BLOB};
use sha2::{Digest as _, Sha256};
use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file that is neither a Source nor a stylesheet is not kept in memory if it has more bytes than this.
const MAX_IN_MEMORY: u64 = 64 * 1024;

/// What is in a file; none if it is gone.
pub(super) fn file(path: PathBuf, name: &str, stamp: FileStamp) -> Option<super::File> {
    let size = stamp.size;
    let of = |content| super::File { content, written: None, stamp: Some(stamp) };
    if size > MAX_BLOB {
        return Some(of(Content::TooLarge(size)));
    }
    if is_text(name) {
        let read =
            while_held(|| bytes(&path, size)).map(|bytes| super::File { stamp: Some(stamp), ..of_bytes(name, bytes) });
        return read.map_or_else(|error| failed(&error).map(of), Some);
    }
    let read = if size > MAX_IN_MEMORY {
        while_held(|| hash_of(&path)).map(|file| {
            if file.size > MAX_BLOB {
                Content::TooLarge(file.size)
            } else {
                Content::OnDisk { path: path.into(), file }
            }
        })
    } else {
        while_held(|| bytes(&path, size)).map(bytes_of)
    };
    read.map_or_else(|error| failed(&error), Some).map(of)
}

fn failed(error: &io::Error) -> Option<Content> {
    (error.kind() != io::ErrorKind::NotFound).then(|| Content::Unreadable(error.to_string()))
}

/// Whether a file is read as text: a Source or a stylesheet.
fn is_text(name: &str) -> bool {
    name.ends_with(EXTENSION) || is_sheet(name)
}

/// A file with these bytes in it.
pub(super) fn of_bytes(name: &str, bytes: Vec<u8>) -> super::File {
    let normal = if is_text(name) { normal_bytes(&bytes) } else { None };
    match normal {
        Some(normal) => super::File { content: bytes_of(normal), written: Some(Arc::from(bytes)), stamp: None },
        None => super::File { content: bytes_of(bytes), written: None, stamp: None },
    }
}

/// All of a file; of one that grew beyond what can be published, so much that this is seen.
fn bytes(path: &Path, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    open_regular(path)?.take(MAX_BLOB + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hash_of(path: &Path) -> io::Result<pmx_model::File> {
    let mut file = open_regular(path)?.take(MAX_BLOB + 1);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(pmx_model::File { hash: Hash::from_bytes(hasher.finalize().into()), size }),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += u64::try_from(count).unwrap_or(u64::MAX);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn bytes_of(bytes: Vec<u8>) -> Content {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_BLOB {
        return Content::TooLarge(size);
    }
    let hash = Hash::of(&bytes);
    Content::Bytes(bytes.into(), hash)
}
