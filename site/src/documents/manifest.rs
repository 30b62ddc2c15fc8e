//! `manifest.json` as text that is kept in pieces: with tens of thousands of files an edit changes a handful of them, and writing all
//! anew would take longer than everything else.

use crate::text::json;
use pmx_model::{File, Hash, Manifest, SourceEntry};
use serde::Serialize;
use std::{collections::BTreeMap, ops::Bound};

/// Entries of a piece.
const ENTRIES: usize = 256;

/// A manifest and its text, of which only what changed is written anew. The bytes are those of [`super::bytes`].
#[derive(Debug, Default)]
pub(crate) struct ManifestText {
    manifest: Manifest,
    files: ManifestChunks,
    sources: ManifestChunks,
}

impl ManifestText {
    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Sets a file; whether it is new or another than before.
    pub(crate) fn set_file(&mut self, path: &str, file: File) -> bool {
        self.files.set(&mut self.manifest.files, path, file)
    }

    /// Sets the hash of a Source's text.
    pub(crate) fn set_source(&mut self, id: &str, hash: Hash) {
        self.sources.set(&mut self.manifest.sources, id, SourceEntry { hash });
    }

    /// Whether a file has come since the last [`Self::bytes`].
    pub(crate) const fn has_new_files(&self) -> bool {
        self.files.is_stale
    }

    /// The document.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.files.update(&self.manifest.files);
        self.sources.update(&self.manifest.sources);
        let mut out = Vec::with_capacity(self.files.size() + self.sources.size() + 64);
        out.extend_from_slice(b"{\"files\":{");
        self.files.write(&mut out);
        out.extend_from_slice(b"},\"sources\":{");
        self.sources.write(&mut out);
        out.extend_from_slice(b"}}\n");
        out
    }
}

/// The text of an object's members, [`ENTRIES`] in a piece, by their keys.
#[derive(Debug, Default)]
struct ManifestChunks {
    pieces: Vec<ManifestChunk>,
    /// Whether there are other keys than those that the pieces were cut for.
    is_stale: bool,
}

#[derive(Debug)]
struct ManifestChunk {
    first: Box<str>,
    text: Vec<u8>,
    is_stale: bool,
}

impl ManifestChunks {
    /// Sets a member of the object that the pieces are of; whether it is new or another than before.
    fn set<T: PartialEq>(&mut self, members: &mut BTreeMap<String, T>, key: &str, value: T) -> bool {
        match members.get_mut(key) {
            Some(known) if *known == value => return false,
            Some(known) => {
                *known = value;
                let after = self.pieces.partition_point(|piece| *piece.first <= *key);
                if let Some(piece) = after.checked_sub(1).and_then(|at| self.pieces.get_mut(at)) {
                    piece.is_stale = true;
                }
            }
            None => {
                members.insert(key.to_owned(), value);
                self.is_stale = true;
            }
        }
        true
    }

    fn update(&mut self, members: &BTreeMap<String, impl Serialize>) {
        if self.is_stale {
            let firsts = members.keys().step_by(ENTRIES);
            let piece =
                |first: &String| ManifestChunk { first: first.as_str().into(), text: Vec::new(), is_stale: true };
            *self = Self { pieces: firsts.map(piece).collect(), is_stale: false };
        }
        for piece in self.pieces.iter_mut().filter(|piece| piece.is_stale) {
            piece.is_stale = false;
            piece.text.clear();
            for (key, value) in
                members.range::<str, _>((Bound::Included(&*piece.first), Bound::Unbounded)).take(ENTRIES)
            {
                if !piece.text.is_empty() {
                    piece.text.push(b',');
                }
                json(&mut piece.text, key);
                piece.text.push(b':');
                json(&mut piece.text, value);
            }
            piece.text.shrink_to_fit();
        }
    }

    fn size(&self) -> usize {
        self.pieces.iter().map(|piece| piece.text.len() + 1).sum()
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (at, piece) in self.pieces.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&piece.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents;

    #[test]
    fn a_manifest_in_pieces_is_the_same_text() {
        for files in [0, 1, ENTRIES, 3 * ENTRIES + 1] {
            let mut text = ManifestText::default();
            let hash = |n: usize| Hash::of(n.to_string().as_bytes());
            for n in 0..files {
                assert!(text.set_file(&format!("{n}\"é"), File { hash: hash(n), size: 7 }));
                text.set_source(&format!("{n}"), hash(n));
            }
            assert_eq!(text.bytes(), documents::bytes(text.manifest()), "{files} files");
            let changed: Vec<String> = text.manifest().files.keys().step_by(300).cloned().collect();
            let other = File { hash: Hash::of(b"other"), size: 123_456 };
            for path in changed {
                assert!(text.set_file(&path, other) && !text.set_file(&path, other), "the second time it is the same");
            }
            if let Some(id) = text.manifest().sources.keys().next_back().cloned() {
                text.set_source(&id, Hash::of(b"other"));
            }
            assert!(!text.has_new_files());
            assert_eq!(text.bytes(), documents::bytes(text.manifest()), "{files} files, some changed");
            assert!(text.set_file("0", other) && text.has_new_files());
            assert_eq!(text.bytes(), documents::bytes(text.manifest()), "{files} files, and one more");
        }
    }
}
