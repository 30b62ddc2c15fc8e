//! What a deploy holds, and what differs between two. Read from the bucket, where every deploy's documents are.

use super::reply::RequestFailure;
use pmx_emulator::r2::R2;
use pmx_model::{File, Hash, MAX_DOCUMENT, Manifest, Roots, Route, Routes};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

/// Pairs of deploys whose difference is remembered; then all are forgotten. A pair takes some hundred bytes.
const REMEMBERED: usize = 2048;

/// A deploy, laid out: all roots in one, under the addresses that readers use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) sources: BTreeMap<String, Hash>,
    pub(super) files: BTreeMap<String, File>,
    pub(super) routes: BTreeMap<String, String>,
}

/// Something that is on one side only, or on both with different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryChange<T> {
    pub(super) name: String,
    pub(super) before: Option<T>,
    pub(super) after: Option<T>,
}

/// What differs between two deploys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) sources: Vec<EntryChange<Hash>>,
    pub(super) files: Vec<EntryChange<File>>,
    pub(super) routes: Vec<EntryChange<String>>,
}

/// How many were added, changed and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ChangeCounts {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
}

/// A difference in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) sources: ChangeCounts,
    pub(super) files: ChangeCounts,
    pub(super) routes: ChangeCounts,
}

/// The differences in numbers that were computed before.
#[derive(Debug, Default)]
pub(super) struct Summaries(Mutex<HashMap<(String, String), Summary>>);

impl Summaries {
    /// The difference between two deploys, which never change. May block on the disk.
    pub(super) fn of(&self, r2: &R2, from: (&str, &Roots), to: (&str, &Roots)) -> Result<Summary, RequestFailure> {
        let key = (from.0.to_owned(), to.0.to_owned());
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(*known);
        }
        let summary = Difference::between(&Content::of(r2, from.1)?, &Content::of(r2, to.1)?).summary();
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, summary);
        Ok(summary)
    }
}

impl Content {
    /// Reads a deploy's documents. May block on the disk.
    pub(super) fn of(r2: &R2, roots: &Roots) -> Result<Self, RequestFailure> {
        let mut content = Self::default();
        for (mount, root) in roots.mounts() {
            let manifest: Manifest = document(r2, &root.manifest)?;
            let routes: Routes = document(r2, &root.routes)?;
            content.sources.extend(manifest.sources.into_iter().map(|(id, source)| (id, source.hash)));
            content.files.extend(manifest.files.into_iter().map(|(path, file)| (format!("{mount}/{path}"), file)));
            content.routes.extend(routes.routes.into_iter().map(|(path, route)| {
                let leads = match route {
                    Route::Source { path, .. } => format!("{mount}/{path}"),
                    Route::Redirect { to, status } => format!("{status} {to}"),
                };
                (format!("{mount}{path}"), leads)
            }));
        }
        Ok(content)
    }
}

impl Difference {
    pub(super) fn between(before: &Content, after: &Content) -> Self {
        Self {
            sources: changes(&before.sources, &after.sources),
            files: changes(&before.files, &after.files),
            routes: changes(&before.routes, &after.routes),
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary { sources: counts(&self.sources), files: counts(&self.files), routes: counts(&self.routes) }
    }
}

impl ChangeCounts {
    pub(super) const fn all(self) -> usize {
        self.added + self.changed + self.removed
    }
}

fn changes<T: Clone + PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Vec<EntryChange<T>> {
    let change = |name: &String| EntryChange {
        name: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let new = after.iter().filter(|(name, value)| before.get(*name) != Some(*value)).map(|(name, _)| name);
    let mut changes: Vec<EntryChange<T>> = gone.chain(new).map(change).collect();
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}

fn counts<T>(changes: &[EntryChange<T>]) -> ChangeCounts {
    changes.iter().fold(ChangeCounts::default(), |mut counts, change| {
        match (&change.before, &change.after) {
            (None, _) => counts.added += 1,
            (Some(_), Some(_)) => counts.changed += 1,
            (Some(_), None) => counts.removed += 1,
        }
        counts
    })
}

/// The bytes of a blob, if it is kept and no larger than `most`. May block on the disk.
pub(super) fn blob(r2: &R2, hash: &Hash, most: u64) -> Result<Option<Vec<u8>>, RequestFailure> {
    let object = r2.get(&hash.to_string(), None).map_err(|error| RequestFailure::internal(error.to_string()))?;
    let Some(object) = object.filter(|object| object.meta.size <= most) else { return Ok(None) };
    let bytes = object.body.into_bytes().map_err(|error| RequestFailure::internal(format!("{hash}: {error}")))?;
    Ok(Some(bytes.to_vec()))
}

fn document<T: DeserializeOwned>(r2: &R2, hash: &Hash) -> Result<T, RequestFailure> {
    let bytes = blob(r2, hash, MAX_DOCUMENT)?
        .ok_or_else(|| RequestFailure::missing("The deploy's documents are not kept any more"))?;
    serde_json::from_slice(&bytes).map_err(|error| RequestFailure::internal(format!("{hash} cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_came_changed_and_went() {
        let content = |files: &[(&str, &str)]| Content {
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), File { hash: Hash::of(text.as_bytes()), size: 1 }))
                .collect(),
            ..Content::default()
        };
        let (before, after) =
            (content(&[("/a", "1"), ("/b", "1"), ("/c", "1")]), content(&[("/a", "1"), ("/b", "2"), ("/d", "1")]));
        let difference = Difference::between(&before, &after);
        let names: Vec<&str> = difference.files.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["/b", "/c", "/d"]);
        assert_eq!(difference.summary().files, ChangeCounts { added: 1, changed: 1, removed: 1 });
        assert_eq!(Difference::between(&after, &after), Difference::default());
    }
}
