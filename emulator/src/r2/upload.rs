//! An object while it is put: its bytes are hashed, counted and stored as they come.

use super::{
    Method, ObjectMeta, R2, R2Error, UploadOptions,
    engine::{Content, NewObject},
};
use crate::storage::StoreError;
use crate::storage::blobs::{BlobWriter, MAX_INLINE};
use md5::{Digest as _, Md5};
use pmx_model::Hash;
use sha2::Sha256;
use std::thread;

/// Bytes in one piece that are worth a second thread: about half a millisecond of hashing.
const LARGE: usize = 256 * 1024;

/// An object that is being put. It holds at most 64 KiB in memory, and the rest in a file that nobody sees; dropping it
/// leaves nothing. All its methods may block on the disk.
#[derive(Debug)]
pub struct Upload {
    bucket: R2,
    key: String,
    options: UploadOptions,
    received: u64,
    md5: Md5,
    /// Computed only if there is something to compare it with.
    sha256: Option<Sha256>,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    File(BlobWriter),
}

impl Upload {
    pub(super) fn new(bucket: R2, key: &str, options: UploadOptions) -> Self {
        Self {
            bucket,
            key: key.to_owned(),
            options,
            received: 0,
            md5: Md5::new(),
            sha256: options.sha256.map(|_| Sha256::new()),
            sink: Sink::Memory(Vec::new()),
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// If they are more than was announced, or storage fails. The upload is then of no more use.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.received = self.received.saturating_add(bytes.len() as u64);
        if self.received > self.options.length {
            return Err(R2Error::BodyTooLong);
        }
        if bytes.len() < LARGE {
            self.md5.update(bytes);
            return self.take_in(bytes).map_err(|source| storage(source.into()));
        }
        // An MD5 takes as long as all the rest; it is the platform's etag, and cannot be left out.
        let mut md5 = std::mem::take(&mut self.md5);
        let (hashed, stored) = thread::scope(|scope| {
            let hashing = thread::Builder::new().spawn_scoped(scope, || md5.update(bytes));
            (hashing.is_ok(), self.take_in(bytes))
        });
        if !hashed {
            md5.update(bytes);
        }
        self.md5 = md5;
        stored.map_err(|source| storage(source.into()))
    }

    fn take_in(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        self.store(bytes)
    }

    fn store(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if let Sink::Memory(buffer) = &mut self.sink {
            if buffer.len() + bytes.len() <= MAX_INLINE {
                buffer.extend_from_slice(bytes);
                return Ok(());
            }
            let mut file = self.bucket.0.store.create_blob()?;
            file.write(buffer)?;
            self.sink = Sink::File(file);
        }
        match &mut self.sink {
            Sink::File(file) => file.write(bytes),
            Sink::Memory(_) => Ok(()),
        }
    }

    /// Verifies the object, then puts it. `None`: the key exists, and stays as it is.
    ///
    /// # Errors
    /// If bytes are missing, the checksum is another (which is found out before the key is looked at), or storage
    /// fails. Nothing of the object is then left.
    pub fn finish(self) -> Result<Option<ObjectMeta>, R2Error> {
        if self.received != self.options.length {
            return Err(R2Error::BodyTooShort);
        }
        if let (Some(expected), Some(sha256)) = (self.options.sha256, self.sha256) {
            let (expected, actual) = (Hash::from_bytes(expected), Hash::from_bytes(sha256.finalize().into()));
            if expected != actual {
                return Err(R2Error::ChecksumMismatch { expected, actual });
            }
        }
        let mut version = [0; 16];
        self.bucket.0.clock.random(&mut version).map_err(|source| storage(source.into()))?;
        let content = match self.sink {
            Sink::Memory(bytes) => Content::Bytes(bytes.into()),
            Sink::File(file) => {
                // Now, and not while all other writers wait.
                file.sync().map_err(|source| storage(source.into()))?;
                Content::File(file)
            }
        };
        let object = NewObject {
            key: self.key,
            version,
            size: self.received,
            md5: self.md5.finalize().into(),
            sha256: self.options.sha256,
            uploaded_ms: self.bucket.0.clock.now_ms(),
            content,
        };
        self.bucket.0.store.put(object, self.options.only_if_absent).map_err(storage)
    }
}

fn storage(source: StoreError) -> R2Error {
    R2Error::storage(Method::Put, source)
}
