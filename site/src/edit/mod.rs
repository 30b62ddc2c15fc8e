//! Making, moving and removing files of a site, with every reference to them: the one part of pmx that writes into Sources.
//!
//! Edits are made in place: only the bytes of an address change, and of a file that is in the way of nothing, none.

pub(crate) mod answers;

mod apply;
mod create;
mod definition;
mod destination;
mod error;
mod frontmatter;
mod inline;
mod kinds;
mod list_link;
mod locate;
mod markdown;
mod markup;
mod pieces;
mod plan;
mod preview;
mod reference;
mod slug;
mod spelling;
mod stylesheet;
mod tree;

pub use create::{CreateError, NewSource, SourceRequest, plan_source};
pub use error::EditError;

use crate::{
    diagnostic::Diagnostic,
    error::SiteError,
    files::{
        beside::sweep,
        exchange::{self, UnlinkedFile},
    },
    files::{folder::read_regular, paths::canonical},
    graph::wiki::Names,
    project::{Project, relative},
    scan::Snapshot,
};
use apply::{ApplyStep, Write};
use locate::{Base, MoveEnds};
use plan::{Effects, Task};
use pmx_model::MAX_BLOB;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tree::Tree;

/// A move or a removal, thought through. Nothing has been changed yet.
#[derive(Clone, Debug)]
pub struct Edit {
    cwd: PathBuf,
    writes: Vec<Write>,
    step: ApplyStep,
    effects: Effects,
    /// What moves or goes, as a person in the working directory names it.
    pub old: String,
    /// Where it moves to.
    pub new: Option<String>,
    /// The files that change.
    pub files: Vec<EditedFile>,
    /// Places that name the old file and stay as they are.
    pub left: Vec<Diagnostic>,
}

/// A file with rewritten references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedFile {
    /// As a person in the working directory names it, after the move.
    pub path: String,
    /// How many references change in it.
    pub references: usize,
}

/// Thinks through a move of a file or folder of the site. `old` and `new` are paths from `cwd` or from the source root, or Source ids.
///
/// # Errors
/// There is no such file, the new place is taken or unusable, or the files cannot be read.
pub fn plan_move(project: &Project, cwd: &Path, old: &str, new: &str) -> Result<Edit, EditOrSite> {
    let snapshot = super::scan(project, None)?;
    let cwd = canonical(cwd).map_err(SiteError::read(cwd))?;
    let base = Base::of(project);
    let MoveEnds { old, new } = locate::move_of(project, &snapshot, &cwd, old, new)?;
    let (from, to) = (base.name(&old), base.name(&new));
    let effects = base.effects(project, &snapshot, Task::Move { from: &from, to: &to });
    entry_stays_known(project, &base, &effects, &cwd, |entry| {
        base.name(&project.source_root.join(entry)) == from
            || base.name(&project.source_root.join(entry)).starts_with(&format!("{from}/"))
    })?;
    Ok(base.edit(cwd, effects, Task::Move { from: &from, to: &to }, ApplyStep::Move(old, new))?)
}

/// Thinks through the removal of a file of the site.
///
/// # Errors
/// There is no such file, it is the site's entry, or the files cannot be read.
pub fn plan_removal(project: &Project, cwd: &Path, file: &str) -> Result<Edit, EditOrSite> {
    let snapshot = super::scan(project, None)?;
    let cwd = canonical(cwd).map_err(SiteError::read(cwd))?;
    let base = Base::of(project);
    let path = locate::removal_of(project, &snapshot, &cwd, file)?;
    if project.roots.len() == 1 && project.source_root.join(&project.roots[0].path) == path {
        return Err(EditError::Entry(relative(&cwd, &path)).into());
    }
    let gone = base.name(&path);
    let effects = base.effects(project, &snapshot, Task::Remove(&gone));
    entry_stays_known(project, &base, &effects, &cwd, |entry| project.source_root.join(entry) == path)?;
    Ok(base.edit(cwd, effects, Task::Remove(&gone), ApplyStep::Remove(path))?)
}

/// An entry that moves or goes must be named by the config, or the site would be lost.
fn entry_stays_known(
    project: &Project,
    base: &Base,
    effects: &Effects,
    cwd: &Path,
    concerns: impl Fn(&str) -> bool,
) -> Result<(), EditError> {
    let Some(entry) = project.roots.iter().find(|entry| concerns(&entry.path)) else { return Ok(()) };
    let config = base.config.as_ref().map(|config| base.name(config));
    if effects.changes.iter().any(|change| Some(&change.path) == config.as_ref()) {
        return Ok(());
    }
    Err(EditError::Entry(relative(cwd, &project.source_root.join(&entry.path))))
}

impl Base {
    fn effects(&self, project: &Project, snapshot: &Snapshot, task: Task<'_>) -> Effects {
        let config = self.config.as_ref().and_then(|path| {
            let exact = canonical(path).ok()?;
            Some((self.name(path), read_regular(&exact, MAX_BLOB).ok()?))
        });
        let mut files: BTreeMap<String, &[u8]> = BTreeMap::new();
        for (path, file) in snapshot.files() {
            // What is not in memory can be named all the same.
            files.insert(self.name(&project.source_root.join(path)), file.written().unwrap_or_default());
        }
        if let Some((path, bytes)) = &config {
            files.insert(path.clone(), bytes);
        }
        let elsewhere = |path: &str| self.folder.join(path).exists();
        let names = Names::new(snapshot);
        let wiki = |from: &str, name: &str| {
            names.find(from, name).or_else(|| names.file(from, name)).map(|found| found.path.to_owned())
        };
        let settings = &project.settings;
        let tree = Tree { files, root: &self.root, elsewhere: &elsewhere, wiki: &wiki, settings };
        plan::effects(&tree, task, config.as_ref().map(|(path, _)| path.as_str()))
    }

    fn edit(&self, cwd: PathBuf, mut effects: Effects, task: Task<'_>, step: ApplyStep) -> Result<Edit, EditError> {
        let mut writes = Vec::new();
        let mut files = Vec::new();
        let shown = |path: &str| relative(&cwd, &self.folder.join(path));
        effects.changes.retain(|change| {
            // Through a link the same file would be edited from two places.
            let leads = self.leads_through_a_link(&change.path);
            if leads {
                effects.left.push(plan::through_a_link(change));
            }
            !leads
        });
        for change in &effects.changes {
            let after = task.after(&change.path).unwrap_or_default();
            files.push(EditedFile { path: shown(&after), references: change.references });
            writes.push(Write {
                path: self.folder.join(&change.path),
                target: self.folder.join(after),
                before: change.before.clone(),
                after: change.after.clone(),
            });
        }
        let left = effects.left.iter().map(|finding| finding.clone().at(shown(&finding.path))).collect();
        let (old, new) = match &step {
            ApplyStep::Move(old, new) => (old, Some(relative(&cwd, new))),
            ApplyStep::Remove(old) => (old, None),
            ApplyStep::Stay => (&self.folder, None),
        };
        Ok(Edit { old: relative(&cwd, old), new, writes, step, effects, files, left, cwd })
    }

    /// Whether a file, or a folder on the way to it, is a link.
    fn leads_through_a_link(&self, name: &str) -> bool {
        let mut path = self.folder.clone();
        name.split('/').any(|segment| {
            path.push(segment);
            fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink())
        })
    }
}

impl Edit {
    /// How many references change in all.
    #[must_use]
    pub fn references(&self) -> usize {
        self.files.iter().map(|file| file.references).sum()
    }

    /// What would change, in the form of a unified diff without context.
    #[must_use]
    pub fn preview(&self) -> String {
        let mut out = String::new();
        for ((change, file), write) in self.effects.changes.iter().zip(&self.files).zip(&self.writes) {
            out.push_str(&preview::diff(change, &relative(&self.cwd, &write.path), &file.path));
        }
        out
    }

    /// Does it: all of it, or nothing.
    ///
    /// # Errors
    /// A file changed since it was read, or the disk refuses.
    pub fn apply(&self) -> Result<(), EditError> {
        sweep(self.writes.iter().filter_map(|write| write.path.parent()));
        apply::apply(&self.writes, &self.step).map(drop)
    }
}

/// Gives one file other bytes, whole or not at all. The file that stood there, for the caller to look after: an editor may have it open.
///
/// # Errors
/// The file is not `before` any more, or the disk refuses; what its author saved is there then.
pub fn replace(path: &Path, before: Vec<u8>, after: Vec<u8>) -> Result<UnlinkedFile, EditError> {
    let write = Write { path: path.to_owned(), target: path.to_owned(), before, after };
    let taken = apply::apply(&[write], &ApplyStep::Stay)?.into_iter().next();
    let kept = taken.map(exchange::DetachedFile::keep).transpose();
    let what = || format!("cannot look after {}", path.display());
    kept.map_err(|source| EditError::Write { what: what(), source })?
        .ok_or_else(|| EditError::Changed(path.display().to_string()))
}

/// Why an edit cannot be made: because of what was asked, or of the site.
#[derive(Debug, thiserror::Error)]
pub enum EditOrSite {
    /// What was asked cannot be done.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The site cannot be read.
    #[error(transparent)]
    Site(#[from] SiteError),
}

impl EditOrSite {
    /// What could be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Edit(error) => error.hint(),
            Self::Site(error) => error.hint(),
        }
    }
}
