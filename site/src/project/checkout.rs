//! How far the words of a repository lead: a config, a convention or a link in it names what lies in the same checkout, and nothing else.
//! What lies elsewhere is read or written only if the user names it on the command line.

use crate::{error::SiteError, files::paths::canonical};
use std::path::{Component, Path, PathBuf};

/// The folder of the cache between processes, beside the project's config.
pub(crate) const CACHE_FOLDER: &str = ".pathmx-cache";
/// Folders that hold what a site is never made of, wherever they are: Git's own, the local Worker's state, the cache.
const RESERVED: [&str; 3] = [".git", ".pathmx-state", CACHE_FOLDER];

/// The checkout that a folder is part of: the nearest folder that has `.git`, else the folder itself. `folder` is without links.
pub(crate) fn of(folder: &Path) -> &Path {
    versioned(folder).unwrap_or(folder)
}

/// The nearest folder that has `.git`.
pub(crate) fn versioned(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok())
}

/// The source folder without links in its path, if that is in the checkout.
pub(crate) fn sources(folder: &Path, checkout: &Path) -> Result<PathBuf, SiteError> {
    let target = canonical(folder).map_err(SiteError::read(folder))?;
    if target.starts_with(checkout) {
        return Ok(target);
    }
    Err(SiteError::LinkLeadsOut { link: folder.to_owned(), target, checkout: checkout.to_owned() })
}

/// Whether a folder of this name is never looked into. On some systems `.GIT` is the same folder.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// The reserved folder that a path below the checkout leads into.
pub(crate) fn reserved<'p>(path: &'p Path, checkout: &Path) -> Option<&'p str> {
    let below = path.strip_prefix(checkout).unwrap_or(path);
    below.iter().filter_map(|segment| segment.to_str()).find(|segment| is_reserved(segment))
}

/// The path without `.` and `..`, links not followed.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            component => out.push(component),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_checkout_ends_where_git_says_else_at_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (top, site) = (folder.path().join("a"), folder.path().join("a/b/c"));
        fs::create_dir_all(&site).unwrap();
        assert_eq!(of(&site), site);
        // In a worktree it is a file.
        fs::write(top.join(".git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!((of(&site), of(&top), versioned(folder.path())), (top.as_path(), top.as_path(), None));
    }

    #[test]
    fn reserved_folders_are_known_at_any_depth() {
        let top = Path::new("/x/.git/clone");
        assert_eq!(reserved(Path::new("/x/.git/clone/public"), top), None);
        assert_eq!(reserved(Path::new("/x/.git/clone/a/.git/hooks"), top), Some(".git"));
        assert_eq!(reserved(Path::new("/x/.git/clone/.pathmx-state"), top), Some(".pathmx-state"));
        assert_eq!(reserved(Path::new("/x/.git/clone/.Git"), top), Some(".Git"));
        assert_eq!(clean(Path::new("/a/./b/../../c/..")), Path::new("/"));
    }
}
