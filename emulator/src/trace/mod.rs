//! The last requests with their binding calls, and the Worker's log. Off, and without cost, until asked for ([`Builder::trace`](crate::Builder::trace)).

mod record;
mod recorder;

pub use record::{LogRecord, OpRecord, RequestRecord};
pub(crate) use recorder::{Recorder, Span, Subject};

use crate::{sync::lock, world::clock::Clock};
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::broadcast;

/// Ops of one request that are remembered: more than a page takes, fewer than a publish of a large site does.
pub const MAX_OPS: usize = 256;
/// Bytes of a key, path, statement or log line that are remembered.
pub const MAX_TEXT_BYTES: usize = 2_048;
/// Records that a slow listener may be behind before it misses some.
const CHANNEL: usize = 1_024;

/// The requests that ended last, and what was logged. Clones share it.
///
/// Without [`Builder::trace`](crate::Builder::trace) nothing is recorded, and a request pays for one comparison.
#[derive(Clone)]
pub struct Trace {
    /// Records of each kind that are records; 0 is off.
    capacity: usize,
    shared: Arc<TraceState>,
}

struct TraceState {
    clock: Clock,
    next: AtomicU64,
    requests: RingBuffer<RequestRecord>,
    log: RingBuffer<LogRecord>,
}

struct RingBuffer<T> {
    records: Mutex<VecDeque<Arc<T>>>,
    live: broadcast::Sender<Arc<T>>,
}

impl Trace {
    /// By the clock that requests are timed with.
    fn elapsed(&self) -> Duration {
        self.shared.clock.elapsed()
    }

    pub(crate) fn new(capacity: usize, clock: Clock) -> Self {
        let shared = TraceState { clock, next: AtomicU64::new(1), requests: RingBuffer::new(), log: RingBuffer::new() };
        Self { capacity, shared: Arc::new(shared) }
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.capacity > 0
    }

    /// The requests that ended last, the oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<RequestRecord>> {
        self.shared.requests.recent()
    }

    /// Requests from now on, as they end. Whoever is slower than they are misses some, and is told so.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<RequestRecord>> {
        self.shared.requests.live.subscribe()
    }

    /// What was logged last, the oldest first.
    #[must_use]
    pub fn recent_log(&self) -> Vec<Arc<LogRecord>> {
        self.shared.log.recent()
    }

    /// The log from now on; see [`Self::subscribe`].
    #[must_use]
    pub fn subscribe_log(&self) -> broadcast::Receiver<Arc<LogRecord>> {
        self.shared.log.live.subscribe()
    }

    /// Begins to record a request, if anything is recorded.
    pub(crate) fn begin(&self, subject: impl FnOnce() -> Subject) -> Option<Recorder> {
        if self.capacity == 0 {
            return None;
        }
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        Some(Recorder::new(self.clone(), id, self.shared.clock.now_ms(), subject()))
    }

    /// Takes down a line, if anything is recorded.
    pub(crate) fn log(&self, level: &'static str, request: Option<u64>, text: impl fmt::Display) {
        if self.capacity > 0 {
            let time_ms = self.shared.clock.now_ms();
            self.shared.log.push(self.capacity, LogRecord { time_ms, level, request, text: cut(text.to_string()) });
        }
    }

    fn ended(&self, record: RequestRecord) {
        self.shared.requests.push(self.capacity, record);
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl<T> RingBuffer<T> {
    fn new() -> Self {
        Self { records: Mutex::default(), live: broadcast::Sender::new(CHANNEL) }
    }

    fn push(&self, capacity: usize, record: T) {
        let record = Arc::new(record);
        let mut records = lock(&self.records);
        while records.len() >= capacity {
            records.pop_front();
        }
        records.push_back(Arc::clone(&record));
        // Under the lock, so that listeners hear of records in the order in which they are records. Nobody may listen.
        let _ = self.live.send(record);
    }

    fn recent(&self) -> Vec<Arc<T>> {
        lock(&self.records).iter().cloned().collect()
    }
}

/// At most [`MAX_TEXT_BYTES`] of a text, with a mark where it was cut.
fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        let end = text.floor_char_boundary(MAX_TEXT_BYTES);
        text.truncate(end);
        text.push('…');
    }
    text
}
