//! Repeated lines of the Worker's log: a line that comes with every request of a broken site is logged once in a while.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use crate::sync::lock;

/// Milliseconds after which the same line is logged again: as often as the Worker reports the same loss to an object.
const INTERVAL_MS: u64 = 10_000;
/// Lines that are remembered, at 16 bytes each; then all are forgotten.
const MAX_LINES: usize = 1_024;

/// When each line of all instances of an emulator was last logged, by the hash of the line.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle(Mutex<HashMap<u64, u64>>);

impl LogThrottle {
    /// Whether a line may be logged now; if so, it counts as logged.
    pub(crate) fn allows(&self, line: &str, now_ms: u64) -> bool {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let line = hasher.finish();
        let mut logged = lock(&self.0);
        if logged.get(&line).is_some_and(|at| now_ms.saturating_sub(*at) < INTERVAL_MS) {
            return false;
        }
        if logged.len() == MAX_LINES {
            logged.clear();
        }
        logged.insert(line, now_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_logged_once_in_an_interval_and_others_beside_it() {
        let throttle = LogThrottle::default();
        assert!(throttle.allows("a", 0));
        assert!(!throttle.allows("a", INTERVAL_MS - 1));
        assert!(throttle.allows("b", INTERVAL_MS - 1));
        assert!(throttle.allows("a", INTERVAL_MS));
        for number in 0..2 * MAX_LINES {
            assert!(throttle.allows(&number.to_string(), INTERVAL_MS));
        }
        assert!(lock(&throttle.0).len() <= MAX_LINES);
    }
}
