use std::{
    collections::BTreeSet,
    mem,
    path::{Path, PathBuf},
};

/// With more names than this it is cheaper to look at everything.
const MOST_NAMED: usize = 256;

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirtyPaths {
    /// Everywhere.
    Everywhere,
    /// At these files and folders, absolute.
    At(BTreeSet<PathBuf>),
}

impl Default for DirtyPaths {
    fn default() -> Self {
        Self::At(BTreeSet::new())
    }
}

impl DirtyPaths {
    /// Whether there is nothing to look at.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        matches!(self, Self::At(paths) if paths.is_empty())
    }

    /// How many places were named; all of them, if it is everywhere.
    pub(super) fn named(&self) -> usize {
        match self {
            Self::Everywhere => usize::MAX,
            Self::At(paths) => paths.len(),
        }
    }

    /// Here, too.
    pub fn add(&mut self, path: &Path) {
        if let Self::At(paths) = self {
            if paths.len() >= MOST_NAMED {
                *self = Self::Everywhere;
            } else if !paths.contains(path) {
                paths.insert(path.to_owned());
            }
        }
    }

    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }
}
