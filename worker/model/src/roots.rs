use super::{Hash, MAX_PATH, MAX_ROOTS, is_source_id, limits::shown, object_only};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `roots.json`: the Paths of a build, each with the hashes of its routes and manifest documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Roots {
    /// By root id, which is also the URL prefix and the output folder of a root that is not the default.
    #[serde(deserialize_with = "crate::sorted::map")]
    pub roots: BTreeMap<String, Root>,
    /// The root that is mounted at `/`.
    pub default: String,
}

object_only!(Roots);

/// One Path of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Root {
    /// Source path of the entry, relative to the source root.
    pub entry: String,
    /// Hash of the routes document.
    pub routes: Hash,
    /// Hash of the manifest document.
    pub manifest: Hash,
}

object_only!(Root);

/// Why a roots document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// No root at all.
    #[error("at least one root is needed")]
    Empty,
    /// More than [`MAX_ROOTS`].
    #[error("{0} roots, at most {MAX_ROOTS} are allowed")]
    TooMany(usize),
    /// `default` names no root.
    #[error("there is no default root `{0}`")]
    NoDefault(String),
    /// A root id that cannot be a URL segment.
    #[error("`{0}` is no root id (1 to 64 characters of a-z A-Z 0-9 . _ -)")]
    BadId(String),
    /// An entry that is too long, or has control characters.
    #[error("`{0}`: the entry has more than {MAX_PATH} bytes, or control characters")]
    BadEntry(String),
}

impl Roots {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), RootsError> {
        if self.roots.is_empty() {
            return Err(RootsError::Empty);
        }
        if self.roots.len() > MAX_ROOTS {
            return Err(RootsError::TooMany(self.roots.len()));
        }
        if let Some(bad) = self.roots.keys().find(|id| !is_root_id(id)) {
            return Err(RootsError::BadId(shown(bad)));
        }
        if !self.roots.contains_key(&self.default) {
            return Err(RootsError::NoDefault(shown(&self.default)));
        }
        if let Some((id, _)) = self.roots.iter().find(|(_, root)| !is_source_id(&root.entry)) {
            return Err(RootsError::BadEntry(id.clone()));
        }
        Ok(())
    }

    /// The roots that a path may belong to, each with the length of its mount: the one that is mounted there, then the default one.
    pub fn on_path<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (usize, &'a Root)> {
        let first = path.strip_prefix('/').map(|path| path.split('/').next().unwrap_or(path)).unwrap_or_default();
        let mounted = if self.roots.len() > 1 && first != self.default { self.roots.get(first) } else { None };
        let default = self.roots.get(&self.default).map(|root| (0, root));
        mounted.map(|root| (first.len() + 1, root)).into_iter().chain(default)
    }

    /// Every root with the prefix of its URLs: empty for the default, `/<id>` for the others.
    pub fn mounts(&self) -> impl Iterator<Item = (String, &Root)> {
        self.roots.iter().map(|(id, root)| {
            let mount = if *id == self.default { String::new() } else { format!("/{id}") };
            (mount, root)
        })
    }
}

fn is_root_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && id != "."
        && id != ".."
}
