//! Values too large for a row: each in a file that is written once, renamed into place, and never changed.
//!
//! A row is committed only after its file is in place, and a file is removed only after its row is gone. So a crash
//! leaves files that no row names; [`Blobs::open`] removes them. Ids count up and are not reused while anything
//! remembers them, which is why a reader that finds its file gone can tell that the row has changed.
//!
//! What a file holds is verified with what its row says of it when it is first read; a row whose file does not hold it is one that
//! storage has lost.

use crate::{
    state_dir::{
        Durability, StateDir, StateError,
        folder::{Folder, Kind},
        layout,
    },
    sync::lock,
};
use bytes::Bytes;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read, Seek as _, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Values up to this size live in their row: one page read more is cheaper than a file.
pub(crate) const MAX_INLINE: usize = 64 * 1024;
/// Files that are remembered to have been verified; beyond that all are verified once more. Some 64 bytes each.
const MAX_VERIFIED: usize = 64 * 1024;
/// Bytes that are hashed at a time.
const CHUNK: usize = 256 * 1024;
/// Folders that the files are spread over.
const SHARDS: i64 = 256;

/// The files of one store.
#[derive(Clone, Debug)]
pub(crate) struct Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: &'static str,
    /// `None` where there is none, and the state is only read.
    folder: Option<Folder>,
    /// `None` where the state is only read.
    temporary: Option<Folder>,
    next_id: AtomicU64,
    /// Shards whose place something else has occupied.
    occupied: HashSet<String>,
    /// Files whose bytes are known to be right.
    verified: Mutex<HashSet<i64>>,
    durability: Durability,
}

/// A file being written. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct BlobWriter {
    blobs: Blobs,
    id: i64,
    file: File,
    name: Option<String>,
}

/// What [`Blobs::open`] found.
pub(crate) struct Opened {
    pub(crate) blobs: Blobs,
    /// Ids whose file is missing or not of the size that the row says: power was lost before it reached the disk.
    pub(crate) damaged: Vec<i64>,
}

/// What a row says of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) size: u64,
    pub(crate) digest: Digest,
}

/// What bytes are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256([u8; 32]),
    Md5([u8; 16]),
    /// A row of an older version: the size has to do.
    Unknown,
}

/// How the bytes of a row are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Loss {
    #[error("its file is gone")]
    Gone,
    #[error("its file has {found} bytes and not {expected}")]
    Size { expected: u64, found: u64 },
    #[error("its bytes are not those that were stored")]
    Bytes,
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum ReadError {
    Lost(Loss),
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Expected {
    /// Whether these are the bytes.
    pub(crate) fn matches(&self, bytes: &[u8]) -> bool {
        self.size == bytes.len() as u64
            && match self.digest {
                Digest::Sha256(digest) => Sha256::digest(bytes)[..] == digest,
                Digest::Md5(digest) => Md5::digest(bytes)[..] == digest,
                Digest::Unknown => true,
            }
    }

    /// Whether a reader yields the bytes, by their digest alone.
    fn matches_reader(&self, reader: &mut impl Read) -> io::Result<bool> {
        Ok(match self.digest {
            Digest::Sha256(digest) => hash::<Sha256>(reader)?[..] == digest,
            Digest::Md5(digest) => hash::<Md5>(reader)?[..] == digest,
            Digest::Unknown => true,
        })
    }
}

fn hash<H: sha2::Digest>(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut hasher, mut chunk) = (H::new(), vec![0; CHUNK]);
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finalize().to_vec()),
            Ok(read) => hasher.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Blobs {
    /// Opens the folder `blobs/<store>` and sweeps it: `sizes` are the blobs that rows name. What has no blob's name stays. A folder
    /// that is only read is not swept, and what is damaged in it is found when it is read.
    pub(crate) fn open(state: &StateDir, store: &'static str, sizes: &HashMap<i64, u64>) -> Result<Opened, StateError> {
        Self::open_swept(state, store, sizes)
            .map_err(|source| StateError::Unusable { path: state.path().join("blobs").join(store), source })
    }

    fn open_swept(state: &StateDir, store: &'static str, sizes: &HashMap<i64, u64>) -> io::Result<Opened> {
        if state.reads_only() {
            return Ok(Opened { blobs: Self::open_to_read(state, store)?, damaged: Vec::new() });
        }
        let blobs = state.root().open_folder("blobs")?;
        let folder = blobs.open_folder(store)?;
        let mut occupied = HashSet::new();
        let mut present = HashMap::new();
        let mut highest = sizes.keys().copied().max().unwrap_or(0);
        for shard in folder.entries()? {
            if !layout::is_shard(&shard.name) {
                continue;
            }
            if shard.kind != Kind::Folder {
                occupied.insert(shard.name);
                continue;
            }
            let files = folder.open_folder(&shard.name)?;
            for file in files.entries()? {
                let Some(id) = layout::blob_id(&shard.name, &file.name) else { continue };
                if file.kind != Kind::File {
                    // Somebody's own. Its name is not given again.
                    highest = highest.max(id);
                } else if sizes.contains_key(&id) {
                    present.insert(id, files.links_and_bytes(&file.name)?.1);
                } else {
                    files.remove_file(&file.name)?;
                }
            }
        }
        let damaged = sizes.iter().filter(|(id, size)| present.get(id) != Some(size)).map(|(id, _)| *id).collect();
        let blobs = Self(Arc::new(Inner {
            store,
            folder: Some(folder),
            temporary: Some(blobs.open_folder("tmp")?),
            next_id: AtomicU64::new(highest.unsigned_abs() + 1),
            occupied,
            verified: Mutex::default(),
            durability: state.durability(),
        }));
        Ok(Opened { blobs, damaged })
    }

    /// The files as they are, whatever rows name.
    pub(crate) fn open_to_read(state: &StateDir, store: &'static str) -> io::Result<Self> {
        let folder = match state.root().open_folder("blobs").and_then(|blobs| blobs.open_folder(store)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            folder => Some(folder?),
        };
        Ok(Self(Arc::new(Inner {
            store,
            folder,
            temporary: None,
            next_id: AtomicU64::new(0),
            occupied: HashSet::new(),
            verified: Mutex::default(),
            durability: state.durability(),
        })))
    }

    /// Begins a file.
    pub(crate) fn create(&self) -> io::Result<BlobWriter> {
        let temporary = self.0.temporary.as_ref().ok_or(io::ErrorKind::ReadOnlyFilesystem)?;
        let free = |id: &i64| !self.0.occupied.contains(&layout::shard_name(*id));
        let id = (0..SHARDS).map(|_| self.0.next_id.fetch_add(1, Ordering::Relaxed).cast_signed()).find(free);
        let id = id.ok_or_else(|| io::Error::other("something else has the place of every folder of blobs"))?;
        let name = layout::temporary_name(self.0.store, id);
        let file = temporary.create_new(&name)?;
        Ok(BlobWriter { blobs: self.clone(), id, file, name: Some(name) })
    }

    /// Opens a file for reading, once it is known to hold what was stored: all of it is read for that the first time.
    pub(crate) fn read(&self, id: i64, expected: Expected) -> Result<File, ReadError> {
        let mut file = self.open_file(id, expected.size)?;
        if self.is_verified(id) {
            return Ok(file);
        }
        if !expected.matches_reader(&mut file)? {
            return Err(ReadError::Lost(Loss::Bytes));
        }
        file.rewind()?;
        self.verified(id);
        Ok(file)
    }

    /// As [`Self::read`], all of it.
    pub(crate) fn read_bytes(&self, id: i64, expected: Expected) -> Result<Bytes, ReadError> {
        let mut bytes = Vec::with_capacity(usize::try_from(expected.size).unwrap_or_default());
        self.open_file(id, expected.size)?.take(expected.size + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != expected.size || !(self.is_verified(id) || expected.matches(&bytes)) {
            return Err(ReadError::Lost(Loss::Bytes));
        }
        self.verified(id);
        Ok(bytes.into())
    }

    fn open_file(&self, id: i64, size: u64) -> Result<File, ReadError> {
        let Some(folder) = &self.0.folder else { return Err(ReadError::Lost(Loss::Gone)) };
        let file =
            match folder.open_folder(&layout::shard_name(id)).and_then(|shard| shard.read(&layout::blob_name(id))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::Lost(Loss::Gone)),
                file => file?,
            };
        match file.metadata()?.len() {
            found if found == size => Ok(file),
            found => Err(ReadError::Lost(Loss::Size { expected: size, found })),
        }
    }

    fn is_verified(&self, id: i64) -> bool {
        lock(&self.0.verified).contains(&id)
    }

    fn verified(&self, id: i64) {
        let mut verified = lock(&self.0.verified);
        if verified.len() >= MAX_VERIFIED {
            verified.clear();
        }
        verified.insert(id);
    }

    /// Removes the file of a row that is gone. If that fails the file is garbage until the next sweep.
    pub(crate) fn remove(&self, id: i64) {
        lock(&self.0.verified).remove(&id);
        let Some(folder) = &self.0.folder else { return };
        let removed =
            folder.open_folder(&layout::shard_name(id)).and_then(|shard| shard.remove_file(&layout::blob_name(id)));
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "left for the next sweep");
            }
            _ => {}
        }
    }
}

impl BlobWriter {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Sends what was written to the disk, where that is asked for. May take long; comes before [`Self::finish`].
    pub(crate) fn sync(&self) -> io::Result<()> {
        match self.blobs.0.durability {
            Durability::Crash => Ok(()),
            Durability::PowerLoss => self.file.sync_all(),
        }
    }

    /// Puts the file into its place. It stays garbage until a row names its id.
    pub(crate) fn finish(mut self) -> io::Result<i64> {
        let blobs = &self.blobs.0;
        let (Some(folder), Some(temporary)) = (&blobs.folder, &blobs.temporary) else {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        };
        let shard = folder.ensure_folder(&layout::shard_name(self.id))?;
        if let Some(name) = &self.name {
            temporary.rename(name, &shard, &layout::blob_name(self.id))?;
        }
        self.name = None;
        if blobs.durability == Durability::PowerLoss {
            shard.sync()?;
            folder.sync()?;
        }
        self.blobs.verified(self.id);
        Ok(self.id)
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let (Some(name), Some(temporary)) = (self.name.take(), &self.blobs.0.temporary) {
            // What cannot be removed now is swept when the state folder is opened.
            let _ = temporary.remove_file(&name);
        }
    }
}
