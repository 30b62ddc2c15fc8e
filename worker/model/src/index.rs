//! A manifest as an instance keeps it: the bytes of its JSON, and where the parts are.
//!
//! Nothing is allocated for a single file, and a manifest that resembles one at hand is compared with it rather than parsed: an
//! edit of one Source costs what a walk over the bytes costs.

use super::{File, Hash, MAX_FILES, Manifest, ManifestError, check_path, is_source_id, scan::Scan};
use std::{cmp::Ordering, rc::Rc};

/// The files and Sources of one root, sorted by their names.
#[derive(Clone, Debug)]
pub struct ManifestIndex {
    text: Vec<u8>,
    files: Vec<IndexEntry<File>>,
    sources: Vec<IndexEntry<Hash>>,
    /// The same for manifests that are known to have files at the same paths.
    paths: Rc<()>,
    /// Bytes of the JSON that it was read from.
    document: usize,
    /// Whether the text is the JSON, one entry after the other, and not only the names.
    is_json: bool,
}

/// A name in the text, and what stands under it.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexEntry<V> {
    pub(super) from: u32,
    pub(super) len: u32,
    /// Behind the last byte of the entry's JSON.
    pub(super) end: u32,
    pub(super) value: V,
}

/// The files and the Sources of a manifest, and whether its paths are those of the one that is near.
type Scanned = (Vec<IndexEntry<File>>, Vec<IndexEntry<Hash>>, bool);

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is no manifest.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It breaks a rule.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl ManifestIndex {
    /// Reads and checks a manifest. What equals `near`, an earlier manifest of the same root, is taken from there.
    ///
    /// # Errors
    /// It is no manifest, or breaks a rule of [`Manifest::check`].
    pub fn read(json: Vec<u8>, near: Option<&Self>) -> Result<Self, IndexError> {
        let near = near.filter(|near| near.is_json);
        match Self::scan(&json, near) {
            Some((files, sources, same_paths)) => {
                if files.len() > MAX_FILES {
                    return Err(ManifestError::TooManyFiles(files.len()).into());
                }
                let paths = near.filter(|_| same_paths).map_or_else(Rc::default, |near| near.paths.clone());
                Ok(Self { document: json.len(), text: json, files, sources, paths, is_json: true })
            }
            // Written by somebody else, or with names that JSON escapes, or with one that is not allowed.
            None => {
                let manifest: Manifest = serde_json::from_slice(&json)?;
                manifest.check()?;
                Ok(Self { document: json.len(), ..Self::from(&manifest) })
            }
        }
    }

    /// `None` for what is not in the form that pmx writes, or breaks a rule.
    fn scan(json: &[u8], near: Option<&Self>) -> Option<Scanned> {
        let mut scan = Scan::new(json);
        scan.literal(b"{\"files\":")?;
        let known = near.map(|near| (near.text.as_slice(), near.files.as_slice()));
        let (files, same_paths) = scan.entries(known, check_path)?;
        scan.literal(b",\"sources\":")?;
        let known = near.map(|near| (near.text.as_slice(), near.sources.as_slice()));
        let (sources, _) = scan.entries(known, is_source_id)?;
        scan.literal(b"}")?;
        scan.is_end().then_some((files, sources, same_paths))
    }

    /// The file at a path, and the path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<(&str, File)> {
        let at = self.files.binary_search_by(|entry| entry.name(&self.text).cmp(path.as_bytes())).ok()?;
        let entry = &self.files[at];
        Some((text(entry.name(&self.text)), entry.value))
    }

    /// Whether both are known to have files at the same paths, whatever the files are.
    #[must_use]
    pub fn has_paths_of(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.paths, &other.paths)
    }

    /// Every file's hash.
    pub fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.files.iter().map(|entry| entry.value.hash)
    }

    /// Every file with its path, sorted.
    pub fn files(&self) -> impl Iterator<Item = (&str, File)> {
        self.part(&self.files).map(|(name, file)| (text(name), file))
    }

    /// The paths whose file was added, removed, or has other bytes now, sorted; with the hash that is there now.
    pub fn changed_files<'a>(before: &'a Self, after: &'a Self) -> Vec<(&'a str, Option<Hash>)> {
        Self::differing(before, after).into_iter().map(|(path, file)| (path, file.map(|file| file.hash))).collect()
    }

    /// As [`Self::changed_files`], with what the document after says of the file; one whose size alone differs is among them.
    pub fn differing<'a>(before: &'a Self, after: &'a Self) -> Vec<(&'a str, Option<File>)> {
        let mut changed = Vec::new();
        walk(before.part(&before.files), after.part(&after.files), |name, value| changed.push((text(name), value)));
        changed
    }

    /// Bytes of the document that it was read from.
    #[must_use]
    pub const fn document(&self) -> usize {
        self.document
    }

    /// The ids of the Sources that were added, removed, or have another text now, sorted.
    pub fn changed_sources<'a>(before: &'a Self, after: &'a Self) -> Vec<&'a str> {
        let mut changed = Vec::new();
        walk(before.part(&before.sources), after.part(&after.sources), |name, _| changed.push(text(name)));
        changed
    }

    /// How many bytes of memory it takes, about.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.text.capacity()
            + self.files.capacity() * size_of::<IndexEntry<File>>()
            + self.sources.capacity() * size_of::<IndexEntry<Hash>>()
            + size_of::<Self>()
    }

    fn part<'a, V: Copy>(&'a self, entries: &'a [IndexEntry<V>]) -> impl Iterator<Item = (&'a [u8], V)> {
        entries.iter().map(|entry| (entry.name(&self.text), entry.value))
    }
}

impl From<&Manifest> for ManifestIndex {
    fn from(manifest: &Manifest) -> Self {
        let mut text = Vec::new();
        let files = manifest.files.iter().map(|(name, file)| keep(&mut text, name, *file)).collect();
        let sources = manifest.sources.iter().map(|(name, source)| keep(&mut text, name, source.hash)).collect();
        text.shrink_to_fit();
        Self { text, files, sources, paths: Rc::default(), document: 0, is_json: false }
    }
}

impl Default for ManifestIndex {
    fn default() -> Self {
        Self::from(&Manifest::default())
    }
}

impl<V> IndexEntry<V> {
    pub(super) fn name<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.from as usize..(self.from + self.len) as usize]
    }
}

/// A document has at most 8 MiB, so its places are numbers of 32 bits.
fn keep<V>(text: &mut Vec<u8>, name: &str, value: V) -> IndexEntry<V> {
    let from = text.len() as u32;
    text.extend_from_slice(name.as_bytes());
    IndexEntry { from, len: name.len() as u32, end: text.len() as u32, value }
}

/// Names are checked when they are read.
fn text(name: &[u8]) -> &str {
    std::str::from_utf8(name).unwrap_or_default()
}

/// Reports what differs between two sorted lists, in order: the name, and what stands under it now.
fn walk<'a, V: PartialEq>(
    mut before: impl Iterator<Item = (&'a [u8], V)>,
    mut after: impl Iterator<Item = (&'a [u8], V)>,
    mut differs: impl FnMut(&'a [u8], Option<V>),
) {
    let (mut old, mut new) = (before.next(), after.next());
    loop {
        let order = match (&old, &new) {
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let gone = if order.is_le() { std::mem::replace(&mut old, before.next()) } else { None };
        let here = if order.is_ge() { std::mem::replace(&mut new, after.next()) } else { None };
        match (gone, here) {
            (Some((_, was)), Some((_, is))) if was == is => {}
            (_, Some((name, is))) => differs(name, Some(is)),
            (Some((name, _)), None) => differs(name, None),
            (None, None) => return,
        }
    }
}

#[cfg(test)]
mod tests;
