//! The tables of the bucket in SQLite: objects by key, and the storage epoch.

use super::{CachedObject, ObjectMeta, StoredBody};
use crate::clock::Clock;
use data_encoding::HEXLOWER;
use pmx_model::Hash;
use rusqlite::{Connection, OptionalExtension as _, Row};
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, io, sync::Arc};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS objects (
        key TEXT NOT NULL PRIMARY KEY,
        version BLOB NOT NULL,
        size INTEGER NOT NULL,
        md5 BLOB NOT NULL,
        sha256 BLOB,
        uploaded INTEGER NOT NULL,   -- milliseconds since 1970
        value BLOB,                  -- NULL: the body is in the file `blob`
        blob INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT";
/// The row of `meta` that holds the epoch.
const EPOCH: &str = "epoch";
/// Random bytes of an epoch: that two are the same by chance has to be out of the question.
const EPOCH_BYTES: usize = 16;
/// The columns that [`read_meta`] reads.
pub(super) const META: &str = "key, version, size, md5, sha256, uploaded";

pub(super) fn read_object(connection: &Connection, key: &str) -> rusqlite::Result<Option<CachedObject>> {
    connection
        .prepare_cached(&format!("SELECT {META}, value, blob FROM objects WHERE key = ?"))?
        .query_row([key], |row| {
            let body = match row.get::<_, Option<i64>>(7)? {
                Some(blob) => StoredBody::File(blob),
                None => StoredBody::Memory(row.get::<_, Vec<u8>>(6)?.into()),
            };
            Ok(CachedObject { meta: Arc::new(read_meta(row)?), body })
        })
        .optional()
}

pub(super) fn read_meta(row: &Row<'_>) -> rusqlite::Result<ObjectMeta> {
    Ok(ObjectMeta {
        key: row.get(0)?,
        version: HEXLOWER.encode(&row.get::<_, [u8; 16]>(1)?),
        size: row.get::<_, i64>(2)?.cast_unsigned(),
        etag: HEXLOWER.encode(&row.get::<_, [u8; 16]>(3)?),
        sha256: row.get::<_, Option<[u8; 32]>>(4)?.map(Hash::from_bytes),
        uploaded_ms: row.get::<_, i64>(5)?.cast_unsigned(),
    })
}

/// Whether there is an object, and its file if it has one.
pub(super) fn read_blob(connection: &Connection, key: &str) -> rusqlite::Result<Option<Option<i64>>> {
    connection.prepare_cached("SELECT blob FROM objects WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()
}

pub(super) fn blob_sizes(connection: &Connection) -> rusqlite::Result<HashMap<i64, u64>> {
    connection
        .prepare("SELECT blob, size FROM objects WHERE blob IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
        .collect()
}

pub(super) fn read_epoch(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?", [EPOCH], |row| row.get(0)).optional()
}

/// A new epoch. It follows from the one before, too, so that randomness that is repeated on purpose does not repeat it.
pub(super) fn write_epoch(connection: &Connection, clock: &Clock) -> io::Result<String> {
    let mut random = [0; EPOCH_BYTES];
    clock.random(&mut random).map_err(io::Error::other)?;
    let before = read_epoch(connection).map_err(io::Error::other)?.unwrap_or_default();
    let digest = Sha256::new_with_prefix(random).chain_update(before).finalize();
    let epoch = HEXLOWER.encode(&digest[..EPOCH_BYTES]);
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
        .and_then(|mut statement| statement.execute([EPOCH, &epoch]))
        .map_err(io::Error::other)?;
    Ok(epoch)
}
