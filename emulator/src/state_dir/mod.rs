//! The folder that holds everything an emulator keeps: who owns it, and what lies where.

mod error;
pub(crate) mod folder;
mod init;
pub(crate) mod layout;
mod lock;
#[cfg(test)]
mod tests;

pub use error::StateError;
pub use init::create_empty;

use folder::{Folder, Kind};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The layout that this version reads and writes.
const LAYOUT_VERSION: u32 = 1;

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
/// do/<class>/alarms.sqlite    when to wake which of them; the bundled Worker's are in do/alarms.sqlite
/// do/namespaces.json          which of these folders belongs to which class of which Worker
/// kv/<id>/…, r2/<name>/…      further namespaces and buckets, each laid out like this folder
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
    canonical: PathBuf,
    root: Folder,
    durability: Durability,
    reads_only: bool,
    // Fields drop in this order: the lock goes before the folder.
    _lock: Option<File>,
    _temporary: Option<tempfile::TempDir>,
    /// The folder that this one lies in, if it is a further store's.
    _parent: Option<StateDir>,
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
        Self::acquire(path.into(), durability, None)
    }

    /// Opens a folder that is there for reading: nothing in it is made, swept or changed, whatever is asked of the stores. Others may
    /// read at the same time; nobody can own it meanwhile.
    ///
    /// # Errors
    /// If it has an owner, is missing, of a later layout, has links in it, or cannot be read.
    pub fn open_for_reading(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let path = path.into();
        let unusable = |source| StateError::Unusable { path: path.clone(), source };
        let root = Folder::open(&path).map_err(unusable)?;
        let canonical = canonical(&path).map_err(unusable)?;
        layout::check(&root)?;
        let lock = lock::shared(&root, &path)?;
        if !init::read_version(&root, &path)? {
            return Err(unusable(io::Error::new(io::ErrorKind::NotFound, "there is no state in it")));
        }
        let durability = Durability::Crash;
        Ok(Self(Arc::new(Inner {
            path,
            canonical,
            root,
            durability,
            reads_only: true,
            _lock: lock,
            _temporary: None,
            _parent: None,
        })))
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
        Self::acquire(folder.path().to_owned(), Durability::Crash, Some(folder))
    }

    fn acquire(
        path: PathBuf,
        durability: Durability,
        temporary: Option<tempfile::TempDir>,
    ) -> Result<Self, StateError> {
        let unusable = |source| StateError::Unusable { path: path.clone(), source };
        fs_err::create_dir_all(&path).map_err(unusable)?;
        let root = Folder::open(&path).map_err(unusable)?;
        let canonical = canonical(&path).map_err(unusable)?;
        layout::check(&root)?;
        let lock = lock::exclusive(&root, &path)?;
        if !init::read_version(&root, &path)? {
            init::write_version(&root).map_err(unusable)?;
        }
        init::prepare(&root).map_err(unusable)?;
        let lock = Some(lock);
        Ok(Self(Arc::new(Inner {
            path,
            canonical,
            root,
            durability,
            reads_only: false,
            _lock: lock,
            _temporary: temporary,
            _parent: None,
        })))
    }

    /// The folder of a further store of a kind (`kv`, `r2`), which is laid out like this one and owned with it.
    ///
    /// # Errors
    /// If it has links in it, or cannot be used; of a folder that is only read also if it is missing.
    pub(crate) fn store(&self, kind: &str, name: &str) -> Result<Self, StateError> {
        let name = layout::store_name(name);
        let path = self.0.path.join(kind).join(&name);
        let unusable = |source| StateError::Unusable { path: path.clone(), source };
        let root = if self.0.reads_only {
            self.root().open_folder(kind).and_then(|stores| stores.open_folder(&name))
        } else {
            self.root().ensure_folder(kind).and_then(|stores| stores.ensure_folder(&name))
        };
        let root = root.map_err(unusable)?;
        layout::check(&root)?;
        if !self.0.reads_only {
            init::prepare(&root).map_err(unusable)?;
        }
        Ok(Self(Arc::new(Inner {
            canonical: self.0.canonical.join(kind).join(&name),
            durability: self.0.durability,
            reads_only: self.0.reads_only,
            _lock: None,
            _temporary: None,
            _parent: Some(self.clone()),
            path,
            root,
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
        self.0.canonical.join(file)
    }

    /// The folders in which Durable Objects lie, by name.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(crate) fn object_folders(&self) -> io::Result<Vec<String>> {
        let objects = match self.root().open_folder("do") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let folders = objects.entries()?.into_iter();
        let mut names: Vec<String> = folders
            .filter(|entry| entry.kind == Kind::Folder && layout::is_class(&entry.name))
            .map(|entry| entry.name)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Makes the folder of a class's objects, unless the state is only read.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn ensure_objects(&self, class: &str) -> Result<PathBuf, StateError> {
        let folder = self.0.canonical.join("do").join(class);
        if !self.0.reads_only {
            let made = self.root().ensure_folder("do").and_then(|objects| objects.ensure_folder(class));
            made.map_err(|source| StateError::Unusable { path: folder.clone(), source })?;
        }
        Ok(folder)
    }

    /// The Durable Objects of a class that have a file: id, path, and bytes with those that are not copied back yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn objects(&self, class: &str) -> io::Result<Vec<(String, PathBuf, u64)>> {
        let folder = match self.root().open_folder("do").and_then(|objects| objects.open_folder(class)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let mut found = Vec::new();
        for entry in folder.entries()? {
            if entry.kind != Kind::File {
                continue;
            }
            if let Some(id) = entry.name.strip_suffix(".sqlite").filter(|_| entry.name != layout::ALARMS) {
                let bytes = |name: &str| folder.links_and_bytes(name).map_or(0, |(_, bytes)| bytes);
                let bytes = bytes(&entry.name) + bytes(&format!("{}-wal", entry.name));
                let path = self.0.canonical.join("do").join(class).join(&entry.name);
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
        let folder = self.ensure_objects(class)?;
        Ok(folder.join(format!("{id}.sqlite")))
    }
}

/// A path without links. Windows' own form of such a path is one that SQLite does not take, and SQLite follows no links of its own there.
#[allow(clippy::disallowed_methods, reason = "not on Windows")]
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    if cfg!(windows) { std::path::absolute(path) } else { path.canonicalize() }
}
