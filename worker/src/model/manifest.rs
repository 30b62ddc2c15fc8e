use super::{Hash, MAX_FILES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The manifest of one root: every file by its path, and the hash of every Source's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// By path: relative, `/`-separated.
    #[serde(deserialize_with = "super::sorted::map")]
    pub files: BTreeMap<String, File>,
    /// By Source id.
    #[serde(default, deserialize_with = "super::sorted::map")]
    pub sources: BTreeMap<String, SourceEntry>,
}

/// A file of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Hash of its bytes, which is its key in R2.
    pub hash: Hash,
    /// Its size in bytes.
    pub size: u64,
}

/// A Source of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Hash of its text.
    pub hash: Hash,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// More than [`MAX_FILES`].
    #[error("files: {0} files, at most {MAX_FILES} are allowed")]
    TooManyFiles(usize),
    /// A path that could mean another file, or none.
    #[error("files: `{0}` is no path of a file")]
    BadPath(String),
}

impl Manifest {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.files.len() > MAX_FILES {
            return Err(ManifestError::TooManyFiles(self.files.len()));
        }
        match self.files.keys().find(|path| !check_path(path)) {
            Some(bad) => Err(ManifestError::BadPath(bad.clone())),
            None => Ok(()),
        }
    }
}

/// Whether a path may stand in a manifest: relative, `/`-separated, no empty, `.` or `..` segment, no backslash, no
/// control character, at most 1,024 bytes (an R2 key's limit, though keys are hashes).
#[must_use]
pub fn check_path(path: &str) -> bool {
    path.len() <= 1024
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        && !path.chars().any(|c| c.is_control() || c == '\\')
}
