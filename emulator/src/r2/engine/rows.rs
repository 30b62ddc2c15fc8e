//! Rows of the bucket's tables.

use super::{CachedObject, ObjectMeta, StoredBody};
use crate::{
    profile::Profile,
    r2::{Checksum, Checksums, HttpMetadata, Metadata},
    storage::blobs::Digest,
    world::clock::Clock,
};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension as _, Row};
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, io, sync::Arc};

/// The row of `meta` that holds the epoch.
const EPOCH: &str = "epoch";
/// Random bytes of an epoch: that two are the same by chance has to be out of the question.
const EPOCH_BYTES: usize = 16;

/// The columns that there are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Columns {
    /// Those of the schema.
    All,
    /// Those that version 0.1 has made.
    Before,
}

impl Columns {
    /// Those that [`read_meta`] reads.
    pub(super) const fn meta(self) -> &'static str {
        match self {
            Self::All => {
                "key, version, size, md5, sha256, uploaded, etag, checksum, http_metadata, custom_metadata, storage_class"
            }
            Self::Before => "key, version, size, md5, sha256, uploaded, NULL, NULL, NULL, NULL, NULL",
        }
    }
}

pub(super) fn read_object(
    connection: &Connection,
    columns: Columns,
    profile: Profile,
    key: &str,
) -> rusqlite::Result<Option<CachedObject>> {
    connection
        .prepare_cached(&format!("SELECT {}, value, blob FROM objects WHERE key = ?", columns.meta()))?
        .query_row([key], |row| {
            let body = match row.get::<_, Option<i64>>("blob")? {
                Some(blob) => StoredBody::File(blob),
                None => StoredBody::Memory(row.get::<_, Option<Vec<u8>>>("value")?.unwrap_or_default().into()),
            };
            let (meta, digest) = read_meta(row, profile)?;
            Ok(CachedObject { meta: Arc::new(meta), digest, body })
        })
        .optional()
}

/// What is known of an object, and what its bytes are known by.
pub(super) fn read_meta(row: &Row<'_>, profile: Profile) -> rusqlite::Result<(ObjectMeta, Digest)> {
    let md5: [u8; 16] = row.get(3)?;
    let sha256: Option<[u8; 32]> = row.get(4)?;
    let in_parts: Option<String> = row.get(6)?;
    let other = row.get::<_, Option<Vec<u8>>>(7)?.and_then(Checksum::from_row);
    let checksums = match in_parts {
        Some(_) => Checksums::default(),
        None => Checksums::of_put(md5, sha256.map(Checksum::sha256).or(other)),
    };
    let meta = ObjectMeta {
        key: row.get(0)?,
        version: HEXLOWER.encode(&row.get::<_, [u8; 16]>(1)?),
        size: row.get::<_, i64>(2)?.cast_unsigned(),
        etag: in_parts.unwrap_or_else(|| HEXLOWER.encode(&md5)),
        checksums,
        metadata: read_metadata(row, 8)?.normalised(profile),
        uploaded_ms: row.get::<_, i64>(5)?.cast_unsigned(),
    };
    Ok((meta, sha256.map_or(Digest::Md5(md5), Digest::Sha256)))
}

/// HTTP metadata, custom metadata and storage class, in columns from `first` on. What is no JSON of ours is none.
pub(super) fn read_metadata(row: &Row<'_>, first: usize) -> rusqlite::Result<Metadata> {
    let json = |column| row.get::<_, Option<String>>(column);
    Ok(Metadata {
        http: json(first)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        custom: json(first + 1)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        storage_class: json(first + 2)?,
    })
}

pub(super) fn http_text(metadata: &Metadata) -> Option<String> {
    if metadata.http == HttpMetadata::default() { None } else { serde_json::to_string(&metadata.http).ok() }
}

pub(super) fn custom_text(metadata: &Metadata) -> Option<String> {
    if metadata.custom.is_empty() { None } else { serde_json::to_string(&metadata.custom).ok() }
}

/// What conditions and replacements need of an object that is there.
pub(super) struct ObjectState {
    pub(super) etag: String,
    pub(super) uploaded_ms: u64,
    pub(super) blob: Option<i64>,
}

pub(super) fn read_state(connection: &Connection, key: &str) -> rusqlite::Result<Option<ObjectState>> {
    connection
        .prepare_cached("SELECT coalesce(etag, lower(hex(md5))), uploaded, blob FROM objects WHERE key = ?")?
        .query_row([key], |row| {
            let uploaded_ms = row.get::<_, i64>(1)?.cast_unsigned();
            Ok(ObjectState { etag: row.get(0)?, uploaded_ms, blob: row.get(2)? })
        })
        .optional()
}

/// The files that rows name, and their sizes.
pub(super) fn blob_sizes(connection: &Connection) -> rusqlite::Result<HashMap<i64, u64>> {
    connection
        .prepare(
            "SELECT blob, size FROM objects WHERE blob IS NOT NULL
             UNION ALL SELECT blob, size FROM parts WHERE blob IS NOT NULL",
        )?
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
