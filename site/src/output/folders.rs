//! The folders of an output, each opened in the one above it.

use crate::files::folder::{Folder, FolderError};
use rayon::prelude::*;
use std::sync::Arc;

/// So many folders are open at a time: fewer than the 256 files that macOS allows a process, and than half of what is usual elsewhere.
const OPEN_AT_ONCE: usize = 64;

/// A file below the output folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OutputPath<'a> {
    /// The folder, `/`-separated; empty for the output folder itself.
    pub folder: &'a str,
    pub name: &'a str,
    /// The whole path.
    pub path: &'a str,
}

impl<'a> OutputPath<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Self { folder, name, path }
    }
}

/// What is done about folders that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Make,
    Leave,
}

/// Does something about every place, many at a time, each with its folder; with none, if that is missing. The places of a folder stand
/// together. The results are in their order.
pub(super) fn each<T: Send>(
    root: &Arc<Folder>,
    places: &[OutputPath<'_>],
    missing: Missing,
    work: impl Fn(Option<&Folder>, usize) -> T + Sync,
) -> Result<Vec<T>, FolderError> {
    let mut done = Vec::with_capacity(places.len());
    let mut descent = Descent::from(root);
    let groups: Vec<&[OutputPath<'_>]> = places.chunk_by(|one, other| one.folder == other.folder).collect();
    for groups in groups.chunks(OPEN_AT_ONCE) {
        let mut together = Vec::new();
        for group in groups {
            let folder = descent.to(group[0].folder, missing)?;
            together.extend(group.iter().map(|_| folder.clone()));
        }
        let first = done.len();
        done.par_extend(together.par_iter().enumerate().map(|(index, folder)| work(folder.as_deref(), first + index)));
    }
    Ok(done)
}

/// Opens folders below one; what two in a row have in common of their way is opened once.
pub(super) struct Descent<'r> {
    root: &'r Arc<Folder>,
    way: Vec<(String, Arc<Folder>)>,
}

impl<'r> Descent<'r> {
    pub(super) const fn from(root: &'r Arc<Folder>) -> Self {
        Self { root, way: Vec::new() }
    }

    /// The folder at a path; none, if it is missing and not made.
    pub(super) fn to(&mut self, path: &str, missing: Missing) -> Result<Option<Arc<Folder>>, FolderError> {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let common = segments.clone().zip(&self.way).take_while(|(segment, (name, _))| segment == name).count();
        self.way.truncate(common);
        for segment in segments.skip(common) {
            let above = self.way.last().map_or(self.root, |(_, folder)| folder);
            let folder = match missing {
                Missing::Make => Some(above.enter_or_make(segment)?),
                Missing::Leave => above.enter(segment)?,
            };
            let Some(folder) = folder else { return Ok(None) };
            self.way.push((segment.to_owned(), Arc::new(folder)));
        }
        Ok(Some(Arc::clone(self.way.last().map_or(self.root, |(_, folder)| folder))))
    }
}
