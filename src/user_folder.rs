//! What pmx keeps for its user, outside of every project: nothing that comes with a checkout can stand in for it.
//!
//! `$PMX_DATA_DIR`, else `pmx` in the folder where programs keep their data: `$XDG_DATA_HOME` or `~/.local/share` (XDG Base Directory
//! Specification), `~/Library/Application Support` on macOS, `%LOCALAPPDATA%` on Windows. Nobody but the user may read what is in it.

use crate::{
    error::{Error, Result},
    secret,
};
use data_encoding::HEXLOWER;
use fs_err as fs;
use pmx_site::file_retry::persist;
use pmx_site::paths::canonical;
use sha2::{Digest as _, Sha256};
use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// Bytes of a key: as many as the output of the hash that it keys (RFC 2104, 3).
const KEY_BYTES: usize = 32;

/// Bytes of the digest that names a state folder: enough that no two are alike by chance.
const STATE_BYTES: usize = 16;

/// The folder; `None` where the system names none. It need not exist.
pub(crate) fn path() -> Option<PathBuf> {
    if let Some(folder) = variable("PMX_DATA_DIR") {
        return std::path::absolute(folder).ok();
    }
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    Some(data?.join("pmx"))
}

/// A variable of the environment that names a folder.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The file in `folder` that belongs to a state folder: `<kind>/<digest of its path>`. The path is taken without links, so that the
/// state has one file however it is named, and whoever ships the folder cannot choose the file.
pub(crate) fn of_state(folder: &Path, kind: &str, state: &Path) -> PathBuf {
    let state = canonical(state).or_else(|_| std::path::absolute(state)).unwrap_or_else(|_| state.to_owned());
    let digest = Sha256::digest(state.as_os_str().as_encoded_bytes());
    folder.join(kind).join(HEXLOWER.encode(&digest[..STATE_BYTES]))
}

/// The random key that `keys/<name>` in `folder` holds, as 64 hex digits; made at the first call, the same for all processes ever after.
///
/// # Errors
/// The folder cannot be used, or the file holds something else.
pub(crate) fn key(folder: &Path, name: &str) -> Result<[u8; KEY_BYTES]> {
    let path = folder.join("keys").join(name);
    loop {
        match fs::read_to_string(&path) {
            Ok(text) => {
                let key = HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|key| key.try_into().ok());
                return key.ok_or_else(|| {
                    Error::new(format!("{} holds no key of pmx", path.display()))
                        .hint("delete the file; a new key is made")
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                write(&path, &format!("{}\n", secret::random_hex::<KEY_BYTES>()?), true)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The key under which builds keep what they leave for the next one. Without it nothing is kept.
pub(crate) fn build_key() -> Option<[u8; KEY_BYTES]> {
    match key(&path()?, "cache") {
        Ok(key) => Some(key),
        Err(error) => {
            tracing::debug!("{error}; nothing is kept between builds");
            None
        }
    }
}

/// Writes a file whole, readable for its owner only. With `fresh` a file that is there stays, and the answer is whether this one was
/// written.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, text: &str, fresh: bool) -> Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make(folder)?;
    let context = |error| Error::new(format!("{} cannot be written: {error}", path.display()));
    // A temporary file has mode 0600 from its first byte on.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(context)?;
    file.write_all(text.as_bytes()).map_err(context)?;
    if !fresh {
        persist(file, path).map_err(context)?;
        return Ok(true);
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(refused) => Err(context(refused.error)),
    }
}

/// Makes a folder that nobody else may look into.
fn make(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Makes a folder that nobody else may look into or change, and takes none that is there and is anything else: a link, another user's, or
/// open to others.
///
/// # Errors
/// It cannot be made, or is not for this user alone.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    make(folder.parent().unwrap_or(Path::new(".")))?;
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only there it has a mode"))]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Error::new(format!("{} cannot be made: {error}", folder.display())));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    #[cfg(unix)]
    let private = {
        use std::os::unix::fs::MetadataExt as _;
        // Whoever made it owns the new file, and so this user's id is known.
        let own = tempfile::tempfile().and_then(|file| file.metadata())?.uid();
        found.uid() == own && found.mode() & 0o077 == 0
    };
    // What is in a profile of Windows is its user's by inheritance.
    #[cfg(not(unix))]
    let private = true;
    if found.is_dir() && private {
        return Ok(());
    }
    Err(Error::new(format!("{} is not a folder of yours alone", folder.display())).hint("remove it; pmx makes it anew"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = key(folder.path(), "a").unwrap();
        assert_eq!(key(folder.path(), "a").unwrap(), first);
        assert_ne!(key(folder.path(), "b").unwrap(), first);
        let path = folder.path().join("keys/a");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        fs::write(&path, "short").unwrap();
        assert!(key(folder.path(), "a").unwrap_err().to_string().contains("holds no key"));
    }

    #[test]
    fn ten_at_once_get_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys: std::collections::HashSet<_> = std::thread::scope(|scope| {
            let making: Vec<_> = (0..10).map(|_| scope.spawn(|| key(folder.path(), "a").unwrap())).collect();
            making.into_iter().map(|making| making.join().unwrap()).collect()
        });
        assert_eq!(keys.len(), 1);
    }
}
