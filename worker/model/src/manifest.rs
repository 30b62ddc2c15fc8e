use super::{Hash, MAX_BLOB, MAX_FILES, MAX_PATH, is_source_id, limits::shown, object_only};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The manifest of one root: every file by its path, and the hash of every Source's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Manifest {
    /// By path: relative, `/`-separated.
    #[serde(deserialize_with = "crate::sorted::map")]
    pub files: BTreeMap<String, File>,
    /// By Source id.
    #[serde(default, deserialize_with = "crate::sorted::map")]
    pub sources: BTreeMap<String, SourceEntry>,
}

object_only!(Manifest);

/// A file of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct File {
    /// Hash of its bytes, which is its key in R2.
    pub hash: Hash,
    /// Its size in bytes.
    pub size: u64,
}

object_only!(File);

/// A Source of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct SourceEntry {
    /// Hash of its text.
    pub hash: Hash,
}

object_only!(SourceEntry);

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// More than [`MAX_FILES`].
    #[error("files: {0} files, at most {MAX_FILES} are allowed")]
    TooManyFiles(usize),
    /// A path that could mean another file, or none.
    #[error("files: `{0}` is no path of a file")]
    BadPath(String),
    /// A size that no blob can have.
    #[error("files: `{path}` has {size} bytes, at most {MAX_BLOB} are allowed")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        size: u64,
    },
    /// A Source's id that is too long, or has control characters.
    #[error("sources: `{0}` is no id of a Source (at most {MAX_PATH} bytes, no control characters)")]
    BadSource(String),
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
        if let Some(bad) = self.files.keys().find(|path| !check_path(path)) {
            return Err(ManifestError::BadPath(shown(bad)));
        }
        if let Some((path, file)) = self.files.iter().find(|(_, file)| file.size > MAX_BLOB) {
            return Err(ManifestError::TooLarge { path: shown(path), size: file.size });
        }
        match self.sources.keys().find(|id| !is_source_id(id)) {
            Some(bad) => Err(ManifestError::BadSource(shown(bad))),
            None => Ok(()),
        }
    }
}

/// Whether a path may stand in a manifest: relative, `/`-separated, no empty, `.` or `..` segment, no backslash, no
/// control character, at most [`MAX_PATH`] bytes.
#[must_use]
pub fn check_path(path: &str) -> bool {
    path.len() <= MAX_PATH
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        && !path.chars().any(|c| c.is_control() || c == '\\')
}
