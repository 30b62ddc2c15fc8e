//! What is known of the pages of an earlier build.

use crate::{diagnostic::Diagnostic, search::Record, text::plain};
use pmx_model::{File, Hash};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Pages by their output path.
pub(crate) type Pages = HashMap<String, CachedPage>;

/// A page and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CachedPage {
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

/// By the id of a Path: a digest of the pages of which the terms are, and the files of its shards.
pub(crate) type KnownShards = HashMap<String, (Hash, Vec<File>)>;

/// The digest of pages by which their shards are known: ids and inputs, by id.
pub(crate) fn digest_of<'a>(pages: impl Iterator<Item = (&'a str, Hash)>) -> Hash {
    let mut all = Vec::new();
    for (id, inputs) in pages {
        all.extend_from_slice(id.as_bytes());
        all.push(0);
        all.extend_from_slice(inputs.as_bytes());
    }
    Hash::of(&all)
}
