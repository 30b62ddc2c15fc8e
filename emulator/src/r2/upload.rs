//! An object while it is put.

use super::{
    Checksums, Method, ObjectMeta, PutOptions, R2, R2Error,
    engine::NewObject,
    incoming::{IncomingBytes, ReceivedBytes},
};
use data_encoding::HEXLOWER;

/// An object that is being put. It holds at most 64 KiB in memory, and the rest in a file that nobody sees; dropping it
/// leaves nothing. All its methods may block on the disk.
#[derive(Debug)]
pub struct Upload {
    incoming: IncomingBytes,
    key: String,
    options: PutOptions,
}

impl Upload {
    pub(super) fn new(bucket: R2, key: &str, length: u64, options: PutOptions) -> Self {
        let incoming = IncomingBytes::new(bucket, Method::Put, length, options.checksum.as_ref());
        Self { incoming, key: key.to_owned(), options }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// If they are more than was announced, or storage fails. The upload is then of no more use.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.incoming.write(bytes)
    }

    /// Verifies the object, then puts it. `None`: its condition does not hold, and what is there stays.
    ///
    /// # Errors
    /// If bytes are missing, the checksum is another (which is found out before the key is looked at), or storage
    /// fails. Nothing of the object is then left.
    pub fn finish(self) -> Result<Option<ObjectMeta>, R2Error> {
        let PutOptions { only_if, checksum, metadata } = self.options;
        let bucket = self.incoming.bucket().clone();
        let ReceivedBytes { size, md5, content } = self.incoming.finish(checksum.as_ref())?;
        let version = bucket.new_version(Method::Put)?;
        let meta = ObjectMeta {
            key: self.key,
            version: HEXLOWER.encode(&version),
            size,
            etag: HEXLOWER.encode(&md5),
            checksums: Checksums::of_put(md5, checksum),
            metadata,
            uploaded_ms: bucket.0.clock.now_ms(),
        };
        let object = NewObject { meta, version, md5, content };
        bucket.0.store.put(object, only_if).map_err(|source| R2Error::storage(Method::Put, source))
    }
}
