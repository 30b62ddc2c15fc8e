//! Who owns a state folder, as pmx itself believes it: what the owner left in what pmx keeps for its user.
//!
//! `owner.json` in the state folder says the same to other programs. pmx asks and shows nobody by it: a checkout can bring such a file,
//! with an address of its own choice, and `git` may put one back while the owner runs. What it would be sent is data, and the token.

use super::Owner;
use crate::user_folder;
use fs_err as fs;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// The folder of these files: one for each state folder that is owned.
const KIND: &str = "owners";
/// The most bytes of one; an owner has some hundreds.
const MAX_BYTES: u64 = 4096;

/// The file, removed at the end.
#[derive(Debug)]
pub(super) struct KnownOwner(PathBuf);

impl KnownOwner {
    /// Leaves it, for this user only. Where nothing can be kept, commands say that the folder is in use, and by whom not.
    pub(super) fn write(owner: &Owner, state: &Path) -> Option<Self> {
        let path = user_folder::of_state(&user_folder::path()?, KIND, state);
        let written = user_folder::write(&path, &serde_json::to_string(owner).ok()?, false);
        if let Err(error) = &written {
            tracing::warn!("who owns the state is not kept: {error}");
        }
        written.is_ok().then_some(Self(path))
    }
}

impl Drop for KnownOwner {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The owner of a folder that is locked, by a process with this id if the lock says so. `None` if it is no pmx of this user, or none
/// that can be asked.
#[must_use]
pub fn owner_of(state: &Path, pid: Option<u32>) -> Option<Owner> {
    read(&user_folder::path()?, state, pid)
}

fn read(folder: &Path, state: &Path, pid: Option<u32>) -> Option<Owner> {
    let path = user_folder::of_state(folder, KIND, state);
    let meta = std::fs::symlink_metadata(&path).ok()?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return None;
    }
    let owner: Owner = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    // What a killed process left names another one than the lock, which on Windows nobody else can read. Elsewhere an owner that has no
    // name is one that only reads.
    let is_owner = pid.map_or(cfg!(windows), |pid| pid == owner.pid);
    let is_here = owner.address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    (is_owner && is_here).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_believed_if_it_is_this_users_holds_the_lock_and_is_on_this_machine() {
        let (user, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let owner = |address: &str| Owner {
            pid: 7,
            address: address.to_owned(),
            console: "pmx.localhost:8787".to_owned(),
            https: false,
            token: "secret".to_owned(),
            started: "2026-01-01T00:00:00Z".to_owned(),
        };
        let keep = |owner: &Owner, path: &Path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, serde_json::to_vec(owner).unwrap()).unwrap();
        };
        // What lies in the state folder is nobody's word.
        keep(&owner("127.0.0.1:1"), &state.path().join("owner.json"));
        assert!(read(user.path(), state.path(), Some(7)).is_none());
        let kept = user_folder::of_state(user.path(), KIND, state.path());
        keep(&owner("127.0.0.1:1"), &kept);
        assert_eq!(read(user.path(), state.path(), Some(7)).unwrap().token, "secret");
        assert!(read(user.path(), state.path(), Some(8)).is_none(), "another process holds the lock");
        for elsewhere in ["192.0.2.1:1", "evil.example:80", "[2001:db8::1]:1", "localhost:1", ""] {
            keep(&owner(elsewhere), &kept);
            assert!(read(user.path(), state.path(), Some(7)).is_none(), "{elsewhere}");
        }
    }
}
