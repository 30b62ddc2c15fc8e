use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Files that say what is not the author's own work, in the order of their precedence.
const FILES: [&str; 2] = [".gitignore", ".ignore"];

/// A larger file of these is not read, in bytes: it is read whole, and the longest collections of patterns have some 10 kB.
const MAX_BYTES: u64 = 1024 * 1024;

/// What `.gitignore` and `.ignore` files say. It decides how soon to look, never whether: a page may well use a picture that is made
/// by a tool and ignored by git.
#[derive(Debug, Default)]
pub(super) struct Ignores(BTreeMap<PathBuf, Gitignore>);

impl Ignores {
    /// Whether a file of this name is one of those that are read here.
    pub(super) fn are_in(path: &Path) -> bool {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| FILES.contains(&name))
    }

    /// Those of these folders, and of the folders above the root up to the checkout's.
    pub(super) fn read<'a>(root: &'a Path, folders: impl Iterator<Item = &'a Path>) -> Self {
        let checkout = root.ancestors().find(|folder| folder.join(".git").exists());
        let above = root.ancestors().skip(1).take_while(|folder| checkout.is_some_and(|top| folder.starts_with(top)));
        Self(folders.chain(above).filter_map(|folder| Some((folder.to_owned(), of(folder)?))).collect())
    }

    /// Whether a file, or a folder in which it is, is ignored.
    pub(super) fn covers(&self, path: &Path) -> bool {
        // The nearest file that says something of it counts.
        let nearest = path.ancestors().skip(1).filter_map(|folder| self.0.get(folder));
        let mut says = nearest.map(|file| file.matched_path_or_any_parents(path, false));
        says.find(|says| !says.is_none()).is_some_and(|says| says.is_ignore())
    }
}

fn of(folder: &Path) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    let files = FILES.map(|name| folder.join(name));
    let is_read = |file: &&PathBuf| file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_BYTES);
    for file in files.iter().filter(is_read) {
        // A line that cannot be read ignores nothing.
        let _ = builder.add(file);
    }
    builder.build().ok().filter(|file| !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_file_that_says_something_counts() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        let root = top.join("paths");
        fs::create_dir_all(root.join("img/keep")).unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        fs::write(top.join(".gitignore"), "*.log\nimg/\n").unwrap();
        fs::write(root.join(".gitignore"), "!fine.log\n").unwrap();
        let folders = [root.clone(), root.join("img")];
        let ignores = Ignores::read(&root, folders.iter().map(PathBuf::as_path));
        for (path, covered) in [
            ("a.log", true),
            ("fine.log", false),
            ("a.md", false),
            ("img/x.png", true),
            ("img/keep/x.png", true),
            ("sub/a.log", true),
        ] {
            assert_eq!(ignores.covers(&root.join(path)), covered, "{path}");
        }
        assert!(!Ignores::read(&root, std::iter::empty()).covers(Path::new("/elsewhere/a.log")));
    }
}
