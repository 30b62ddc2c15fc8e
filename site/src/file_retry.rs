//! Replacing files that another program may hold open for a moment ([`pmx_emulator::file_retry`]).

pub(crate) use pmx_emulator::file_retry::while_held;

use std::{fs, io, path::Path};
use tempfile::NamedTempFile;

/// Renames a file or folder; a file that is at the new place is replaced.
///
/// # Errors
/// As [`fs::rename`], the last time.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    while_held(|| fs::rename(from, to))
}

/// What is in a file.
///
/// # Errors
/// As [`fs::read`], the last time.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    while_held(|| fs::read(path))
}

/// Gives a temporary file its name; a file of that name is replaced.
///
/// # Errors
/// As [`NamedTempFile::persist`], the last time; the temporary file is gone then.
pub(crate) fn persist(file: NamedTempFile, to: &Path) -> io::Result<fs::File> {
    let mut file = Some(file);
    while_held(|| {
        let unnamed = file.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        unnamed.persist(to).map_err(|refused| {
            file = Some(refused.file);
            refused.error
        })
    })
}

/// Removes a folder with all that is in it.
///
/// # Errors
/// As [`fs::remove_dir_all`], the last time.
pub(crate) fn remove_dir_all(folder: &Path) -> io::Result<()> {
    while_held(|| fs::remove_dir_all(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_file_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        fs::write(&place, "old").unwrap();
        persist(NamedTempFile::new_in(folder.path()).unwrap(), &place).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"");
        rename(&place, &folder.path().join("b")).unwrap();
        assert!(!place.exists() && folder.path().join("b").exists());
    }
}
