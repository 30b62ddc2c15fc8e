//! Objects that are uploaded in parts.

use super::{
    ArgumentError, Checksums, Metadata, Method, ObjectMeta, R2, R2Error, UploadedPart,
    checksum::multipart_etag,
    engine::{NewObject, NewPart, StoredPart},
    incoming::{IncomingBytes, ReceivedBytes},
    limits, metadata, validate,
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// Random bytes of an upload's id, and of a part's etag.
const ID_BYTES: usize = 128;

/// The number of a part as a caller gives it.
///
/// # Errors
/// If there can be no such part.
pub fn part_number(number: i32) -> Result<u32, ArgumentError> {
    let valid = u32::try_from(number).ok().filter(|number| (1..=limits::MAX_PARTS).contains(number));
    valid.ok_or(ArgumentError::PartNumber { number })
}

/// A part that is being uploaded; as an [`Upload`](super::Upload).
#[derive(Debug)]
pub struct PartUpload {
    incoming: IncomingBytes,
    key: String,
    upload: String,
    number: u32,
}

impl PartUpload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// If they are more than was announced, or storage fails. The upload of the part is then of no more use.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.incoming.write(bytes)
    }

    /// Stores the part, in place of one of its number.
    ///
    /// # Errors
    /// If bytes are missing, the upload is over or never was, or storage fails. Nothing of the part is then left.
    pub fn finish(self) -> Result<UploadedPart, R2Error> {
        let bucket = self.incoming.bucket().clone();
        let ReceivedBytes { size, md5, content } = self.incoming.finish(None)?;
        let etag = bucket.new_id(Method::UploadPart)?;
        let part = NewPart { number: self.number, etag: &etag, size, md5, content };
        bucket.0.store.put_part(&self.key, &self.upload, part)?;
        Ok(UploadedPart { number: self.number, etag })
    }
}

impl R2 {
    /// Begins an upload in parts; its id. Neither it nor its parts are seen by reads and listings. After
    /// [`limits::MAX_UPLOAD_AGE_MS`] it is aborted.
    ///
    /// ```
    /// use pmx_emulator::{clock::Clock, profile::Profile, r2::{Metadata, R2}, state_dir::StateDir};
    ///
    /// let bucket = R2::open(&StateDir::temporary()?, &Clock::system(), Profile::Production)?;
    /// let id = bucket.create_multipart_upload("a.txt", &Metadata::default())?;
    /// let mut part = bucket.upload_part("a.txt", &id, 1, 5)?;
    /// part.write(b"hello")?;
    /// let part = part.finish()?;
    /// let object = bucket.complete_multipart_upload("a.txt", &id, &[part])?;
    /// assert_eq!((object.size, object.etag.ends_with("-1")), (5, true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the key or the metadata exceeds a limit, or storage fails.
    pub fn create_multipart_upload(&self, key: &str, metadata: &Metadata) -> Result<String, R2Error> {
        let op = Method::CreateMultipartUpload;
        validate::check_key(op, key)?;
        metadata::check_custom_of_parts(&metadata.custom, self.0.profile)?;
        let id = self.new_id(op)?;
        self.0.store.create_upload(key, &id, metadata).map_err(|source| R2Error::storage(op, source))?;
        Ok(id)
    }

    /// Begins to upload a part of so many bytes. Nothing of it exists before [`PartUpload::finish`], which is also where it turns out
    /// whether there is such an upload.
    ///
    /// # Errors
    /// If the number, the key or the length exceeds a limit.
    pub fn upload_part(&self, key: &str, upload: &str, number: i32, length: u64) -> Result<PartUpload, R2Error> {
        let number = part_number(number)?;
        validate::check_key(Method::UploadPart, key)?;
        validate::check_length(Method::UploadPart, length)?;
        let incoming = IncomingBytes::new(self.clone(), Method::UploadPart, length, None);
        Ok(PartUpload { incoming, key: key.to_owned(), upload: upload.to_owned(), number })
    }

    /// Makes an object of these parts, in the order of their numbers; others are removed. It takes the time that copying them takes.
    ///
    /// # Errors
    /// If a part is none of this upload, or parts are of sizes that cannot be; if the upload is over or never was; if storage fails. The
    /// parts are then as before.
    pub fn complete_multipart_upload(
        &self,
        key: &str,
        upload: &str,
        parts: &[UploadedPart],
    ) -> Result<ObjectMeta, R2Error> {
        let op = Method::CompleteMultipartUpload;
        validate::check_key(op, key)?;
        let (mut parts, metadata) = self.0.store.named_parts(key, upload, parts)?;
        order(&mut parts)?;
        let size = parts.iter().map(|part| part.size).sum();
        let mut whole = IncomingBytes::new(self.clone(), op, size, None);
        for part in &parts {
            self.0.store.copy_part(part, |bytes| whole.write(bytes))?;
        }
        let ReceivedBytes { size, md5, content } = whole.finish(None)?;
        let digests: Vec<_> = parts.iter().map(|part| part.md5).collect();
        let version = self.new_version(op)?;
        let meta = ObjectMeta {
            key: key.to_owned(),
            version: HEXLOWER.encode(&version),
            size,
            etag: multipart_etag(&digests),
            checksums: Checksums::default(),
            metadata,
            uploaded_ms: self.0.clock.now_ms(),
        };
        self.0.store.complete_upload(upload, &parts, NewObject { meta, version, md5, content })
    }

    /// Ends an upload, and removes its parts. One that is over is as good.
    ///
    /// # Errors
    /// If the key exceeds a limit, the upload never was, or storage fails.
    pub fn abort_multipart_upload(&self, key: &str, upload: &str) -> Result<(), R2Error> {
        validate::check_key(Method::AbortMultipartUpload, key)?;
        self.0.store.abort_upload(key, upload)
    }

    fn new_id(&self, op: Method) -> Result<String, R2Error> {
        let mut random = [0; ID_BYTES];
        self.0.clock.random(&mut random).map_err(|source| R2Error::storage(op, source.into()))?;
        Ok(BASE64URL_NOPAD.encode(&random))
    }
}

/// Brings parts into the order of their numbers. All have to be of one size, but for the last, which may be smaller; and, in the order in
/// which they were named, all but the last have to be of [`limits::MIN_PART_BYTES`].
fn order(parts: &mut [StoredPart]) -> Result<(), R2Error> {
    if let Some((_, others)) = parts.split_last()
        && others.iter().any(|part| part.size < limits::MIN_PART_BYTES)
    {
        return Err(R2Error::PartTooSmall);
    }
    parts.sort_by_key(|part| part.number);
    let Some((last, others)) = parts.split_last() else { return Ok(()) };
    let Some(first) = others.first() else { return Ok(()) };
    let equal = others.iter().all(|part| part.size == first.size && part.size >= limits::MIN_PART_BYTES);
    if equal && last.size <= first.size { Ok(()) } else { Err(R2Error::UnequalParts) }
}
