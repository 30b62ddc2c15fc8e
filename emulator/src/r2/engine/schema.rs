//! The tables of the bucket, and how those of earlier versions become them.

use super::rows::Columns;
use crate::storage::sqlite;
use rusqlite::Connection;

/// Objects by key, uploads in parts, and the storage epoch.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS objects (
        key TEXT NOT NULL PRIMARY KEY,
        version BLOB NOT NULL,
        size INTEGER NOT NULL,
        md5 BLOB NOT NULL,           -- of the bytes
        sha256 BLOB,                 -- of the bytes, if it was given
        uploaded INTEGER NOT NULL,   -- milliseconds since 1970
        value BLOB,                  -- NULL: the body is in the file `blob`
        blob INTEGER,
        etag TEXT,                   -- of an object that was uploaded in parts
        checksum BLOB,               -- another one that was given: SHA-1, SHA-384 or SHA-512, by its length
        http_metadata TEXT,          -- JSON
        custom_metadata TEXT,        -- JSON, pairs of names and values
        storage_class TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS uploads (
        id TEXT NOT NULL PRIMARY KEY,
        key TEXT NOT NULL,
        http_metadata TEXT,
        custom_metadata TEXT,
        storage_class TEXT,
        created INTEGER NOT NULL,    -- milliseconds since 1970
        open INTEGER NOT NULL        -- 0: completed or aborted; it is remembered, since that is what later calls are told
    ) STRICT;
    CREATE INDEX IF NOT EXISTS open_uploads ON uploads (created) WHERE open = 1;
    CREATE TABLE IF NOT EXISTS parts (
        upload TEXT NOT NULL,
        number INTEGER NOT NULL,
        etag TEXT NOT NULL,
        size INTEGER NOT NULL,
        md5 BLOB NOT NULL,
        value BLOB,                  -- NULL: the bytes are in the file `blob`
        blob INTEGER,
        PRIMARY KEY (upload, number)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT";

/// The columns that version 0.1 has not made. It writes rows without them, and what it replaces loses them with the row.
const ADDED: [(&str, &str); 5] = [
    ("etag", "TEXT"),
    ("checksum", "BLOB"),
    ("http_metadata", "TEXT"),
    ("custom_metadata", "TEXT"),
    ("storage_class", "TEXT"),
];

/// Makes the tables, or adds to those that are there what they lack: all of it, or nothing if the process ends before.
pub(super) fn migrate(writer: &Connection) -> rusqlite::Result<()> {
    let transaction = writer.unchecked_transaction()?;
    transaction.execute_batch(SCHEMA)?;
    for (column, kind) in ADDED {
        if !sqlite::has_column(&transaction, "objects", column)? {
            transaction.execute_batch(&format!("ALTER TABLE objects ADD COLUMN {column} {kind}"))?;
        }
    }
    transaction.commit()
}

/// What can be read of a database that must not be changed.
pub(super) fn columns(reader: &Connection) -> rusqlite::Result<Columns> {
    let (added, _) = ADDED[ADDED.len() - 1];
    Ok(if sqlite::has_column(reader, "objects", added)? { Columns::All } else { Columns::Before })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::limits::Limit;

    #[test]
    fn a_migration_that_is_cut_short_has_changed_nothing() {
        let database = Connection::open_in_memory().unwrap();
        database
            .execute_batch(
                "CREATE TABLE objects (key TEXT NOT NULL PRIMARY KEY, version BLOB NOT NULL, size INTEGER NOT NULL,
                     md5 BLOB NOT NULL, sha256 BLOB, uploaded INTEGER NOT NULL, value BLOB, blob INTEGER) STRICT",
            )
            .unwrap();
        let shape = || {
            let mut statement = database.prepare("SELECT sql FROM sqlite_schema ORDER BY sql").unwrap();
            let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap()
        };
        let before = shape();
        // Stops it after the tables, and two of the columns.
        let most = database.set_limit(Limit::SQLITE_LIMIT_COLUMN, 10).unwrap();
        assert!(migrate(&database).unwrap_err().to_string().contains("too many columns"));
        assert_eq!(shape(), before);
        database.set_limit(Limit::SQLITE_LIMIT_COLUMN, most).unwrap();
        for _ in 0..2 {
            migrate(&database).unwrap();
            assert!(matches!(columns(&database), Ok(Columns::All)));
        }
    }
}
