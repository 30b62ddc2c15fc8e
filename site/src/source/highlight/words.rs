//! Words that mean something in a language, looked up by hash.

use super::paint::Class;
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::OnceLock,
};

/// The words of a language: lists separated by white space, made into a table on first use.
pub(super) struct WordLists {
    lists: &'static [(Class, &'static str)],
    table: OnceLock<HashMap<&'static str, Class, BuildHasherDefault<Fnv>>>,
}

impl WordLists {
    pub(super) const fn new(lists: &'static [(Class, &'static str)]) -> Self {
        Self { lists, table: OnceLock::new() }
    }

    /// What the word is; the first list that has it decides.
    pub(super) fn class(&self, word: &str) -> Option<Class> {
        let table = self.table.get_or_init(|| {
            let mut table = HashMap::default();
            for (class, list) in self.lists {
                for word in list.split_ascii_whitespace() {
                    table.entry(word).or_insert(*class);
                }
            }
            table
        });
        table.get(word).copied()
    }
}

/// FNV-1a. The keys are ours, so nobody can make them collide.
#[derive(Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
