//! How far a connection is: what its stream of bytes, its requests and its deadlines know of each other.
//!
//! All of a connection runs in one task, so nothing here is contended; atomics stand where the compiler cannot know that.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::limits::{ConnectionLimits, FREE_INCOMING_BYTES};

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// The head of the next request is waited for.
    Head,
    /// A request is under way, until its answer was handed to the connection.
    Request,
    /// It carries WebSocket frames.
    Upgraded,
}

/// Why a connection is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimedOut {
    #[error("no request came in time")]
    Head,
    #[error("the client takes nothing of what it is sent")]
    Write,
    #[error("the client has ended its side, and its answer is not there in time")]
    HalfClosed,
    #[error("the client goes on to send what nobody reads")]
    Linger,
}

/// What is known of a connection.
pub(crate) struct Progress {
    limits: ConnectionLimits,
    begin: Instant,
    phase: AtomicU8,
    /// The body of the request has not been read to its end.
    body_open: AtomicBool,
    /// A body was waited for in vain.
    body_timed_out: AtomicBool,
    /// The end of the client's side is held back from who reads.
    end_held_back: AtomicBool,
    head_since: Since,
    write_since: Since,
    end_since: Since,
    linger_since: Since,
    /// Bytes that the client took.
    written: AtomicU64,
    incoming: Arc<IncomingBudget>,
    /// Bytes of the message that is being received, or dealt with.
    unfinished: AtomicUsize,
    /// Those of them that `incoming` counts.
    counted: AtomicUsize,
}

/// Since when something lasts: milliseconds after the begin of the connection, plus one; 0 if it does not.
#[derive(Default)]
struct Since(AtomicU64);

impl Since {
    fn set_once(&self, begin: Instant) {
        if !self.is_set() {
            self.set(begin);
        }
    }

    fn set(&self, begin: Instant) {
        let millis = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.store(millis + 1, Relaxed);
    }

    fn clear(&self) {
        // Mostly it is clear, and a load costs less.
        if self.is_set() {
            self.0.store(0, Relaxed);
        }
    }

    fn is_set(&self) -> bool {
        self.0.load(Relaxed) != 0
    }

    fn due(&self, begin: Instant, limit: Duration) -> Option<Instant> {
        let since = self.0.load(Relaxed).checked_sub(1)?;
        begin.checked_add(Duration::from_millis(since))?.checked_add(limit)
    }
}

impl Progress {
    pub(super) fn new(limits: ConnectionLimits, incoming: Arc<IncomingBudget>) -> Self {
        let progress = Self {
            limits,
            begin: Instant::now(),
            phase: AtomicU8::new(Phase::Head as u8),
            body_open: AtomicBool::new(false),
            body_timed_out: AtomicBool::new(false),
            end_held_back: AtomicBool::new(false),
            head_since: Since::default(),
            write_since: Since::default(),
            end_since: Since::default(),
            linger_since: Since::default(),
            written: AtomicU64::new(0),
            incoming,
            unfinished: AtomicUsize::new(0),
            counted: AtomicUsize::new(0),
        };
        progress.head_since.set(progress.begin);
        progress
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Relaxed) == phase as u8
    }

    /// A request has come.
    pub(super) fn began(&self, has_body: bool) {
        self.phase.store(Phase::Request as u8, Relaxed);
        self.head_since.clear();
        self.body_open.store(has_body, Relaxed);
    }

    /// The whole answer to it was handed to the connection.
    pub(super) fn answered(&self) {
        if self.is(Phase::Request) {
            self.phase.store(Phase::Head as u8, Relaxed);
            self.head_since.set(self.begin);
        }
    }

    pub(super) fn upgraded(&self) {
        self.phase.store(Phase::Upgraded as u8, Relaxed);
    }

    pub(super) fn body_ended(&self) {
        self.body_open.store(false, Relaxed);
    }

    pub(super) fn is_body_open(&self) -> bool {
        self.body_open.load(Relaxed)
    }

    pub(super) fn body_timed_out(&self) {
        self.body_timed_out.store(true, Relaxed);
    }

    pub(super) fn has_body_timed_out(&self) -> bool {
        self.body_timed_out.load(Relaxed)
    }

    pub(super) fn body_stall(&self) -> Duration {
        self.limits.body_stall
    }

    /// Bytes have come.
    ///
    /// # Errors
    /// If they belong to a message for which there is no memory left.
    pub(super) fn read(&self, bytes: usize) -> io::Result<()> {
        if !self.is(Phase::Upgraded) {
            return Ok(());
        }
        let unfinished = self.unfinished.load(Relaxed) + bytes;
        self.unfinished.store(unfinished, Relaxed);
        let counted = self.counted.load(Relaxed);
        let more = unfinished.saturating_sub(FREE_INCOMING_BYTES + counted);
        if more > 0 {
            self.incoming.reserve(more)?;
            self.counted.store(counted + more, Relaxed);
        }
        Ok(())
    }

    /// The message that was being received has been dealt with.
    pub(crate) fn message_handled(&self) {
        self.unfinished.store(0, Relaxed);
        if self.counted.load(Relaxed) > 0 {
            self.incoming.release(self.counted.swap(0, Relaxed));
        }
    }

    /// The client has ended its side. True if the reader must not see that yet, since the client is owed an answer.
    pub(super) fn holds_back_end(&self) -> bool {
        let holds_back = self.owes() && !self.is_body_open();
        if holds_back {
            self.end_since.set_once(self.begin);
        }
        self.end_held_back.store(holds_back, Relaxed);
        holds_back
    }

    /// Whether the reader is to see now an end that was held back. True once.
    pub(super) fn should_report_end(&self) -> bool {
        let tells = self.end_held_back.load(Relaxed) && !self.owes();
        if tells {
            self.end_held_back.store(false, Relaxed);
        }
        tells
    }

    /// Whether the client has not got all of an answer.
    fn owes(&self) -> bool {
        self.is(Phase::Request) || self.write_since.is_set()
    }

    pub(super) fn write_waits(&self) {
        if !self.is(Phase::Upgraded) {
            self.write_since.set_once(self.begin);
        }
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.written.store(self.written.load(Relaxed) + bytes as u64, Relaxed);
        if self.write_since.is_set() {
            self.write_since.clear();
            if self.is(Phase::Head) {
                // It was still taking its last answer.
                self.head_since.set(self.begin);
            }
        }
        if self.end_since.is_set() {
            self.end_since.set(self.begin);
        }
    }

    /// Bytes that the client took so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Whether a client that is still sending is read from after this side has ended. An upgraded connection's protocol has an end of
    /// its own.
    pub(super) fn lingers(&self) -> bool {
        if self.is(Phase::Upgraded) {
            return false;
        }
        self.linger_since.set_once(self.begin);
        true
    }

    /// When something has lasted for too long, and what.
    pub(super) fn due(&self) -> Option<(Instant, TimedOut)> {
        let limits = &self.limits;
        // What is neither read nor written any more has no other time limits.
        if let Some(due) = self.linger_since.due(self.begin, limits.linger) {
            return Some((due, TimedOut::Linger));
        }
        if let Some(due) = self.write_since.due(self.begin, limits.write_stall) {
            return Some((due, TimedOut::Write));
        }
        let all = [
            (self.head_since.due(self.begin, limits.head), TimedOut::Head),
            (self.end_since.due(self.begin, limits.half_closed), TimedOut::HalfClosed),
        ];
        all.into_iter().filter_map(|(due, reason)| Some((due?, reason))).min_by_key(|(due, _)| *due)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.incoming.release(*self.counted.get_mut());
    }
}

/// Bytes that all connections of a server share.
pub(super) struct IncomingBudget {
    limit: usize,
    used: AtomicUsize,
}

impl IncomingBudget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    fn reserve(&self, bytes: usize) -> io::Result<()> {
        let used = self.used.fetch_add(bytes, Relaxed);
        if used.saturating_add(bytes) > self.limit {
            self.release(bytes);
            tracing::warn!(
                limit = self.limit,
                "unfinished WebSocket messages take too much memory: a client that sends one is disconnected"
            );
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, "too much of unfinished messages"));
        }
        Ok(())
    }

    fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upgraded(budget: &Arc<IncomingBudget>) -> Progress {
        let progress = Progress::new(ConnectionLimits::default(), Arc::clone(budget));
        progress.upgraded();
        progress
    }

    #[test]
    fn unfinished_messages_share_one_budget_and_give_it_back() {
        let budget = Arc::new(IncomingBudget::new(100_000));
        let (one, other) = (upgraded(&budget), upgraded(&budget));
        one.read(FREE_INCOMING_BYTES + 60_000).unwrap();
        assert!(other.read(FREE_INCOMING_BYTES + 60_000).is_err(), "together they have more");
        other.message_handled();
        one.message_handled();
        other.read(FREE_INCOMING_BYTES + 60_000).unwrap();
        drop(other);
        assert_eq!(budget.used.load(Relaxed), 0);
    }

    #[test]
    fn many_small_reads_count_as_one_large_one_does() {
        let budget = Arc::new(IncomingBudget::new(1_000_000));
        let slow = upgraded(&budget);
        for _ in 0..100 {
            slow.read(1_000).unwrap();
        }
        assert_eq!(budget.used.load(Relaxed), 100_000 - FREE_INCOMING_BYTES);
    }

    #[test]
    fn the_bytes_of_requests_are_not_counted_as_messages() {
        let budget = Arc::new(IncomingBudget::new(10));
        let progress = Progress::new(ConnectionLimits::default(), Arc::clone(&budget));
        progress.began(true);
        progress.read(1_000_000).unwrap();
        assert_eq!(budget.used.load(Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_the_last_answer_on() {
        let limits = ConnectionLimits::default();
        let progress = Progress::new(limits, Arc::new(IncomingBudget::new(0)));
        let first = progress.due();
        assert_eq!(first.map(|(_, reason)| reason), Some(TimedOut::Head));
        progress.began(false);
        assert_eq!(progress.due(), None, "the Worker takes the time that it takes");
        tokio::time::advance(Duration::from_secs(100)).await;
        progress.answered();
        let (due, reason) = progress.due().unwrap();
        assert_eq!((due - Instant::now(), reason), (limits.head, TimedOut::Head));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_client_is_held_back_while_it_is_owed_an_answer() {
        let progress = Progress::new(ConnectionLimits::default(), Arc::new(IncomingBudget::new(0)));
        assert!(!progress.holds_back_end(), "an idle client that ends has ended");
        progress.began(true);
        assert!(!progress.holds_back_end(), "a body that ends too early is an error");
        progress.body_ended();
        assert!(progress.holds_back_end() && !progress.should_report_end());
        assert_eq!(progress.due().unwrap().1, TimedOut::HalfClosed);
        progress.answered();
        assert!(progress.should_report_end());
    }
}
