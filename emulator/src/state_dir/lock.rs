//! Who holds a state folder. The operating system releases a lock when its owner ends, however it ends; so a left-over file means nothing.

use super::{StateError, folder::Folder, init::MAX_SMALL_FILE};
use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

/// The lock of the owner, whose process id the file then holds.
pub(super) fn exclusive(root: &Folder, path: &Path) -> Result<File, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("lock"), source };
    let mut file = root.read_and_write("lock").map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        // Those who only read share it, and have not said who they are.
        Err(TryLockError::WouldBlock) if file.try_lock_shared().is_ok() => {
            return Err(StateError::InUse { path: path.to_owned(), pid: None });
        }
        Err(TryLockError::WouldBlock) => return Err(in_use(&mut file, path)),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    file.set_len(0).map_err(unusable)?;
    file.rewind().map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// The lock of one who only reads; `None` where nobody has ever owned the folder.
pub(super) fn shared(root: &Folder, path: &Path) -> Result<Option<File>, StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of("lock"), source };
    let mut file = match root.read("lock") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unusable)?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(in_use(&mut file, path)),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

fn in_use(lock: &mut File, path: &Path) -> StateError {
    let mut pid = String::new();
    // Where locks are mandatory the file cannot be read, and the owner stays unnamed.
    let _ = lock.take(MAX_SMALL_FILE).read_to_string(&mut pid);
    StateError::InUse { path: path.to_owned(), pid: pid.trim().parse().ok() }
}
