use super::{
    blobs::Blobs,
    source::{Settings, Source},
};
use pmx_worker::model::{File, Hash};
use std::{collections::HashMap, sync::Arc};

/// What a build leaves for the next one. It changes how long a build takes, never what comes out.
///
/// It holds what the last build used and nothing older. Of a page it knows the hash alone: who took the build has the bytes.
#[derive(Debug, Default)]
pub struct Cache {
    /// How the Sources were read; what was read otherwise is of no use.
    pub(super) settings: Settings,
    /// By the hash of the Source's bytes.
    pub(super) sources: HashMap<Hash, Arc<Source>>,
    /// By the output path of the page.
    pub(super) pages: HashMap<String, CachedPage>,
    /// The bytes of builds that nobody took yet.
    pub(super) blobs: Blobs,
}

impl Cache {
    /// The build was written or published: its bytes are not needed here any more.
    pub fn taken(&mut self) {
        self.blobs = Blobs::default();
    }

    /// Who took an earlier build has lost its bytes: the next one makes every page anew.
    pub fn forget_pages(&mut self) {
        self.pages.clear();
    }
}

/// A page and what it was made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct CachedPage {
    /// Hash of everything that goes into the page.
    pub inputs: Hash,
    pub html: File,
    /// The same Source as agents read it.
    pub markdown: File,
}
