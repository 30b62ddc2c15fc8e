//! What a build leaves for the next one, in this process or in another.

mod disk;

use crate::{
    files::{blobs::Blobs, seal::Key},
    graph,
    path::{self, shared_parts::SharedParts},
    project::Project,
    source::Settings,
};
use disk::StepRecord;
use pmx_model::{File, Hash};
use std::{collections::BTreeMap, io, mem, sync::Arc};

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
    pub(crate) memory: Memory,
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
        if self.saved != Some(self.memory.digest()) {
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
        let loaded = self.key.as_ref().and_then(|key| disk::load(project, key, Memory::load));
        if let Some(memory) = loaded {
            self.memory = memory;
            self.saved = Some(self.memory.digest());
        }
    }

    /// Leaves it for the next process. That this fails costs nothing but time.
    pub fn save(&mut self, project: &Project) {
        let Some(key) = self.key.as_ref().filter(|_| !self.shed) else { return };
        let digest = self.memory.digest();
        if self.saved != Some(digest) && disk::save(project, key, |put| self.memory.save(put)) {
            self.saved = Some(digest);
        }
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
        self.shed = false;
        self.memory.forget(lost);
    }

    /// Whether there is a page that a build could keep.
    #[must_use]
    pub fn has_pages(&self) -> bool {
        self.shed || self.memory.paths.values().any(path::Memory::has_pages)
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self { key: self.key.take(), ..Self::default() };
    }

    /// The user's key.
    pub(crate) const fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }
}

/// The memories of the steps of a build. What is in one is that step's own matter.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub graph: graph::Memory,
    pub shared_parts: Option<SharedParts>,
    /// By root id.
    pub paths: BTreeMap<String, path::Memory>,
    /// All files of the last build, and the [digest](path::Site::digest) of its site.
    pub outputs: Option<(Hash, Arc<BTreeMap<String, File>>)>,
}

/// The step of a record.
const GRAPH: &str = "graph";
const PATH: &str = "path";

impl Memory {
    /// Hands out what another process can go on from.
    fn save(&self, put: &mut dyn FnMut(&StepRecord<'_>) -> io::Result<()>) -> io::Result<()> {
        self.graph.save(|bytes| put(&StepRecord { step: GRAPH, of: "", bytes }))?;
        self.paths.iter().try_for_each(|(id, path)| path.save(|bytes| put(&StepRecord { step: PATH, of: id, bytes })))
    }

    /// What these records say; none, if one of them was written otherwise.
    fn load(records: &[StepRecord<'_>]) -> Option<Self> {
        let mut by_step: BTreeMap<(&str, &str), Vec<&[u8]>> = BTreeMap::new();
        for StepRecord { step, of, bytes } in records {
            by_step.entry((step, of)).or_default().push(bytes);
        }
        let mut memory = Self::default();
        for ((step, of), records) in by_step {
            match step {
                GRAPH => memory.graph = graph::Memory::load(&records)?,
                PATH => drop(memory.paths.insert(of.to_owned(), path::Memory::load(&records)?)),
                _ => return None,
            }
        }
        Some(memory)
    }

    /// A hash of what would be saved.
    fn digest(&self) -> Hash {
        let digests = self.paths.iter().map(|(id, path)| format!("{id}\0{}\0", path.digest()));
        Hash::of(digests.collect::<String>().as_bytes())
    }

    /// These bytes are lost: their pages are made anew, and if they are of none, all pages.
    fn forget(&mut self, lost: &[Hash]) {
        (self.shared_parts, self.outputs) = (None, None);
        let lost = lost.iter().collect();
        let had = self.paths.values_mut().map(|path| path.forget(&lost));
        // Every Path forgets.
        if !had.fold(false, |any, had| any | had) {
            self.paths.clear();
        }
    }
}
