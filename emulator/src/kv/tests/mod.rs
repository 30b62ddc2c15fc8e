mod bulk;
mod refusals;
mod timing;
mod values;

use super::*;
use crate::state_dir::StateDir;
use std::{fs, path::PathBuf, time::Duration};

const START_MS: u64 = 1_700_000_000_000;
const START_S: i64 = 1_700_000_000;
/// One byte more than fits into a row.
const LARGE: usize = 64 * 1024 + 1;

struct World {
    kv: Kv,
    clock: Clock,
    faults: Faults,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, faults) = (Clock::manual(START_MS), Faults::none());
        let kv = open(&folder, &clock, &faults);
        Self { kv, clock, faults, folder }
    }

    /// As after the end of the process.
    fn reopen(self) -> Self {
        let Self { kv, clock, faults, folder } = self;
        drop(kv);
        let kv = open(&folder, &clock, &faults);
        Self { kv, clock, faults, folder }
    }

    fn put(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), KvError> {
        self.kv.put(key, value.as_ref(), PutOptions::default())
    }

    fn put_with(&self, options: PutOptions<'_>) -> Result<(), KvError> {
        self.kv.put("k", b"v", options)
    }

    fn text(&self, key: &str) -> Option<String> {
        let read = self.kv.get(key).unwrap();
        if let Some(cached) = self.kv.cached(key) {
            assert_eq!(cached, read, "the cache tells the truth");
        }
        read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let shards = fs::read_dir(self.folder.path().join("blobs/kv")).unwrap();
        let mut files: Vec<PathBuf> = shards
            .flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
    }
}

fn open(folder: &tempfile::TempDir, clock: &Clock, faults: &Faults) -> Kv {
    Kv::open(&StateDir::open(folder.path()).unwrap(), clock, faults, Profile::default()).unwrap()
}

fn text_of(result: Result<(), KvError>) -> String {
    result.unwrap_err().to_string()
}
