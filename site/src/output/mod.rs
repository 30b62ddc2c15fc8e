//! A build on disk.
//!
//! The output folder is opened once, and all that is done to it goes through its handle ([`Folder`]): what a checkout brings along in it
//! makes a build neither write nor delete elsewhere. A link in the place of a file is replaced as a file is, and what it leads to is
//! not touched; a link in the place of a folder ends the build before anything is written.

pub(crate) mod inventory;
pub(crate) mod lookup;
pub(crate) mod read;
pub(crate) mod static_files;

mod contents;
mod folders;
mod receipt;

pub use contents::{Contents, contents};

use crate::{
    build::{Build, build},
    error::SiteError,
    files::{blobs::BlobError, folder::Folder, portable::unportable, seal::Key},
    memory::Cache,
    project::{
        Project,
        out_dir::{OutDir, RECEIPT},
    },
    scan::Snapshot,
};
use folders::{Descent, Missing, OutputPath, each};
use pmx_model::{File, Hash};
use receipt::{FileEntry, Left, Receipt, WrittenFile};
use std::{collections::BTreeSet, io, path::Path, sync::Arc, time::SystemTime};

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
    out: &OutDir,
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
        match write(&made, out, cache.key(), clean) {
            Err(SiteError::NotHeld(lost)) if cache.has_pages() => cache.forget(&lost),
            written => break written?,
        }
        made = build(project, snapshot, cache);
    };
    cache.release_blobs();
    Ok((made, written))
}

/// Brings the folder to what was built: writes what differs, each file whole or not at all, `roots.json` last; then removes what an
/// earlier build wrote and this one did not, if it is still what was written. Files that pmx did not write stay. With `clean`
/// everything of an earlier build goes first.
///
/// Without `key` what is known of the folder is not believed: every file is read.
///
/// # Errors
/// The folder may not be written to, a link is in the way, or Windows can have no file of a name: nothing is written then. Writing failed, and the next call goes on where
/// this one stopped. Or [`SiteError::NotHeld`].
pub fn write(build: &Build, out: &OutDir, key: Option<&Key>, clean: bool) -> Result<Written, SiteError> {
    if cfg!(windows)
        && let Some(path) = build.outputs.keys().find(|path| unportable(path).is_some())
    {
        return Err(SiteError::Unportable(path.clone()));
    }
    let root = Arc::new(out.make()?);
    root.sweep();
    let mut before = Receipt::read(&root, key)?;
    let was_ours = before.is_ours;
    let mut places: Vec<(OutputPath<'_>, File)> =
        build.outputs.iter().map(|(path, file)| (OutputPath::of(path), *file)).collect();
    places.sort_unstable_by_key(|(place, _)| *place);
    let (places, files): (Vec<OutputPath<'_>>, Vec<File>) = places.into_iter().unzip();
    let mut deleted = 0;
    if clean {
        deleted = remove(&root, &before, |_| true)?;
        before.files.clear();
    }
    let look = |folder: Option<&Folder>, index: usize| look(&before, folder, places[index], files[index]);
    let seen = each(&root, &places, Missing::Leave, look).map_err(SiteError::unwritable)?;
    let is_lost = |(seen, file): &(&Seen, &File)| seen.found.is_none() && !build.blobs.contains(&file.hash);
    let lost: Vec<Hash> = seen.iter().zip(&files).filter(is_lost).map(|(_, file)| file.hash).collect();
    if !lost.is_empty() {
        return Err(SiteError::NotHeld(lost));
    }
    if !was_ours {
        // Its lines must not become those of a list that is believed.
        deleted += remove(&root, &before, |path| !build.outputs.contains_key(path))?;
        before.files.clear();
    }
    announce(build, &before, &root, key)?;
    let mut stamps: Vec<Option<WrittenFile>> = seen.iter().map(|seen| seen.found).collect();
    let missing: Vec<usize> = (0..places.len()).filter(|index| stamps[*index].is_none()).collect();
    let (last, missing): (Vec<usize>, Vec<usize>) = missing.into_iter().partition(|index| places[*index].path == LAST);
    for indices in [missing, last] {
        let bring = |folder: Option<&Folder>, index: usize| {
            let index = indices[index];
            let folder = folder.unwrap_or(&root);
            put(build, &root, folder, places[index].name, files[index], seen[index].is_taken)
        };
        let wanted: Vec<OutputPath<'_>> = indices.iter().map(|index| places[*index]).collect();
        let written = each(&root, &wanted, Missing::Make, bring).map_err(SiteError::unwritable)?;
        for (index, stamp) in indices.iter().zip(written) {
            stamps[*index] = Some(stamp?);
        }
    }
    if !clean {
        deleted += remove(&root, &before, |path| !build.outputs.contains_key(path))?;
    }
    // A new receipt vouches for what had to be read this time.
    if !was_ours || seen.iter().any(|seen| !seen.is_known) || before.files.len() != places.len() {
        let lines = stamps.into_iter().map(|stamp| stamp.map_or_else(FileEntry::default, FileEntry::from));
        let text = Receipt::text(&root, key, places.iter().map(|place| place.path).zip(lines));
        save_receipt(&root, &text)?;
    }
    Ok(Written { written: seen.iter().filter(|seen| seen.found.is_none()).count(), deleted })
}

/// From here on the receipt names all that may be there, so that nothing is forgotten if writing is cut short.
fn announce(build: &Build, before: &Receipt, root: &Folder, key: Option<&Key>) -> Result<(), SiteError> {
    if build.outputs.keys().all(|path| before.files.contains_key(path)) {
        return Ok(());
    }
    let mut all = before.files.clone();
    for (path, file) in build.outputs.iter() {
        all.entry(path.clone()).or_insert(FileEntry { file: Some(*file), modified: None });
    }
    save_receipt(root, &Receipt::text(root, key, all.iter().map(|(path, line)| (path.as_str(), *line))))
}

/// What is at a place in the folder.
struct Seen {
    /// The stamp of what is there, if it is what should be.
    found: Option<WrittenFile>,
    /// Whether the receipt was enough to tell.
    is_known: bool,
    /// Whether anything is there.
    is_taken: bool,
}

fn look(before: &Receipt, folder: Option<&Folder>, place: OutputPath<'_>, file: File) -> Seen {
    let meta = folder.and_then(|folder| folder.look(place.name).ok().flatten());
    let mut seen = Seen { found: None, is_known: false, is_taken: meta.is_some() };
    if let (Some(folder), Some(meta)) = (folder, meta.filter(|meta| meta.is_file() && meta.len() == file.size))
        && let Ok(modified) = meta.modified()
    {
        let stamp = WrittenFile { file, modified: modified.into_std() };
        seen.is_known = before.vouches(place.path, stamp);
        seen.found = (seen.is_known || has(folder, place.name, file)).then_some(stamp);
    }
    seen
}

/// Whether this is what is in a file.
fn has(folder: &Folder, name: &str, file: File) -> bool {
    folder.read(name, file.size).ok().flatten().is_some_and(|bytes| Hash::of(&bytes) == file.hash)
}

fn put(
    build: &Build,
    root: &Folder,
    folder: &Folder,
    name: &str,
    file: File,
    is_taken: bool,
) -> Result<WrittenFile, SiteError> {
    let bytes = build.blobs.read(&file.hash).map_err(|error| match error {
        BlobError::Changed(path) => SiteError::Changed(path),
        BlobError::Read { path, source } => SiteError::Read { path, source },
    })?;
    let bytes = bytes.ok_or_else(|| SiteError::NotHeld(vec![file.hash]))?;
    let modified = if is_taken { root.replace(folder, name, &bytes) } else { create(root, folder, name, &bytes) };
    Ok(WrittenFile { file, modified: modified.map_err(SiteError::write(folder.path().join(name)))? })
}

/// Writes a file where none is. Half of one, if this is cut short, is of no consequence: nothing leads to it yet.
fn create(root: &Folder, folder: &Folder, name: &str, bytes: &[u8]) -> io::Result<SystemTime> {
    match folder.create(name, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => root.replace(folder, name, bytes),
        created => created,
    }
}

fn save_receipt(root: &Folder, text: &str) -> Result<(), SiteError> {
    let saved = root.replace(root, RECEIPT, text.as_bytes());
    saved.map(|_| ()).map_err(SiteError::write(root.path().join(RECEIPT)))
}

/// Removes files of the list that are as it says, and the folders that this leaves empty.
fn remove(root: &Arc<Folder>, list: &Receipt, which: impl Fn(&str) -> bool) -> Result<usize, SiteError> {
    let mut removed = 0;
    let mut folders = BTreeSet::new();
    let mut descent = Descent::from(root);
    for place in list.files.keys().filter(|path| which(path)).map(|path| OutputPath::of(path)) {
        // Where a link leads, or no folder is, pmx has written nothing.
        let Ok(Some(folder)) = descent.to(place.folder, Missing::Leave) else { continue };
        let Ok(Some(meta)) = folder.look(place.name) else { continue };
        let modified = meta.modified().ok().map(cap_std::time::SystemTime::into_std);
        let ours = meta.is_file()
            && match list.left(place.path, meta.len(), modified) {
                Left::Ours => true,
                Left::OursIf(file) => has(&folder, place.name, file),
                Left::Foreign => false,
            };
        if !ours {
            continue;
        }
        let gone = folder.remove(place.name).map_err(SiteError::write(folder.path().join(place.name)))?;
        removed += usize::from(gone);
        let above = Path::new(place.folder).ancestors().filter(|path| !path.as_os_str().is_empty());
        folders.extend(above.map(Path::to_owned));
    }
    // Deepest first; one that is not empty stays.
    for folder in folders.iter().rev() {
        let (above, name) =
            (folder.parent().unwrap_or(Path::new("")), folder.file_name().and_then(|name| name.to_str()));
        if let (Ok(Some(above)), Some(name)) = (root.descend(above), name) {
            let _ = above.remove_folder(name);
        }
    }
    Ok(removed)
}
