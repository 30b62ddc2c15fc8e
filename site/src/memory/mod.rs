//! What a build leaves for the next one, in this process or in another.

mod disk;
mod packed;

use crate::{
    files::{blobs::Blobs, seal::Key},
    graph,
    path::{
        self,
        known::{CachedPage, KnownShards, digest_of},
        shared_parts::SharedParts,
    },
    project::Project,
    source::Settings,
};
use pmx_model::{File, Hash};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    sync::Arc,
};

/// So many bytes of builds that nobody took may lie about, beside those of the last one.
const MAX_PASSED_OVER: u64 = 64 * 1024 * 1024;

/// What a build leaves for the next one. It changes how long a build takes, never what comes out.
///
/// It holds what the last build used and nothing older. Of a page it knows the hash alone: who took the build has the bytes.
#[derive(Debug, Default)]
pub struct Cache {
    /// Under which it is kept on disk; without it, it is not.
    key: Option<Key>,
    /// How the Sources were read; what was read otherwise is of no use.
    settings: Settings,
    /// By the output path of the page.
    pub(crate) pages: HashMap<String, CachedPage>,
    pub(crate) graph: graph::Memory,
    pub(crate) last_build: Option<LastBuild>,
    /// The search of each Path, as the last process left it.
    pub(crate) shards: KnownShards,
    /// The bytes of builds that nobody took yet.
    pub(crate) blobs: Blobs,
    /// Whether it holds nothing because of [`Self::shed`]: the file has it.
    shed: bool,
    /// What was loaded or saved last, by which a save that would change nothing is known.
    saved: Option<Hash>,
}

impl Cache {
    /// What the last process left in the project's folder. Whatever is not exactly that is ignored: what another program wrote, or
    /// another user, or this one for another folder. Without a key nothing is read from the disk or written to it.
    #[must_use]
    pub fn open(project: &Project, key: Option<Key>) -> Self {
        let mut cache = Self { key, settings: project.settings.clone(), ..Self::default() };
        cache.load(project);
        cache
    }

    /// Drops what the project's folder has, or what is made of it, after it is saved there; whether that worked. A site that nobody
    /// edits costs next to nothing then, if its [`Snapshot`](super::Snapshot) is dropped as well, which has the bytes of all Sources.
    ///
    /// The next build reads it back and takes as long as the first one of a process. What it gives is the same, to the byte; should the
    /// file be gone by then, everything is made anew. Bytes of builds that nobody took ([`Self::release_blobs`]) stay where they are.
    pub fn shed(&mut self, project: &Project) -> bool {
        if self.shed {
            return true;
        }
        self.save(project);
        if self.saved != Some(self.digest()) {
            return false;
        }
        let Self { key, settings, blobs, .. } = mem::take(self);
        *self = Self { key, settings, blobs, shed: true, ..Self::default() };
        true
    }

    /// Drops what was made under other settings.
    pub(crate) fn adopt(&mut self, settings: &Settings) {
        if self.settings != *settings {
            self.clear();
            self.settings = settings.clone();
        }
    }

    /// Reads back what was dropped.
    pub(crate) fn reopen(&mut self, project: &Project) {
        if mem::take(&mut self.shed) {
            self.load(project);
        }
    }

    fn load(&mut self, project: &Project) {
        let loaded = self.key.as_ref().and_then(|key| disk::load(project, key));
        if let Some((pages, sources, shards)) = loaded {
            self.pages = pages;
            self.graph.sources = sources;
            self.shards = shards;
            self.saved = Some(self.digest());
        }
    }

    /// Leaves it for the next process. That this fails costs nothing but time.
    pub fn save(&mut self, project: &Project) {
        let Some(key) = self.key.as_ref().filter(|_| !self.shed) else { return };
        let digest = self.digest();
        if self.saved != Some(digest)
            && disk::save(project, key, (&self.pages, &self.graph.sources, &self.shards_now()))
        {
            self.saved = Some(digest);
        }
    }

    /// The files of the shards that the last build has.
    fn shards_now(&self) -> KnownShards {
        let mut known = KnownShards::new();
        for (root, kept) in self.last_build.iter().flat_map(|last_build| &last_build.paths) {
            let page = |id: &str| self.pages.get(&format!("{root}/{id}"));
            let ids = kept.manifest.sources.keys();
            let digest = digest_of(ids.filter_map(|id| page(id).map(|page| (id.as_str(), page.inputs))));
            known.insert(root.clone(), (digest, kept.shards.files().map(|(_, file)| *file).collect()));
        }
        known
    }

    /// The build was written or published: its bytes are not needed here any more.
    pub fn release_blobs(&mut self) {
        self.blobs = Blobs::default();
    }

    /// Nobody takes the build with these [`outputs`](crate::Build::outputs), the last one; a later one may be. Bytes that only builds before it had go, once they are many.
    pub fn trim_blobs(&mut self, outputs: &BTreeMap<String, File>) {
        let needed: u64 = outputs.values().map(|file| file.size).sum();
        if self.blobs.bytes() > needed + MAX_PASSED_OVER {
            self.blobs = self.blobs.only(outputs.values().map(|file| &file.hash));
        }
    }

    /// Who took an earlier build has lost these: the next one makes their pages anew. If they are of no page that is known,
    /// all pages are.
    pub fn forget(&mut self, lost: &[Hash]) {
        self.last_build = None;
        self.shed = false;
        self.shards.clear();
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
        self.shed || !self.pages.is_empty()
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self { key: self.key.take(), ..Self::default() };
    }

    /// The user's key.
    pub(crate) const fn key(&self) -> Option<&Key> {
        self.key.as_ref()
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
pub(crate) struct LastBuild {
    /// Everything else.
    pub shared_parts: SharedParts,
    /// By root id.
    pub paths: BTreeMap<String, path::PathMemory>,
    pub outputs: Arc<BTreeMap<String, File>>,
}
