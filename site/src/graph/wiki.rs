//! `[[Target]]`: which Source is meant by a name.

use crate::{
    scan::Snapshot,
    source::{self, EXTENSION},
    text::{address, nearest},
};
use std::{collections::HashMap, sync::OnceLock};
use unicode_normalization::UnicodeNormalization as _;

/// The names of all Sources. Costs nothing until a wikilink asks.
pub(crate) struct Names<'a> {
    snapshot: &'a Snapshot,
    by_path: OnceLock<HashMap<String, Vec<&'a str>>>,
    by_title: OnceLock<HashMap<String, (String, Vec<&'a str>)>>,
    files: OnceLock<HashMap<String, Vec<&'a str>>>,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedSource<'a> {
    /// Below the source root.
    pub path: &'a str,
    /// Another path that is as near.
    pub rival: Option<&'a str>,
}

impl<'a> NamedSource<'a> {
    /// The one in the folder of `from`, else the one in the fewest folders, else the first.
    fn nearest(from: &str, paths: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let here = address::folder(from);
        let distance = |path: &str| (address::folder(path) != here, path.matches('/').count());
        let path = paths.clone().min_by_key(|path| (distance(path), *path))?;
        let is_rival = |other: &&str| *other != path && distance(other) == distance(path);
        let rival = paths.filter(is_rival).min();
        Some(Self { path, rival })
    }
}

impl<'a> Names<'a> {
    pub(crate) const fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, by_path: OnceLock::new(), by_title: OnceLock::new(), files: OnceLock::new() }
    }

    /// The Source that `name` means in the Source at `from`: by its path or id, by the name of its file with or without the type, by the
    /// folder that it is the index of, or by its title. The nearest one wins.
    pub(crate) fn find(&self, from: &str, name: &str) -> Option<NamedSource<'a>> {
        let name = name.trim().trim_start_matches('/');
        for folder in [address::folder(from), ""] {
            let Some(wanted) = address::resolve(folder, name) else { continue };
            for path in [format!("{wanted}{EXTENSION}"), wanted] {
                if path.ends_with(EXTENSION)
                    && let Some((path, _)) = self.snapshot.files().get_key_value(&path)
                {
                    return Some(NamedSource { path, rival: None });
                }
            }
        }
        let key = key(name.strip_suffix(EXTENSION).unwrap_or(name));
        let found = self.by_path().get(&key).or_else(|| self.by_title().get(&key).map(|(_, paths)| paths))?;
        NamedSource::nearest(from, found.iter().copied())
    }

    /// The file, no Source, that `name` means in the Source at `from`: by its path, or by its name alone. The nearest one wins.
    pub(crate) fn file(&self, from: &str, name: &str) -> Option<NamedSource<'a>> {
        let name = name.trim().trim_start_matches('/');
        for folder in [address::folder(from), ""] {
            let Some(wanted) = address::resolve(folder, name) else { continue };
            if let Some((path, _)) = self.snapshot.files().get_key_value(&wanted)
                && !path.ends_with(EXTENSION)
            {
                return Some(NamedSource { path, rival: None });
            }
        }
        let name = folded(name);
        let found = self.files().get(address::name(&name))?.iter().copied();
        NamedSource::nearest(from, found.filter(|path| folded(path).ends_with(&name)))
    }

    /// All files but Sources by their last names, in lower case.
    fn files(&self) -> &HashMap<String, Vec<&'a str>> {
        self.files.get_or_init(|| {
            let mut found: HashMap<String, Vec<&'a str>> = HashMap::new();
            for path in self.snapshot.files().keys().filter(|path| !path.ends_with(EXTENSION)) {
                found.entry(folded(address::name(path))).or_default().push(path);
            }
            found
        })
    }

    /// The name of a Source like this one, as a wikilink would write it.
    pub(crate) fn nearest(&self, name: &str) -> Option<String> {
        let titles = self.by_title().iter().map(|(key, (title, _))| (key.as_str(), title.as_str()));
        let paths = self.sources().map(|(path, _)| (stem(path), stem(path)));
        nearest::likest(&key(name), titles.chain(paths)).map(str::to_owned)
    }

    fn by_path(&self) -> &HashMap<String, Vec<&'a str>> {
        self.by_path.get_or_init(|| {
            let mut found: HashMap<String, Vec<&'a str>> = HashMap::new();
            for (path, _) in self.sources() {
                let id = path.strip_suffix(EXTENSION).unwrap_or(path);
                let file = address::name(id);
                let index = (stem(path) == "index").then(|| address::name(address::folder(id)));
                let mut names: Vec<String> = [Some(id), Some(file), Some(stem(path)), index]
                    .into_iter()
                    .flatten()
                    .filter(|name| !name.is_empty())
                    .map(key)
                    .collect();
                names.sort_unstable();
                names.dedup();
                for name in names {
                    found.entry(name).or_default().push(path);
                }
            }
            found
        })
    }

    /// Titles and who has them, by their keys.
    fn by_title(&self) -> &HashMap<String, (String, Vec<&'a str>)> {
        self.by_title.get_or_init(|| {
            let mut found: HashMap<String, (String, Vec<&'a str>)> = HashMap::new();
            for (path, bytes) in self.sources() {
                if let Some(title) = source::written_title(bytes) {
                    found.entry(key(&title)).or_insert_with(|| (title, Vec::new())).1.push(path);
                }
            }
            found
        })
    }

    fn sources(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let sources = self.snapshot.files().iter().filter(|(path, _)| path.ends_with(EXTENSION));
        sources.filter_map(|(path, file)| Some((path.as_str(), &file.bytes()?.0[..])))
    }
}

/// The name of a file without its type: `loops.lab.md` -> `loops`.
fn stem(path: &str) -> &str {
    address::name(path).split('.').next().unwrap_or(path)
}

/// Names are equal when they differ in case, normal form, spaces, `-` and `_` only.
fn key(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_')).filter(|word| !word.is_empty());
    folded(&words.collect::<Vec<_>>().join("-"))
}

/// A name without its case, in the normal form of Unicode that is composed.
fn folded(name: &str) -> String {
    name.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_found_by_each_of_its_names() {
        let files = [
            ("index.path.md", "# Home\n"),
            ("week/loops.lab.md", "---\ntitle: All About Loops\n---\n"),
            ("week/index.path.md", "# Week\n"),
            ("other/loops.lab.md", "# Loops elsewhere\n"),
            ("week/loops.png", ""),
        ];
        let snapshot = Snapshot::of(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
        let names = Names::new(&snapshot);
        for (from, name, found) in [
            ("week/x.md", "loops", Some("week/loops.lab.md")),
            ("other/x.md", "Loops", Some("other/loops.lab.md")),
            ("x.md", "loops.lab", Some("other/loops.lab.md")),
            ("x.md", "week/loops.lab", Some("week/loops.lab.md")),
            ("week/x.md", "../other/loops.lab.md", Some("other/loops.lab.md")),
            ("x.md", "all_about loops", Some("week/loops.lab.md")),
            ("x.md", "week", Some("week/index.path.md")),
            ("x.md", "HOME", Some("index.path.md")),
            ("x.md", "nothing", None),
            ("x.md", "../../out", None),
        ] {
            assert_eq!(names.find(from, name).map(|found| found.path), found, "{name} from {from}");
        }
        let rival = |from| names.find(from, "loops").and_then(|found| found.rival);
        assert_eq!(rival("x.md"), Some("week/loops.lab.md"));
        assert_eq!(rival("week/x.md"), None);
        assert_eq!(names.nearest("all abot loops").as_deref(), Some("All About Loops"));
    }
}
