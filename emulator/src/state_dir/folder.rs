//! A folder held by its handle, and what lies in it by single names. No name is followed to elsewhere: neither what the system would
//! follow (links, junctions) nor what a path would lead to.

use crate::file_retry::while_held;
use cap_fs_ext::{DirExt as _, FollowSymlinks, MetadataExt as _, OpenOptionsFollowExt as _};
use cap_std::{
    ambient_authority,
    fs::{Dir, FileType, OpenOptions},
};
use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// A folder. What its methods take are names, not paths; their errors name the whole path.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: Dir,
    /// For messages.
    path: PathBuf,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A symbolic link or a junction, wherever it leads.
    Link,
    /// A pipe, a socket, a device.
    Special,
}

/// A name in a folder.
#[derive(Debug)]
pub(crate) struct FolderEntry {
    /// None of pmx's own names is lost by this: they are ASCII.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

impl Folder {
    /// The folder that a path leads to, through links or not: whoever names it has chosen it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| at(path, error))?;
        Ok(Self { dir, path: path.to_owned() })
    }

    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder in it that is there.
    pub(crate) fn open_folder(&self, name: &str) -> io::Result<Self> {
        let dir = self.dir.open_dir_nofollow(name).map_err(|error| self.failed(name, error))?;
        Ok(Self { dir, path: self.path_of(name) })
    }

    /// A folder in it, made if it is not there.
    pub(crate) fn ensure_folder(&self, name: &str) -> io::Result<Self> {
        match self.open_folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            folder => return folder,
        }
        match self.dir.create_dir(name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(self.failed(name, error)),
            _ => self.open_folder(name),
        }
    }

    /// A file that is there, for reading.
    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        self.open_with(name, OpenOptions::new().read(true))
    }

    /// All of a file that is there and has at most `max` bytes.
    pub(crate) fn read_small(&self, name: &str, max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(name)?.take(max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > max {
            return Err(self.failed(name, io::Error::new(io::ErrorKind::InvalidData, "it is too large")));
        }
        Ok(bytes)
    }

    /// A file that is not there yet, for writing and for this user only.
    pub(crate) fn create_new(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        self.open_with(name, &mut options)
    }

    /// A file that is made if it is missing, and is otherwise as it was.
    pub(crate) fn read_and_write(&self, name: &str) -> io::Result<File> {
        self.open_with(name, OpenOptions::new().read(true).write(true).create(true).truncate(false))
    }

    /// Puts bytes under a name, all at once: whoever reads finds what was there or all of this.
    pub(crate) fn write_atomically(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = format!("{name}.new");
        match self.remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = self.create_new(&new)?;
        file.write_all(bytes).map_err(|error| self.failed(&new, error))?;
        drop(file);
        self.rename(&new, self, name)
    }

    pub(crate) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        while_held(|| self.dir.rename(name, &to.dir, new)).map_err(|error| self.failed(name, error))
    }

    /// Gives a file one more name, in this folder or another of the same disk.
    pub(crate) fn hard_link(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        self.dir.hard_link(name, &to.dir, new).map_err(|error| self.failed(name, error))
    }

    /// Removes a file, or a link, never what it leads to.
    pub(crate) fn remove_file(&self, name: &str) -> io::Result<()> {
        while_held(|| self.dir.remove_file(name)).map_err(|error| self.failed(name, error))
    }

    /// Removes a folder with nothing in it.
    pub(crate) fn remove_empty_folder(&self, name: &str) -> io::Result<()> {
        while_held(|| self.dir.remove_dir(name)).map_err(|error| self.failed(name, error))
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<FolderEntry>> {
        let failed = |error| at(&self.path, error);
        let entries = self.dir.entries().map_err(failed)?.map(|entry| {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(FolderEntry { name, kind: entry.file_type()?.into() })
        });
        entries.collect::<io::Result<_>>().map_err(failed)
    }

    /// What a name stands for; `None` for nothing.
    pub(crate) fn kind(&self, name: &str) -> io::Result<Option<Kind>> {
        match self.dir.symlink_metadata(name) {
            Ok(metadata) => Ok(Some(metadata.file_type().into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// How many names a file has, and its bytes.
    pub(crate) fn links_and_bytes(&self, name: &str) -> io::Result<(u64, u64)> {
        let metadata = self.dir.symlink_metadata(name).map_err(|error| self.failed(name, error))?;
        Ok((metadata.nlink(), metadata.len()))
    }

    /// Sends the names in it to the disk.
    #[cfg(unix)]
    pub(crate) fn sync(&self) -> io::Result<()> {
        // The handle itself need not be one that can be flushed.
        let folder = self.dir.open(".").map(cap_std::fs::File::into_std);
        folder.and_then(|folder| folder.sync_all()).map_err(|error| at(&self.path, error))
    }

    /// Folders cannot be flushed here; the file system orders a rename itself.
    #[cfg(not(unix))]
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn open_with(&self, name: &str, options: &mut OpenOptions) -> io::Result<File> {
        options.follow(FollowSymlinks::No);
        let file = while_held(|| self.dir.open_with(name, options));
        file.map(cap_std::fs::File::into_std).map_err(|error| self.failed(name, error))
    }

    fn failed(&self, name: &str, error: io::Error) -> io::Error {
        at(&self.path_of(name), error)
    }
}

/// The error with its place.
#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn no_name_leads_out_of_a_folder() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("file"), "theirs").unwrap();
        let link = |name: &str, target: &Path| std::os::unix::fs::symlink(target, inside.path().join(name)).unwrap();
        link("file", &outside.path().join("file"));
        link("folder", outside.path());
        link("file.new", &outside.path().join("file"));
        let folder = Folder::open(inside.path()).unwrap();
        assert!(folder.read("file").is_err());
        assert!(folder.read_and_write("file").is_err());
        assert!(folder.create_new("file").is_err());
        assert!(folder.open_folder("folder").is_err());
        assert!(folder.ensure_folder("folder").is_err());
        assert!(folder.read("../x").is_err() && folder.read("folder/file").is_err());
        assert_eq!(folder.kind("file").unwrap(), Some(Kind::Link));
        folder.write_atomically("file", b"mine").unwrap();
        assert_eq!(fs::read(inside.path().join("file")).unwrap(), b"mine");
        assert_eq!(fs::read(outside.path().join("file")).unwrap(), b"theirs");
    }

    #[test]
    fn an_error_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder::open(folder.path()).unwrap().read("none").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains(&folder.path().join("none").display().to_string()), "{error}");
    }
}
