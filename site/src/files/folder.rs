//! A folder through its handle: what is done in it is done there, whatever lies in it, and whatever happens to the way that led to it.
//!
//! Every name is a single segment of a path, and no link is followed: a link to a folder is not entered, a link to a file is neither
//! read nor written through. Files are opened without waiting, and only regular ones, so that a pipe stops nobody. What is
//! written anew goes to a temporary file that did not exist before, and takes its place by a rename: other names of what was there
//! (hard links) keep what they had.

use super::file_retry::while_held;
use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::{
    ambient_authority,
    fs::{Dir, File, Metadata, OpenOptions},
};
use std::{
    io::{self, Read as _, Write as _},
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How the names of temporary files begin; 16 random hex digits follow.
const TEMPORARY: &str = ".pmx-";
/// How they end: as what no build reads and no watcher tells of.
const ENDING: &str = ".tmp";
/// A temporary file that is older was left behind by a process that was ended: no file of a build takes as long to write.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

/// A folder, held by its handle.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    /// How it was reached, for messages.
    path: PathBuf,
}

/// Why something in a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A link stands where a folder or file is needed.
    #[error("{} is a link, and none is followed there", .0.display())]
    Link(PathBuf),
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Folder {
    /// Opens a folder by its path; links on the way are followed.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { dir: Dir::open_ambient_dir(path, ambient_authority())?, path: path.to_owned() })
    }

    /// As [`Self::open`], after it was made where it was missing.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn make(path: &Path) -> io::Result<Self> {
        Dir::create_ambient_dir_all(path, ambient_authority())?;
        Self::open(path)
    }

    /// How the folder was reached.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a folder in this one; none, if nothing has this name.
    ///
    /// # Errors
    /// It is a link or no folder, or it cannot be opened.
    pub fn enter(&self, name: &str) -> Result<Option<Self>, FolderError> {
        match self.dir.open_dir_nofollow(name) {
            Ok(dir) => Ok(Some(Self { dir, path: self.path.join(name) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.error(name, error)),
        }
    }

    /// As [`Self::enter`], after it was made if nothing had this name.
    ///
    /// # Errors
    /// As for [`Self::enter`], or it cannot be made.
    pub fn enter_or_make(&self, name: &str) -> Result<Self, FolderError> {
        loop {
            if let Some(folder) = self.enter(name)? {
                return Ok(folder);
            }
            match self.dir.create_dir(name) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(self.error(name, error)),
            }
        }
    }

    /// Opens what a path of several segments leads to, none of them `..`; none, if something on the way is missing.
    ///
    /// # Errors
    /// As for [`Self::enter`].
    pub fn descend(&self, path: &Path) -> Result<Option<Self>, FolderError> {
        self.walk(path, Self::enter)
    }

    /// As [`Self::descend`], making what is missing.
    ///
    /// # Errors
    /// As for [`Self::enter_or_make`].
    pub fn descend_or_make(&self, path: &Path) -> Result<Self, FolderError> {
        let made = self.walk(path, |folder, name| folder.enter_or_make(name).map(Some))?;
        made.ok_or_else(|| FolderError::Io { path: self.path.join(path), source: io::ErrorKind::NotFound.into() })
    }

    fn walk(
        &self,
        path: &Path,
        step: impl Fn(&Self, &str) -> Result<Option<Self>, FolderError>,
    ) -> Result<Option<Self>, FolderError> {
        let mut folder = self.again()?;
        for segment in path.components() {
            let name = match segment {
                Component::CurDir => continue,
                Component::Normal(name) => name.to_str(),
                _ => None,
            };
            let unusable =
                || FolderError::Io { path: self.path.join(path), source: io::ErrorKind::InvalidInput.into() };
            match step(&folder, name.ok_or_else(unusable)?)? {
                Some(next) => folder = next,
                None => return Ok(None),
            }
        }
        Ok(Some(folder))
    }

    fn again(&self) -> Result<Self, FolderError> {
        let dir = self.dir.try_clone().map_err(|source| FolderError::Io { path: self.path.clone(), source })?;
        Ok(Self { dir, path: self.path.clone() })
    }

    /// What has this name, a link itself rather than what it leads to; none, if nothing has it.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn look(&self, name: &str) -> io::Result<Option<Metadata>> {
        found(self.dir.symlink_metadata(name))
    }

    /// Names in the folder, in no order, and no more than so many; those that are no Unicode are left out.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self, most: usize) -> io::Result<Vec<String>> {
        let named = |entry: io::Result<cap_std::fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok());
        self.dir.entries()?.filter_map(|entry| named(entry).transpose()).take(most).collect()
    }

    /// Opens a regular file for reading; none, if nothing has this name.
    ///
    /// # Errors
    /// It is a link or no regular file, or it cannot be opened.
    pub fn open_file(&self, name: &str) -> Result<Option<File>, FolderError> {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let opened =
            found(while_held(|| self.dir.open_with(name, &options))).map_err(|error| self.error(name, error))?;
        let Some(file) = opened else { return Ok(None) };
        let meta = file.metadata().map_err(|error| self.error(name, error))?;
        if meta.is_file() { Ok(Some(file)) } else { Err(self.error(name, io::Error::other("it is no regular file"))) }
    }

    /// What is in a regular file of at most so many bytes; none, if nothing has this name.
    ///
    /// # Errors
    /// As for [`Self::open_file`], or it has more bytes.
    pub fn read(&self, name: &str, max: u64) -> Result<Option<Vec<u8>>, FolderError> {
        let Some(file) = self.open_file(name)? else { return Ok(None) };
        let read = || {
            let size = file.metadata()?.len();
            if size > max {
                return Err(too_large(max));
            }
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
            (&file).take(max.saturating_add(1)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 <= max { Ok(bytes) } else { Err(too_large(max)) }
        };
        read().map(Some).map_err(|error| self.error(name, error))
    }

    /// Writes a file where none is; when it was written, by the file system's clock.
    ///
    /// # Errors
    /// Something has this name, or it cannot be written; half of it may be there then.
    pub fn create(&self, name: &str, bytes: &[u8]) -> io::Result<SystemTime> {
        let mut file = self.new_file(name)?;
        file.write_all(bytes)?;
        Ok(file.metadata()?.modified()?.into_std())
    }

    /// Gives a name these bytes, whole or not at all, whatever file or link had it; when they were written. `to` is this folder or one
    /// on the same file system below it: the temporary file is made here.
    ///
    /// # Errors
    /// A folder has the name, or it cannot be written.
    pub fn replace(&self, to: &Self, name: &str, bytes: &[u8]) -> io::Result<SystemTime> {
        let mut temporary = self.temporary()?;
        temporary.file.write_all(bytes)?;
        let modified = temporary.file.metadata()?.modified()?.into_std();
        temporary.persist(to, name)?;
        Ok(modified)
    }

    /// A new file with a name that nobody could know before. It goes when it is dropped, unless it is persisted.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn temporary(&self) -> io::Result<Temporary<'_>> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let name = format!("{TEMPORARY}{:016x}{ENDING}", u64::from_ne_bytes(random));
        Ok(Temporary { folder: self, file: self.new_file(&name)?, name, persisted: false })
    }

    fn new_file(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        self.dir.open_with(name, &options)
    }

    /// Removes a file, or a link itself; whether one had this name.
    ///
    /// # Errors
    /// It is a folder, or it cannot be removed.
    pub fn remove(&self, name: &str) -> io::Result<bool> {
        found(while_held(|| self.dir.remove_file_or_symlink(name))).map(|removed| removed.is_some())
    }

    /// Removes a folder in this one, if it is empty.
    ///
    /// # Errors
    /// It is not.
    pub fn remove_folder(&self, name: &str) -> io::Result<()> {
        self.dir.remove_dir(name)
    }

    /// Removes temporary files that ended processes left here; nothing else, and nothing that may still be written.
    pub fn sweep(&self) {
        let Ok(entries) = self.dir.entries() else { return };
        let now = SystemTime::now();
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !is_temporary(&name) {
                continue;
            }
            let old = |meta: &Metadata| {
                let age = meta.modified().ok().and_then(|modified| now.duration_since(modified.into_std()).ok());
                meta.is_file() && age.is_some_and(|age| age > LEFT_BEHIND)
            };
            if entry.metadata().is_ok_and(|meta| old(&meta)) {
                let _ = self.dir.remove_file(&name);
            }
        }
    }

    /// Says of an error where it was, and that a link was the reason.
    fn error(&self, name: &str, source: io::Error) -> FolderError {
        let path = self.path.join(name);
        let is_link = self.look(name).ok().flatten().is_some_and(|meta| meta.is_symlink());
        if is_link { FolderError::Link(path) } else { FolderError::Io { path, source } }
    }
}

/// A file on its way to its place.
#[derive(Debug)]
pub struct Temporary<'a> {
    folder: &'a Folder,
    name: String,
    file: File,
    persisted: bool,
}

impl Temporary<'_> {
    /// The file, open for writing.
    pub const fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Moves the file to a name, in the place of whatever file or link had it.
    ///
    /// # Errors
    /// A folder has the name, or the system refuses; the file is gone then.
    pub fn persist(mut self, to: &Folder, name: &str) -> io::Result<()> {
        while_held(|| self.folder.dir.rename(&self.name, &to.dir, name))?;
        self.persisted = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.persisted {
            let _ = self.folder.dir.remove_file(&self.name);
        }
    }
}

/// Whether a name is one that [`Folder::temporary`] gives.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(TEMPORARY).and_then(|rest| rest.strip_suffix(ENDING));
    random.is_some_and(|random| random.len() == 16 && random.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn too_large(max: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {max} bytes"))
}

/// Opens a regular file by its path, without waiting for whoever writes into a pipe; the file itself may not be a link.
///
/// # Errors
/// It is no regular file, or it cannot be opened.
pub(crate) fn open_regular(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// What is in a regular file of at most so many bytes.
///
/// # Errors
/// As for [`open_regular`], or it has more bytes.
pub(crate) fn read_regular(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = while_held(|| open_regular(path))?;
    let size = file.metadata()?.len();
    if size > max {
        return Err(too_large(max));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= max { Ok(bytes) } else { Err(too_large(max)) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    fn ground() -> (tempfile::TempDir, Folder) {
        let ground = tempfile::tempdir().unwrap();
        fs::create_dir_all(ground.path().join("in/real")).unwrap();
        fs::create_dir(ground.path().join("out")).unwrap();
        fs::write(ground.path().join("out/secret"), "secret").unwrap();
        let folder = Folder::open(&ground.path().join("in")).unwrap();
        (ground, folder)
    }

    #[test]
    fn no_link_is_followed_wherever_it_leads() {
        let (ground, folder) = ground();
        let inside = ground.path().join("in");
        for (link, target) in [("away", "../out"), ("near", "real"), ("gone", "nowhere")] {
            symlink(target, inside.join(link)).unwrap();
            assert!(matches!(folder.enter(link), Err(FolderError::Link(path)) if path == inside.join(link)), "{link}");
            assert!(matches!(folder.enter_or_make(link), Err(FolderError::Link(_))), "{link}");
        }
        symlink("../out/secret", inside.join("file")).unwrap();
        assert!(matches!(folder.read("file", 99), Err(FolderError::Link(_))));
        assert_eq!(folder.create("file", b"x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(folder.look("file").unwrap().unwrap().is_symlink());
        folder.replace(&folder, "file", b"mine").unwrap();
        assert_eq!(folder.read("file", 4).unwrap().unwrap(), b"mine");
        assert!(folder.read("file", 3).is_err() && folder.read("none", 3).unwrap().is_none());
        assert!(folder.remove("away").unwrap() && !folder.remove("away").unwrap());
        assert!(folder.descend(Path::new("real/../../out")).is_err());
        assert!(folder.descend(Path::new("real/x")).unwrap().is_none());
        folder.descend_or_make(Path::new("real/x/y")).unwrap().create("z", b"").unwrap();
        assert!(inside.join("real/x/y/z").exists());
        assert_eq!(fs::read_to_string(ground.path().join("out/secret")).unwrap(), "secret");
    }

    #[test]
    fn another_name_of_a_replaced_file_keeps_what_it_had() {
        let (ground, folder) = ground();
        fs::hard_link(ground.path().join("out/secret"), ground.path().join("in/same")).unwrap();
        folder.replace(&folder, "same", b"new").unwrap();
        assert_eq!(fs::read_to_string(ground.path().join("out/secret")).unwrap(), "secret");
        assert_eq!(fs::read_dir(ground.path().join("in")).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn a_pipe_is_neither_waited_for_nor_read() {
        let (ground, folder) = ground();
        let pipe = ground.path().join("in/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(folder.read("pipe", 9), Err(FolderError::Io { .. })));
        assert!(open_regular(&pipe).is_err() && read_regular(Path::new("/dev/zero"), 9).is_err());
        folder.replace(&folder, "pipe", b"file").unwrap();
        assert_eq!(fs::read_to_string(pipe).unwrap(), "file");
    }

    #[test]
    fn only_old_temporary_files_of_pmx_are_swept() {
        let (ground, folder) = ground();
        let inside = ground.path().join("in");
        let names = [".pmx-0123456789abcdef.tmp", ".pmx-fedcba9876543210.tmp", ".pmx-notes.tmp", "notes.tmp"];
        for name in names {
            let file = fs::File::create(inside.join(name)).unwrap();
            if name != names[1] {
                file.set_modified(SystemTime::now() - 2 * LEFT_BEHIND).unwrap();
            }
        }
        folder.sweep();
        assert_eq!(names.map(|name| inside.join(name).exists()), [false, true, true, true]);
        assert!(is_temporary(&folder.temporary().unwrap().name));
    }
}
