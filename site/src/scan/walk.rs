//! Which files and folders there are, without reading any.

use super::{FileStamp, MAX_DEPTH, MAX_FILES, MAX_FOLDERS, TIME_GRAIN, Unread, changed, passing::is_passing};
use crate::{
    error::SiteError,
    files::paths::canonical,
    project::{
        Project, checkout,
        out_dir::{OutDir, RECEIPT},
    },
    source::EXTENSION,
    text::address,
};
use rayon::prelude::*;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

/// The file that marks a folder as a cache, by the Cache Directory Tagging Specification.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// A folder to look into.
#[derive(Clone, Debug)]
pub(super) struct WalkedFolder {
    /// Below the source root, `/`-separated; empty for the source root itself.
    pub name: String,
    /// Where it is: without links in its path.
    pub path: PathBuf,
    /// The folders whose links led here.
    pub through: Option<Arc<Through>>,
}

/// A link to a folder on the way to another one.
#[derive(Debug)]
pub(super) struct Through {
    /// The folder in which the link is.
    from: PathBuf,
    before: Option<Arc<Self>>,
}

impl WalkedFolder {
    pub(super) fn root(project: &Project) -> Self {
        Self { name: String::new(), path: project.source_root.clone(), through: None }
    }

    /// Whether a link to `target` would lead into itself.
    fn is_within(&self, target: &Path) -> bool {
        let mut through = self.through.as_deref();
        while let Some(Through { from, before }) = through {
            if from.starts_with(target) {
                return true;
            }
            through = before.as_deref();
        }
        self.path.starts_with(target)
    }

    fn child(&self, last: &str) -> String {
        if self.name.is_empty() { last.to_owned() } else { format!("{}/{last}", self.name) }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct WalkResult {
    /// Folders that were looked into.
    pub folders: Vec<WalkedFolder>,
    pub files: Vec<(String, PathBuf, FileStamp)>,
    /// Links by their name, and where they lead.
    pub links: Vec<(String, PathBuf)>,
    /// What is there and is not read.
    pub unread: Vec<(String, Unread)>,
    /// Hidden folders, which were not looked into.
    pub hidden: Vec<WalkedFolder>,
}

/// What a name turned out to be.
enum WalkedEntry {
    WalkedFolder(WalkedFolder),
    File(FileStamp),
}

/// Walks folders and all below them.
pub(super) fn walk(project: &Project, mut folders: Vec<WalkedFolder>) -> Result<WalkResult, SiteError> {
    let (mut found, now) = (WalkResult::default(), SystemTime::now());
    while !folders.is_empty() {
        if let Some(folder) = folders.iter().find(|folder| folder.name.split('/').count() > MAX_DEPTH) {
            return Err(SiteError::TooDeep { folder: folder.path.clone(), max: MAX_DEPTH });
        }
        let listed: Vec<(Vec<WalkedFolder>, WalkResult)> =
            folders.par_iter().map(|folder| list(project, folder, now)).collect::<Result<_, _>>()?;
        found.folders.append(&mut folders);
        for (below, listed) in listed {
            folders.extend(below);
            found.files.extend(listed.files);
            found.links.extend(listed.links);
            found.unread.extend(listed.unread);
            found.hidden.extend(listed.hidden);
        }
        if found.files.len() > MAX_FILES {
            return Err(SiteError::TooManyFiles { folder: project.source_root.clone(), max: MAX_FILES });
        }
        if found.folders.len() + folders.len() > MAX_FOLDERS {
            return Err(SiteError::TooManyFolders { folder: project.source_root.clone(), max: MAX_FOLDERS });
        }
    }
    Ok(found)
}

/// What is at one name of a folder, with all below it.
pub(super) fn look_at(project: &Project, folder: &WalkedFolder, last: &str) -> Result<WalkResult, SiteError> {
    let mut found = WalkResult::default();
    let kind = fs::symlink_metadata(folder.path.join(last)).map(|meta| meta.file_type());
    if let Ok(kind) = kind
        && let Some(below) = take_in(project, folder, last, kind, SystemTime::now(), &mut found)
    {
        let before = found;
        found = walk(project, vec![below])?;
        found.links.extend(before.links);
        found.unread.extend(before.unread);
        found.hidden.extend(before.hidden);
    }
    Ok(found)
}

fn list(
    project: &Project,
    folder: &WalkedFolder,
    now: SystemTime,
) -> Result<(Vec<WalkedFolder>, WalkResult), SiteError> {
    let (mut below, mut found) = (Vec::new(), WalkResult::default());
    let entries = match fs::read_dir(&folder.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.name.is_empty() => return Ok((below, found)),
        entries => entries.map_err(SiteError::read(&folder.path))?,
    };
    for entry in entries {
        let entry = entry.map_err(SiteError::read(&folder.path))?;
        if let (Some(last), Ok(kind)) = (entry.file_name().to_str(), entry.file_type()) {
            below.extend(take_in(project, folder, last, kind, now, &mut found));
        }
    }
    Ok((below, found))
}

/// Adds what a name of a folder is: nothing, if it is gone, or none of the site's. A folder is for the caller to look into.
fn take_in(
    project: &Project,
    folder: &WalkedFolder,
    last: &str,
    kind: fs::FileType,
    now: SystemTime,
    found: &mut WalkResult,
) -> Option<WalkedFolder> {
    if is_passing(last) {
        return None;
    }
    let (name, path) = (folder.child(last), folder.path.join(last));
    let (entry, path) = if kind.is_symlink() {
        let target = canonical(&path).ok()?;
        if !target.starts_with(&project.source_root) {
            found.unread.push((name, Unread::Outside));
            return None;
        }
        if checkout::reserved(&target, &project.source_root).is_some() {
            found.unread.push((name, Unread::Private));
            return None;
        }
        found.links.push((name.clone(), target.clone()));
        (entry(project, folder, &name, &target, None, now)?, target)
    } else {
        (entry(project, folder, &name, &path, Some(kind), now)?, path)
    };
    match entry {
        WalkedEntry::WalkedFolder(below) if is_hidden(project, &name) => found.hidden.push(below),
        WalkedEntry::WalkedFolder(below) => return Some(below),
        WalkedEntry::File(_) if is_private(&path) || is_private(Path::new(last)) => {
            found.unread.push((name, Unread::Private))
        }
        WalkedEntry::File(stamp) => found.files.push((name, path, stamp)),
    }
    None
}

/// `kind`: none for what a link leads to.
fn entry(
    project: &Project,
    folder: &WalkedFolder,
    name: &str,
    path: &Path,
    kind: Option<fs::FileType>,
    now: SystemTime,
) -> Option<WalkedEntry> {
    let below = |through| WalkedFolder { name: name.to_owned(), path: path.to_owned(), through };
    if kind.is_some_and(|kind| kind.is_dir()) {
        return (!is_skipped(project, path, name)).then(|| WalkedEntry::WalkedFolder(below(folder.through.clone())));
    }
    let meta = fs::metadata(path).ok()?;
    if meta.is_dir() {
        if folder.is_within(path) || is_skipped(project, path, name) {
            return None;
        }
        let through = Through { from: folder.path.clone(), before: folder.through.clone() };
        return Some(WalkedEntry::WalkedFolder(below(Some(Arc::new(through)))));
    }
    if project.own_output.iter().any(|output| output.is(&meta)) {
        return None;
    }
    meta.is_file().then(|| {
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let settled = now.duration_since(modified).is_ok_and(|age| age > TIME_GRAIN);
        WalkedEntry::File(FileStamp { size: meta.len(), modified, changed: changed::of(path, &meta), settled })
    })
}

/// Whether the name of a file says something of the folder in which it is.
pub(super) fn is_mark(last: &str) -> bool {
    last == RECEIPT || last == CACHE_TAG
}

/// Whether a folder is looked into only if a link leads there: its name or that of a folder around it begins with a dot, and no entry lies
/// in that one. So a link into a hidden folder brings in what lies beside its target, and not, say, all of an environment or a repository.
fn is_hidden(project: &Project, name: &str) -> bool {
    let leads_to_an_entry = |path: &str| {
        project.roots.iter().any(|root| root.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    };
    let ends = name.match_indices('/').map(|(end, _)| end).chain([name.len()]);
    ends.map(|end| &name[..end]).any(|path| address::name(path).starts_with('.') && !leads_to_an_entry(path))
}

/// Whether a file is never published, whatever links to it: its name begins with a dot, as those of credentials and settings do, and it is
/// no Source.
fn is_private(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with('.') && !name.ends_with(EXTENSION)
}

fn is_skipped(project: &Project, path: &Path, name: &str) -> bool {
    let last = address::name(name);
    last == "node_modules"
        || checkout::is_reserved(last)
        || project.exclude.iter().any(|excluded| excluded == path)
        || project.out_dir.as_ref().map(OutDir::path) == Some(path)
        || path.join(RECEIPT).exists()
        || path.join(CACHE_TAG).exists()
}
