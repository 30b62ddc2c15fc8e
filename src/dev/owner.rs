//! Who owns a state folder, for other programs that come to it: `owner.json` in the folder.
//!
//! The file is written when the server listens and removed when it ends. It means nothing without the folder's lock: a process
//! that was killed leaves it behind.

use super::owner_of;
use crate::error::Error;
#[cfg(test)]
use pmx_emulator::state_dir;
use pmx_emulator::state_dir::{StateDir, StateError};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};

/// The file's name.
const FILE: &str = "owner.json";

/// Who owns a state folder, and how it is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// Where it listens: an address and a port that can be connected to from this machine.
    pub address: String,
    /// The Host of its console, with the port.
    pub console: String,
    /// Whether it speaks TLS.
    #[serde(default)]
    pub https: bool,
    /// What calls to its console carry as `Authorization: Bearer …`.
    pub token: String,
    /// When it began, RFC 3339.
    pub started: String,
}

/// The file, removed at the end.
#[derive(Debug)]
pub(super) struct OwnerFile(StateDir);

impl Owner {
    /// What the folder's file says. Whoever wrote the folder wrote it: [`owner_of`] is who is believed.
    #[cfg(test)]
    fn read(state: &Path) -> Option<Self> {
        serde_json::from_slice(&state_dir::read_file(state, FILE).ok()?).ok()
    }

    /// The command that ends it.
    #[must_use]
    pub fn ending(&self) -> String {
        // A program of a console has no window that could be asked to close: without /F it stays.
        if cfg!(windows) { format!("taskkill /F /PID {}", self.pid) } else { format!("kill {}", self.pid) }
    }

    /// Leaves it in the folder, for this user only.
    pub(super) fn write(&self, state: &StateDir) -> io::Result<OwnerFile> {
        state.put_file(FILE, &serde_json::to_vec_pretty(self)?)?;
        Ok(OwnerFile(state.clone()))
    }
}

impl Drop for OwnerFile {
    fn drop(&mut self) {
        let _ = self.0.remove_file(FILE);
    }
}

/// The error of a server that did not start; with the owner's name if it is that the folder has one.
pub(super) fn explain(error: Error, state: &Path) -> Error {
    let Err(StateError::InUse { path, pid }) = StateDir::open_for_reading(state) else { return error };
    let Some(owner) = owner_of(state, pid) else { return error };
    let scheme = if owner.https { "https" } else { "http" };
    // Windows lets nobody read the number in a file that is locked; the owner's own file says it, too.
    let place = path.display();
    Error::new(format!("{place} is in use by process {}, which serves at {}", owner.pid, owner.address))
        .hint(format!("look at {scheme}://{}", owner.address.replace("127.0.0.1", "localhost")))
        .hint(format!("or end it with `{}`, or choose another folder with `--state`", owner.ending()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_for_this_user_and_goes_with_its_owner() {
        let state = tempfile::tempdir().unwrap();
        let owner = Owner {
            pid: 7,
            address: "127.0.0.1:8787".to_owned(),
            console: "pmx.localhost:8787".to_owned(),
            https: false,
            token: "secret".to_owned(),
            started: "2026-01-01T00:00:00Z".to_owned(),
        };
        let held = StateDir::open(state.path()).unwrap();
        let file = owner.write(&held).unwrap();
        assert_eq!(Owner::read(state.path()).unwrap().token, "secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(state.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        drop(file);
        assert!(Owner::read(state.path()).is_none());
    }
}
