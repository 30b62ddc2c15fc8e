mod conditions;
mod durability;
mod listing;
mod metadata;
mod migration;
mod multipart;
mod objects;

use super::*;
use crate::state_dir::StateDir;
use bytes::Bytes;
use std::{fs, path::PathBuf, time::Duration};

/// When the clock of each test starts.
const START_MS: u64 = 1_700_000_000_000;
/// One byte more than fits into a row.
const LARGE: usize = 64 * 1024 + 1;
/// One byte more than the cache takes.
const UNCACHED: usize = 1024 * 1024 + 1;

struct World {
    r2: R2,
    clock: Clock,
    profile: Profile,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(Profile::Production)
    }

    fn with(profile: Profile) -> Self {
        Self::at(tempfile::tempdir().unwrap(), Clock::manual(START_MS), profile)
    }

    fn at(folder: tempfile::TempDir, clock: Clock, profile: Profile) -> Self {
        let r2 = R2::open(&StateDir::open(folder.path()).unwrap(), &clock, profile).unwrap();
        Self { r2, clock, profile, folder }
    }

    /// As after the end of the process.
    fn reopen(self) -> Self {
        let Self { r2, clock, profile, folder } = self;
        drop(r2);
        Self::at(folder, clock, profile)
    }

    fn put_with(&self, key: &str, bytes: &[u8], options: PutOptions) -> Result<Option<ObjectMeta>, R2Error> {
        let mut upload = self.r2.upload(key, bytes.len() as u64, options)?;
        for chunk in bytes.chunks(10_000) {
            upload.write(chunk)?;
        }
        upload.finish()
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) -> ObjectMeta {
        self.put_with(key, bytes.as_ref(), PutOptions::default()).unwrap().unwrap()
    }

    fn get(&self, key: &str) -> Option<Bytes> {
        self.part(key, None).unwrap()
    }

    fn part(&self, key: &str, range: Option<Range>) -> Result<Option<Bytes>, R2Error> {
        Ok(self.r2.get(key, range)?.map(|object| {
            let len = object.body.len();
            let bytes = object.body.into_bytes().unwrap();
            assert_eq!(bytes.len() as u64, len);
            bytes
        }))
    }

    fn files(&self) -> Vec<PathBuf> {
        let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = below(self.folder.path().join("blobs/r2")).flat_map(below).collect();
        files.extend(below(self.folder.path().join("blobs/tmp")));
        files
    }
}

fn only_if_absent() -> PutOptions {
    PutOptions { only_if: Some(Conditional::absent()), ..PutOptions::default() }
}

fn with_sha256(digest: [u8; 32]) -> PutOptions {
    PutOptions { checksum: Some(Checksum::sha256(digest)), ..PutOptions::default() }
}

fn text_of<T: std::fmt::Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.unwrap_err().to_string()
}
