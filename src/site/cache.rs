use super::{
    build::Blob,
    source::{Settings, Source},
};
use pmx_worker::model::Hash;
use std::{collections::HashMap, sync::Arc};

/// What a build leaves for the next one. It changes how long a build takes, never what comes out.
///
/// It holds what the last build used and nothing older.
#[derive(Debug, Default)]
pub struct Cache {
    /// How the Sources were read; what was read otherwise is of no use.
    pub(super) settings: Settings,
    /// By the hash of the Source's bytes.
    pub(super) sources: HashMap<Hash, Arc<Source>>,
    /// By the output path of the page.
    pub(super) pages: HashMap<String, CachedPage>,
}

/// A page and what it was made from.
#[derive(Clone, Debug)]
pub(super) struct CachedPage {
    /// Hash of everything that goes into the page.
    pub inputs: Hash,
    pub html: (Hash, Blob),
    /// The same Source as agents read it.
    pub markdown: (Hash, Blob),
}
