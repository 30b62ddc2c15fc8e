//! What a Path keeps for the next build, and what of it goes to the disk.

use super::plan::Plan;
use crate::{
    diagnostic::Diagnostic,
    documents::ManifestText,
    search::{Record, Shards},
    text::plain,
};
use pmx_model::{File, Hash};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// What a Path keeps.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) pages: Pages,
    pub(super) shards: Shards<File>,
    /// The files of the shards, as another process left them, with the digest of the pages that they are of.
    pub(super) left_shards: Option<(Hash, Vec<File>)>,
    /// None before the first build.
    pub(super) current: Option<Current>,
}

/// Pages by the ids of their Sources.
pub(super) type Pages = BTreeMap<String, CachedPage>;

/// A page and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CachedPage {
    /// Hash of everything that goes into the page.
    pub inputs: Hash,
    pub html: File,
    /// The same Source as agents read it.
    pub markdown: File,
    /// Where its Blocks and Beats stand in the Source, if that was asked for.
    pub map: Option<File>,
    /// What was found while it was made.
    #[serde(with = "plain::findings")]
    pub findings: Vec<Diagnostic>,
    /// What readers find it by.
    pub record: Arc<Record>,
}

/// The Path as it was built last. It holds while nothing changes but the texts of Sources.
#[derive(Debug)]
pub(super) struct Current {
    /// See [`Site::digest`](super::Site::digest).
    pub digest: Hash,
    pub plan: Plan,
    /// The pages that take a Source in.
    pub takers: HashMap<String, BTreeSet<String>>,
    /// Of each page that has some.
    pub findings: BTreeMap<String, Vec<Diagnostic>>,
    pub manifest: ManifestText,
    /// Why no deploy could have the Path.
    pub unusable: Vec<Diagnostic>,
    /// Of the manifest, once there is one.
    pub document: Option<Hash>,
}

impl Current {
    /// Without any page.
    pub(super) fn new(plan: Plan, digest: Hash) -> Self {
        let (takers, findings, manifest) = (HashMap::new(), BTreeMap::new(), ManifestText::default());
        Self { digest, plan, takers, findings, manifest, unusable: Vec::new(), document: None }
    }

    fn all_findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.plan.findings.iter().chain(&self.unusable).chain(self.findings.values().flatten())
    }
}

/// A record of the memory on disk.
#[derive(Serialize, Deserialize)]
enum Saved<'a> {
    /// A page by the id of its Source.
    Page(Cow<'a, str>, Cow<'a, CachedPage>),
    /// The digest of the pages of which the terms are, and the files of the shards.
    Shards(Hash, Cow<'a, [File]>),
}

impl Memory {
    /// Hands out what another process can go on from.
    pub(crate) fn save<E>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut put = |saved: &Saved<'_>| postcard::to_allocvec(saved).map_or(Ok(()), |record| put(&record));
        for (id, page) in &self.pages {
            put(&Saved::Page(Cow::Borrowed(id), Cow::Borrowed(page)))?;
        }
        if self.current.is_some() {
            let files: Vec<File> = self.shards.files().map(|(_, file)| *file).collect();
            put(&Saved::Shards(digest_of(self.inputs()), Cow::Owned(files)))?;
        }
        Ok(())
    }

    /// What these records say; none, if one of them was written otherwise.
    pub(crate) fn load(records: &[&[u8]]) -> Option<Self> {
        let records = records.par_iter().map(|record| postcard::from_bytes(record).ok());
        let records: Option<Vec<Saved<'_>>> = records.collect();
        let mut memory = Self::default();
        for record in records? {
            match record {
                Saved::Page(id, page) => drop(memory.pages.insert(id.into_owned(), page.into_owned())),
                Saved::Shards(digest, files) => memory.left_shards = Some((digest, files.into_owned())),
            }
        }
        Some(memory)
    }

    /// The pages with the hash of what went into each, by id.
    fn inputs(&self) -> impl Iterator<Item = (&str, Hash)> {
        self.pages.iter().map(|(id, page)| (id.as_str(), page.inputs))
    }

    /// A hash of what would be saved.
    pub(crate) fn digest(&self) -> Hash {
        digest_of(self.inputs())
    }

    /// Drops everything but pages that have none of these bytes; whether there was a page that had.
    pub(crate) fn forget(&mut self, lost: &HashSet<&Hash>) -> bool {
        let before = self.pages.len();
        let pages = std::mem::take(&mut self.pages);
        let has_lost = |page: &CachedPage| lost.contains(&page.html.hash) || lost.contains(&page.markdown.hash);
        let pages: Pages = pages.into_iter().filter(|(_, page)| !has_lost(page)).collect();
        *self = Self { pages, ..Self::default() };
        self.pages.len() < before
    }

    pub(crate) fn has_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// How many there are.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// What was found in the last build.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.current.iter().flat_map(Current::all_findings)
    }

    /// The hashes of the last build's routes and manifest.
    pub(crate) fn documents(&self) -> Option<(Hash, Hash)> {
        let path = self.current.as_ref()?;
        Some((path.plan.routes.hash, path.document?))
    }
}

/// The digest of pages by which their shards are known: ids and inputs, by id.
pub(super) fn digest_of<'a>(pages: impl Iterator<Item = (&'a str, Hash)>) -> Hash {
    let mut all = Vec::new();
    for (id, inputs) in pages {
        all.extend_from_slice(id.as_bytes());
        all.push(0);
        all.extend_from_slice(inputs.as_bytes());
    }
    Hash::of(&all)
}
