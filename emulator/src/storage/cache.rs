//! The read caches in front of KV and R2: bounded in bytes, shared by all threads.

use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter, sync};

/// A cache of what is found under keys. A look-up is one hash and a short lock on a part of it.
pub(crate) type Cache<Found> = sync::Cache<Box<str>, Found, ByWeight>;

/// What a cache holds.
pub(crate) trait Weigh: Clone {
    /// Its bytes, without those of its key.
    fn weight(&self) -> usize;
}

#[derive(Clone, Debug)]
pub(crate) struct ByWeight;

impl<Found: Weigh> Weighter<Box<str>, Found> for ByWeight {
    fn weight(&self, key: &Box<str>, found: &Found) -> u64 {
        (key.len() + found.weight()) as u64
    }
}

/// Parts with a lock of their own. A part holds its share of the bytes and nothing larger, hence a fixed number: on a
/// machine with many processors the shares would become too small for the values that are to be kept.
const PARTS: usize = 16;
/// What a cache is laid out for; not a limit.
const EXPECTED_ENTRIES: usize = 4096;

/// A cache of at most `bytes`, in which a single entry may take at most half of a sixteenth of them.
pub(crate) fn with_capacity<Found: Weigh>(bytes: u64) -> Cache<Found> {
    let options =
        OptionsBuilder::new().estimated_items_capacity(EXPECTED_ENTRIES).weight_capacity(bytes).shards(PARTS).build();
    match options {
        Ok(options) => sync::Cache::with_options(
            options,
            ByWeight,
            DefaultHashBuilder::default(),
            sync::DefaultLifecycle::default(),
        ),
        // Only options that contradict each other are refused.
        Err(_) => sync::Cache::with_weighter(EXPECTED_ENTRIES, bytes, ByWeight),
    }
}
