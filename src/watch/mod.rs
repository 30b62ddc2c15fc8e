//! Hints from the operating system about where to look. What changed is found out by looking at the files, never from the hints:
//! many files of a new folder are named in no event, and a network mount sends none.
//!
//! One [`Hub`] for the process, since the system allows a user few of its watchers (128 on Linux); a [`Watcher`] for each site; its
//! [`View`] for whoever looks at the files, which tells where to look and learns which folders there are.

mod debounce;
mod dirty;
mod hub;
mod ignores;
mod probe;
mod registry;
mod subscription;
mod watcher;

pub use debounce::{Burst, DEBOUNCE, Debounce};
pub use dirty::DirtyPaths;
pub use hub::Hub;
pub use watcher::{View, Watcher};

use std::{path::PathBuf, time::Duration};

/// How files are watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct WatchOptions {
    /// Look at the files this often instead of waiting for the system's events, which Docker's, WSL's and network mounts do not send.
    pub poll: Option<Duration>,
}

/// What a [`Watcher`] watches.
#[derive(Clone, Debug)]
pub struct WatchTarget {
    /// The folder whose files are of interest, absolute and without links in its path. It may vanish and come back.
    pub root: PathBuf,
    /// Files outside of it that are of interest, absolute. They need not exist.
    pub files: Vec<PathBuf>,
}
