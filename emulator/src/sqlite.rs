//! How every database of the crate is opened.

use crate::state_dir::{Durability, StateDir, StateError};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Pages of a log at which the writer copies it back and waits for the disk: 16 MiB, four times SQLite's own number, since an edit in
/// `pmx dev` waits with it.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Write-ahead log, so that a crash at any point loses nothing that was committed. With `NORMAL` the log reaches the
/// disk when it is copied back; a loss of power may cost the last commits, never the database.
pub(crate) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Crash => "NORMAL",
        Durability::PowerLoss => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// Opens a store's database in the state folder and makes its tables.
pub(crate) fn open_store(state: &StateDir, file: &str, schema: &str) -> Result<Connection, StateError> {
    let path = state.path().join(file);
    let open = || {
        let connection = open(&path, state.durability())?;
        connection.execute_batch(schema)?;
        Ok(connection)
    };
    open().map_err(|source| StateError::Database { path: path.clone(), source })
}

/// A lock whose holders leave nothing half done that SQLite would not undo: a panic in one must not stop the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
