//! Bytes on their way into the bucket: hashed, counted and stored as they come.

use super::{Checksum, Method, R2, R2Error, checksum::Hasher, engine::Content};
use crate::storage::StoreError;
use crate::storage::blobs::{BlobWriter, MAX_INLINE};
use md5::{Digest as _, Md5};
use std::{io, thread};

/// Bytes in one piece that are worth a second thread: about half a millisecond of hashing.
const LARGE: usize = 256 * 1024;

/// The bytes of an object, or of a part of one. At most 64 KiB of them are in memory, and the rest in a file that nobody sees; dropping
/// it leaves nothing.
#[derive(Debug)]
pub(super) struct IncomingBytes {
    bucket: R2,
    op: Method,
    length: u64,
    received: u64,
    md5: Md5,
    /// Computed only if there is something to compare it with.
    hasher: Option<Hasher>,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    File(BlobWriter),
}

/// Bytes that are all there.
pub(super) struct ReceivedBytes {
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) content: Content,
}

impl IncomingBytes {
    pub(super) fn new(bucket: R2, op: Method, length: u64, checksum: Option<&Checksum>) -> Self {
        let hasher = checksum.and_then(|checksum| Hasher::new(checksum.algorithm()));
        Self { bucket, op, length, received: 0, md5: Md5::new(), hasher, sink: Sink::Memory(Vec::new()) }
    }

    pub(super) const fn bucket(&self) -> &R2 {
        &self.bucket
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.received = self.received.saturating_add(bytes.len() as u64);
        if self.received > self.length {
            return Err(R2Error::BodyTooLong);
        }
        if bytes.len() < LARGE {
            self.md5.update(bytes);
            return self.take_in(bytes).map_err(|source| self.failed(source));
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
        stored.map_err(|source| self.failed(source))
    }

    fn take_in(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.store(bytes)
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
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

    /// All bytes, if they are all there and their checksum is this one.
    pub(super) fn finish(self, expected: Option<&Checksum>) -> Result<ReceivedBytes, R2Error> {
        if self.received != self.length {
            return Err(R2Error::BodyTooShort);
        }
        let md5: [u8; 16] = self.md5.finalize().into();
        if let Some(expected) = expected {
            let actual = self.hasher.map_or_else(|| Checksum::md5(md5), Hasher::finish);
            if actual != *expected {
                return Err(R2Error::ChecksumMismatch { expected: expected.clone(), actual });
            }
        }
        let content = match self.sink {
            Sink::Memory(bytes) => Content::Bytes(bytes.into()),
            Sink::File(file) => {
                // Now, and not while all other writers wait.
                file.sync().map_err(|source| R2Error::storage(self.op, source.into()))?;
                Content::File(file)
            }
        };
        Ok(ReceivedBytes { size: self.received, md5, content })
    }

    fn failed(&self, source: impl Into<StoreError>) -> R2Error {
        R2Error::storage(self.op, source.into())
    }
}
