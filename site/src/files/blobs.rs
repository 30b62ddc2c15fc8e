//! The bytes of a build by their hash: in memory as long as they are few, then in a temporary file.

use super::{
    file_retry::while_held,
    folder::open_regular,
    spill::{Spill, Spilled},
};
use pmx_model::{File, Hash};
use std::{
    collections::HashMap,
    fmt,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The bytes of a file, shared.
pub type Blob = Arc<[u8]>;

/// The most bytes that are held in memory; what comes after goes to a file without a name.
const BUDGET: u64 = 8 * 1024 * 1024;

/// A store of bytes by their hash. Clones are the same store; threads may use it at once.
#[derive(Clone, Default)]
pub struct Blobs(Arc<Mutex<Store>>);

#[derive(Default)]
struct Store {
    places: HashMap<Hash, BlobStorage>,
    /// Bytes in memory that nobody else holds.
    held: u64,
    spill: Spill,
}

/// Where the bytes of a blob are.
#[derive(Clone, Debug)]
enum BlobStorage {
    Memory(Blob),
    Spilled(Spilled),
    File { path: Arc<Path>, size: u64 },
}

/// Why bytes that were put into a store do not come out.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// A file of the site has other bytes than when it was looked at.
    #[error("{} changed while the site was built", .0.display())]
    Changed(PathBuf),
    /// The system could not read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Blobs {
    /// Takes bytes in; their hash and size.
    #[expect(clippy::needless_pass_by_value, reason = "who makes bytes hands them over, and need not keep them")]
    pub fn put(&self, bytes: Vec<u8>) -> File {
        let named = File { hash: Hash::of(&bytes), size: size_of(bytes.len()) };
        let spilled = {
            let mut store = self.store();
            if store.places.contains_key(&named.hash) {
                return named;
            }
            if store.held + named.size <= BUDGET { None } else { store.spill.reserve(bytes.len()) }
        };
        // Written while others use the store; nobody knows of the place yet.
        let spilled = spilled.filter(|place| place.write(&bytes).is_ok());
        let place = spilled.map_or_else(|| BlobStorage::Memory(Blob::from(&*bytes)), BlobStorage::Spilled);
        let mut store = self.store();
        if let BlobStorage::Memory(_) = &place {
            store.held += named.size;
        }
        store.places.entry(named.hash).or_insert(place);
        named
    }

    /// Takes in bytes that are in memory for other reasons. `hash` is theirs.
    pub(crate) fn share(&self, hash: Hash, bytes: &Blob) {
        self.store().places.entry(hash).or_insert_with(|| BlobStorage::Memory(Arc::clone(bytes)));
    }

    /// Takes in a file that had this hash and size when it was looked at. Its bytes are checked when they are asked for.
    pub(crate) fn name(&self, file: File, path: &Arc<Path>) {
        let place = || BlobStorage::File { path: Arc::clone(path), size: file.size };
        self.store().places.entry(file.hash).or_insert_with(place);
    }

    /// Whether the store has these bytes.
    #[must_use]
    pub fn contains(&self, hash: &Hash) -> bool {
        self.store().places.contains_key(hash)
    }

    /// How many bytes a blob has, if the store has it.
    #[must_use]
    pub fn size(&self, hash: &Hash) -> Option<u64> {
        self.store().places.get(hash).map(BlobStorage::size)
    }

    /// The bytes of a hash; none if they were never put in.
    ///
    /// # Errors
    /// They were, but they are gone from the disk.
    pub fn read(&self, hash: &Hash) -> Result<Option<Blob>, BlobError> {
        let place = self.store().places.get(hash).cloned();
        match place {
            None => Ok(None),
            Some(BlobStorage::Memory(bytes)) => Ok(Some(bytes)),
            Some(BlobStorage::Spilled(place)) => {
                let path = || PathBuf::from("the temporary file of the build");
                let bytes = place.read().map_err(|source| BlobError::Read { path: path(), source })?;
                Ok(Some(bytes.into()))
            }
            Some(BlobStorage::File { path, size }) => read_named(&path, size, hash).map(Some),
        }
    }

    /// The bytes of a hash, if the store has them and they can be read.
    #[must_use]
    pub fn get(&self, hash: &Hash) -> Option<Blob> {
        self.read(hash).ok().flatten()
    }

    /// How many bytes the store has, wherever they are.
    pub(crate) fn bytes(&self) -> u64 {
        self.store().places.values().map(BlobStorage::size).sum()
    }

    /// A store of those of these blobs that this one has.
    pub(crate) fn only<'a>(&self, hashes: impl Iterator<Item = &'a Hash>) -> Self {
        let few = Self::default();
        for hash in hashes {
            let place = self.store().places.get(hash).cloned();
            match place {
                None => {}
                // One that cannot be read is missed by who publishes, and made anew.
                Some(BlobStorage::Spilled(_)) => drop(self.get(hash).map(|bytes| few.put(bytes.to_vec()))),
                Some(place) => {
                    let mut store = few.store();
                    if let BlobStorage::Memory(bytes) = &place {
                        store.held += size_of(bytes.len());
                    }
                    store.places.insert(*hash, place);
                }
            }
        }
        few
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // Nothing below leaves the store half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlobStorage {
    fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => size_of(bytes.len()),
            Self::Spilled(place) => size_of(place.size()),
            Self::File { size, .. } => *size,
        }
    }
}

fn read_named(path: &Path, size: u64, hash: &Hash) -> Result<Blob, BlobError> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // One byte more than there should be, so that a file that grows does not fill memory.
    let read = while_held(|| open_regular(path)).and_then(|file| file.take(size + 1).read_to_end(&mut bytes));
    read.map_err(|source| BlobError::Read { path: path.to_owned(), source })?;
    if Hash::of(&bytes) == *hash { Ok(bytes.into()) } else { Err(BlobError::Changed(path.to_owned())) }
}

fn size_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store();
        f.debug_struct("Blobs").field("blobs", &store.places.len()).field("held", &store.held).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_too_much_for_memory_comes_out_of_the_file_unchanged() {
        let blobs = Blobs::default();
        let blob = |n: u8| vec![n; 5 * 1024 * 1024];
        let files: Vec<File> = (0..20).map(|n| blobs.put(blob(n))).collect();
        assert!(blobs.store().held <= BUDGET);
        assert!(matches!(blobs.store().spill, Spill::Open { end, .. } if end == 19 * 5 * 1024 * 1024));
        for (n, file) in files.iter().enumerate().rev() {
            assert_eq!(&*blobs.get(&file.hash).unwrap(), blob(u8::try_from(n).unwrap()));
            assert_eq!(blobs.size(&file.hash), Some(file.size));
        }
        assert_eq!(blobs.put(blob(19)), files[19], "twice is once");
        assert!(matches!(blobs.store().spill, Spill::Open { end, .. } if end == 19 * 5 * 1024 * 1024));
    }

    #[test]
    fn what_is_not_needed_any_more_goes_and_the_rest_is_as_it_was() {
        let blobs = Blobs::default();
        let files: Vec<File> = (0..6).map(|n| blobs.put(vec![n; 5 * 1024 * 1024])).collect();
        let few = blobs.only([&files[0].hash, &files[5].hash, &Hash::of(b"unknown")].into_iter());
        assert_eq!(few.bytes(), 10 * 1024 * 1024);
        for n in [0, 5] {
            assert_eq!(few.get(&files[n].hash), blobs.get(&files[n].hash));
        }
        assert!(!few.contains(&files[1].hash));
    }

    #[test]
    fn a_file_of_the_site_comes_out_only_as_it_was_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = folder.path().join("film.mp4").into();
        fs::write(&path, "as it was").unwrap();
        let blobs = Blobs::default();
        let file = File { hash: Hash::of(b"as it was"), size: 9 };
        blobs.name(file, &path);
        assert_eq!(&*blobs.get(&file.hash).unwrap(), b"as it was");
        for other in ["as it is!", "as", "as it was, and more"] {
            fs::write(&path, other).unwrap();
            assert!(matches!(blobs.read(&file.hash), Err(BlobError::Changed(_))), "{other}");
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(blobs.read(&file.hash), Err(BlobError::Read { .. })));
        assert!(blobs.read(&Hash::of(b"unknown")).unwrap().is_none());
    }

    #[test]
    fn threads_may_put_and_get_at_once() {
        let blobs = Blobs::default();
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                let blobs = blobs.clone();
                scope.spawn(move || {
                    for n in 0..50_u8 {
                        let bytes = [vec![thread; 300_000], vec![n]].concat();
                        let file = blobs.put(bytes.clone());
                        assert_eq!(&*blobs.get(&file.hash).unwrap(), bytes);
                    }
                });
            }
        });
    }
}
