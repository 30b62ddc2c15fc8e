//! A copy of a state folder as it is at one moment, taken while everything runs.

use crate::{
    kv::Kv,
    r2::R2,
    state_dir::{
        self, StateDir, StateError,
        folder::{Folder, Kind},
        layout,
    },
    storage::sqlite,
    sync::lock,
};
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    ffi,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long a copy waits for a writer that is at it: far longer than any transaction here takes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why a copy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A folder is not as this program makes it.
    #[error(transparent)]
    State(#[from] StateError),
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
/// that are there; so objects may go on, and are copied after both. `kv` and `r2` are those in the folder itself, `further` are the writers of
/// those in folders of their own.
pub(crate) fn take(
    state: &StateDir,
    kv: &Kv,
    r2: &R2,
    further: &[&Mutex<Connection>],
    into: &Path,
) -> Result<(), SnapshotError> {
    let writers = (lock(kv.writer()), lock(r2.writer()));
    let further_writers: Vec<_> = further.iter().map(|writer| lock(writer)).collect();
    state_dir::create_empty(into)?;
    let (kv_into, r2_into) = (into.join("kv.sqlite"), into.join("r2.sqlite"));
    if state.reads_only() {
        kv.copy(|database| copy(database, &kv_into))?;
        r2.copy(|database| copy(database, &r2_into))?;
    } else {
        // By the connections that nobody reads with.
        copy(&writers.0, &kv_into)?;
        copy(&writers.1, &r2_into)?;
    }
    let copied = Folder::open(into)?;
    for store in layout::STORES {
        copy_blobs(state.root(), store, &copied.open_folder("blobs")?.open_folder(store)?)?;
    }
    copy_further(state, into)?;
    let objects = copied.open_folder("do")?;
    objects.ensure_folder(layout::BUNDLED_FOLDER)?;
    let folders = state.object_folders()?;
    for folder in &folders {
        objects.ensure_folder(folder)?;
        for (id, path, _) in state.objects(folder)? {
            copy_file(state, &path, &into.join("do").join(folder).join(format!("{id}.sqlite")))?;
        }
    }
    // After the objects: they may name an alarm too early, and must not miss one.
    copy_alarms(state, layout::BUNDLED_FOLDER, into)?;
    for folder in folders.iter().filter(|folder| *folder != layout::BUNDLED_FOLDER) {
        copy_alarms(state, folder, into)?;
    }
    match state
        .root()
        .open_folder("do")
        .and_then(|objects| objects.read_small(layout::NAMESPACES, layout::MAX_NAMESPACES_BYTES))
    {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        namespaces => objects.write_atomically(layout::NAMESPACES, &namespaces?)?,
    }
    drop((writers, further_writers));
    Ok(())
}

/// Copies the namespaces and buckets that have folders of their own, whether anybody has opened them or not.
fn copy_further(state: &StateDir, into: &Path) -> Result<(), SnapshotError> {
    for kind in layout::STORES {
        let stores = match state.root().open_folder(kind) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            stores => stores?,
        };
        for entry in stores.entries()?.into_iter().filter(|entry| entry.kind == Kind::Folder) {
            let from = stores.open_folder(&entry.name)?;
            layout::check(&from)?;
            let to = into.join(kind).join(&entry.name);
            state_dir::create_empty(&to)?;
            let database = format!("{kind}.sqlite");
            if from.kind(&database)?.is_some() {
                let path = state.database(kind).join(&entry.name).join(&database);
                copy_file(state, &path, &to.join(&database))?;
            }
            copy_blobs(&from, kind, &Folder::open(&to)?.open_folder("blobs")?.open_folder(kind)?)?;
        }
    }
    Ok(())
}

fn copy_alarms(state: &StateDir, folder: &str, into: &Path) -> Result<(), SnapshotError> {
    let file = layout::alarms_file(folder);
    copy_file(state, &state.database(&file), &into.join(file))
}

fn copy_file(state: &StateDir, from: &Path, to: &Path) -> Result<(), SnapshotError> {
    let open = if state.reads_only() { sqlite::open_to_read(from) } else { sqlite::open(from, state.durability()) };
    copy(&open.map_err(|source| SnapshotError::Database { path: from.to_owned(), source })?, to)
}

/// All at once, so that no writer can get between two parts.
fn copy(from: &Connection, to: &Path) -> Result<(), SnapshotError> {
    let copied = (|| {
        let mut target = Connection::open(to)?;
        let backup = Backup::new(from, &mut target)?;
        // All pages in one step; a writer that is at it right now has to finish first.
        let end = Instant::now() + LONGEST_WAIT;
        loop {
            match backup.step(-1)? {
                StepResult::Done => return Ok(()),
                _ if Instant::now() < end => std::thread::yield_now(),
                _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)),
            }
        }
    })();
    copied.map_err(|source| SnapshotError::Database { path: to.to_owned(), source })
}

/// Files that never change are linked where the file system can do that. What is no blob is left.
fn copy_blobs(from: &Folder, store: &str, to: &Folder) -> io::Result<()> {
    let from = match from.open_folder("blobs").and_then(|blobs| blobs.open_folder(store)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        from => from?,
    };
    for shard in from.entries()? {
        if shard.kind != Kind::Folder || !layout::is_shard(&shard.name) {
            continue;
        }
        let (from, to) = (from.open_folder(&shard.name)?, to.ensure_folder(&shard.name)?);
        for file in from.entries()? {
            if file.kind != Kind::File || layout::blob_id(&shard.name, &file.name).is_none() {
                continue;
            }
            let copied = from.hard_link(&file.name, &to, &file.name).or_else(|_| {
                let mut bytes = from.read(&file.name)?;
                io::copy(&mut bytes, &mut to.create_new(&file.name)?).map(drop)
            });
            match copied {
                // Its row was gone already.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => copied?,
            }
        }
    }
    Ok(())
}
