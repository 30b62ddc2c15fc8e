//! A copy of a state folder that is of one moment, taken while everything runs.

use crate::{
    durable_object::namespace::CLASS,
    kv::Kv,
    r2::R2,
    sqlite::lock,
    state_dir::{self, StateDir},
};
use rusqlite::{Connection, backup::Backup};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Why a copy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A database cannot be copied.
    #[error("{} cannot be copied: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// Copies the state into an empty folder, which is then a state folder itself.
///
/// Writes to KV and R2 wait meanwhile. An object notes what it has put there only after that is done, and names blobs only
/// that are there; so objects may go on, and are copied after both.
pub(crate) fn take(state: &StateDir, kv: &Kv, r2: &R2, into: &Path) -> Result<(), SnapshotError> {
    let (kv, r2) = (kv.writer(), r2.writer());
    let (kv, r2) = (lock(kv), lock(r2));
    state_dir::lay_out(into)?;
    copy(&kv, &into.join("kv.sqlite"))?;
    copy(&r2, &into.join("r2.sqlite"))?;
    for store in ["kv", "r2"] {
        copy_blobs(&state.path().join("blobs").join(store), &into.join("blobs").join(store))?;
    }
    let objects = into.join("do").join(CLASS);
    fs_err::create_dir_all(&objects)?;
    for (id, path, _) in state.objects(CLASS)? {
        copy_file(&path, &objects.join(format!("{id}.sqlite")))?;
    }
    // After the objects: it may name an alarm too early, and must not miss one.
    copy_file(&state.path().join("do/alarms.sqlite"), &into.join("do/alarms.sqlite"))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), SnapshotError> {
    let connection =
        Connection::open(from).map_err(|source| SnapshotError::Database { path: from.to_owned(), source })?;
    copy(&connection, to)
}

/// All at once, so that no writer can get between two parts.
fn copy(from: &Connection, to: &Path) -> Result<(), SnapshotError> {
    let copied = (|| {
        let mut target = Connection::open(to)?;
        let backup = Backup::new(from, &mut target)?;
        // All pages in one step; a writer that is at it right now has to finish first.
        while backup.step(-1)? != rusqlite::backup::StepResult::Done {
            std::thread::yield_now();
        }
        Ok(())
    })();
    copied.map_err(|source| SnapshotError::Database { path: to.to_owned(), source })
}

/// Files that never change are linked where the file system can do that.
fn copy_blobs(from: &Path, to: &Path) -> io::Result<()> {
    for shard in fs_err::read_dir(from)? {
        let shard = shard?;
        if !shard.file_type()?.is_dir() {
            continue;
        }
        let folder = to.join(shard.file_name());
        fs_err::create_dir_all(&folder)?;
        for file in fs_err::read_dir(shard.path())? {
            let file = file?;
            let target = folder.join(file.file_name());
            let copied =
                fs_err::hard_link(file.path(), &target).or_else(|_| fs_err::copy(file.path(), &target).map(drop));
            match copied {
                // Its row was gone already.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => copied?,
            }
        }
    }
    Ok(())
}

/// A database that is written under this lock only.
pub(crate) type Writer = Mutex<Connection>;
