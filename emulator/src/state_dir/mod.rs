//! The folder that holds everything an emulator keeps: who owns it, and what lies where.

pub(crate) mod folder;
pub(crate) mod layout;

use folder::{Folder, Kind};
use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The layout that this version reads and writes.
const LAYOUT_VERSION: u32 = 1;
/// Bytes of the small files that are read whole: a number, who owns the folder.
const MAX_SMALL_FILE: u64 = 64 * 1024;

/// A state folder, owned until the last clone is dropped, or only [read](Self::open_for_reading).
///
/// ```text
/// version                     number of the layout
/// lock                        locked by the owner; holds its process id
/// .gitignore                  keeps all of it out of a checkout
/// kv.sqlite, r2.sqlite        one row per key, small values in the row
/// blobs/{kv,r2}/…             larger values, each in a file that never changes
/// blobs/tmp/…                 files that are being written; emptied on open
/// do/<class>/<id>.sqlite      one Durable Object each
/// do/alarms.sqlite            when to wake which object
/// ```
///
/// Whatever is written survives the end of the process at any point; with [`Durability::PowerLoss`] also that of the
/// machine. What a crash may leave behind is garbage, which is swept when the stores are opened.
///
/// The folder is held by its handle, and nothing below it leads elsewhere: a folder with a link among its entries is refused, files and
/// folders are opened one name after the other without following links, and databases by a path without links, which SQLite checks
/// again. Only names that pmx gives are ever removed; what others have put there stays.
#[derive(Clone, Debug)]
pub struct StateDir(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// The same without links in it, for SQLite.
    exact: PathBuf,
    root: Folder,
    durability: Durability,
    reads_only: bool,
    // Fields drop in this order: the lock goes before the folder.
    _lock: Option<File>,
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
    /// A link is among its entries: what is done to the folder would be done to what the link leads to.
    #[error("{} is a link, and no link belongs into a state folder", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something has one of its names that is not what pmx puts there.
    #[error("{} is {what}, which no state folder has there", path.display())]
    Strange {
        /// The entry.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A later pmx has written it.
    #[error("{} has layout {found}, this version knows up to {LAYOUT_VERSION}", path.display())]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// A database in it cannot be opened or read.
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

impl StateError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        use rusqlite::ErrorCode;
        const ELSEWHERE: &str = "choose another folder with `--state`";
        match self {
            Self::InUse { .. } => format!("end the other process, or {ELSEWHERE}"),
            Self::Link { path } => format!("remove the link {}, or {ELSEWHERE}", path.display()),
            Self::Strange { path, .. } => format!("take {} away, or {ELSEWHERE}", path.display()),
            Self::Newer { .. } => format!("use that pmx, or {ELSEWHERE}"),
            Self::Database { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => {
                    format!("make room on the disk, or {ELSEWHERE}; `pmx state check` tells whether the state is whole")
                }
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => format!(
                    "let this user read and write there, or {ELSEWHERE}; `pmx state check` tells whether the state is whole"
                ),
                _ => "`pmx state check` tells what is damaged, `pmx state repair` sets it aside and keeps the rest"
                    .to_owned(),
            },
            Self::Unusable { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    format!("make room on the disk, or {ELSEWHERE}; `pmx state check` tells whether the state is whole")
                }
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => format!(
                    "let this user read and write there, or {ELSEWHERE}; `pmx state check` tells whether the state is whole"
                ),
                _ => format!("{ELSEWHERE}; `pmx state check` tells what is wrong with this one"),
            },
        }
    }
}

impl StateDir {
    /// Takes the folder at `path`, which is made if it is missing, with [`Durability::Crash`].
    ///
    /// # Errors
    /// If it has an owner, is of a later layout, has links in it, or cannot be used.
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

    /// A look at a folder that is there: nothing in it is made, swept or changed, whatever is asked of the stores, as long as nobody
    /// writes. Others may look at the same time; nobody can take it meanwhile.
    ///
    /// # Errors
    /// If it has an owner, is missing, of a later layout, has links in it, or cannot be read.
    pub fn open_for_reading(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let path = path.into();
        let unusable = |source| StateError::Unusable { path: path.clone(), source };
        let root = Folder::open(&path).map_err(unusable)?;
        let exact = exact(&path).map_err(unusable)?;
        layout::check(&root)?;
        let lock = lock_for_reading(&root, &path)?;
        if !read_version(&root, &path)? {
            return Err(unusable(io::Error::new(io::ErrorKind::NotFound, "there is no state in it")));
        }
        let durability = Durability::Crash;
        Ok(Self(Arc::new(Inner { path, exact, root, durability, reads_only: true, _lock: lock, _temporary: None })))
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
        let root = Folder::open(&path).map_err(unusable)?;
        let exact = exact(&path).map_err(unusable)?;
        layout::check(&root)?;
        let lock = lock(&root, &path)?;
        if !read_version(&root, &path)? {
            write_version(&root).map_err(unusable)?;
        }
        make_folders(&root).and_then(|()| ignore_for_git(&root)).and_then(|()| sweep(&root)).map_err(unusable)?;
        let lock = Some(lock);
        Ok(Self(Arc::new(Inner {
            path,
            exact,
            root,
            durability,
            reads_only: false,
            _lock: lock,
            _temporary: temporary,
        })))
    }

    /// The folder, as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What finished writes survive.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.0.durability
    }

    /// Whether it was opened [for reading](Self::open_for_reading).
    #[must_use]
    pub fn reads_only(&self) -> bool {
        self.0.reads_only
    }

    pub(crate) fn root(&self) -> &Folder {
        &self.0.root
    }

    /// The path of a database for SQLite, which takes nothing else: without links down to the folder, and there are none in it.
    pub(crate) fn database(&self, file: &str) -> PathBuf {
        self.0.exact.join(file)
    }

    /// The Durable Objects of a class that have a file: id, path, and bytes with those that are not copied back yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn objects(&self, class: &str) -> io::Result<Vec<(String, PathBuf, u64)>> {
        let folder = match self.root().folder("do").and_then(|objects| objects.folder(class)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let mut found = Vec::new();
        for entry in folder.entries()? {
            if entry.kind != Kind::File {
                continue;
            }
            if let Some(id) = entry.name.strip_suffix(".sqlite") {
                let bytes = |name: &str| folder.links_and_bytes(name).map_or(0, |(_, bytes)| bytes);
                let bytes = bytes(&entry.name) + bytes(&format!("{}-wal", entry.name));
                let path = self.0.exact.join("do").join(class).join(&entry.name);
                found.push((id.to_owned(), path, bytes));
            }
        }
        Ok(found)
    }

    /// The database of one Durable Object. Its folder exists when this returns, unless the state is only read; the file need not.
    ///
    /// # Errors
    /// If the class's folder cannot be made.
    pub fn object_path(&self, class: &str, id: &str) -> Result<PathBuf, StateError> {
        let folder = self.0.exact.join("do").join(class);
        if !self.0.reads_only {
            let made = self.root().make("do").and_then(|objects| objects.make(class));
            made.map_err(|source| StateError::Unusable { path: folder.clone(), source })?;
        }
        Ok(folder.join(format!("{id}.sqlite")))
    }
}

/// A path without links. Windows' own form of such a path is one that SQLite does not take, and SQLite follows no links of its own there.
#[allow(clippy::disallowed_methods, reason = "not on Windows")]
pub(crate) fn exact(path: &Path) -> io::Result<PathBuf> {
    if cfg!(windows) { std::path::absolute(path) } else { path.canonicalize() }
}

/// The operating system lets go of the lock when the owner ends, however it ends; so a left-over file means nothing.
fn lock(root: &Folder, path: &Path) -> Result<File, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("lock"), source };
    let mut file = root.read_and_write("lock").map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        // Those who only look share it, and have not said who they are.
        Err(TryLockError::WouldBlock) if file.try_lock_shared().is_ok() => {
            return Err(StateError::InUse { path: path.to_owned(), pid: None });
        }
        Err(TryLockError::WouldBlock) => return Err(in_use(&mut file, path)),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    file.set_len(0).map_err(unusable)?;
    file.rewind().map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// `None` where nobody has ever owned it.
fn lock_for_reading(root: &Folder, path: &Path) -> Result<Option<File>, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("lock"), source };
    let mut file = match root.read("lock") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unusable)?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(in_use(&mut file, path)),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

fn in_use(lock: &mut File, path: &Path) -> StateError {
    let mut pid = String::new();
    // Where locks are mandatory the file cannot be read, and the owner stays unnamed.
    let _ = lock.take(MAX_SMALL_FILE).read_to_string(&mut pid);
    StateError::InUse { path: path.to_owned(), pid: pid.trim().parse().ok() }
}

/// Whether the folder says its layout, which is then one that this version knows.
fn read_version(root: &Folder, path: &Path) -> Result<bool, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("version"), source };
    let text = match root.read_small("version", MAX_SMALL_FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        text => String::from_utf8(text.map_err(unusable)?).unwrap_or_default(),
    };
    match text.trim().parse::<u32>() {
        Ok(found) if found > LAYOUT_VERSION => Err(StateError::Newer { path: path.to_owned(), found }),
        Ok(_) => Ok(true),
        // A crash while the folder was made: nothing else is in it yet.
        Err(_) if text.is_empty() => Ok(false),
        Err(_) => Err(unusable(io::Error::new(io::ErrorKind::InvalidData, "it holds no number"))),
    }
}

fn make_folders(root: &Folder) -> io::Result<()> {
    let blobs = root.make("blobs")?;
    for folder in ["kv", "r2", "tmp"] {
        blobs.make(folder)?;
    }
    root.make("do").map(drop)
}

/// `git add -A` in a project leaves the folder out. What is there already stays as it is.
fn ignore_for_git(root: &Folder) -> io::Result<()> {
    match root.kind(".gitignore")? {
        Some(_) => Ok(()),
        None => root.put(".gitignore", b"*\n"),
    }
}

/// Removes what was being written when the last owner ended.
fn sweep(root: &Folder) -> io::Result<()> {
    let temporary = root.folder("blobs")?.folder("tmp")?;
    for entry in temporary.entries()? {
        if entry.kind == Kind::File && layout::is_temporary(&entry.name) {
            temporary.remove_file(&entry.name)?;
        }
    }
    Ok(())
}

/// Makes an empty state folder of this version's layout, which nobody owns.
///
/// # Errors
/// If the folder cannot be made.
pub fn lay_out(path: &Path) -> io::Result<()> {
    fs_err::create_dir_all(path)?;
    let root = Folder::open(path)?;
    make_folders(&root)?;
    write_version(&root)
}

fn write_version(root: &Folder) -> io::Result<()> {
    root.put("version", format!("{LAYOUT_VERSION}\n").as_bytes())
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
        let temporary = folder.path().join("blobs/tmp");
        let left_over = temporary.join("r2-0000000000000007");
        fs_err::write(&left_over, "half").unwrap();
        fs_err::write(temporary.join("7"), "not ours").unwrap();
        fs_err::create_dir_all(temporary.join("r2-0000000000000008/theirs")).unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        assert!(!left_over.exists());
        assert!(temporary.join("7").exists() && temporary.join("r2-0000000000000008/theirs").exists());
    }

    #[test]
    fn git_leaves_a_state_folder_alone_and_what_the_user_put_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        let ignore = folder.path().join(".gitignore");
        assert_eq!(fs_err::read_to_string(&ignore).unwrap(), "*\n");
        fs_err::write(&ignore, "own\n").unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        assert_eq!(fs_err::read_to_string(&ignore).unwrap(), "own\n");
        fs_err::remove_file(&ignore).unwrap();
        drop(StateDir::open(folder.path()).unwrap());
        assert!(ignore.exists(), "folders of older versions get theirs");
    }

    #[test]
    fn many_may_read_while_nobody_owns_and_nobody_owns_while_one_reads() {
        let folder = tempfile::tempdir().unwrap();
        assert!(StateDir::open_for_reading(folder.path()).is_err());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0, "a look makes nothing");
        let owner = StateDir::open(folder.path()).unwrap();
        let refused = StateDir::open_for_reading(folder.path()).unwrap_err();
        assert!(matches!(refused, StateError::InUse { pid: Some(_), .. }), "{refused}");
        drop(owner);
        let readers = [(); 2].map(|()| StateDir::open_for_reading(folder.path()).unwrap());
        let refused = StateDir::open(folder.path()).unwrap_err();
        assert!(matches!(refused, StateError::InUse { pid: None, .. }), "{refused}");
        drop(readers);
        StateDir::open(folder.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_at_any_name_is_refused_and_named() {
        let outside = tempfile::tempdir().unwrap();
        fs_err::write(outside.path().join("file"), "theirs").unwrap();
        for name in [
            "version",
            "lock",
            ".gitignore",
            "owner.json",
            "kv.sqlite",
            "kv.sqlite-wal",
            "kv.sqlite-shm",
            "r2.sqlite",
            "r2.sqlite-journal",
            "blobs",
            "blobs/kv",
            "blobs/r2",
            "blobs/tmp",
            "blobs/tmp/r2-0000000000000001",
            "blobs/r2/01",
            "blobs/r2/02/0000000000000002",
            "do",
            "do/alarms.sqlite",
            "do/SpaceDO",
            "do/Other/00.sqlite",
            "do/Other/00.sqlite-wal",
            "anything",
            "blobs/anything",
        ] {
            for target in [outside.path().to_owned(), outside.path().join("file"), outside.path().join("none")] {
                let folder = tempfile::tempdir().unwrap();
                drop(StateDir::open(folder.path()).unwrap());
                let link = folder.path().join(name);
                fs_err::create_dir_all(link.parent().unwrap()).unwrap();
                let _ = fs_err::remove_file(&link);
                let _ = fs_err::remove_dir_all(&link);
                std::os::unix::fs::symlink(&target, &link).unwrap();
                for refused in [StateDir::open(folder.path()), StateDir::open_for_reading(folder.path())] {
                    let error = refused.unwrap_err();
                    assert!(matches!(&error, StateError::Link { path } if *path == link), "{name}: {error}");
                    assert!(error.hint().contains(&link.display().to_string()), "{}", error.hint());
                }
                let left: Vec<_> =
                    fs_err::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                assert_eq!(left, ["file"], "{name}");
                assert_eq!(fs_err::read(outside.path().join("file")).unwrap(), b"theirs", "{name}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_written_in_place_has_one_name() {
        let outside = tempfile::tempdir().unwrap();
        let theirs = outside.path().join("file");
        for name in ["lock", "kv.sqlite", "do/alarms.sqlite", "do/SpaceDO/00.sqlite"] {
            let folder = tempfile::tempdir().unwrap();
            drop(StateDir::open(folder.path()).unwrap());
            fs_err::write(&theirs, "theirs").unwrap();
            let link = folder.path().join(name);
            fs_err::create_dir_all(link.parent().unwrap()).unwrap();
            let _ = fs_err::remove_file(&link);
            fs_err::hard_link(&theirs, &link).unwrap();
            let error = StateDir::open(folder.path()).unwrap_err();
            assert!(error.to_string().contains("hard link"), "{name}: {error}");
            assert_eq!(fs_err::read(&theirs).unwrap(), b"theirs", "{name}");
        }
    }
}
