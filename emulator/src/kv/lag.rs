//! Behaviour in time that is off by default: readers that lag, and the rate of writes. All times are of [`Clock::elapsed_ms`](crate::clock::Clock::elapsed_ms).

use super::{engine::Entry, limits::MIN_WRITE_INTERVAL_MS};
use crate::sync::lock;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where a reader or a writer is; `None` is nowhere in particular, and far from every writer.
pub(super) type PlaceName = Option<Arc<str>>;

/// What readers have not been told yet. Holds the writes of one lag at most, of the longest that anybody has asked for.
#[derive(Debug, Default)]
pub(super) struct ReadLag {
    any: AtomicBool,
    pending: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    /// Those of a key in the order in which they were made.
    writes: HashMap<String, VecDeque<Write>>,
    longest_lag_ms: u64,
}

/// A write that is not seen everywhere yet, and what is seen until then.
#[derive(Debug)]
struct Write {
    at_ms: u64,
    before: Entry,
    /// Where it was seen: nobody there goes back behind it.
    seen: Vec<PlaceName>,
}

impl ReadLag {
    /// Whether nobody lags: the one question of a read when the fault is off.
    pub(super) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Remembers a write, *before* it can be seen.
    pub(super) fn record_write(&self, place: &PlaceName, key: &str, before: Entry, now_ms: u64, lag_ms: u64) {
        let mut pending = lock(&self.pending);
        pending.forget(now_ms, lag_ms);
        let seen = place.iter().cloned().map(Some).collect();
        pending.writes.entry(key.to_owned()).or_default().push_back(Write { at_ms: now_ms, before, seen });
        self.any.store(true, Ordering::Release);
    }

    /// What a reader who lags so much behind other places sees of a key, if that is not the truth. With no lag it is.
    pub(super) fn stale_entry(&self, place: &PlaceName, key: &str, now_ms: u64, lag_ms: u64) -> Option<Entry> {
        let mut pending = lock(&self.pending);
        pending.forget(now_ms, lag_ms);
        self.any.store(!pending.writes.is_empty(), Ordering::Release);
        let writes = pending.writes.get_mut(key)?;
        let is_seen = |write: &Write| write.at_ms.saturating_add(lag_ms) <= now_ms || write.seen.contains(place);
        let seen = writes.iter().rposition(is_seen).map_or(0, |last| last + 1);
        for write in writes.iter_mut().take(seen).filter(|write| !write.seen.contains(place)) {
            write.seen.push(place.clone());
        }
        writes.get(seen).map(|write| write.before.clone())
    }
}

impl Pending {
    fn forget(&mut self, now_ms: u64, lag_ms: u64) {
        self.longest_lag_ms = if lag_ms == 0 { 0 } else { self.longest_lag_ms.max(lag_ms) };
        let longest_ms = self.longest_lag_ms;
        self.writes.retain(|_, queue| {
            queue.retain(|write| write.at_ms.saturating_add(longest_ms) > now_ms);
            !queue.is_empty()
        });
    }
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
