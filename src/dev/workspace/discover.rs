//! Which sites are below a folder.

use crate::error::{Error, Result};
use ignore::{
    WalkBuilder,
    overrides::{Override, OverrideBuilder},
};
use pmx_site::paths::canonical;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// How deep below the folder a site may lie, where no list says.
const DEPTH: usize = 6;
/// How many folders are looked at, at most: more is a home folder, not a workspace.
const MAX_FOLDERS: usize = 20_000;
/// What makes a folder a site: a config, or an entry that needs none.
const MARKS: [&str; 5] =
    ["pathmx.config.md", "paths/config/index.config.md", "pathmx.json", "paths/index.path.md", "paths/index.md"];

/// What lies below a folder.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The folders that are sites, sorted.
    pub(super) sites: BTreeSet<PathBuf>,
    /// The folders in which another one may appear.
    pub(super) watched: BTreeSet<PathBuf>,
    /// What the list names in vain.
    pub(super) missing: Vec<String>,
}

/// Whether a folder is a site by itself.
pub(super) fn is_site(folder: &Path) -> bool {
    MARKS.iter().any(|mark| folder.join(mark).is_file())
}

/// The sites below a folder, or those of them that the `workspace` list of its config names. Left out are hidden folders, what
/// Git ignores, `node_modules`, and what lies inside of a site.
///
/// # Errors
/// The config is broken, the list has a pattern that is none, or the folder has too much in it.
pub(super) fn discover(folder: &Path) -> Result<Discovery> {
    let list = pmx_site::workspace_list(folder)?;
    let patterns = list.as_deref().map(|list| overrides(folder, list)).transpose()?;
    let mut found = Discovery::default();
    let root = folder.to_owned();
    let mut walk = WalkBuilder::new(folder);
    walk.max_depth(Some(DEPTH)).require_git(false).follow_links(false).filter_entry(move |entry| {
        let path = entry.path();
        let inside = entry.depth() > 1 && path.parent().is_some_and(|parent| parent != root && is_site(parent));
        entry.file_type().is_some_and(|kind| kind.is_dir()) && !inside && entry.file_name() != "node_modules"
    });
    for entry in walk.build().flatten() {
        let path = entry.into_path();
        let named = patterns.as_ref().is_none_or(|patterns| patterns.matched(&path, true).is_whitelist());
        if named && is_site(&path) {
            found.sites.insert(path.clone());
        }
        found.watched.insert(path);
        if found.watched.len() > MAX_FOLDERS {
            return Err(Error::new(format!("{} has more than {MAX_FOLDERS} folders", folder.display()))
                .hint("name a smaller one, or list the sites under `workspace:` in its pathmx.config.md"));
        }
    }
    // A folder that is named as it is needs no mark: there may be an `index.md` in it.
    for name in list.iter().flatten().filter(|name| !name.contains(['*', '?', '[', '{', '!'])) {
        match canonical(&folder.join(name)) {
            Ok(path) if path.is_dir() => {
                found.watched.insert(path.clone());
                found.sites.insert(path);
            }
            _ => found.missing.push(name.clone()),
        }
    }
    Ok(found)
}

fn overrides(folder: &Path, list: &[String]) -> Result<Override> {
    let mut builder = OverrideBuilder::new(folder);
    for pattern in list {
        let anchored = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
        let wrong = |error: ignore::Error| Error::new(format!("`{pattern}` under `workspace`: {error}"));
        builder.add(anchored).map_err(wrong)?;
    }
    builder.build().map_err(|error| Error::new(format!("`workspace`: {error}")))
}

/// A name for each folder: the one that it wants, or that with a number if another has it. Those in `taken` keep theirs.
/// Beside the name, which folder was first.
pub(super) fn names<N: Clone + Ord + std::str::FromStr>(
    wanted: &[(PathBuf, String)],
    taken: &BTreeMap<PathBuf, N>,
) -> Vec<(PathBuf, N, Option<PathBuf>)> {
    let mut used: BTreeMap<N, PathBuf> = taken.iter().map(|(folder, name)| (name.clone(), folder.clone())).collect();
    let mut named = Vec::new();
    for (folder, wish) in wanted.iter().filter(|(folder, _)| !taken.contains_key(folder)) {
        let mut first = None;
        let candidates = (1..=wanted.len() + taken.len() + 1).map(|number| numbered(wish, number));
        for name in candidates.filter_map(|name| name.parse::<N>().ok()) {
            if let Some(other) = used.get(&name) {
                first.get_or_insert_with(|| other.clone());
                continue;
            }
            used.insert(name.clone(), folder.clone());
            named.push((folder.clone(), name, first));
            break;
        }
    }
    named
}

/// The longest label of a host name.
const MAX_LABEL: usize = 63;

fn numbered(name: &str, number: usize) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let end = format!("-{number}");
    let kept: String = name.chars().take(MAX_LABEL - end.len()).collect();
    format!("{}{end}", kept.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn make(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "# X\n").unwrap();
        }
    }

    fn found(folder: &Path) -> Vec<String> {
        let sites = discover(folder).unwrap().sites;
        sites.iter().map(|site| site.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn sites_are_found_where_they_are_and_nothing_else_is_taken_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = canonical(folder.path()).unwrap();
        make(
            &folder,
            &[
                "a/paths/index.path.md",
                "a/paths/inner/paths/index.path.md",
                "b/c/pathmx.config.md",
                "node_modules/x/paths/index.path.md",
                ".hidden/paths/index.path.md",
                "out/paths/index.path.md",
                "notes/readme.md",
            ],
        );
        fs::write(folder.join(".gitignore"), "out/\n").unwrap();
        assert_eq!(found(&folder), ["a", "b/c"]);
        fs::write(folder.join("pathmx.config.md"), "---\nworkspace: [b/*, notes, gone]\n---\n").unwrap();
        let discovery = discover(&folder).unwrap();
        assert_eq!(found(&folder), ["b/c", "notes"]);
        assert_eq!(discovery.missing, ["gone"]);
    }

    #[test]
    fn two_folders_of_one_name_get_two_names() {
        let wanted = ["x/intro", "y/intro", "z/intro"].map(|folder| (PathBuf::from(folder), "intro".to_owned()));
        let named = names::<pmx_model::SiteName>(&wanted, &BTreeMap::new());
        let shown: Vec<_> = named.iter().map(|(_, name, first)| (name.as_str(), first.as_deref())).collect();
        let x = Some(Path::new("x/intro"));
        assert_eq!(shown, [("intro", None), ("intro-2", x), ("intro-3", x)]);
        let taken = BTreeMap::from([(PathBuf::from("y/intro"), named[1].1.clone())]);
        let again = names(&wanted[..2], &taken);
        assert_eq!((again.len(), again[0].1.as_str()), (1, "intro"), "who runs keeps its name");
        assert_eq!(numbered(&"a".repeat(63), 12).len(), 63);
    }
}
