//! Values too large for a row: each in a file that is written once, renamed into place, and never changed.
//!
//! A row is committed only after its file is in place, and a file is removed only after its row is gone. So a crash
//! leaves files that no row names; [`Blobs::open`] removes them. Ids count up and are not reused while anything
//! remembers them, which is why a reader that finds its file gone can tell that the row has changed.

use crate::{
    file_retry::while_held,
    state_dir::{Durability, StateDir, StateError},
};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Values up to this size live in their row: one page read more is cheaper than a file.
pub(crate) const MAX_INLINE: usize = 64 * 1024;

/// The files of one store.
#[derive(Clone, Debug)]
pub(crate) struct Blobs {
    folder: Arc<PathBuf>,
    temporary: Arc<PathBuf>,
    next_id: Arc<AtomicU64>,
    durability: Durability,
}

/// A file being written. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct BlobWriter {
    blobs: Blobs,
    id: i64,
    file: File,
    path: Option<PathBuf>,
}

/// What [`Blobs::open`] found.
pub(crate) struct Opened {
    pub(crate) blobs: Blobs,
    /// Ids whose file is missing or not of the size that the row says: power was lost before it reached the disk.
    pub(crate) damaged: Vec<i64>,
}

impl Blobs {
    /// Opens the folder `blobs/<store>` and sweeps it: `sizes` are the blobs that rows name.
    pub(crate) fn open(state: &StateDir, store: &str, sizes: &HashMap<i64, u64>) -> Result<Opened, StateError> {
        let folder = state.path().join("blobs").join(store);
        Self::sweep(state, &folder, sizes).map_err(|source| StateError::Unusable { path: folder, source })
    }

    fn sweep(state: &StateDir, folder: &Path, sizes: &HashMap<i64, u64>) -> io::Result<Opened> {
        let mut present = HashMap::new();
        let mut highest = sizes.keys().copied().max().unwrap_or(0);
        for shard in fs_err::read_dir(folder)? {
            let shard = shard?;
            // Not ours: file managers leave notes in the folders that they show.
            if !shard.file_type()?.is_dir() {
                continue;
            }
            for file in fs_err::read_dir(shard.path())? {
                let file = file?;
                let id = file.file_name().to_str().and_then(|name| i64::from_str_radix(name, 16).ok());
                match id {
                    Some(id) if sizes.contains_key(&id) => {
                        present.insert(id, file.metadata()?.len());
                        highest = highest.max(id);
                    }
                    _ => fs_err::remove_file(file.path())?,
                }
            }
        }
        let damaged = sizes.iter().filter(|(id, size)| present.get(id) != Some(size)).map(|(id, _)| *id).collect();
        let blobs = Self {
            folder: Arc::new(folder.to_owned()),
            temporary: Arc::new(state.path().join("blobs/tmp")),
            next_id: Arc::new(AtomicU64::new(highest.unsigned_abs() + 1)),
            durability: state.durability(),
        };
        Ok(Opened { blobs, damaged })
    }

    /// Begins a file.
    pub(crate) fn create(&self) -> io::Result<BlobWriter> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed).cast_signed();
        let store = self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let path = self.temporary.join(format!("{store}-{id:016x}"));
        let file = File::create_new(&path)?;
        Ok(BlobWriter { blobs: self.clone(), id, file, path: Some(path) })
    }

    /// Opens a file for reading. [`io::ErrorKind::NotFound`] means that its row has changed meanwhile.
    pub(crate) fn read(&self, id: i64) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Removes the file of a row that is gone. If that fails the file is garbage until the next sweep.
    pub(crate) fn remove(&self, id: i64) {
        if let Err(error) = fs_err::remove_file(self.path(id)) {
            tracing::warn!(%error, "left for the next sweep");
        }
    }

    fn path(&self, id: i64) -> PathBuf {
        self.folder.join(format!("{:02x}", id & 0xff)).join(format!("{id:016x}"))
    }
}

impl BlobWriter {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Sends what was written to the disk, where that is asked for. May take long; comes before [`Self::finish`].
    pub(crate) fn sync(&self) -> io::Result<()> {
        match self.blobs.durability {
            Durability::Crash => Ok(()),
            Durability::PowerLoss => self.file.sync_all(),
        }
    }

    /// Puts the file into its place. It stays garbage until a row names its id.
    pub(crate) fn finish(mut self) -> io::Result<i64> {
        let place = self.blobs.path(self.id);
        let shard = place.parent().unwrap_or(&self.blobs.folder);
        fs_err::create_dir_all(shard)?;
        if let Some(from) = &self.path {
            while_held(|| fs_err::rename(from, &place))?;
        }
        self.path = None;
        if self.blobs.durability == Durability::PowerLoss {
            sync_folder(shard)?;
            sync_folder(&self.blobs.folder)?;
        }
        Ok(self.id)
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed now is swept when the state folder is opened.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be flushed here; the file system orders a rename itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
