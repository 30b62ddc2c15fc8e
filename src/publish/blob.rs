use pmx_model::Hash;
use pmx_site::{BlobError, Blobs, Folder};
use sha2::{Digest as _, Sha256};
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where the bytes of a blob are.
#[derive(Clone, Debug)]
pub enum BlobSource {
    /// In memory.
    Memory(Arc<[u8]>),
    /// Among the bytes of a build.
    Built {
        /// Where they are.
        blobs: Blobs,
        /// How many they are.
        size: u64,
    },
    /// In a file that was built.
    File {
        /// The folder of its root.
        folder: Arc<Folder>,
        /// Its path in it, `/`-separated.
        path: String,
        /// Its size when it was built.
        size: u64,
    },
}

/// Why a blob could not be sent as it was built.
#[derive(Debug, thiserror::Error)]
pub enum BlobFault {
    /// The bytes no longer hash to the blob's name.
    #[error("{place} changed while it was being published")]
    Changed {
        /// The file, or the hash of bytes in memory.
        place: String,
    },
    /// The file cannot be read.
    #[error("{place}: {source}")]
    Unreadable {
        /// The file.
        place: String,
        /// What the system says.
        source: io::Error,
    },
}

impl From<BlobError> for BlobFault {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Changed(path) => Self::Changed { place: path.display().to_string() },
            BlobError::Read { path, source } => Self::Unreadable { place: path.display().to_string(), source },
        }
    }
}

impl BlobSource {
    /// The size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { size, .. } | Self::Built { size, .. } => *size,
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Memory(_) | Self::Built { .. } => None,
            Self::File { folder, path, .. } => Some(folder.path().join(path)),
        }
    }

    /// Opens the blob for sending.
    ///
    /// # Errors
    /// [`BlobFault`] if the file cannot be opened, or an empty blob is no longer empty.
    pub fn open(&self, hash: Hash) -> Result<BlobReader, BlobFault> {
        let (input, place): (Box<dyn Read + Send>, String) = match self {
            Self::Memory(bytes) => (Box::new(io::Cursor::new(Arc::clone(bytes))), hash.to_string()),
            Self::Built { blobs, .. } => {
                let bytes = blobs.read(&hash).map_err(BlobFault::from)?;
                let gone = || BlobFault::Unreadable { place: hash.to_string(), source: io::ErrorKind::NotFound.into() };
                (Box::new(io::Cursor::new(bytes.ok_or_else(gone)?)), hash.to_string())
            }
            Self::File { folder, path, .. } => {
                let place = folder.path().join(path).display().to_string();
                match open(folder, path) {
                    Ok(file) => (Box::new(file), place),
                    Err(source) => return Err(BlobFault::Unreadable { place, source }),
                }
            }
        };
        let mut reader = BlobReader { input, place, hash, left: self.size(), hasher: Some(Sha256::new()), fault: None };
        if reader.left == 0
            && let Err(fault) = reader.finish()
        {
            return Err(fault);
        }
        Ok(reader)
    }
}

/// Reads a blob and hashes it on the way. The last bytes come out only if the whole is what was built: a receiver
/// that was told the length never sees a complete body of other bytes.
pub struct BlobReader {
    input: Box<dyn Read + Send>,
    place: String,
    hash: Hash,
    left: u64,
    hasher: Option<Sha256>,
    fault: Option<BlobFault>,
}

impl BlobReader {
    /// Why reading failed, once, after it did. HTTP libraries wrap a reader's error beyond recognition.
    pub const fn take_fault(&mut self) -> Option<BlobFault> {
        self.fault.take()
    }

    fn changed(&self) -> BlobFault {
        BlobFault::Changed { place: self.place.clone() }
    }

    fn unreadable(&self, source: io::Error) -> BlobFault {
        BlobFault::Unreadable { place: self.place.clone(), source }
    }

    /// The expected length was read: the input must end here, and the hash be right.
    fn finish(&mut self) -> Result<(), BlobFault> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let more = read_some(&mut self.input, &mut [0]).map_err(|error| self.unreadable(error))?;
        if more != 0 || Hash::from_bytes(hasher.finalize().into()) != self.hash {
            return Err(self.changed());
        }
        Ok(())
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, BlobFault> {
        let want = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = read_some(&mut self.input, &mut buffer[..want]).map_err(|error| self.unreadable(error))?;
        if count == 0 {
            return Err(self.changed());
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        self.left -= count as u64;
        if self.left == 0 {
            self.finish()?;
        }
        Ok(count)
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        self.next(buffer).map_err(|fault| {
            let error = io::Error::other(fault.to_string());
            self.fault = Some(fault);
            error
        })
    }
}

/// Opens a file of an output folder; no link is followed.
fn open(folder: &Folder, path: &str) -> io::Result<impl Read + Send + use<>> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let file = folder.descend(Path::new(above)).and_then(|above| match above {
        Some(above) => above.open_file(name),
        None => Ok(None),
    });
    file.map_err(io::Error::other)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], built: &[u8]) -> (Vec<u8>, Option<BlobFault>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/page.html"), content).unwrap();
        let folder = Arc::new(Folder::open(folder.path()).unwrap());
        let source = BlobSource::File { folder, path: "a/page.html".to_owned(), size: built.len() as u64 };
        let mut reader = match source.open(Hash::of(built)) {
            Ok(reader) => reader,
            Err(fault) => return (Vec::new(), Some(fault)),
        };
        let mut out = Vec::new();
        let mut piece = [0; 7];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return (out, None),
                Ok(count) => out.extend_from_slice(&piece[..count]),
                Err(_) => return (out, reader.take_fault()),
            }
        }
    }

    #[test]
    fn a_file_as_built_is_read_whole() {
        for built in [&b""[..], b"a", b"1234567", b"some more than one piece"] {
            let (out, fault) = read(built, built);
            assert_eq!((out.as_slice(), fault.is_none()), (built, true));
        }
    }

    #[test]
    fn a_file_that_changed_never_comes_out_whole() {
        let built = b"some more than one piece";
        for content in [&b"some more than one PIECE"[..], b"some more than one piece, and more", b"some", b""] {
            let (out, fault) = read(content, built);
            assert!(out.len() < built.len(), "{content:?}");
            assert!(fault.unwrap().to_string().ends_with("changed while it was being published"));
        }
        assert!(matches!(read(b"grown", b""), (_, Some(BlobFault::Changed { .. }))));
    }
}
