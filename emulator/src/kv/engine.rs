//! Rows in SQLite, large values in files, and the read cache in front of both.

use super::ListedKey;
use crate::{
    state_dir::{StateDir, StateError},
    storage::blobs::{Blobs, Digest, Expected, Loss, MAX_INLINE, ReadError},
    storage::cache::{self, Cache, Weigh},
    storage::{StoreError, sqlite},
    sync::lock,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Bytes of keys and values that the read cache may hold.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// The largest value that the cache takes: a few giants must not push out everything else.
const MAX_CACHED_VALUE: usize = 1024 * 1024;
/// What an entry costs besides its key and value.
const ENTRY_OVERHEAD: usize = 96;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS entries (
        key TEXT NOT NULL PRIMARY KEY,
        value BLOB,               -- NULL: the value is in the file `blob`
        blob INTEGER,
        size INTEGER NOT NULL,
        expiration INTEGER,       -- seconds since 1970
        metadata TEXT,            -- JSON
        digest BLOB               -- of a value in a file: the number of the file, 8 bytes, and the SHA-256 of the value
    ) STRICT";
/// Older versions have made the table without digests, and write none. So a digest says itself whose it is: one that an older version
/// has left beside a new value is none.
const ADD_DIGEST: &str = "ALTER TABLE entries ADD COLUMN digest BLOB";

/// What there is under a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) value: Option<Bytes>,
    /// Seconds since 1970.
    pub(super) expiration: Option<u64>,
    /// JSON.
    pub(super) metadata: Option<Arc<str>>,
}

/// What is to be there.
pub(super) struct NewRow<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a [u8],
    pub(super) expiration: Option<u64>,
    pub(super) metadata: Option<&'a str>,
}

/// The durable side of the namespace. Locks are taken in the order `writer`, `reader`.
#[derive(Debug)]
pub(super) struct Store {
    /// The folder is ours for as long as the store is open.
    state: StateDir,
    /// Counts the values that were lost.
    pub(super) lost: watch::Sender<u64>,
    /// In a folder that is only read it leads nowhere.
    writer: Mutex<Connection>,
    reader: Mutex<Reader>,
    cache: Cache<Entry>,
    blobs: Blobs,
}

/// Rows are read, and the cache is changed, under one lock: an entry that was read before a write cannot be put into the
/// cache after it.
#[derive(Debug)]
struct Reader {
    connection: Connection,
    /// Counts the writes.
    generation: u64,
}

impl Weigh for Entry {
    fn weight(&self) -> usize {
        let metadata = self.metadata.as_ref().map_or(0, |json| json.len());
        ENTRY_OVERHEAD + self.value.as_ref().map_or(0, Bytes::len) + metadata
    }
}

/// A row as it is stored.
struct Row {
    value: Option<Vec<u8>>,
    blob: Option<i64>,
    expiration: Option<u64>,
    metadata: Option<Arc<str>>,
    size: u64,
    digest: Option<Vec<u8>>,
}

impl Row {
    /// The file of its value, and what it has to hold.
    fn file(&self) -> Option<(i64, Expected)> {
        let blob = self.blob?;
        Some((blob, Expected { size: self.size, digest: read_digest(blob, self.digest.as_deref()) }))
    }
}

/// What a row's digest says of the value in a file.
pub(crate) fn read_digest(blob: i64, digest: Option<&[u8]>) -> Digest {
    let digest = digest.and_then(|digest| digest.strip_prefix(&blob.to_be_bytes()));
    digest.and_then(|digest| digest.try_into().ok()).map_or(Digest::Unknown, Digest::Sha256)
}

/// The digest of the value in a file, as a row holds it.
fn digest(blob: i64, value: &[u8]) -> Vec<u8> {
    [&blob.to_be_bytes()[..], &Sha256::digest(value)].concat()
}

impl Store {
    pub(super) fn open(state: &StateDir, now_s: u64) -> Result<Self, StateError> {
        const FILE: &str = "kv.sqlite";
        let database = |source| StateError::Database { path: state.path().join(FILE), source };
        let reader = |connection| Mutex::new(Reader { connection, generation: 0 });
        if state.reads_only() {
            return Ok(Self {
                state: state.clone(),
                lost: watch::Sender::default(),
                writer: Mutex::new(Connection::open_in_memory().map_err(database)?),
                reader: reader(sqlite::open_store(state, FILE, SCHEMA)?),
                cache: cache::with_capacity(CACHE_BYTES),
                blobs: Blobs::open(state, "kv", &HashMap::new())?.blobs,
            });
        }
        let writer = sqlite::open_store(state, FILE, SCHEMA)?;
        if !sqlite::has_column(&writer, "entries", "digest").map_err(database)? {
            writer.execute_batch(ADD_DIGEST).map_err(database)?;
        }
        writer.execute("DELETE FROM entries WHERE expiration <= ?", [now_s.cast_signed()]).map_err(database)?;
        let opened = Blobs::open(state, "kv", &blob_sizes(&writer).map_err(database)?)?;
        let lost = watch::Sender::new(opened.damaged.len() as u64);
        for blob in opened.damaged {
            tracing::warn!(blob, "a value of KV is lost, its file is gone or cut short: its key is removed");
            writer.execute("DELETE FROM entries WHERE blob = ?", [blob]).map_err(database)?;
            opened.blobs.remove(blob);
        }
        Ok(Self {
            state: state.clone(),
            lost,
            writer: Mutex::new(writer),
            reader: reader(sqlite::open_store(state, FILE, "")?),
            cache: cache::with_capacity(CACHE_BYTES),
            blobs: opened.blobs,
        })
    }

    /// All writes are made under this lock.
    pub(super) fn writer(&self) -> &Mutex<Connection> {
        &self.writer
    }

    /// The database of a folder that is only read, for a copy of it.
    pub(super) fn copy<T>(&self, copy: impl FnOnce(&Connection) -> T) -> T {
        copy(&lock(&self.reader).connection)
    }

    pub(super) fn cached(&self, key: &str) -> Option<Entry> {
        self.cache.get(key)
    }

    pub(super) fn get(&self, key: &str) -> Result<Entry, StoreError> {
        loop {
            if let Some(entry) = self.cache.get(key) {
                return Ok(entry);
            }
            let (row, generation) = {
                let reader = lock(&self.reader);
                let row = read_row(&reader.connection, key)?;
                if row.as_ref().is_none_or(|row| row.blob.is_none()) {
                    let entry = row.map_or_else(Entry::default, |row| Entry {
                        value: row.value.map(Bytes::from),
                        expiration: row.expiration,
                        metadata: row.metadata,
                    });
                    self.cache.insert(key.into(), entry.clone());
                    return Ok(entry);
                }
                (row, reader.generation)
            };
            // Only a value in a file comes here, and files are not read under the lock.
            let Some((row, (blob, expected))) = row.and_then(|row| row.file().map(|file| (row, file))) else {
                continue;
            };
            let value = match self.blobs.read_bytes(blob, expected) {
                Ok(value) => value,
                // The key was written meanwhile, and its old file is gone: what is there now is what the caller wants.
                Err(ReadError::Lost(_)) if self.changed_since(generation) => continue,
                Err(ReadError::Lost(loss)) => {
                    self.lose(key, blob, loss)?;
                    return Ok(Entry::default());
                }
                Err(ReadError::Io(error)) => return Err(error.into()),
            };
            let value_len = value.len();
            let entry = Entry { value: Some(value), expiration: row.expiration, metadata: row.metadata };
            let reader = lock(&self.reader);
            if reader.generation == generation {
                self.remember(key, (value_len <= MAX_CACHED_VALUE).then(|| entry.clone()));
            }
            return Ok(entry);
        }
    }

    /// `before` gets what was there, before the new value can be seen.
    pub(super) fn put(&self, row: &NewRow<'_>, before: Option<&mut dyn FnMut(Entry)>) -> Result<(), StoreError> {
        // The file is written before the lock is taken: it is large.
        let (blob, digest) = if row.value.len() > MAX_INLINE {
            let mut file = self.blobs.create()?;
            file.write(row.value)?;
            file.sync()?;
            let blob = file.finish()?;
            (Some(blob), Some(digest(blob, row.value)))
        } else {
            (None, None)
        };
        let inline = blob.is_none().then_some(row.value);
        let entry = (row.value.len() <= MAX_CACHED_VALUE).then(|| Entry {
            value: Some(Bytes::copy_from_slice(row.value)),
            expiration: row.expiration,
            metadata: row.metadata.map(Arc::from),
        });
        let written = self.write(row.key, entry, before, |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO entries (key, value, blob, size, expiration, metadata, digest) VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value, blob = excluded.blob, size = excluded.size,
                     expiration = excluded.expiration, metadata = excluded.metadata, digest = excluded.digest",
                )?
                .execute(params![
                    row.key,
                    inline,
                    blob,
                    row.value.len().cast_signed(),
                    row.expiration.map(u64::cast_signed),
                    row.metadata,
                    digest
                ])
        });
        if let (Err(_), Some(blob)) = (&written, blob) {
            self.blobs.remove(blob);
        }
        written
    }

    /// `before` gets what was there, before it is gone.
    pub(super) fn delete(&self, key: &str, before: Option<&mut dyn FnMut(Entry)>) -> Result<(), StoreError> {
        self.write(key, Some(Entry::default()), before, |connection| {
            connection.prepare_cached("DELETE FROM entries WHERE key = ?")?.execute([key])
        })
    }

    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now_s: u64,
    ) -> Result<Vec<ListedKey>, StoreError> {
        let reader = lock(&self.reader);
        let mut statement = reader.connection.prepare_cached(
            "SELECT key, expiration, metadata FROM entries
             WHERE key >= ?1 AND (?2 IS NULL OR key > ?2) AND (expiration IS NULL OR expiration > ?3)
             ORDER BY key LIMIT ?4",
        )?;
        let mut rows = statement.query(params![prefix, after, now_s.cast_signed(), limit])?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            // The order is that of the bytes, so the names with this prefix stand together.
            if !name.starts_with(prefix) {
                break;
            }
            let expiration = row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned);
            keys.push(ListedKey { name, expiration, metadata: row.get(2)? });
        }
        Ok(keys)
    }

    /// Removes a key whose value is lost, unless it was written meanwhile: as if it had never been put.
    fn lose(&self, key: &str, blob: i64, loss: Loss) -> Result<(), StoreError> {
        tracing::error!(key, "a value of KV is lost, {loss}: its key is removed");
        self.lost.send_modify(|lost| *lost += 1);
        if self.state.reads_only() {
            return Ok(());
        }
        let writer = lock(&self.writer);
        if read_blob(&writer, key)? != Some(blob) {
            return Ok(());
        }
        writer.prepare_cached("DELETE FROM entries WHERE key = ?")?.execute([key])?;
        let mut reader = lock(&self.reader);
        reader.generation += 1;
        self.remember(key, Some(Entry::default()));
        drop((reader, writer));
        self.blobs.remove(blob);
        Ok(())
    }

    /// `entry` is what the cache shall hold from now on.
    fn write(
        &self,
        key: &str,
        entry: Option<Entry>,
        before: Option<&mut dyn FnMut(Entry)>,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), StoreError> {
        let writer = lock(&self.writer);
        if let Some(before) = before {
            before(self.get(key)?);
        }
        let old_blob = read_blob(&writer, key)?;
        change(&writer)?;
        {
            let mut reader = lock(&self.reader);
            reader.generation += 1;
            self.remember(key, entry);
        }
        drop(writer);
        if let Some(old_blob) = old_blob {
            self.blobs.remove(old_blob);
        }
        Ok(())
    }

    /// Must be called under the reader's lock.
    fn remember(&self, key: &str, entry: Option<Entry>) {
        match entry {
            Some(entry) => self.cache.insert(key.into(), entry),
            None => drop(self.cache.remove(key)),
        }
    }

    fn changed_since(&self, generation: u64) -> bool {
        lock(&self.reader).generation != generation
    }
}

fn read_row(connection: &Connection, key: &str) -> rusqlite::Result<Option<Row>> {
    // All columns: in a folder that is only read the last may not be there yet.
    connection
        .prepare_cached("SELECT * FROM entries WHERE key = ?")?
        .query_row([key], |row| {
            Ok(Row {
                value: row.get("value")?,
                blob: row.get("blob")?,
                expiration: row.get::<_, Option<i64>>("expiration")?.map(i64::cast_unsigned),
                metadata: row.get("metadata")?,
                size: row.get::<_, i64>("size")?.cast_unsigned(),
                digest: row.get("digest").or_else(|error| match error {
                    rusqlite::Error::InvalidColumnName(_) => Ok(None),
                    error => Err(error),
                })?,
            })
        })
        .optional()
}

fn read_blob(connection: &Connection, key: &str) -> rusqlite::Result<Option<i64>> {
    let blob: Option<Option<i64>> = connection
        .prepare_cached("SELECT blob FROM entries WHERE key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(blob.flatten())
}

fn blob_sizes(connection: &Connection) -> rusqlite::Result<HashMap<i64, u64>> {
    connection
        .prepare("SELECT blob, size FROM entries WHERE blob IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
        .collect()
}
