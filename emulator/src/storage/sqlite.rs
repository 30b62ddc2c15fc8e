//! How every database of the crate is opened.

use crate::state_dir::{Durability, StateDir, StateError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{io, path::Path};

/// Pages of a log at which the writer copies it back and waits for the disk: 16 MiB, four times SQLite's own number, since an edit in
/// `pmx dev` waits with it.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Write-ahead log, so that a crash at any point loses nothing that was committed. With `NORMAL` the log reaches the
/// disk when it is copied back; a loss of power may cost the last commits, never the database. A link anywhere in the path is refused.
pub(crate) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Crash => "NORMAL",
        Durability::PowerLoss => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// Opens a database of a state folder that is only read, so that no file is made or changed; where there is none, an empty one in
/// memory. There can be one such connection to a database at a time.
pub(crate) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let bytes = |path: &Path| std::fs::symlink_metadata(path).map(|metadata| metadata.len());
    if bytes(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Connection::open_in_memory();
    }
    let mut log = path.to_owned().into_os_string();
    log.push("-wal");
    let connection = if bytes(Path::new(&log)).is_ok_and(|bytes| bytes > 0) {
        // The last owner was killed. What is in the log counts, its index is put together in memory, and it stays as it is.
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection
    } else {
        // Whoever would change it needs the lock of the folder first.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        Connection::open_with_flags(immutable(path), flags)?
    };
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The URI by which SQLite opens a file without reading its log and its locks (sqlite.org/uri.html).
fn immutable(path: &Path) -> String {
    let mut path = path.as_os_str().as_encoded_bytes().to_vec();
    let root = if cfg!(windows) {
        path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
        "/"
    } else {
        ""
    };
    format!("file:{root}{}?immutable=1", percent_encode(&path, URI_PATH))
}

/// What is escaped in the path of a URI: more than has to be, and neither the separators nor the drive's colon.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b':').remove(b'.').remove(b'-').remove(b'_');

/// Opens a store's database in the state folder and makes its tables; where the folder is only read, and there is no database, in memory.
pub(crate) fn open_store(state: &StateDir, file: &str, schema: &str) -> Result<Connection, StateError> {
    let path = state.database(file);
    let open = || {
        if state.reads_only() {
            let connection = open_to_read(&path)?;
            if connection.path().is_none_or(str::is_empty) {
                connection.pragma_update(None, "query_only", false)?;
                connection.execute_batch(schema)?;
            }
            return Ok(connection);
        }
        let connection = open(&path, state.durability())?;
        connection.execute_batch(schema)?;
        Ok(connection)
    };
    open().map_err(|source| StateError::Database { path: path.clone(), source })
}

/// Whether a table has a column.
pub(crate) fn has_column(connection: &Connection, table: &str, column: &str) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?")
        .and_then(|mut statement| statement.exists([table, column]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_dir::canonical;
    use std::{collections::BTreeMap, fs, time::SystemTime};

    fn listing(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let modified = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name().into_string().unwrap(), (fs::read(entry.path()).unwrap(), modified))
        });
        entries.collect()
    }

    #[test]
    fn a_look_at_a_database_changes_no_file_whether_its_owner_ended_or_was_killed() {
        for killed in [false, true] {
            let live = tempfile::tempdir().unwrap();
            let path = canonical(live.path()).unwrap().join("a b%?#.sqlite");
            let connection = open(&path, Durability::Crash).unwrap();
            connection.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (7)").unwrap();
            let folder = tempfile::tempdir().unwrap();
            if killed {
                for (name, (bytes, _)) in listing(live.path()) {
                    fs::write(folder.path().join(name), bytes).unwrap();
                }
            } else {
                drop(connection);
                fs::copy(&path, folder.path().join("a b%?#.sqlite")).unwrap();
            }
            let before = listing(folder.path());
            assert_eq!(before.contains_key("a b%?#.sqlite-wal"), killed);
            let copy = canonical(folder.path()).unwrap().join("a b%?#.sqlite");
            for _ in 0..2 {
                let reading = open_to_read(&copy).unwrap();
                let n: i64 = reading.query_row("SELECT n FROM t", [], |row| row.get(0)).unwrap();
                assert_eq!(n, 7, "killed: {killed}");
                assert!(reading.execute("INSERT INTO t VALUES (8)", []).is_err());
            }
            assert_eq!(listing(folder.path()), before, "killed: {killed}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_database_behind_a_link_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::create_dir(&real).unwrap();
        drop(open(&real.join("a.sqlite"), Durability::Crash).unwrap());
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(open(&link.join("a.sqlite"), Durability::Crash).is_err());
        assert!(open(&link.join("new.sqlite"), Durability::Crash).is_err());
        assert!(open_to_read(&link.join("a.sqlite")).is_err());
        assert!(!real.join("new.sqlite").exists());
    }
}
