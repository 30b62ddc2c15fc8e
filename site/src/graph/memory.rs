//! What is kept for the next graph, and what of it goes to the disk.

use super::{Graph, inputs::Inputs};
use crate::source::{Source, packed};
use pmx_model::Hash;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Parsed Sources by their path, with the hash of the text that they are of.
pub(super) type Sources = HashMap<String, (Hash, Arc<Source>)>;

/// What is kept for the next graph.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) sources: Sources,
    pub(super) inputs: Inputs,
    pub(super) graph: Graph,
}

/// A Source on disk.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    path: &'a str,
    hash: Hash,
    /// See [`packed`].
    source: &'a [u8],
}

impl Memory {
    /// Hands out what another process can go on from.
    pub(crate) fn save<E>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for (path, (hash, source)) in &self.sources {
            let Some(source) = packed::pack(source) else { continue };
            let saved = Saved { path, hash: *hash, source: &source };
            postcard::to_allocvec(&saved).map_or(Ok(()), |record| put(&record))?;
        }
        Ok(())
    }

    /// What these records say; none, if one of them was written otherwise.
    pub(crate) fn load(records: &[&[u8]]) -> Option<Self> {
        let source = |record: &&[u8]| {
            let Saved { path, hash, source } = postcard::from_bytes(record).ok()?;
            Some((path.to_owned(), (hash, Arc::new(packed::unpack(source)?))))
        };
        let sources: Option<Sources> = records.par_iter().map(source).collect();
        Some(Self { sources: sources?, ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{self, Settings};

    #[test]
    fn what_was_saved_is_known_again() {
        let mut source = source::parse("a.md", b"# A", &Settings::default());
        source.take_body();
        let outline = source.outline();
        let sources = [("a.md".to_owned(), (Hash::of(b"# A"), Arc::new(source)))].into();
        let mut records = Vec::new();
        let saved = Memory { sources, ..Memory::default() }.save(|record| {
            records.push(record.to_vec());
            Ok::<_, ()>(())
        });
        assert!(saved.is_ok());
        let loaded = Memory::load(&records.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let (hash, source) = &loaded.sources["a.md"];
        assert_eq!((*hash, source.outline()), (Hash::of(b"# A"), outline));
        assert!(Memory::load(&[&records[0][..9]]).is_none());
    }
}
