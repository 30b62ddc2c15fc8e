//! Rows in SQLite, large bodies in files, and the byte cache in front of both.

mod change;
mod group_commit;
mod listing;
mod multipart;
mod open;
mod rows;
mod schema;

pub(super) use change::{Content, NewObject};
pub(super) use multipart::{NewPart, StoredPart};

use super::{Body, Conditional, Found, Method, Object, ObjectMeta, R2Error, Range};
use crate::{
    profile::Profile,
    state_dir::StateDir,
    storage::StoreError,
    storage::blobs::{BlobWriter, Blobs, Digest, Expected, Loss, ReadError},
    storage::cache::{Cache, Weigh},
    storage::checkpoint::Checkpointer,
    sync::lock,
    world::clock::Clock,
};
use bytes::Bytes;
use group_commit::PendingPut;
use rows::{Columns, read_object, write_epoch};
use rusqlite::Connection;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Bytes of bodies, and what goes with them, that the cache may hold.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// The largest body that the cache takes: a few giants must not push out everything else.
const MAX_CACHED_BODY: u64 = 1024 * 1024;
/// What an object costs besides its key and body: the metadata, and the tables that lead to it.
const OBJECT_OVERHEAD: usize = 320;

/// What there is under a key, as the cache holds it.
#[derive(Clone, Debug)]
struct CachedObject {
    meta: Arc<ObjectMeta>,
    digest: Digest,
    body: StoredBody,
}

impl CachedObject {
    fn expected(&self) -> Expected {
        Expected { size: self.meta.size, digest: self.digest }
    }
}

#[derive(Clone, Debug)]
enum StoredBody {
    Memory(Bytes),
    File(i64),
}

/// The durable side of the bucket. Locks are taken in the order `writer`, `reader`.
#[derive(Debug)]
pub(super) struct Store {
    /// None where nothing is written.
    checkpointer: Option<Checkpointer>,
    /// The folder is ours for as long as the store is open.
    state: StateDir,
    clock: Clock,
    profile: Profile,
    /// As it was when the store was opened.
    pub(super) epoch: String,
    /// Counts the objects that were lost.
    pub(super) lost: watch::Sender<u64>,
    /// Puts that wait for the writer.
    pub(super) pending: Mutex<Vec<PendingPut>>,
    /// In a folder that is only read it leads nowhere.
    pub(super) writer: Mutex<Connection>,
    reader: Mutex<Reader>,
    cache: Cache<Option<CachedObject>>,
    pub(super) blobs: Blobs,
}

/// Rows are read, and the cache is changed, under one lock: what was read before a write cannot be put into the cache
/// after it.
#[derive(Debug)]
struct Reader {
    connection: Connection,
    columns: Columns,
    /// Counts the writes.
    generation: u64,
}

impl Weigh for Option<CachedObject> {
    fn weight(&self) -> usize {
        let Some(found) = self else { return OBJECT_OVERHEAD };
        let body = if let StoredBody::Memory(bytes) = &found.body { bytes.len() } else { 0 };
        OBJECT_OVERHEAD + found.meta.metadata.bytes() + body
    }
}

impl Store {
    /// Begins another epoch, which holds from the next start on.
    pub(super) fn renew_epoch(&self) -> Result<(), StoreError> {
        write_epoch(&lock(&self.writer), &self.clock)?;
        Ok(())
    }

    /// The database of a folder that is only read, for a copy of it.
    pub(super) fn copy<T>(&self, copy: impl FnOnce(&Connection) -> T) -> T {
        copy(&lock(&self.reader).connection)
    }

    /// All writes are made under this lock.
    pub(super) fn writer(&self) -> &Mutex<Connection> {
        &self.writer
    }

    pub(super) fn cached(&self, key: &str) -> Option<Option<Object>> {
        match self.cache.get(key)? {
            None => Some(None),
            Some(CachedObject { meta, body: StoredBody::Memory(bytes), .. }) => {
                Some(Some(Object { meta, offset: 0, body: Body::Bytes(bytes) }))
            }
            Some(CachedObject { body: StoredBody::File(_), .. }) => None,
        }
    }

    pub(super) fn cached_head(&self, key: &str) -> Option<Option<Arc<ObjectMeta>>> {
        Some(self.cache.get(key)?.map(|found| found.meta))
    }

    pub(super) fn cached_size(&self, key: &str) -> Option<Option<u64>> {
        Some(self.cache.get(key)?.map(|found| found.meta.size))
    }

    pub(super) fn head(&self, key: &str) -> Result<Option<ObjectMeta>, StoreError> {
        Ok(self.find(key)?.0.map(|found| Arc::unwrap_or_clone(found.meta)))
    }

    pub(super) fn get(
        &self,
        key: &str,
        range: Option<Range>,
        only_if: Option<&Conditional>,
    ) -> Result<Option<Found>, R2Error> {
        let storage = |source| R2Error::storage(Method::Get, source);
        loop {
            let (Some(found), generation) = self.find(key).map_err(storage)? else { return Ok(None) };
            let meta = &found.meta;
            if only_if.is_some_and(|condition| !condition.holds(Some((&meta.etag, meta.uploaded_ms)))) {
                return Ok(Some(Found::ConditionFailed(found.meta)));
            }
            let (offset, len) = range.map_or(Ok((0, meta.size)), |range| range.resolve(meta.size))?;
            match self.open_body(key, &found, offset, len, generation) {
                Ok(body) => return Ok(Some(Found::Object(Object { meta: found.meta, offset, body }))),
                // The object was deleted or replaced meanwhile, and its old file is gone.
                Err(ReadError::Lost(_)) if self.changed_since(generation) => {}
                Err(ReadError::Lost(loss)) => {
                    self.remove_lost(&found, loss);
                    return Ok(None);
                }
                Err(ReadError::Io(error)) => return Err(storage(error.into())),
            }
        }
    }

    fn open_body(
        &self,
        key: &str,
        found: &CachedObject,
        offset: u64,
        len: u64,
        generation: u64,
    ) -> Result<Body, ReadError> {
        let blob = match &found.body {
            StoredBody::Memory(bytes) => return Ok(Body::Bytes(part(bytes, offset, len))),
            StoredBody::File(blob) => *blob,
        };
        if found.meta.size > MAX_CACHED_BODY {
            return Ok(Body::File { file: self.blobs.read(blob, found.expected())?, offset, len });
        }
        let bytes = self.blobs.read_bytes(blob, found.expected())?;
        let reader = lock(&self.reader);
        if reader.generation == generation {
            let body = StoredBody::Memory(bytes.clone());
            self.cache.insert(key.into(), Some(CachedObject { body, ..found.clone() }));
        }
        Ok(Body::Bytes(part(&bytes, offset, len)))
    }

    /// Removes the key of an object that is lost, unless it was put anew meanwhile: as if it had never been put. Proofs that it is
    /// there are of an epoch that ends with it. If the database cannot be written, the object is at least not served.
    fn remove_lost(&self, found: &CachedObject, loss: Loss) {
        let key = found.meta.key.as_str();
        tracing::error!(key, "an object of R2 is lost, {loss}: its key is removed; what publishes it again repairs it");
        self.lost.send_modify(|lost| *lost += 1);
        if self.state.reads_only() {
            return self.update_cache(key, None);
        }
        let writer = lock(&self.writer);
        match self.remove_lost_row(&writer, found) {
            // It was put anew.
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => tracing::error!(error, key, "the key of a lost object cannot be removed"),
        }
        self.update_cache(key, None);
        drop(writer);
        if let StoredBody::File(blob) = found.body {
            self.blobs.remove(blob);
        }
    }

    fn remove_lost_row(&self, writer: &Connection, found: &CachedObject) -> Result<bool, StoreError> {
        // The epoch first, as at the start.
        write_epoch(writer, &self.clock)?;
        let removed = writer
            .prepare_cached("DELETE FROM objects WHERE key = ? AND lower(hex(version)) = ?")?
            .execute([&found.meta.key, &found.meta.version])?;
        Ok(removed > 0)
    }

    /// What there is under a key, and the generation in which that was so.
    fn find(&self, key: &str) -> Result<(Option<CachedObject>, u64), StoreError> {
        let (found, generation) = {
            let reader = lock(&self.reader);
            if let Some(found) = self.cache.get(key) {
                return Ok((found, reader.generation));
            }
            let found = read_object(&reader.connection, reader.columns, self.profile, key)?;
            if !matches!(found, Some(CachedObject { body: StoredBody::Memory(_), .. })) {
                self.cache.insert(key.into(), found.clone());
                return Ok((found, reader.generation));
            }
            (found, reader.generation)
        };
        // What comes from the disk is compared with its digest, where nobody waits for that.
        let is_whole = |found: &CachedObject| match &found.body {
            StoredBody::Memory(bytes) => found.expected().matches(bytes),
            StoredBody::File(_) => true,
        };
        if let Some(lost) = found.as_ref().filter(|found| !is_whole(found)) {
            self.remove_lost(lost, Loss::Bytes);
            return Ok((None, generation));
        }
        let reader = lock(&self.reader);
        if reader.generation == generation {
            self.cache.insert(key.into(), found.clone());
        }
        Ok((found, generation))
    }

    pub(super) fn create_blob(&self) -> io::Result<BlobWriter> {
        self.blobs.create()
    }

    fn update_cache(&self, key: &str, found: Option<CachedObject>) {
        let mut reader = lock(&self.reader);
        reader.generation += 1;
        self.cache.insert(key.into(), found);
    }

    fn changed_since(&self, generation: u64) -> bool {
        lock(&self.reader).generation != generation
    }
}

/// A part that [`Range::resolve`] has found to lie within.
fn part(bytes: &Bytes, offset: u64, len: u64) -> Bytes {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let end = offset.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(bytes.len());
    bytes.slice(offset..end)
}
