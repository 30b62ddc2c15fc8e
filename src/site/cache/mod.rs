//! What a build leaves for the next one, in this process or in another.

mod bodies;
mod disk;
mod packed;

pub(super) use bodies::Bodies;

use super::{
    blobs::Blobs,
    diagnostic::Diagnostic,
    graph, path,
    project::Project,
    search::Record,
    source::{Settings, Source},
};
use pmx_worker::model::{File, Hash};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// Parsed Sources by their path, with the hash of the text that they are of.
pub(super) type Sources = HashMap<String, (Hash, Arc<Source>)>;

/// What a build leaves for the next one. It changes how long a build takes, never what comes out.
///
/// It holds what the last build used and nothing older. Of a page it knows the hash alone: who took the build has the bytes.
#[derive(Debug, Default)]
pub struct Cache {
    /// How the Sources were read; what was read otherwise is of no use.
    pub(super) settings: Settings,
    pub(super) sources: Sources,
    pub(super) bodies: Bodies,
    /// By the output path of the page.
    pub(super) pages: HashMap<String, CachedPage>,
    /// The graph of the last build.
    pub(super) graph: Option<graph::Kept>,
    /// What the last graph was grown from.
    pub(super) shape: Option<Hash>,
    pub(super) steady: Option<Steady>,
    /// The bytes of builds that nobody took yet.
    pub(super) blobs: Blobs,
    /// What was loaded or saved last, by which a save that would change nothing is known.
    saved: Option<Hash>,
}

impl Cache {
    /// What the last process left in the project's folder. Whatever is not exactly that is ignored.
    #[must_use]
    pub fn open(project: &Project) -> Self {
        let mut cache = Self { settings: project.settings.clone(), ..Self::default() };
        if let Some((pages, sources)) = disk::load(project) {
            cache.pages = pages;
            cache.sources = sources;
            cache.saved = Some(cache.digest());
        }
        cache
    }

    /// Leaves it for the next process. That this fails costs nothing but time.
    pub fn save(&mut self, project: &Project) {
        let digest = self.digest();
        if self.saved != Some(digest) && disk::save(project, &self.pages, &self.sources) {
            self.saved = Some(digest);
        }
    }

    /// The build was written or published: its bytes are not needed here any more.
    pub fn taken(&mut self) {
        self.blobs = Blobs::default();
    }

    /// Who took an earlier build has lost these: the next one makes their pages anew. If they are of no page that is known,
    /// all pages are.
    pub fn forget(&mut self, lost: &[Hash]) {
        self.steady = None;
        let lost: HashSet<&Hash> = lost.iter().collect();
        let before = self.pages.len();
        self.pages.retain(|_, page| !lost.contains(&page.html.hash) && !lost.contains(&page.markdown.hash));
        if self.pages.len() == before {
            self.pages.clear();
        }
    }

    /// Whether there is a page that a build could keep.
    #[must_use]
    pub fn has_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A hash of what would be saved.
    fn digest(&self) -> Hash {
        let mut pages: Vec<&CachedPage> = self.pages.values().collect();
        pages.sort_unstable_by_key(|page| page.inputs);
        let all: Vec<u8> = pages.iter().flat_map(|page| page.inputs.as_bytes()).copied().collect();
        Hash::of(&all)
    }
}

/// What holds as long as nothing changes but the texts of Sources.
#[derive(Debug)]
pub(super) struct Steady {
    /// Hash of everything else.
    pub site: Hash,
    /// By root id.
    pub paths: BTreeMap<String, path::Kept>,
    pub outputs: Arc<BTreeMap<String, File>>,
}

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
    /// What was found while it was made. A page with findings is not left to another process.
    #[serde(skip)]
    pub findings: Vec<Diagnostic>,
    /// What readers find it by.
    pub record: Arc<Record>,
}
