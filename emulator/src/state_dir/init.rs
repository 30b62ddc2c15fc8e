//! What a new folder gets, and what an old one is checked for when it is opened.

use super::{
    LAYOUT_VERSION, StateError,
    folder::{Folder, Kind},
    layout,
};
use std::{io, path::Path};

/// Bytes of the small files that are read whole: a number, who owns the folder.
pub(super) const MAX_SMALL_FILE: u64 = 64 * 1024;

/// Whether the folder says its layout, which is then one that this version knows.
pub(super) fn read_version(root: &Folder, path: &Path) -> Result<bool, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("version"), source };
    let text = match root.read_small("version", MAX_SMALL_FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        text => String::from_utf8(text.map_err(unusable)?).unwrap_or_default(),
    };
    match text.trim().parse::<u32>() {
        Ok(found) if found > LAYOUT_VERSION => Err(StateError::NewerLayout { path: path.to_owned(), found }),
        Ok(_) => Ok(true),
        // A crash while the folder was made: nothing else is in it yet.
        Err(_) if text.is_empty() => Ok(false),
        Err(_) => Err(unusable(io::Error::new(io::ErrorKind::InvalidData, "it holds no number"))),
    }
}

/// Makes what is missing of the layout, and removes what was being written when the last owner ended.
pub(super) fn prepare(root: &Folder) -> io::Result<()> {
    make_folders(root)?;
    ignore_for_git(root)?;
    sweep(root)
}

fn make_folders(root: &Folder) -> io::Result<()> {
    let blobs = root.ensure_folder("blobs")?;
    for folder in ["kv", "r2", "tmp"] {
        blobs.ensure_folder(folder)?;
    }
    root.ensure_folder("do").map(drop)
}

/// `git add -A` in a project leaves the folder out. What is there already stays as it is.
fn ignore_for_git(root: &Folder) -> io::Result<()> {
    match root.kind(".gitignore")? {
        Some(_) => Ok(()),
        None => root.write_atomically(".gitignore", b"*\n"),
    }
}

/// Removes what was being written when the last owner ended.
fn sweep(root: &Folder) -> io::Result<()> {
    let temporary = root.open_folder("blobs")?.open_folder("tmp")?;
    for entry in temporary.entries()? {
        if entry.kind == Kind::File && layout::is_temporary(&entry.name) {
            temporary.remove_file(&entry.name)?;
        }
    }
    Ok(())
}

/// Makes an empty state folder of this version's layout, which nobody owns.
///
/// # Errors
/// If the folder cannot be made.
pub fn create_empty(path: &Path) -> io::Result<()> {
    fs_err::create_dir_all(path)?;
    let root = Folder::open(path)?;
    make_folders(&root)?;
    write_version(&root)
}

pub(super) fn write_version(root: &Folder) -> io::Result<()> {
    root.write_atomically("version", format!("{LAYOUT_VERSION}\n").as_bytes())
}
