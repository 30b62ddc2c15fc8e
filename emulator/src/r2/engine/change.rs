//! Objects that are inserted and deleted, in SQLite first and then for readers.

use super::{CachedObject, ObjectMeta, Store, StoredBody, rows};
use crate::{
    r2::{Algorithm, Conditional},
    storage::{
        StoreError,
        blobs::{BlobWriter, Digest},
    },
    sync::lock,
};
use bytes::Bytes;
use rusqlite::{Connection, params};
use std::sync::Arc;

/// What a row costs in the write-ahead log besides its body: a page of the table and one of its index.
const ROW_BYTES: u64 = 8 * 1024;

/// An object that was verified and can be put.
#[derive(Debug)]
pub(in crate::r2) struct NewObject {
    /// What is to be known of it.
    pub(in crate::r2) meta: ObjectMeta,
    /// The bytes of its version.
    pub(in crate::r2) version: [u8; 16],
    /// The MD5 of its bytes, whatever its etag is.
    pub(in crate::r2) md5: [u8; 16],
    pub(in crate::r2) content: Content,
}

#[derive(Debug)]
pub(in crate::r2) enum Content {
    Bytes(Bytes),
    File(BlobWriter),
}

impl Content {
    /// What its row holds: the bytes, or the id of the file that is now in its place.
    pub(super) fn store(self) -> Result<(Option<Bytes>, Option<i64>), StoreError> {
        Ok(match self {
            Self::Bytes(bytes) => (Some(bytes), None),
            Self::File(file) => (None, Some(file.finish()?)),
        })
    }
}

/// An object that was inserted, and is to be published to readers.
pub(super) struct Inserted {
    object: CachedObject,
    /// The file of the object before it.
    replaced: Option<i64>,
}

impl Inserted {
    /// The file of its body, if it has one.
    pub(super) const fn blob(&self) -> Option<i64> {
        match self.object.body {
            StoredBody::File(blob) => Some(blob),
            StoredBody::Memory(_) => None,
        }
    }
}

impl Store {
    /// Puts an object in the transaction that is open, if one is; `None` if the condition does not hold for the one that is there. Nobody
    /// sees it before [`Self::publish`].
    pub(super) fn insert(
        &self,
        writer: &Connection,
        object: NewObject,
        only_if: Option<&Conditional>,
    ) -> Result<Option<Inserted>, StoreError> {
        let NewObject { meta, version, md5, content } = object;
        let old = rows::read_state(writer, &meta.key)?;
        let holds =
            |condition: &Conditional| condition.holds(old.as_ref().map(|old| (old.etag.as_str(), old.uploaded_ms)));
        if !only_if.is_none_or(holds) {
            return Ok(None);
        }
        let (value, blob) = content.store()?;
        let sha256 = meta.checksums.sha256();
        let other = meta.checksums.iter().find(|sum| !matches!(sum.algorithm(), Algorithm::Md5 | Algorithm::Sha256));
        let in_parts = meta.checksums.get(Algorithm::Md5).is_none();
        let inserted = writer
            .prepare_cached(
                "INSERT OR REPLACE INTO objects (key, version, size, md5, sha256, uploaded, value, blob, etag, checksum,
                     http_metadata, custom_metadata, storage_class)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    meta.key,
                    version,
                    meta.size.cast_signed(),
                    md5,
                    sha256.as_ref().map(|sha256| sha256.as_bytes()),
                    meta.uploaded_ms.cast_signed(),
                    value.as_deref(),
                    blob,
                    in_parts.then_some(&meta.etag),
                    other.map(|checksum| checksum.digest()),
                    rows::http_text(&meta.metadata),
                    rows::custom_text(&meta.metadata),
                    meta.metadata.storage_class,
                ])
            });
        if let Err(error) = inserted {
            blob.inspect(|blob| self.blobs.remove(*blob));
            return Err(error.into());
        }
        let digest = sha256.map_or(Digest::Md5(md5), |sha256| Digest::Sha256(*sha256.as_bytes()));
        let body = match (value, blob) {
            (_, Some(blob)) => StoredBody::File(blob),
            (value, None) => StoredBody::Memory(value.unwrap_or_default()),
        };
        let meta = ObjectMeta { metadata: meta.metadata.normalised(self.profile), ..meta };
        let object = CachedObject { meta: Arc::new(meta), digest, body };
        Ok(Some(Inserted { object, replaced: old.and_then(|old| old.blob) }))
    }

    /// Lets readers see what was committed. A file that it replaces is added to `replaced`.
    pub(super) fn publish(&self, stored: Inserted, replaced: &mut Vec<i64>) -> ObjectMeta {
        let Inserted { object, replaced: old } = stored;
        let inline = if let StoredBody::Memory(bytes) = &object.body { bytes.len() as u64 } else { 0 };
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.wrote(inline + ROW_BYTES);
        }
        let meta = Arc::clone(&object.meta);
        self.update_cache(&meta.key, Some(object));
        replaced.extend(old);
        Arc::unwrap_or_clone(meta)
    }

    /// Deletes objects, all or none of them.
    pub(in crate::r2) fn delete(&self, keys: &[&str]) -> Result<(), StoreError> {
        let writer = lock(&self.writer);
        let transaction = writer.unchecked_transaction()?;
        let mut deleted = Vec::new();
        {
            let mut delete = transaction.prepare_cached("DELETE FROM objects WHERE key = ? RETURNING blob")?;
            for key in keys {
                let mut rows = delete.query([key])?;
                if let Some(row) = rows.next()? {
                    deleted.push((*key, row.get::<_, Option<i64>>(0)?));
                }
            }
        }
        transaction.commit()?;
        for (key, _) in &deleted {
            self.update_cache(key, None);
        }
        drop(writer);
        deleted.into_iter().filter_map(|(_, blob)| blob).for_each(|blob| self.blobs.remove(blob));
        Ok(())
    }
}
