//! The disk as data: the only step of a build that reads it.

mod changed;
mod named;
mod passing;
mod read;
mod tracked;
mod walk;

pub use passing::is_passing;
pub use tracked::{Before, Tracked};

use crate::{error::SiteError, files::blobs::Blobs, project::Project};
use pmx_model::{Hash, MAX_BLOB};
use rayon::prelude::*;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use walk::{WalkResult, WalkedFolder};

/// The most files below a source root. A deploy has at most 25,000 per root; more than this is another folder than meant.
pub const MAX_FILES: usize = 100_000;
/// The most folders below a source root, each counted as often as links lead to it.
const MAX_FOLDERS: usize = 100_000;
/// How deep folders may lie below a source root: a path of a site has at most 1,024 bytes.
pub const MAX_DEPTH: usize = 128;
/// The most bytes below a source root; all of them are read.
pub const MAX_TOTAL: u64 = 1024 * 1024 * 1024;
/// A file that changed this shortly before it was read may change again without a new time: FAT counts in 2 s.
const TIME_GRAIN: Duration = Duration::from_secs(2);

/// The files below a source root, as data: what a build reads.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    files: BTreeMap<String, File>,
    /// Those that were looked into, by their name below the source root.
    folders: BTreeMap<String, WalkedFolder>,
    /// By their name, and where they lead: within the source root.
    links: BTreeMap<String, PathBuf>,
    /// What is there and is not read, by its name.
    unread: BTreeMap<String, Unread>,
    /// Hidden folders that were not looked into, since no link leads there ([`named`]).
    hidden: BTreeMap<String, WalkedFolder>,
}

/// Why a name that is there is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// It is a link that leads out of the source root.
    Outside,
    /// Its name, or that of what it leads to, begins with a dot and it is no Source; or it leads into a folder of Git or of pmx.
    Private,
}

/// A file of a [`Snapshot`].
#[derive(Clone, Debug)]
pub struct File {
    /// What is in it; of a Source and a stylesheet its text, whatever ends its lines in the file.
    pub content: Content,
    /// The bytes of the file, if they are others than those of its text.
    written: Option<Arc<[u8]>>,
    stamp: Option<FileStamp>,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its bytes and their hash.
    Bytes(Arc<[u8]>, Hash),
    /// More than is kept in memory: a picture, a film. Whoever reads it later checks that it still has this hash.
    OnDisk {
        /// Where it is.
        path: Arc<Path>,
        /// What was in it.
        file: pmx_model::File,
    },
    /// More bytes than a blob may have, so many.
    TooLarge(u64),
    /// It cannot be read; why.
    Unreadable(String),
}

/// How a change is noticed without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    size: u64,
    modified: SystemTime,
    /// What tells a file from the one that it replaced ([`changed::of`]), though both have one size and time: what was unpacked, copied
    /// with its time, or built reproducibly.
    changed: (i64, i64),
    /// Whether an equal stamp means equal content.
    settled: bool,
}

impl Snapshot {
    /// A snapshot of files that are not on disk.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let file = |(path, bytes): (String, Vec<u8>)| {
            let file = read::of_bytes(&path, bytes);
            (path, file)
        };
        Self { files: files.into_iter().map(file).collect(), ..Self::default() }
    }

    /// Every file by its path below the source root, `/`-separated.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, File> {
        &self.files
    }

    /// What is there and is not read, by its path below the source root.
    #[must_use]
    pub const fn unread(&self) -> &BTreeMap<String, Unread> {
        &self.unread
    }

    /// The folders in which a change would be one of the snapshot, absolute and without links: those that were looked into, and those of
    /// what links lead to.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let beyond = self.links.values().filter_map(|target| target.parent());
        self.folders.values().map(|folder| folder.path.as_path()).chain(beyond).map(Path::to_owned).collect()
    }

    /// Reads what was found, but for what `previous` knows.
    fn of_found(found: WalkResult, previous: Option<&Self>) -> Self {
        let read = |(name, path, stamp): (String, PathBuf, FileStamp)| {
            let known = previous.and_then(|snapshot| snapshot.files.get(&name)).filter(|file| file.is_as(&stamp));
            let read = || read::file(path, &name, stamp);
            let file = known.map_or_else(read, |file| Some(File { stamp: Some(stamp), ..file.clone() }))?;
            Some((name, file))
        };
        Self {
            files: found.files.into_par_iter().filter_map(read).collect(),
            folders: found.folders.into_iter().map(|folder| (folder.name.clone(), folder)).collect(),
            links: found.links.into_iter().collect(),
            unread: found.unread.into_iter().collect(),
            hidden: found.hidden.into_iter().map(|folder| (folder.name.clone(), folder)).collect(),
        }
    }

    /// Takes in what was found besides.
    fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
        self.links.extend(other.links);
        self.unread.extend(other.unread);
        self.hidden.extend(other.hidden);
    }

    /// Paths of the files that were added, changed or removed since `earlier`, sorted.
    #[must_use]
    pub fn changes<'a>(&'a self, earlier: &'a Self) -> Vec<&'a str> {
        let (mut new, mut old) = (self.files.iter().peekable(), earlier.files.iter().peekable());
        let mut changed = Vec::new();
        // Both are sorted: one walk along the two.
        while let Some(order) = match (new.peek(), old.peek()) {
            (Some((new, _)), Some((old, _))) => Some(new.cmp(old)),
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) => Some(Ordering::Greater),
            (None, None) => None,
        } {
            let new = if order.is_le() { new.next() } else { None };
            let old = if order.is_ge() { old.next() } else { None };
            if new.map(|(_, file)| &file.content) != old.map(|(_, file)| &file.content) {
                changed.extend(new.or(old).map(|(path, _)| path.as_str()));
            }
        }
        changed
    }
}

/// Reads the site's files; one whose size and time are as in `previous` is not read again.
///
/// Left out are hidden folders (unless an entry lies in one, or a link of a Source or an address in a stylesheet leads there; then that
/// folder is read, not all below it), `node_modules`, folders tagged as caches, folders that pmx
/// writes to, what editors leave for a while ([`is_passing`]), links that lead into themselves, and what is `Unread`. A
/// file that vanishes meanwhile was never there.
///
/// # Errors
/// The folder cannot be listed, or it is too large to be a site.
pub fn scan(project: &Project, previous: Option<&Snapshot>) -> Result<Snapshot, SiteError> {
    let mut snapshot = Snapshot::default();
    let mut folders = vec![WalkedFolder::root(project)];
    let mut total = 0;
    while !folders.is_empty() {
        let found = walk::walk(project, folders)?;
        total += found.files.iter().map(|(_, _, stamp)| stamp.size).filter(|size| *size <= MAX_BLOB).sum::<u64>();
        if total > MAX_TOTAL {
            return Err(SiteError::TooManyBytes { folder: project.source_root.clone(), max: MAX_TOTAL });
        }
        if snapshot.files.len() + found.files.len() > MAX_FILES {
            return Err(SiteError::TooManyFiles { folder: project.source_root.clone(), max: MAX_FILES });
        }
        snapshot.add(Snapshot::of_found(found, previous));
        let named = named::named(project, snapshot.hidden.values(), &snapshot.files);
        let named: Vec<String> = named.into_iter().map(str::to_owned).collect();
        folders = named.iter().filter_map(|name| snapshot.hidden.remove(name)).collect();
    }
    Ok(snapshot)
}

impl File {
    /// Whether this file, read at an earlier time, needs no second look.
    fn is_as(&self, stamp: &FileStamp) -> bool {
        let same = |old: &FileStamp| {
            old.settled && (old.size, old.modified, old.changed) == (stamp.size, stamp.modified, stamp.changed)
        };
        self.stamp.as_ref().is_some_and(same) && self.is_readable()
    }

    /// Whether there is content that a site can have.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        matches!(self.content, Content::Bytes(..) | Content::OnDisk { .. })
    }

    /// Lets the store have the content; its hash and size, if there is any.
    pub(super) fn hand_over(&self, blobs: &Blobs) -> Option<pmx_model::File> {
        match &self.content {
            Content::Bytes(bytes, hash) => {
                blobs.share(*hash, bytes);
                Some(pmx_model::File { hash: *hash, size: bytes.len() as u64 })
            }
            Content::OnDisk { path, file } => {
                blobs.name(*file, path);
                Some(*file)
            }
            _ => None,
        }
    }

    /// The bytes as they stand in the file, if they are in memory.
    #[must_use]
    pub fn written(&self) -> Option<&[u8]> {
        let content = || self.bytes().map(|(bytes, _)| &**bytes);
        self.written.as_deref().or_else(content)
    }

    /// Its bytes and their hash, if they are in memory: those of every Source and stylesheet that can be read are, as text.
    #[must_use]
    pub fn bytes(&self) -> Option<(&Arc<[u8]>, Hash)> {
        match &self.content {
            Content::Bytes(bytes, hash) => Some((bytes, *hash)),
            _ => None,
        }
    }
}
