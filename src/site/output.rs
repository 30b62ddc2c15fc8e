//! A build on disk.

use super::{build::Build, error::SiteError};
use pmx_worker::model::check_path;
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The list of what pmx wrote into an output folder, one path a line. The scanner stays out of folders that have one.
pub(super) const RECEIPT: &str = ".pmx-outputs";

/// What [`write()`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were new or different.
    pub written: usize,
    /// Files of an earlier build that this one does not have.
    pub deleted: usize,
}

/// Brings the folder to what was built: writes what differs, each file atomically, `roots.json` last; then removes what an earlier
/// build wrote and this one did not. Files that pmx did not write stay. With `clean` everything of an earlier build goes first.
///
/// # Errors
/// Writing failed; the next call goes on where this one stopped.
pub fn write(build: &Build, out: &Path, clean: bool) -> Result<Written, SiteError> {
    let wanted: BTreeSet<&str> = build.outputs.keys().map(String::as_str).collect();
    let before = receipt(out)?;
    let stale: Vec<&str> = before.iter().map(String::as_str).filter(|path| clean || !wanted.contains(path)).collect();
    let mut deleted = 0;
    if clean {
        deleted = remove(out, &stale)?;
    }
    fs::create_dir_all(out).map_err(SiteError::write(out))?;
    // From here on the receipt names all that may be there, so that nothing is forgotten if this is cut short.
    save_receipt(out, wanted.iter().copied().chain(before.iter().map(String::as_str)))?;
    let folders: BTreeSet<PathBuf> =
        wanted.iter().filter_map(|path| out.join(path).parent().map(Path::to_owned)).collect();
    for folder in &folders {
        fs::create_dir_all(folder).map_err(SiteError::write(folder))?;
    }
    let put = |path: &str| -> Result<bool, SiteError> {
        let blob = build.outputs.get(path).and_then(|hash| build.blobs.get(hash));
        blob.map_or(Ok(false), |blob| put(&out.join(path), blob))
    };
    let last = "roots.json";
    let mut written = wanted
        .par_iter()
        .filter(|path| **path != last)
        .map(|path| put(path).map(usize::from))
        .try_reduce(|| 0, |a, b| Ok(a + b))?;
    written += usize::from(put(last)?);
    if !clean {
        deleted = remove(out, &stale)?;
    }
    save_receipt(out, wanted.iter().copied())?;
    Ok(Written { written, deleted })
}

/// Writes a file beside its place and moves it there. `false`: it had these bytes already.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, SiteError> {
    let same_size =
        fs::metadata(path).is_ok_and(|meta| meta.is_file() && usize::try_from(meta.len()) == Ok(bytes.len()));
    if same_size && fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(false);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let moved = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved.map_err(SiteError::write(path)).map(|()| true)
}

fn receipt(out: &Path) -> Result<Vec<String>, SiteError> {
    let path = out.join(RECEIPT);
    match fs::read_to_string(&path) {
        // Nothing outside of the folder is ever removed, whatever the list says.
        Ok(text) => Ok(text.lines().filter(|line| check_path(line)).map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(SiteError::read(path)(error)),
    }
}

fn save_receipt<'a>(out: &Path, paths: impl Iterator<Item = &'a str>) -> Result<(), SiteError> {
    let sorted: BTreeSet<&str> = paths.collect();
    let text: String = sorted.into_iter().flat_map(|path| [path, "\n"]).collect();
    put(&out.join(RECEIPT), text.as_bytes()).map(|_| ())
}

/// Removes files, and the folders that this leaves empty.
fn remove(out: &Path, paths: &[&str]) -> Result<usize, SiteError> {
    let mut removed = 0;
    let mut folders = BTreeSet::new();
    for path in paths {
        let file = out.join(path);
        match fs::remove_file(&file) {
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
