//! What a Worker has complained of just now: a line that comes with every request of a site that is broken is one line for a while.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Mutex,
};

use crate::storage::sqlite::lock;

/// After so many milliseconds the same line is said again: as often as the Worker tells an object of the same loss.
const AGAIN_MS: u64 = 10_000;
/// How many lines are known at once, at 16 bytes each; then all are forgotten.
const KEPT: usize = 1_024;

/// The complaints of all instances of an emulator, by their hashes, and when they were said last.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<HashMap<u64, u64>>);

impl Said {
    /// Whether a line was not said for a while. It is said then.
    pub(crate) fn is_due(&self, line: &str, now_ms: u64) -> bool {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let line = hasher.finish();
        let mut said = lock(&self.0);
        if said.get(&line).is_some_and(|at| now_ms.saturating_sub(*at) < AGAIN_MS) {
            return false;
        }
        if said.len() == KEPT {
            said.clear();
        }
        said.insert(line, now_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_once_for_a_while_and_others_beside_it() {
        let said = Said::default();
        assert!(said.is_due("a", 0));
        assert!(!said.is_due("a", AGAIN_MS - 1));
        assert!(said.is_due("b", AGAIN_MS - 1));
        assert!(said.is_due("a", AGAIN_MS));
        for number in 0..2 * KEPT {
            assert!(said.is_due(&number.to_string(), AGAIN_MS));
        }
        assert!(lock(&said.0).len() <= KEPT);
    }
}
