//! Why a state folder cannot be used, and what its user can do about it.

use super::LAYOUT_VERSION;
use std::{io, path::PathBuf};

/// Why a state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process, or another part of this one, owns it.
    #[error("{} is in use{}", path.display(), owner(*pid))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its owner, if it has said who it is.
        pid: Option<u32>,
    },
    /// It cannot be made, read or written.
    #[error("{} cannot hold state: {source}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A link is among its entries: what is done to the folder would be done to what the link leads to.
    #[error("{} is a link, and no link belongs into a state folder", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something has one of its names that is not what pmx puts there.
    #[error("{} is {what}, which no state folder has there", path.display())]
    Unexpected {
        /// The entry.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A later pmx has written it.
    #[error("{} has layout {found}, this version knows up to {LAYOUT_VERSION}", path.display())]
    NewerLayout {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// A database in it cannot be opened or read.
    #[error("{} cannot be opened: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

impl StateError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        use rusqlite::ErrorCode;
        const ELSEWHERE: &str = "choose another folder with `--state`";
        match self {
            Self::InUse { .. } => format!("end the other process, or {ELSEWHERE}"),
            Self::Link { path } => format!("remove the link {}, or {ELSEWHERE}", path.display()),
            Self::Unexpected { path, .. } => format!("take {} away, or {ELSEWHERE}", path.display()),
            Self::NewerLayout { .. } => format!("use that pmx, or {ELSEWHERE}"),
            Self::Database { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => {
                    format!("make room on the disk, or {ELSEWHERE}; `pmx state check` tells whether the state is whole")
                }
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => format!(
                    "let this user read and write there, or {ELSEWHERE}; `pmx state check` tells whether the state is whole"
                ),
                _ => "`pmx state check` tells what is damaged, `pmx state repair` sets it aside and keeps the rest"
                    .to_owned(),
            },
            Self::Unusable { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    format!("make room on the disk, or {ELSEWHERE}; `pmx state check` tells whether the state is whole")
                }
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => format!(
                    "let this user read and write there, or {ELSEWHERE}; `pmx state check` tells whether the state is whole"
                ),
                _ => format!("{ELSEWHERE}; `pmx state check` tells what is wrong with this one"),
            },
        }
    }
}
