//! A build on disk.

mod receipt;

pub(super) use receipt::RECEIPT;

use super::{
    blobs::BlobError,
    build::{Build, build},
    cache::Cache,
    error::SiteError,
    portable::unportable,
    project::Project,
    scan::Snapshot,
};
use crate::file_retry::{rename, while_held};
use pmx_worker::model::{File, Hash};
use rayon::prelude::*;
use receipt::{Receipt, Stamp};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::Path,
};

/// The document that makes a folder a build; written after everything that it leads to.
const LAST: &str = "roots.json";

/// What [`write()`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were new or different.
    pub written: usize,
    /// Files of an earlier build that this one does not have.
    pub deleted: usize,
}

/// Builds and writes. Pages that the cache knows and the folder has are neither made nor read; if the folder has lost one,
/// it is made anew. A build that nobody could serve (no [`Build::roots`]) is not written.
///
/// # Errors
/// As [`write()`].
pub fn build_into(
    project: &Project,
    snapshot: &Snapshot,
    cache: &mut Cache,
    out: &Path,
    clean: bool,
) -> Result<(Build, Written), SiteError> {
    if clean {
        cache.clear();
    }
    let mut made = build(project, snapshot, cache);
    if made.roots.is_none() {
        return Ok((made, Written::default()));
    }
    // Each turn forgets pages: after the last there is nothing that could be lost.
    let written = loop {
        match write(&made, out, clean) {
            Err(SiteError::NotHeld(lost)) if cache.has_pages() => cache.forget(&lost),
            written => break written?,
        }
        made = build(project, snapshot, cache);
    };
    cache.taken();
    Ok((made, written))
}

/// Brings the folder to what was built: writes what differs, each file whole or not at all, `roots.json` last; then removes what an
/// earlier build wrote and this one did not. Files that pmx did not write stay. With `clean` everything of an earlier build
/// goes first.
///
/// # Errors
/// Writing failed, and the next call goes on where this one stopped; or [`SiteError::NotHeld`].
pub fn write(build: &Build, out: &Path, clean: bool) -> Result<Written, SiteError> {
    if cfg!(windows)
        && let Some(path) = build.outputs.keys().find(|path| unportable(path).is_some())
    {
        return Err(SiteError::Unportable(path.clone()));
    }
    let mut before = Receipt::read(out)?;
    let mut deleted = 0;
    if clean {
        deleted = remove(out, before.files.keys().map(String::as_str))?;
        before.files.clear();
    }
    fs::create_dir_all(out).map_err(SiteError::write(out))?;
    announce(build, &before, out)?;
    let folders: BTreeSet<&str> =
        build.outputs.keys().filter_map(|path| path.rsplit_once('/')).map(|(folder, _)| folder).collect();
    for folder in folders {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(SiteError::write(&folder))?;
    }
    let outputs: Vec<(&str, File)> = build.outputs.iter().map(|(path, file)| (path.as_str(), *file)).collect();
    let files: Vec<Seen<'_>> = outputs.par_iter().map(|(path, file)| look(&before, out, path, *file)).collect();
    let is_lost = |file: &&Seen<'_>| file.found.is_none() && !build.blobs.contains(&file.file.hash);
    let lost: Vec<Hash> = files.iter().filter(is_lost).map(|file| file.file.hash).collect();
    if !lost.is_empty() {
        return Err(SiteError::NotHeld(lost));
    }
    let bring = |file: &Seen<'_>| file.found.map_or_else(|| put(build, out, file), Ok);
    let stamps = files.par_iter().map(|file| if file.path == LAST { Ok(None) } else { bring(file).map(Some) });
    let mut stamps: Vec<Option<Stamp>> = stamps.collect::<Result<_, _>>()?;
    for (file, stamp) in files.iter().zip(&mut stamps).filter(|(file, _)| file.path == LAST) {
        *stamp = Some(bring(file)?);
    }
    if !clean {
        let stale = before.files.keys().map(String::as_str).filter(|path| !build.outputs.contains_key(*path));
        deleted = remove(out, stale)?;
    }
    // A new receipt vouches for what had to be read this time.
    if files.iter().any(|file| !file.is_known) || before.files.len() != files.len() {
        save_receipt(out, &Receipt::text(files.iter().zip(stamps).map(|(file, stamp)| (file.path, stamp))))?;
    }
    Ok(Written { written: files.iter().filter(|file| file.found.is_none()).count(), deleted })
}

/// From here on the receipt names all that may be there, so that nothing is forgotten if writing is cut short.
fn announce(build: &Build, before: &Receipt, out: &Path) -> Result<(), SiteError> {
    if build.outputs.keys().all(|path| before.files.contains_key(path)) {
        return Ok(());
    }
    let mut all = before.files.clone();
    for path in build.outputs.keys() {
        all.entry(path.clone()).or_default();
    }
    save_receipt(out, &Receipt::text(all.iter().map(|(path, stamp)| (path.as_str(), *stamp))))
}

/// A place in the folder, and what is there.
struct Seen<'a> {
    path: &'a str,
    /// What should be there.
    file: File,
    /// The stamp of what is there, if it is that.
    found: Option<Stamp>,
    /// Whether the receipt was enough to tell.
    is_known: bool,
    /// Whether anything is there.
    is_taken: bool,
}

fn look<'a>(before: &Receipt, out: &Path, path: &'a str, file: File) -> Seen<'a> {
    let place = out.join(path);
    let meta = fs::metadata(&place).ok();
    let mut seen = Seen { path, file, found: None, is_known: false, is_taken: meta.is_some() };
    if let Some(meta) = meta.filter(|meta| meta.is_file() && meta.len() == file.size)
        && let Ok(modified) = meta.modified()
    {
        let stamp = Stamp { file, modified };
        seen.is_known = before.vouches(path, stamp);
        let is_right = || fs::read(&place).is_ok_and(|bytes| Hash::of(&bytes) == file.hash);
        seen.found = (seen.is_known || is_right()).then_some(stamp);
    }
    seen
}

fn put(build: &Build, out: &Path, seen: &Seen<'_>) -> Result<Stamp, SiteError> {
    let place = out.join(seen.path);
    let bytes = build.blobs.read(&seen.file.hash).map_err(|error| match error {
        BlobError::Changed(path) => SiteError::Changed(path),
        BlobError::Read { path, source } => SiteError::Read { path, source },
    })?;
    let bytes = bytes.ok_or_else(|| SiteError::NotHeld(vec![seen.file.hash]))?;
    let modified = if seen.is_taken { replace(&place, &bytes) } else { create(&place, &bytes) };
    Ok(Stamp { file: seen.file, modified: modified.map_err(SiteError::write(&place))? })
}

/// Writes a file where none is. Half of one, if this is cut short, is of no consequence: nothing leads to it yet.
fn create(path: &Path, bytes: &[u8]) -> io::Result<std::time::SystemTime> {
    match fs::File::create_new(path) {
        Ok(mut file) => {
            file.write_all(bytes)?;
            file.metadata()?.modified()
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => replace(path, bytes),
        Err(error) => Err(error),
    }
}

/// Writes a file beside its place and moves it there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<std::time::SystemTime> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let write = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        let modified = file.metadata()?.modified()?;
        drop(file);
        rename(&beside, path)?;
        Ok(modified)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn save_receipt(out: &Path, text: &str) -> Result<(), SiteError> {
    let path = out.join(RECEIPT);
    replace(&path, text.as_bytes()).map(|_| ()).map_err(SiteError::write(path))
}

/// Removes files, and the folders that this leaves empty.
fn remove<'a>(out: &Path, paths: impl Iterator<Item = &'a str>) -> Result<usize, SiteError> {
    let mut removed = 0;
    let mut folders = BTreeSet::new();
    for path in paths {
        let file = out.join(path);
        match while_held(|| fs::remove_file(&file)) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(SiteError::write(file)(error)),
        }
        folders.extend(Path::new(path).ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()).map(Path::to_owned));
    }
    // Deepest first; one that is not empty stays.
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(out.join(folder));
    }
    Ok(removed)
}
