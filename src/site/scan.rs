use super::{assets::is_sheet, blobs::Blobs, error::SiteError, graph::EXTENSION, output::RECEIPT, project::Project};
use pmx_worker::model::{Hash, MAX_BLOB};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// The most files below a source root. A deploy has at most 25,000 per root; more than this is another folder than meant.
pub const MAX_FILES: usize = 100_000;
/// The most bytes below a source root; all of them are read.
pub const MAX_TOTAL: u64 = 1024 * 1024 * 1024;
/// A file that is neither a Source nor a stylesheet is not kept in memory if it has more bytes than this.
const MAX_IN_MEMORY: u64 = 64 * 1024;
/// A file that changed this shortly before it was read may change again without a new time: FAT counts in 2 s.
const TIME_GRAIN: Duration = Duration::from_secs(2);
/// The file that marks a folder as a cache, by the Cache Directory Tagging Specification.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// The files below a source root, as data: what a build reads.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    files: BTreeMap<String, File>,
    folders: BTreeSet<PathBuf>,
}

/// A file of a [`Snapshot`].
#[derive(Clone, Debug)]
pub struct File {
    /// What is in it.
    pub content: Content,
    stamp: Option<Stamp>,
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
        file: pmx_worker::model::File,
    },
    /// More bytes than a blob may have, so many.
    TooLarge(u64),
    /// It cannot be read; why.
    Unreadable(String),
}

/// How a change is noticed without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: SystemTime,
    /// Whether an equal stamp means equal content.
    settled: bool,
}

impl Snapshot {
    /// A snapshot of files that are not on disk.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let file = |bytes: Vec<u8>| File { content: bytes_of(bytes), stamp: None };
        let files = files.into_iter().map(|(path, bytes)| (path, file(bytes))).collect();
        Self { files, folders: BTreeSet::new() }
    }

    /// Every file by its path below the source root, `/`-separated.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, File> {
        &self.files
    }

    /// The folders that were looked into, absolute.
    #[must_use]
    pub const fn folders(&self) -> &BTreeSet<PathBuf> {
        &self.folders
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
/// Left out are hidden folders (unless an entry lies in one), `node_modules`, folders tagged as caches, folders that pmx
/// writes to, and links that lead out of the source root. A file that vanishes meanwhile was never there.
///
/// # Errors
/// The folder cannot be listed, or it is too large to be a site.
pub fn scan(project: &Project, previous: Option<&Snapshot>) -> Result<Snapshot, SiteError> {
    let root = Folder { path: project.source_root.clone(), name: String::new() };
    let (mut folders, mut found) = (vec![root], Vec::new());
    let (now, mut walked) = (SystemTime::now(), BTreeSet::new());
    while !folders.is_empty() {
        let listed: Vec<Listed> =
            folders.par_iter().map(|folder| list(project, folder, now)).collect::<Result<_, _>>()?;
        walked.extend(folders.drain(..).map(|folder| folder.path));
        for listed in listed {
            folders.extend(listed.folders);
            found.extend(listed.files);
        }
        if found.len() > MAX_FILES {
            return Err(SiteError::TooManyFiles { folder: project.source_root.clone(), max: MAX_FILES });
        }
    }
    let total: u64 = found.iter().map(|(_, stamp)| stamp.size).filter(|size| *size <= MAX_BLOB).sum();
    if total > MAX_TOTAL {
        return Err(SiteError::TooManyBytes { folder: project.source_root.clone(), max: MAX_TOTAL });
    }
    let read = |(name, stamp): (String, Stamp)| {
        let known = previous.and_then(|snapshot| snapshot.files.get(&name)).filter(|file| file.is_as(&stamp));
        let read = || content(project.source_root.join(&name), &name, stamp.size);
        let content = known.map_or_else(read, |file| Some(file.content.clone()))?;
        Some((name, File { content, stamp: Some(stamp) }))
    };
    Ok(Snapshot { files: found.into_par_iter().filter_map(read).collect(), folders: walked })
}

/// A folder to look into.
struct Folder {
    path: PathBuf,
    /// Below the source root; empty for the source root itself.
    name: String,
}

/// What is in a folder.
#[derive(Default)]
struct Listed {
    folders: Vec<Folder>,
    files: Vec<(String, Stamp)>,
}

fn list(project: &Project, folder: &Folder, now: SystemTime) -> Result<Listed, SiteError> {
    let mut listed = Listed::default();
    let entries = match fs::read_dir(&folder.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.name.is_empty() => return Ok(listed),
        entries => entries.map_err(SiteError::read(&folder.path))?,
    };
    for entry in entries {
        look_at(project, folder, &entry.map_err(SiteError::read(&folder.path))?, now, &mut listed);
    }
    Ok(listed)
}

/// Adds what an entry of a folder is; nothing, if it is gone, or none of the site's.
fn look_at(
    project: &Project,
    folder: &Folder,
    entry: &fs::DirEntry,
    now: SystemTime,
    listed: &mut Listed,
) -> Option<()> {
    let last = entry.file_name();
    let last = last.to_str()?;
    let name = if folder.name.is_empty() { last.to_owned() } else { format!("{}/{last}", folder.name) };
    let kind = entry.file_type().ok()?;
    if kind.is_dir() {
        let path = entry.path();
        if !is_skipped(project, &path, &name) {
            listed.folders.push(Folder { path, name });
        }
        return Some(());
    }
    let meta = if kind.is_symlink() {
        let target = entry.path().canonicalize().ok()?;
        target.starts_with(&project.source_root).then_some(())?;
        fs::metadata(target).ok()?
    } else {
        entry.metadata().ok()?
    };
    if meta.is_file() {
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let settled = now.duration_since(modified).is_ok_and(|age| age > TIME_GRAIN);
        listed.files.push((name, Stamp { size: meta.len(), modified, settled }));
    }
    Some(())
}

fn is_skipped(project: &Project, path: &Path, name: &str) -> bool {
    let last = super::address::name(name);
    let leads_to_an_entry = || project.roots.iter().any(|root| root.path.starts_with(&format!("{name}/")));
    let hidden = last.starts_with('.') && !leads_to_an_entry();
    hidden
        || last == "node_modules"
        || project.exclude.iter().chain(&project.out_dir).any(|excluded| excluded == path)
        || path.join(RECEIPT).exists()
        || path.join(CACHE_TAG).exists()
}

fn content(path: PathBuf, name: &str, size: u64) -> Option<Content> {
    if size > MAX_BLOB {
        return Some(Content::TooLarge(size));
    }
    let read = if size > MAX_IN_MEMORY && !name.ends_with(EXTENSION) && !is_sheet(name) {
        hash_of(&path).map(|file| {
            if file.size > MAX_BLOB {
                Content::TooLarge(file.size)
            } else {
                Content::OnDisk { path: path.into(), file }
            }
        })
    } else {
        fs::read(&path).map(bytes_of)
    };
    match read {
        Ok(content) => Some(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Content::Unreadable(error.to_string())),
    }
}

fn hash_of(path: &Path) -> io::Result<pmx_worker::model::File> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(pmx_worker::model::File { hash: Hash::from_bytes(hasher.finalize().into()), size }),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += u64::try_from(count).unwrap_or(u64::MAX);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn bytes_of(bytes: Vec<u8>) -> Content {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_BLOB {
        return Content::TooLarge(size);
    }
    let hash = Hash::of(&bytes);
    Content::Bytes(bytes.into(), hash)
}

impl File {
    /// Whether this file, read at an earlier time, needs no second look.
    fn is_as(&self, stamp: &Stamp) -> bool {
        let same = |old: &Stamp| old.settled && old.size == stamp.size && old.modified == stamp.modified;
        self.stamp.as_ref().is_some_and(same) && self.is_readable()
    }

    /// Whether there is content that a site can have.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        matches!(self.content, Content::Bytes(..) | Content::OnDisk { .. })
    }

    /// Lets the store have the content; its hash and size, if there is any.
    pub(super) fn hand_over(&self, blobs: &Blobs) -> Option<pmx_worker::model::File> {
        match &self.content {
            Content::Bytes(bytes, hash) => {
                blobs.share(*hash, bytes);
                Some(pmx_worker::model::File { hash: *hash, size: bytes.len() as u64 })
            }
            Content::OnDisk { path, file } => {
                blobs.name(*file, path);
                Some(*file)
            }
            _ => None,
        }
    }

    /// Its bytes and their hash, if they are in memory: those of every Source and stylesheet that can be read are.
    #[must_use]
    pub fn bytes(&self) -> Option<(&Arc<[u8]>, Hash)> {
        match &self.content {
            Content::Bytes(bytes, hash) => Some((bytes, *hash)),
            _ => None,
        }
    }
}
