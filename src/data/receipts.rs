//! The receipts of shares lie in the state folder of a project and are no part of its state: they say what is on servers elsewhere, and stay
//! where the state is reset or replaced.

use pmx_site::file_retry;
use std::{io, path::Path};

/// Where they are, in the state folder.
pub const RECEIPTS_FOLDER: &str = "shares";
/// Keeps Git out of a state folder, and so belongs to receipts, too.
pub const GITIGNORE: &str = ".gitignore";

/// Takes the receipts of shares from a state folder that goes into the one in its place, which is made if it is missing.
///
/// # Errors
/// They cannot be moved, and are where they were.
pub fn keep(from: &Path, to: &Path) -> io::Result<()> {
    let receipts = from.join(RECEIPTS_FOLDER);
    if !receipts.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    fs_err::create_dir_all(to)?;
    file_retry::rename(&receipts, &to.join(RECEIPTS_FOLDER))?;
    let ignored = to.join(GITIGNORE);
    if ignored.symlink_metadata().is_err() && from.join(GITIGNORE).symlink_metadata().is_ok() {
        file_retry::rename(&from.join(GITIGNORE), &ignored)?;
    }
    Ok(())
}

/// Whether a folder holds receipts of shares and nothing else, or nothing at all: no state that an import would replace.
pub fn is_without_state(folder: &Path) -> io::Result<bool> {
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        if name != RECEIPTS_FOLDER && name != GITIGNORE {
            return Ok(false);
        }
    }
    Ok(true)
}
