//! The content of a file.

use super::{Content, EXTENSION, is_sheet};
use crate::{file_retry::while_held, site::folder::open_regular};
use pmx_worker::model::{Hash, MAX_BLOB};
use sha2::{Digest as _, Sha256};
use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// A file that is neither a Source nor a stylesheet is not kept in memory if it has more bytes than this.
const MAX_IN_MEMORY: u64 = 64 * 1024;

/// What is in a file; none if it is gone.
pub(super) fn content(path: PathBuf, name: &str, size: u64) -> Option<Content> {
    if size > MAX_BLOB {
        return Some(Content::TooLarge(size));
    }
    let read = if size > MAX_IN_MEMORY && !name.ends_with(EXTENSION) && !is_sheet(name) {
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
    match read {
        Ok(content) => Some(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Content::Unreadable(error.to_string())),
    }
}

/// All of a file; of one that grew beyond what can be published, so much that this is seen.
fn bytes(path: &Path, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    open_regular(path)?.take(MAX_BLOB + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hash_of(path: &Path) -> io::Result<pmx_worker::model::File> {
    let mut file = open_regular(path)?.take(MAX_BLOB + 1);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(pmx_worker::model::File { hash: Hash::from_bytes(hasher.finalize().into()), size }),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += u64::try_from(count).unwrap_or(u64::MAX);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn bytes_of(bytes: Vec<u8>) -> Content {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_BLOB {
        return Content::TooLarge(size);
    }
    let hash = Hash::of(&bytes);
    Content::Bytes(bytes.into(), hash)
}
