//! `manifest.json` as text that is kept in pieces: with tens of thousands of files an edit changes a handful of them, and writing all
//! anew would take longer than everything else.

use crate::text::json;
use pmx_model::Manifest;
use serde::Serialize;
use std::{collections::BTreeMap, ops::Bound};

/// Entries of a piece.
const ENTRIES: usize = 256;

/// The text of a manifest, ready to be changed in a few places. Its bytes are those of [`super::bytes`].
#[derive(Debug)]
pub(crate) struct ManifestText {
    files: Pieces,
    sources: Pieces,
}

impl ManifestText {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self { files: Pieces::of(&manifest.files), sources: Pieces::of(&manifest.sources) }
    }

    /// The entry of this file has another value now. It was there before.
    pub(crate) fn file(&mut self, path: &str) {
        self.files.touch(path);
    }

    /// The same of a Source.
    pub(crate) fn source(&mut self, id: &str) {
        self.sources.touch(id);
    }

    /// The document, after what changed is written anew.
    pub(crate) fn bytes(&mut self, manifest: &Manifest) -> Vec<u8> {
        self.files.update(&manifest.files);
        self.sources.update(&manifest.sources);
        let mut out = Vec::with_capacity(self.files.size() + self.sources.size() + 64);
        out.extend_from_slice(b"{\"files\":{");
        self.files.write(&mut out);
        out.extend_from_slice(b"},\"sources\":{");
        self.sources.write(&mut out);
        out.extend_from_slice(b"}}\n");
        out
    }
}

/// The members of an object, [`ENTRIES`] in a piece, by their keys.
#[derive(Debug)]
struct Pieces(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    first: Box<str>,
    text: Vec<u8>,
    is_stale: bool,
}

impl Pieces {
    fn of(members: &BTreeMap<String, impl Serialize>) -> Self {
        let firsts = members.keys().step_by(ENTRIES);
        let piece = |first: &String| Piece { first: first.as_str().into(), text: Vec::new(), is_stale: true };
        let mut pieces = Self(firsts.map(piece).collect());
        pieces.update(members);
        pieces
    }

    fn touch(&mut self, key: &str) {
        let after = self.0.partition_point(|piece| *piece.first <= *key);
        if let Some(piece) = after.checked_sub(1).and_then(|at| self.0.get_mut(at)) {
            piece.is_stale = true;
        }
    }

    fn update(&mut self, members: &BTreeMap<String, impl Serialize>) {
        for piece in self.0.iter_mut().filter(|piece| piece.is_stale) {
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
        self.0.iter().map(|piece| piece.text.len() + 1).sum()
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (at, piece) in self.0.iter().enumerate() {
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
    use pmx_model::{File, Hash, SourceEntry};

    #[test]
    fn a_manifest_in_pieces_is_the_same_text() {
        for files in [0, 1, ENTRIES, 3 * ENTRIES + 1] {
            let mut manifest = Manifest::default();
            for n in 0..files {
                let hash = Hash::of(n.to_string().as_bytes());
                manifest.files.insert(format!("{n}\"é"), File { hash, size: 7 });
                manifest.sources.insert(format!("{n}"), SourceEntry { hash });
            }
            let mut text = ManifestText::of(&manifest);
            assert_eq!(text.bytes(&manifest), documents::bytes(&manifest), "{files} files");
            let changed: Vec<String> = manifest.files.keys().step_by(300).cloned().collect();
            for path in changed {
                manifest.files.insert(path.clone(), File { hash: Hash::of(b"other"), size: 123_456 });
                text.file(&path);
            }
            if let Some(id) = manifest.sources.keys().next_back().cloned() {
                manifest.sources.insert(id.clone(), SourceEntry { hash: Hash::of(b"other") });
                text.source(&id);
            }
            assert_eq!(text.bytes(&manifest), documents::bytes(&manifest), "{files} files, some changed");
        }
    }
}
