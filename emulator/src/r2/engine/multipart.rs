//! Uploads in parts, as rows: nothing of them is an object before they are completed.

use super::{Content, NewObject, ObjectMeta, Store, rows};
use crate::{
    profile::Profile,
    r2::{Metadata, Method, R2Error, UploadedPart, limits},
    storage::{
        StoreError,
        blobs::{Digest, Expected, Loss, ReadError},
    },
    sync::lock,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::{fs::File, io::Read as _};

/// Bytes of a part's file that are copied at a time.
const CHUNK: usize = 1024 * 1024;

/// A part whose bytes are all there.
pub(in crate::r2) struct NewPart<'a> {
    pub(in crate::r2) number: u32,
    pub(in crate::r2) etag: &'a str,
    pub(in crate::r2) size: u64,
    pub(in crate::r2) md5: [u8; 16],
    pub(in crate::r2) content: Content,
}

/// A part that was uploaded.
pub(in crate::r2) struct StoredPart {
    pub(in crate::r2) number: u32,
    pub(in crate::r2) etag: String,
    pub(in crate::r2) size: u64,
    pub(in crate::r2) md5: [u8; 16],
    value: Option<Bytes>,
    blob: Option<i64>,
}

/// An upload that was begun under a key.
struct UploadState {
    open: bool,
    metadata: Metadata,
}

impl Store {
    /// Begins an upload.
    pub(in crate::r2) fn create_upload(&self, key: &str, id: &str, metadata: &Metadata) -> Result<(), StoreError> {
        let writer = lock(&self.writer);
        self.expire(&writer)?;
        writer
            .prepare_cached(
                "INSERT INTO uploads (id, key, http_metadata, custom_metadata, storage_class, created, open)
                 VALUES (?, ?, ?, ?, ?, ?, 1)",
            )?
            .execute(params![
                id,
                key,
                rows::http_text(metadata),
                rows::custom_text(metadata),
                metadata.storage_class,
                self.clock.now_ms().cast_signed(),
            ])?;
        Ok(())
    }

    /// Stores a part, in place of one of its number.
    pub(in crate::r2) fn put_part(&self, key: &str, id: &str, part: NewPart<'_>) -> Result<(), R2Error> {
        let op = Method::UploadPart;
        let storage = |source| R2Error::storage(op, source);
        let writer = lock(&self.writer);
        self.expire(&writer).map_err(storage)?;
        let upload = read_upload(&writer, key, id).map_err(|source| storage(source.into()))?;
        if !upload.is_some_and(|upload| upload.open) {
            return Err(R2Error::NoSuchUpload { op });
        }
        let (value, blob) = part.content.store().map_err(storage)?;
        let stored = self.replace_part(&writer, id, (part.number, part.etag, part.size, part.md5), (value, blob));
        drop(writer);
        match stored {
            Ok(old) => {
                old.into_iter().for_each(|blob| self.blobs.remove(blob));
                Ok(())
            }
            Err(source) => {
                blob.into_iter().for_each(|blob| self.blobs.remove(blob));
                Err(storage(source.into()))
            }
        }
    }

    /// The file of the part that was there.
    fn replace_part(
        &self,
        writer: &Connection,
        id: &str,
        (number, etag, size, md5): (u32, &str, u64, [u8; 16]),
        (value, blob): (Option<Bytes>, Option<i64>),
    ) -> rusqlite::Result<Option<i64>> {
        let old: Option<Option<i64>> = writer
            .prepare_cached("SELECT blob FROM parts WHERE upload = ? AND number = ?")?
            .query_row(params![id, number], |row| row.get(0))
            .optional()?;
        writer
            .prepare_cached(
                "INSERT OR REPLACE INTO parts (upload, number, etag, size, md5, value, blob) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![id, number, etag, size.cast_signed(), md5, value.as_deref(), blob])?;
        Ok(old.flatten())
    }

    /// The parts that an object is to be made of, in the order in which they are named, and what was said of it.
    pub(in crate::r2) fn named_parts(
        &self,
        key: &str,
        id: &str,
        named: &[UploadedPart],
    ) -> Result<(Vec<StoredPart>, Metadata), R2Error> {
        let op = Method::CompleteMultipartUpload;
        let storage = |source: StoreError| R2Error::storage(op, source);
        let writer = lock(&self.writer);
        self.expire(&writer).map_err(storage)?;
        let upload = read_upload(&writer, key, id).map_err(|source| storage(source.into()))?;
        let Some(upload) = upload else { return Err(R2Error::Internal { op }) };
        if !upload.open {
            return Err(R2Error::NoSuchUpload { op });
        }
        let mut numbers: Vec<_> = named.iter().map(|part| part.number).collect();
        numbers.sort_unstable();
        if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(R2Error::Internal { op });
        }
        let parts = named.iter().map(|part| {
            let stored = read_part(&writer, id, part.number).map_err(|source| storage(source.into()))?;
            stored.filter(|stored| stored.etag == part.etag).ok_or(R2Error::NoSuchPart)
        });
        Ok((parts.collect::<Result<_, _>>()?, upload.metadata))
    }

    /// Hands the bytes of a part on, as many as fit at a time. If the part is gone meanwhile, so is the upload.
    pub(in crate::r2) fn copy_part(
        &self,
        part: &StoredPart,
        mut into: impl FnMut(&[u8]) -> Result<(), R2Error>,
    ) -> Result<(), R2Error> {
        let op = Method::CompleteMultipartUpload;
        let expected = Expected { size: part.size, digest: Digest::Md5(part.md5) };
        let lost = |loss: Loss| {
            tracing::error!(part = part.number, "a part of an upload to R2 is lost: {loss}");
            R2Error::NoSuchPart
        };
        let Some(blob) = part.blob else {
            let bytes = part.value.as_deref().unwrap_or_default();
            return if expected.matches(bytes) { into(bytes) } else { Err(lost(Loss::Bytes)) };
        };
        let mut file: File = match self.blobs.read(blob, expected) {
            Ok(file) => file,
            Err(ReadError::Lost(loss)) => return Err(lost(loss)),
            Err(ReadError::Io(error)) => return Err(R2Error::storage(op, error.into())),
        };
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(read) => into(&chunk[..read])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(R2Error::storage(op, error.into())),
            }
        }
    }

    /// Puts the object that an upload's parts have become, unless the upload was completed, aborted or changed meanwhile.
    pub(in crate::r2) fn complete_upload(
        &self,
        id: &str,
        parts: &[StoredPart],
        object: NewObject,
    ) -> Result<ObjectMeta, R2Error> {
        let op = Method::CompleteMultipartUpload;
        let storage = |source: StoreError| R2Error::storage(op, source);
        let sqlite = |source: rusqlite::Error| R2Error::storage(op, source.into());
        let writer = lock(&self.writer);
        let transaction = writer.unchecked_transaction().map_err(sqlite)?;
        let upload = read_upload(&transaction, &object.meta.key, id).map_err(sqlite)?;
        if !upload.is_some_and(|upload| upload.open) {
            return Err(R2Error::NoSuchUpload { op });
        }
        for part in parts {
            let stored = read_part(&transaction, id, part.number).map_err(sqlite)?;
            if stored.is_none_or(|stored| stored.etag != part.etag) {
                return Err(R2Error::NoSuchPart);
            }
        }
        // Without a condition it is always inserted.
        let Some(inserted) = self.insert(&transaction, object, None).map_err(storage)? else {
            return Err(R2Error::Internal { op });
        };
        let blob = inserted.blob();
        let closed = close(&transaction, id).and_then(|removed| transaction.commit().map(|()| removed));
        let mut garbage = match closed {
            Ok(removed) => removed,
            Err(error) => {
                blob.into_iter().for_each(|blob| self.blobs.remove(blob));
                return Err(sqlite(error));
            }
        };
        let meta = self.publish(inserted, &mut garbage);
        drop(writer);
        garbage.into_iter().for_each(|blob| self.blobs.remove(blob));
        Ok(meta)
    }

    /// Removes what was uploaded. One that was completed or aborted is as good.
    pub(in crate::r2) fn abort_upload(&self, key: &str, id: &str) -> Result<(), R2Error> {
        let op = Method::AbortMultipartUpload;
        let sqlite = |source: rusqlite::Error| R2Error::storage(op, source.into());
        let writer = lock(&self.writer);
        self.expire(&writer).map_err(|source| R2Error::storage(op, source))?;
        let upload = read_upload(&writer, key, id).map_err(sqlite)?.ok_or(R2Error::Internal { op })?;
        if !upload.open {
            return Ok(());
        }
        let transaction = writer.unchecked_transaction().map_err(sqlite)?;
        let garbage = close(&transaction, id).and_then(|removed| transaction.commit().map(|()| removed));
        drop(writer);
        garbage.map_err(sqlite)?.into_iter().for_each(|blob| self.blobs.remove(blob));
        Ok(())
    }

    /// Aborts what was begun too long ago. workerd alone never does.
    pub(super) fn expire(&self, writer: &Connection) -> Result<(), StoreError> {
        if self.profile == Profile::WorkerdLocal {
            return Ok(());
        }
        let begun_by = self.clock.now_ms().saturating_sub(limits::MAX_UPLOAD_AGE_MS).cast_signed();
        let expired: Vec<String> = writer
            .prepare_cached("SELECT id FROM uploads WHERE open = 1 AND created <= ?")?
            .query_map([begun_by], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in expired {
            let transaction = writer.unchecked_transaction()?;
            let garbage = close(&transaction, &id)?;
            transaction.commit()?;
            garbage.into_iter().for_each(|blob| self.blobs.remove(blob));
        }
        Ok(())
    }
}

/// Ends an upload in the transaction that is open; the files of its parts, which are garbage once that is committed.
fn close(transaction: &Connection, id: &str) -> rusqlite::Result<Vec<i64>> {
    let removed: Vec<Option<i64>> = transaction
        .prepare_cached("DELETE FROM parts WHERE upload = ? RETURNING blob")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    transaction
        .prepare_cached(
            "UPDATE uploads SET open = 0, http_metadata = NULL, custom_metadata = NULL, storage_class = NULL WHERE id = ?",
        )?
        .execute([id])?;
    Ok(removed.into_iter().flatten().collect())
}

fn read_upload(connection: &Connection, key: &str, id: &str) -> rusqlite::Result<Option<UploadState>> {
    connection
        .prepare_cached(
            "SELECT open, http_metadata, custom_metadata, storage_class FROM uploads WHERE id = ? AND key = ?",
        )?
        .query_row([id, key], |row| Ok(UploadState { open: row.get(0)?, metadata: rows::read_metadata(row, 1)? }))
        .optional()
}

fn read_part(connection: &Connection, id: &str, number: u32) -> rusqlite::Result<Option<StoredPart>> {
    connection
        .prepare_cached("SELECT etag, size, md5, value, blob FROM parts WHERE upload = ? AND number = ?")?
        .query_row(params![id, number], |row| {
            Ok(StoredPart {
                number,
                etag: row.get(0)?,
                size: row.get::<_, i64>(1)?.cast_unsigned(),
                md5: row.get(2)?,
                value: row.get::<_, Option<Vec<u8>>>(3)?.map(Bytes::from),
                blob: row.get(4)?,
            })
        })
        .optional()
}
