//! Which files a person means, and whether they may be moved or removed.

use super::error::EditError;
use crate::{
    files::paths::canonical,
    project::{Project, checkout::clean, config, out_dir::OutDir, relative, slashed},
    scan::Snapshot,
    text::nearest,
};
use pmx_model::check_path;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The extension of a Source, without the dot.
const MD: &str = "md";

/// The folder below which everything lies that can name a file of the site.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub folder: PathBuf,
    /// The source root below it.
    pub root: String,
    /// The config, if it lies outside of the source root; what lies in it is a Source.
    pub config: Option<PathBuf>,
}

impl Base {
    pub(super) fn of(project: &Project) -> Self {
        let root = &project.source_root;
        let folder = root.ancestors().find(|above| project.folder.starts_with(above)).unwrap_or(root).to_owned();
        let config = config::NAMES.iter().map(|name| project.folder.join(name)).find(|path| path.is_file());
        Self { root: below(&folder, root), config, folder }
    }

    /// A path below the base, `/`-separated.
    pub(super) fn name(&self, path: &Path) -> String {
        below(&self.folder, path)
    }
}

fn below(folder: &Path, path: &Path) -> String {
    slashed(path.strip_prefix(folder).unwrap_or(path))
}

/// Both ends of a move, absolute.
#[derive(Debug)]
pub(super) struct MoveEnds {
    pub old: PathBuf,
    pub new: PathBuf,
}

/// How a person named a file.
enum NamedPath {
    /// From the working directory.
    Here(PathBuf),
    /// From the source root.
    BelowRoot(PathBuf),
    /// By its id.
    Id(PathBuf),
}

impl NamedPath {
    const fn path(&self) -> &PathBuf {
        let (Self::Here(path) | Self::BelowRoot(path) | Self::Id(path)) = self;
        path
    }
}

fn find(project: &Project, snapshot: &Snapshot, cwd: &Path, asked: &str) -> Result<NamedPath, EditError> {
    let root = &project.source_root;
    let here = clean(&cwd.join(asked));
    if here.symlink_metadata().is_ok() {
        return if here.starts_with(root) { Ok(NamedPath::Here(here)) } else { Err(outside(cwd, &here, root)) };
    }
    let name = asked.trim_start_matches("./");
    let below_root = clean(&root.join(name));
    if below_root.starts_with(root) && below_root.symlink_metadata().is_ok() {
        return Ok(NamedPath::BelowRoot(below_root));
    }
    let id = clean(&root.join(format!("{name}.{MD}")));
    if id.starts_with(root) && id.is_file() {
        return Ok(NamedPath::Id(id));
    }
    let paths = snapshot.files().keys().map(|path| (path.as_str(), path.as_str()));
    let nearest = nearest::likest(name, paths.clone())
        .or_else(|| nearest::likest(&format!("{name}.{MD}"), paths))
        .map(|path| relative(cwd, &root.join(path)));
    Err(EditError::NotFound { asked: asked.to_owned(), nearest })
}

fn outside(cwd: &Path, path: &Path, root: &Path) -> EditError {
    EditError::Outside { path: relative(cwd, path).into(), root: relative(cwd, root).into() }
}

/// The file that is to go.
pub(super) fn removal_of(project: &Project, snapshot: &Snapshot, cwd: &Path, file: &str) -> Result<PathBuf, EditError> {
    let path = find(project, snapshot, cwd, file)?.path().clone();
    let shown = relative(cwd, &path);
    movable(project, &path, &shown)?;
    if path.is_dir() {
        return Err(EditError::Folder(shown));
    }
    Ok(path)
}

fn movable(project: &Project, path: &Path, shown: &str) -> Result<(), EditError> {
    if project.source_root.starts_with(path) {
        return Err(EditError::Root(shown.to_owned()));
    }
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(EditError::SymbolicLink(shown.to_owned()));
    }
    Ok(())
}

/// Both ends of a move: `new` is read the way that `old` was written.
pub(super) fn move_of(
    project: &Project,
    snapshot: &Snapshot,
    cwd: &Path,
    old: &str,
    new: &str,
) -> Result<MoveEnds, EditError> {
    let root = &project.source_root;
    let from = find(project, snapshot, cwd, old)?;
    let mut to = clean(&match &from {
        NamedPath::Here(_) => cwd.join(new),
        NamedPath::BelowRoot(_) | NamedPath::Id(_) if Path::new(new).is_absolute() => PathBuf::from(new),
        NamedPath::BelowRoot(_) | NamedPath::Id(_) => root.join(new),
    });
    let is_folder = from.path().is_dir();
    if matches!(from, NamedPath::Id(_)) && !to.is_dir() && !new.ends_with('/') && to.extension().is_none_or(|e| e != MD)
    {
        to = PathBuf::from(format!("{}.{MD}", to.display()));
    }
    let old = from.path().clone();
    let shown = |path: &Path| relative(cwd, path);
    movable(project, &old, &shown(&old))?;
    // Into a folder, under its own name.
    if (to.is_dir() && to != old || !is_folder && new.ends_with('/'))
        && let Some(name) = old.file_name()
    {
        to = to.join(name);
    }
    if !to.starts_with(root) || to == *root {
        return Err(outside(cwd, &to, root));
    }
    if to == old {
        return Err(EditError::Same(shown(&to)));
    }
    if to.starts_with(&old) {
        return Err(EditError::IntoItself(shown(&old)));
    }
    if fs::symlink_metadata(&to).is_ok() {
        return Err(EditError::Exists(shown(&to)));
    }
    if !is_folder && old.extension() != to.extension() {
        return Err(EditError::Extension { old: shown(&old), new: shown(&to) });
    }
    seen(project, cwd, &to, is_folder)?;
    Ok(MoveEnds { old, new: to })
}

/// A place below the source root is one that builds look at, and no link leads elsewhere on the way there.
fn seen(project: &Project, cwd: &Path, to: &Path, is_folder: bool) -> Result<(), EditError> {
    let root = &project.source_root;
    let name = below(root, to);
    let hidden = |segment: &str| segment.starts_with('.') || segment == "node_modules";
    let mut outputs = project.exclude.iter().map(PathBuf::as_path).chain(project.out_dir.as_ref().map(OutDir::path));
    let in_output = outputs.any(|folder| to.starts_with(folder));
    let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
    let folders = if is_folder { name.as_str() } else { folders };
    if in_output || folders.split('/').any(hidden) || !check_path(&name) || name.chars().any(char::is_control) {
        return Err(EditError::Unseen(relative(cwd, to)));
    }
    let exact = to.ancestors().skip(1).find_map(|above| canonical(above).ok());
    if !exact.is_some_and(|above| above.starts_with(root)) {
        return Err(outside(cwd, to, root));
    }
    Ok(())
}

/// The folder that a new file goes into: the one that is named, from the working directory if it lies below the source root there, else from
/// the source root; without a name the working directory, or the source root if that is elsewhere.
pub(super) fn folder_for(project: &Project, cwd: &Path, asked: Option<&str>) -> PathBuf {
    let root = &project.source_root;
    let here = clean(&cwd.join(asked.unwrap_or_default()));
    match asked {
        _ if here.starts_with(root) => here,
        None => root.clone(),
        // From outside of the Sources a path that leads elsewhere is refused later on.
        Some(asked) if Path::new(asked).is_absolute() => here,
        Some(asked) => clean(&root.join(asked)),
    }
}

/// A new file may be here.
pub(super) fn free_place(project: &Project, cwd: &Path, to: &Path) -> Result<(), EditError> {
    let root = &project.source_root;
    if !to.starts_with(root) {
        return Err(outside(cwd, to, root));
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(EditError::Exists(relative(cwd, to)));
    }
    seen(project, cwd, to, false)
}

/// The file that is meant, to be written into.
pub(super) fn file_of(project: &Project, snapshot: &Snapshot, cwd: &Path, asked: &str) -> Result<PathBuf, EditError> {
    let path = find(project, snapshot, cwd, asked)?.path().clone();
    let shown = relative(cwd, &path);
    if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(EditError::SymbolicLink(shown));
    }
    if path.is_dir() { Err(EditError::Folder(shown)) } else { Ok(path) }
}
