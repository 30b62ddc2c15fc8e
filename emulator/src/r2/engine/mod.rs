//! Rows in SQLite, large bodies in files, and the byte cache in front of both.

mod group_commit;
mod rows;

use super::{Body, Method, Object, ObjectMeta, R2Error, Range, validate};
use crate::{
    clock::Clock,
    state_dir::{StateDir, StateError},
    storage::blobs::{BlobWriter, Blobs, Digest, Expected, Loss, ReadError},
    storage::cache::{self, Cache, Weigh},
    storage::checkpoint::{self, Checkpointer},
    storage::{StoreError, sqlite},
    sync::lock,
};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use group_commit::PendingPut;
use pmx_model::Hash;
use rows::{META, SCHEMA, blob_sizes, read_blob, read_epoch, read_meta, read_object, write_epoch};
use rusqlite::{Connection, params};
use std::{
    collections::HashMap,
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

/// What a row costs in the write-ahead log besides its body: a page of the table and one of its index.
const ROW_BYTES: u64 = 8 * 1024;

/// An object that was verified and can be put.
#[derive(Debug)]
pub(super) struct NewObject {
    pub(super) key: String,
    pub(super) version: [u8; 16],
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) sha256: Option<[u8; 32]>,
    pub(super) uploaded_ms: u64,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Bytes(Bytes),
    File(BlobWriter),
}

/// An object that was inserted, and is to be published to readers.
pub(super) struct Inserted {
    meta: Arc<ObjectMeta>,
    body: Option<StoredBody>,
    /// The file of the object before it.
    replaced: Option<i64>,
}

impl Inserted {
    /// The file of its body, if it has one.
    pub(super) const fn blob(&self) -> Option<i64> {
        match self.body {
            Some(StoredBody::File(blob)) => Some(blob),
            _ => None,
        }
    }
}

/// What there is under a key, as the cache holds it.
#[derive(Clone, Debug)]
struct CachedObject {
    meta: Arc<ObjectMeta>,
    body: StoredBody,
}

impl CachedObject {
    fn expected(&self) -> Expected {
        let digest = match (
            self.meta.sha256,
            HEXLOWER.decode(self.meta.etag.as_bytes()).ok().and_then(|md5| md5.try_into().ok()),
        ) {
            (Some(sha256), _) => Digest::Sha256(*sha256.as_bytes()),
            (None, Some(md5)) => Digest::Md5(md5),
            (None, None) => Digest::Unknown,
        };
        Expected { size: self.meta.size, digest }
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
    /// Counts the writes.
    generation: u64,
}

impl Weigh for Option<CachedObject> {
    fn weight(&self) -> usize {
        let body = match self {
            Some(CachedObject { body: StoredBody::Memory(bytes), .. }) => bytes.len(),
            _ => 0,
        };
        OBJECT_OVERHEAD + body
    }
}

impl Store {
    pub(super) fn open(state: &StateDir, clock: &Clock) -> Result<Self, StateError> {
        const FILE: &str = "r2.sqlite";
        let database = |source| StateError::Database { path: state.path().join(FILE), source };
        let reader = |connection| Mutex::new(Reader { connection, generation: 0 });
        if state.reads_only() {
            return Ok(Self {
                checkpointer: None,
                state: state.clone(),
                clock: clock.clone(),
                epoch: String::new(),
                lost: watch::Sender::default(),
                pending: Mutex::default(),
                writer: Mutex::new(Connection::open_in_memory().map_err(database)?),
                reader: reader(sqlite::open_store(state, FILE, SCHEMA)?),
                cache: cache::with_capacity(CACHE_BYTES),
                blobs: Blobs::open(state, "r2", &HashMap::new())?.blobs,
            });
        }
        let writer = sqlite::open_store(state, FILE, SCHEMA)?;
        let opened = Blobs::open(state, "r2", &blob_sizes(&writer).map_err(database)?)?;
        let lost = watch::Sender::new(opened.damaged.len() as u64);
        // The epoch first: a crash between the two must not leave fewer objects in the same epoch.
        let epoch = match read_epoch(&writer).map_err(database)? {
            Some(epoch) if opened.damaged.is_empty() => epoch,
            _ => write_epoch(&writer, clock)
                .map_err(|source| StateError::Unusable { path: state.path().join(FILE), source })?,
        };
        for blob in opened.damaged {
            tracing::warn!(blob, "an object of R2 is lost, its file is gone or cut short: its key is removed");
            writer.execute("DELETE FROM objects WHERE blob = ?", [blob]).map_err(database)?;
            opened.blobs.remove(blob);
        }
        writer.pragma_update(None, "wal_autocheckpoint", checkpoint::BACKSTOP_PAGES).map_err(database)?;
        Ok(Self {
            checkpointer: Some(Checkpointer::start(sqlite::open_store(state, FILE, "")?)),
            state: state.clone(),
            clock: clock.clone(),
            epoch,
            lost,
            pending: Mutex::default(),
            writer: Mutex::new(writer),
            reader: reader(sqlite::open_store(state, FILE, "")?),
            cache: cache::with_capacity(CACHE_BYTES),
            blobs: opened.blobs,
        })
    }

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
            Some(CachedObject { meta, body: StoredBody::Memory(bytes) }) => {
                Some(Some(Object { size: meta.size, body: Body::Bytes(bytes) }))
            }
            Some(CachedObject { body: StoredBody::File(_), .. }) => None,
        }
    }

    pub(super) fn cached_size(&self, key: &str) -> Option<Option<u64>> {
        Some(self.cache.get(key)?.map(|found| found.meta.size))
    }

    pub(super) fn head(&self, key: &str) -> Result<Option<ObjectMeta>, StoreError> {
        Ok(self.find(key)?.0.map(|found| Arc::unwrap_or_clone(found.meta)))
    }

    pub(super) fn get(&self, key: &str, range: Option<Range>) -> Result<Option<Object>, R2Error> {
        let storage = |source| R2Error::storage(Method::Get, source);
        loop {
            let (Some(found), generation) = self.find(key).map_err(storage)? else { return Ok(None) };
            let size = found.meta.size;
            let (offset, len) = validate::resolve(range, size)?;
            match self.open_body(key, &found, offset, len, generation) {
                Ok(body) => return Ok(Some(Object { size, body })),
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
            self.cache.insert(key.into(), Some(CachedObject { meta: found.meta.clone(), body }));
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
            let found = read_object(&reader.connection, key)?;
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

    /// Puts an object in the transaction that is open, if one is; `None` if there is one that stays. Nobody sees it before
    /// [`Self::publish`].
    pub(super) fn insert(
        &self,
        writer: &Connection,
        object: NewObject,
        only_if_absent: bool,
    ) -> Result<Option<Inserted>, StoreError> {
        let old = read_blob(writer, &object.key)?;
        if only_if_absent && old.is_some() {
            return Ok(None);
        }
        let (value, blob) = match object.content {
            Content::Bytes(bytes) => (Some(bytes), None),
            Content::File(file) => (None, Some(file.finish()?)),
        };
        let inserted = writer
            .prepare_cached(
                "INSERT OR REPLACE INTO objects (key, version, size, md5, sha256, uploaded, value, blob)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    object.key,
                    object.version,
                    object.size.cast_signed(),
                    object.md5,
                    object.sha256,
                    object.uploaded_ms.cast_signed(),
                    value.as_deref(),
                    blob
                ])
            });
        if let Err(error) = inserted {
            blob.inspect(|blob| self.blobs.remove(*blob));
            return Err(error.into());
        }
        let meta = ObjectMeta {
            key: object.key,
            version: HEXLOWER.encode(&object.version),
            size: object.size,
            etag: HEXLOWER.encode(&object.md5),
            sha256: object.sha256.map(Hash::from_bytes),
            uploaded_ms: object.uploaded_ms,
        };
        let body = match (value, blob) {
            (Some(bytes), _) => Some(StoredBody::Memory(bytes)),
            (None, blob) => blob.map(StoredBody::File),
        };
        Ok(Some(Inserted { meta: Arc::new(meta), body, replaced: old.flatten() }))
    }

    /// Lets readers see what was committed. A file that it replaces is added to `replaced`.
    pub(super) fn publish(&self, stored: Inserted, replaced: &mut Vec<i64>) -> ObjectMeta {
        let Inserted { meta, body, replaced: old } = stored;
        let inline = if let Some(StoredBody::Memory(bytes)) = &body { bytes.len() as u64 } else { 0 };
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.wrote(inline + ROW_BYTES);
        }
        self.update_cache(&meta.key, body.map(|body| CachedObject { meta: Arc::clone(&meta), body }));
        replaced.extend(old);
        Arc::unwrap_or_clone(meta)
    }

    pub(super) fn delete(&self, key: &str) -> Result<(), StoreError> {
        let writer = lock(&self.writer);
        let Some(old_blob) = read_blob(&writer, key)? else { return Ok(()) };
        writer.prepare_cached("DELETE FROM objects WHERE key = ?")?.execute([key])?;
        self.update_cache(key, None);
        drop(writer);
        if let Some(old_blob) = old_blob {
            self.blobs.remove(old_blob);
        }
        Ok(())
    }

    pub(super) fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<ObjectMeta>, StoreError> {
        let reader = lock(&self.reader);
        let mut statement = reader.connection.prepare_cached(&format!(
            "SELECT {META} FROM objects WHERE key >= ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3"
        ))?;
        let mut rows = statement.query(params![prefix, after, limit])?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next()? {
            let meta = read_meta(row)?;
            // The order is that of the bytes, so the keys with this prefix stand together.
            if !meta.key.starts_with(prefix) {
                break;
            }
            objects.push(meta);
        }
        Ok(objects)
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

/// A part that [`limits::resolve`] has found to lie within.
fn part(bytes: &Bytes, offset: u64, len: u64) -> Bytes {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let end = offset.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(bytes.len());
    bytes.slice(offset..end)
}
