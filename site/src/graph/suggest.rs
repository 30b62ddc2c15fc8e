//! The nearest existing file or Source, for links that lead nowhere.

use super::wiki::Names;
use crate::{
    scan::{Snapshot, Unread},
    text::{address, nearest::likest},
};
use std::{collections::HashMap, sync::OnceLock};
use unicode_normalization::UnicodeNormalization as _;

/// Finds what an author may have meant. Costs nothing until it is asked.
pub(crate) struct Suggest<'a> {
    snapshot: &'a Snapshot,
    /// What wikilinks may mean.
    pub(crate) names: Names<'a>,
    index: OnceLock<Index<'a>>,
}

struct Index<'a> {
    by_folder: HashMap<&'a str, Vec<&'a str>>,
    by_name: HashMap<&'a str, &'a str>,
}

impl<'a> Suggest<'a> {
    pub(crate) const fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, names: Names::new(snapshot), index: OnceLock::new() }
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.snapshot.files().contains_key(path)
    }

    /// The name on the way to a path that is not read, and why.
    pub(crate) fn unread<'p>(&self, wanted: &'p str) -> Option<(&'p str, Unread)> {
        let mut path = wanted;
        while !path.is_empty() {
            if let Some(why) = self.snapshot.unread().get(path) {
                return Some((path, *why));
            }
            path = address::folder(path);
        }
        None
    }

    /// A path that differs from `wanted` in the normal form of Unicode alone.
    pub(crate) fn same_name(&self, wanted: &str) -> Option<&'a str> {
        if wanted.is_ascii() {
            return None;
        }
        let mut paths = self.snapshot.files().keys().filter(|path| !path.is_ascii());
        paths.find(|path| path.nfc().eq(wanted.nfc())).map(String::as_str)
    }

    /// A path like `wanted`: the same name in another folder, else the likest name in the same folder.
    pub(crate) fn nearest(&self, wanted: &str) -> Option<&'a str> {
        let index = self.index.get_or_init(|| {
            let mut index = Index { by_folder: HashMap::new(), by_name: HashMap::new() };
            for path in self.snapshot.files().keys() {
                index.by_folder.entry(address::folder(path)).or_default().push(path);
                index.by_name.entry(address::name(path)).or_insert(path);
            }
            index
        });
        let name = address::name(wanted);
        if let Some(path) = index.by_name.get(name) {
            return Some(path);
        }
        let beside = index.by_folder.get(address::folder(wanted))?.iter().copied();
        likest(name, beside.map(|path| (address::name(path), path)))
    }
}
