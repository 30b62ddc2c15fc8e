//! The folder that holds everything an emulator keeps: who owns it, and what lies where.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The layout that this version reads and writes.
const LAYOUT_VERSION: u32 = 1;

/// A state folder, owned until the last clone is dropped.
///
/// ```text
/// version                     number of the layout
/// lock                        locked by the owner; holds its process id
/// kv.sqlite, r2.sqlite        one row per key, small values in the row
/// blobs/{kv,r2}/…             larger values, each in a file that never changes
/// blobs/tmp/…                 files that are being written; emptied on open
/// do/<class>/<id>.sqlite      one Durable Object each
/// do/alarms.sqlite            when to wake which object
/// ```
///
/// Whatever is written survives the end of the process at any point; with [`Durability::PowerLoss`] also that of the
/// machine. What a crash may leave behind is garbage, which is swept when the stores are opened.
#[derive(Clone, Debug)]
pub struct StateDir(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    durability: Durability,
    // Fields drop in this order: the lock goes before the folder.
    _lock: File,
    _temporary: Option<tempfile::TempDir>,
}

/// What a finished write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however sudden.
    #[default]
    Crash,
    /// The end of the machine's power, at the price of waiting for the disk.
    PowerLoss,
}

/// Why a state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process, or another part of this one, owns it.
    #[error("{} is in use{}", path.display(), owner(*pid))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its owner, if it has said who it is.
        pid: Option<u32>,
    },
    /// It cannot be made, read or written.
    #[error("{} cannot hold state: {source}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A later pmx has written it.
    #[error("{} has layout {found}, this version knows up to {LAYOUT_VERSION}", path.display())]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// A database in it cannot be opened.
    #[error("{} cannot be opened: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

impl StateDir {
    /// Takes the folder at `path`, which is made if it is missing, with [`Durability::Crash`].
    ///
    /// # Errors
    /// If it has an owner, is of a later layout, or cannot be used.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        Self::open_with(path, Durability::Crash)
    }

    /// As [`Self::open`], with a choice of what writes survive.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(path: impl Into<PathBuf>, durability: Durability) -> Result<Self, StateError> {
        Self::take(path.into(), durability, None)
    }

    /// A new folder that is removed when the last clone is dropped.
    ///
    /// # Errors
    /// If the system has no place for it.
    pub fn temporary() -> Result<Self, StateError> {
        let folder = tempfile::Builder::new()
            .prefix("pmx-state-")
            .tempdir()
            .map_err(|source| StateError::Unusable { path: std::env::temp_dir(), source })?;
        Self::take(folder.path().to_owned(), Durability::Crash, Some(folder))
    }

    fn take(path: PathBuf, durability: Durability, temporary: Option<tempfile::TempDir>) -> Result<Self, StateError> {
        let unusable = |source| StateError::Unusable { path: path.clone(), source };
        fs_err::create_dir_all(&path).map_err(unusable)?;
        let lock = lock(&path)?;
        check_version(&path)?;
        make_folders(&path).map_err(unusable)?;
        for left_over in fs_err::read_dir(path.join("blobs/tmp")).map_err(unusable)? {
            fs_err::remove_file(left_over.map_err(unusable)?.path()).map_err(unusable)?;
        }
        Ok(Self(Arc::new(Inner { path, durability, _lock: lock, _temporary: temporary })))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What finished writes survive.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.0.durability
    }

    /// The Durable Objects of a class that have a file: id, path, and bytes with those that are not copied back yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn objects(&self, class: &str) -> io::Result<Vec<(String, PathBuf, u64)>> {
        let entries = match fs_err::read_dir(self.path().join("do").join(class)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".sqlite"));
            if let Some(id) = id {
                let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
                let bytes = bytes(&path) + bytes(&path.with_extension("sqlite-wal"));
                found.push((id.to_owned(), path, bytes));
            }
        }
        Ok(found)
    }

    /// The database of one Durable Object. Its folder exists when this returns; the file need not.
    ///
    /// # Errors
    /// If the class's folder cannot be made.
    pub fn object_path(&self, class: &str, id: &str) -> Result<PathBuf, StateError> {
        let folder = self.path().join("do").join(class);
        fs_err::create_dir_all(&folder).map_err(|source| StateError::Unusable { path: folder.clone(), source })?;
        Ok(folder.join(format!("{id}.sqlite")))
    }
}

/// The operating system lets go of the lock when the owner ends, however it ends; so a left-over file means nothing.
fn lock(folder: &Path) -> Result<File, StateError> {
    let path = folder.join("lock");
    let unusable = |source| StateError::Unusable { path: path.clone(), source };
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Where locks are mandatory the file cannot be read, and the owner stays unnamed.
            let _ = file.read_to_string(&mut pid);
            return Err(StateError::InUse { path: folder.to_owned(), pid: pid.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    file.set_len(0).map_err(unusable)?;
    file.rewind().map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

fn check_version(folder: &Path) -> Result<(), StateError> {
    let path = folder.join("version");
    let unusable = |source| StateError::Unusable { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(text) => match text.trim().parse::<u32>() {
            Ok(found) if found > LAYOUT_VERSION => Err(StateError::Newer { path: folder.to_owned(), found }),
            Ok(_) => Ok(()),
            // A crash while the folder was made: nothing else is in it yet.
            Err(_) if text.is_empty() => write_version(&path).map_err(unusable),
            Err(_) => Err(unusable(io::Error::new(io::ErrorKind::InvalidData, "it holds no number"))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => write_version(&path).map_err(unusable),
        Err(error) => Err(unusable(error)),
    }
}

fn make_folders(path: &Path) -> io::Result<()> {
    ["blobs/kv", "blobs/r2", "blobs/tmp", "do"].iter().try_for_each(|folder| fs_err::create_dir_all(path.join(folder)))
}

/// Makes an empty state folder of this version's layout, which nobody owns.
///
/// # Errors
/// If the folder cannot be made.
pub fn lay_out(path: &Path) -> io::Result<()> {
    make_folders(path)?;
    write_version(&path.join("version"))
}

fn write_version(path: &Path) -> io::Result<()> {
    std::fs::write(path, format!("{LAYOUT_VERSION}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_and_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateDir::open(folder.path()).unwrap();
        match StateDir::open(folder.path()) {
            Err(StateError::InUse { path, pid }) => {
                assert_eq!(path, folder.path());
                assert_eq!(pid, Some(std::process::id()));
            }
            other => panic!("{other:?}"),
        }
        let clone = first.clone();
        drop(first);
        assert!(StateDir::open(folder.path()).is_err(), "a clone still owns it");
        drop(clone);
        StateDir::open(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_of_a_later_layout_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("version"), "2\n").unwrap();
        assert!(matches!(StateDir::open(folder.path()), Err(StateError::Newer { found: 2, .. })));
        fs_err::write(folder.path().join("version"), "one").unwrap();
        assert!(matches!(StateDir::open(folder.path()), Err(StateError::Unusable { .. })));
    }

    #[test]
    fn a_file_in_the_folder_s_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs_err::write(&path, "").unwrap();
        let error = StateDir::open(&path).unwrap_err();
        assert!(matches!(error, StateError::Unusable { .. }));
        assert!(error.to_string().contains("state"), "{error}");
    }

    #[test]
    fn a_temporary_folder_goes_with_its_last_clone() {
        let state = StateDir::temporary().unwrap();
        let path = state.path().to_owned();
        assert!(path.join("version").is_file());
        drop(state);
        assert!(!path.exists());
    }

    #[test]
    fn half_written_files_are_swept_on_open() {
        let folder = tempfile::tempdir().unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        let left_over = folder.path().join("blobs/tmp/7");
        fs_err::write(&left_over, "half").unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        assert!(!left_over.exists());
    }
}
