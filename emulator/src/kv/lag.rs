//! Behaviour in time that is off by default: readers that lag, and the rate of writes. All times are of [`Clock::elapsed_ms`](crate::clock::Clock::elapsed_ms).

use super::{engine::Entry, limits::MIN_WRITE_INTERVAL_MS};
use crate::sync::lock;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What readers have not been told yet. Holds the writes of one lag at most.
#[derive(Debug, Default)]
pub(super) struct ReadLag {
    any: AtomicBool,
    writes: Mutex<HashMap<String, VecDeque<Write>>>,
}

/// A write that is not seen yet, and what is seen until then.
#[derive(Debug)]
struct Write {
    at_ms: u64,
    before: Entry,
}

impl ReadLag {
    /// Whether nobody lags: the one question of a read when the fault is off.
    pub(super) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Remembers a write, *before* it can be seen.
    pub(super) fn record_write(&self, key: &str, before: Entry, now_ms: u64, lag_ms: u64) {
        let mut writes = lock(&self.writes);
        forget(&mut writes, now_ms, lag_ms);
        writes.entry(key.to_owned()).or_default().push_back(Write { at_ms: now_ms, before });
        self.any.store(true, Ordering::Release);
    }

    /// What a reader sees of a key that was written less than `lag_ms` ago.
    pub(super) fn stale_entry(&self, key: &str, now_ms: u64, lag_ms: u64) -> Option<Entry> {
        let mut writes = lock(&self.writes);
        forget(&mut writes, now_ms, lag_ms);
        self.any.store(!writes.is_empty(), Ordering::Release);
        writes.get(key)?.front().map(|write| write.before.clone())
    }
}

fn forget(writes: &mut HashMap<String, VecDeque<Write>>, now_ms: u64, lag_ms: u64) {
    writes.retain(|_, queue| {
        queue.retain(|write| write.at_ms.saturating_add(lag_ms) > now_ms);
        !queue.is_empty()
    });
}

/// When keys were last written, for as long as that matters.
#[derive(Debug, Default)]
pub(super) struct WriteRate(Mutex<HashMap<String, u64>>);

impl WriteRate {
    /// Whether a key may be written now; if so, it counts as written.
    pub(super) fn allows(&self, key: &str, now_ms: u64) -> bool {
        let mut written = lock(&self.0);
        written.retain(|_, at| at.saturating_add(MIN_WRITE_INTERVAL_MS) > now_ms);
        if written.contains_key(key) {
            return false;
        }
        written.insert(key.to_owned(), now_ms);
        true
    }
}
