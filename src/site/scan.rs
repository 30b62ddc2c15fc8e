use super::{
    error::SiteError,
    output::RECEIPT,
    project::{Project, slashed},
};
use pmx_worker::model::{Hash, MAX_BLOB};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// The most files below a source root. A deploy has at most 25,000 per root; more than this is another folder than meant.
pub const MAX_FILES: usize = 100_000;
/// The most bytes below a source root; all of them are held in memory.
pub const MAX_TOTAL: u64 = 1024 * 1024 * 1024;
/// A file that changed this shortly before it was read may change again without a new time: FAT counts in 2 s.
const TIME_GRAIN: Duration = Duration::from_secs(2);
/// The file that marks a folder as a cache, by the Cache Directory Tagging Specification.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// The files below a source root, as data: what a build reads.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    files: BTreeMap<String, File>,
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
        Self { files: files.into_iter().map(|(path, bytes)| (path, file(bytes))).collect() }
    }

    /// Every file by its path below the source root, `/`-separated.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, File> {
        &self.files
    }

    /// Paths of the files that were added, changed or removed since `earlier`, sorted.
    #[must_use]
    pub fn changes<'a>(&'a self, earlier: &'a Self) -> Vec<&'a str> {
        let differs = |path: &&'a String| {
            self.files.get(*path).map(|file| &file.content) != earlier.files.get(*path).map(|file| &file.content)
        };
        let gone = earlier.files.keys().filter(|path| !self.files.contains_key(*path));
        let mut changed: Vec<&str> = self.files.keys().filter(differs).chain(gone).map(String::as_str).collect();
        changed.sort_unstable();
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
    let now = SystemTime::now();
    let mut found = Vec::new();
    let mut folders = vec![project.source_root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder != project.source_root => continue,
            listed => listed.map_err(SiteError::read(&folder))?,
        };
        for entry in entries {
            let path = entry.map_err(SiteError::read(&folder))?.path();
            match look_at(project, &path, now) {
                Some(Seen::Folder) => folders.push(path),
                Some(Seen::File(name, stamp)) => found.push((name, path, stamp)),
                None => {}
            }
        }
        if found.len() > MAX_FILES {
            return Err(SiteError::TooManyFiles { folder: project.source_root.clone(), max: MAX_FILES });
        }
    }
    let total: u64 = found.iter().map(|(.., stamp)| stamp.size).filter(|size| *size <= MAX_BLOB).sum();
    if total > MAX_TOTAL {
        return Err(SiteError::TooManyBytes { folder: project.source_root.clone(), max: MAX_TOTAL });
    }
    let read = |(name, path, stamp): (String, PathBuf, Stamp)| {
        let known = previous.and_then(|snapshot| snapshot.files.get(&name)).filter(|file| file.is_as(&stamp));
        let content = known.map_or_else(|| content(&path, stamp.size), |file| Some(file.content.clone()))?;
        Some((name, File { content, stamp: Some(stamp) }))
    };
    Ok(Snapshot { files: found.into_par_iter().filter_map(read).collect() })
}

enum Seen {
    Folder,
    File(String, Stamp),
}

fn look_at(project: &Project, path: &Path, now: SystemTime) -> Option<Seen> {
    let below = path.strip_prefix(&project.source_root).ok()?;
    below.to_str()?;
    let name = slashed(below);
    let link = fs::symlink_metadata(path).ok()?;
    let is_link = link.file_type().is_symlink();
    if is_link && !path.canonicalize().is_ok_and(|target| target.starts_with(&project.source_root)) {
        return None;
    }
    let meta = if is_link { fs::metadata(path).ok()? } else { link };
    if meta.is_dir() {
        return (!is_link && !is_skipped(project, path, &name)).then_some(Seen::Folder);
    }
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let settled = now.duration_since(modified).is_ok_and(|age| age > TIME_GRAIN);
    meta.is_file().then_some(Seen::File(name, Stamp { size: meta.len(), modified, settled }))
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

fn content(path: &Path, size: u64) -> Option<Content> {
    if size > MAX_BLOB {
        return Some(Content::TooLarge(size));
    }
    match fs::read(path) {
        Ok(bytes) => Some(bytes_of(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Content::Unreadable(error.to_string())),
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
        self.stamp.as_ref().is_some_and(same) && matches!(self.content, Content::Bytes(..))
    }

    /// Its bytes and their hash, if it could be read.
    #[must_use]
    pub fn bytes(&self) -> Option<(&Arc<[u8]>, Hash)> {
        match &self.content {
            Content::Bytes(bytes, hash) => Some((bytes, *hash)),
            _ => None,
        }
    }
}
