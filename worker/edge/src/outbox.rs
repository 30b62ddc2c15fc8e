//! An outbox for one key of KV: what an object has committed reaches KV, whatever fails in between.
//!
//! The object counts its changes (`seq`) and writes down, in the rows of the same transaction, how far KV is behind. One put is under way
//! at a time, always of the newest state ([`flush`]). One that fails is tried again by the object's alarm, later with each failure. Long after
//! the last put KV is read once more ([`check`]): a put that another, older one overtook, or that KV lost, is made again.

use crate::{
    bindings::{Bound, Level},
    object::Object,
    timers::{Timed, Timer, set_alarm},
};
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

/// The first wait after a failed put; it doubles with each.
const FIRST_RETRY_MS: u64 = 1_000;
/// The longest wait between two tries.
const MAX_RETRY_MS: u64 = 60_000;
/// A put that is under way is given this long before the alarm looks after it.
const GRACE_MS: u64 = 10_000;
/// When KV is read once more after a put: a reader may see the old value for 60 s.
const CHECK_MS: u64 = 90_000;

/// How far KV is behind the object, as its rows say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Counts the changes of the object.
    pub seq: u64,
    /// The change that KV holds.
    pub kv_seq: u64,
    /// Failures since the last success.
    pub attempts: u64,
    /// When KV is to be read once more, in milliseconds since 1970; 0 for never.
    pub check_at: u64,
}

impl Progress {
    const fn is_behind(&self) -> bool {
        self.kv_seq < self.seq
    }

    const fn check(&self) -> Option<Timer> {
        if self.check_at > 0 { Some(Timer::at(self.check_at, CHECK_MS)) } else { None }
    }

    /// When there is something to do for the outbox, if there is anything left.
    #[must_use]
    pub fn timer(&self, now_ms: u64) -> Option<Timer> {
        if self.is_behind() {
            return Some(retry(self.attempts, now_ms));
        }
        // A check that fails is tried again as a put is.
        self.check()
            .map(|check| if check.is_due(now_ms) && self.attempts > 0 { retry(self.attempts, now_ms) } else { check })
    }
}

/// When something that failed so often is tried again; what did not fail yet is given time to end.
#[must_use]
pub fn retry(attempts: u64, now_ms: u64) -> Timer {
    let wait = match attempts {
        0 => GRACE_MS,
        attempts => (FIRST_RETRY_MS << (attempts - 1).min(10)).min(MAX_RETRY_MS),
    };
    Timer::after(now_ms, wait)
}

/// What is to be in KV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The binding of the namespace.
    pub namespace: &'static str,
    /// The key; always the same for one object.
    pub key: String,
    /// The newest state of the object.
    pub value: Vec<u8>,
    /// The change that led to it.
    pub seq: u64,
}

/// What the object writes down of its outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxOutcome {
    /// KV took this change, or a later one holds already: `kv_seq` never goes back, `attempts` is 0.
    Put {
        /// The change.
        seq: u64,
        /// When KV is to be read once more.
        check_at: u64,
    },
    /// KV refused: one more of `attempts`.
    Failed,
    /// KV was read once more: `check_at` and `attempts` are 0, and where it did not agree `kv_seq` is, too.
    Checked {
        /// Whether it holds the newest change.
        agrees: bool,
    },
}

/// An object with a state that KV is to hold.
pub trait Outbox: Timed {
    /// What it remembers of a put under way.
    fn in_flight(&self) -> &InFlight;

    /// How far KV is behind; `None` before the first change.
    ///
    /// # Errors
    /// The rows cannot be read.
    fn progress(&self, object: Object) -> Bound<Option<Progress>>;

    /// The newest state; `None` if there is nothing that KV is to hold.
    ///
    /// # Errors
    /// The rows cannot be read.
    fn entry(&self, object: Object) -> Bound<Option<OutboxEntry>>;

    /// Writes down what came of a try.
    ///
    /// # Errors
    /// The rows cannot be written.
    fn record(&self, object: Object, outcome: OutboxOutcome) -> Bound<()>;

    /// The change that led to a value that KV holds; `None` for what is no state.
    fn seq_of(value: &[u8]) -> Option<u64>;
}

/// Whether an object's put is under way, and who waits for its end. Kept in memory: an object that was evicted has none under way.
#[derive(Debug, Default)]
pub struct InFlight {
    is_put: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl InFlight {
    async fn ended(&self) {
        poll_fn(|context| {
            if self.is_put.get() {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

/// A put that is under way until this is dropped.
struct PutGuard<'a>(&'a InFlight);

impl<'a> PutGuard<'a> {
    fn begin(in_flight: &'a InFlight) -> Self {
        in_flight.is_put.set(true);
        Self(in_flight)
    }
}

impl Drop for PutGuard<'_> {
    fn drop(&mut self) {
        self.0.is_put.set(false);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}

/// Puts the newest state into KV until KV holds it or a put fails, and sets the alarm for what is left. If another call is at it, waits for
/// the end of that one.
pub async fn flush(object: Object, outbox: &impl Outbox) {
    if outbox.in_flight().is_put.get() {
        return outbox.in_flight().ended().await;
    }
    let _put = PutGuard::begin(outbox.in_flight());
    if let Err(error) = put_newest(object, outbox).await {
        object.log(Level::Error, &format!("outbox: {error}"));
    }
}

async fn put_newest(object: Object, outbox: &impl Outbox) -> Bound<()> {
    while outbox.progress(object)?.is_some_and(|progress| progress.is_behind()) {
        let Some(entry) = outbox.entry(object)? else { break };
        match object.kv(entry.namespace).put(&entry.key, entry.value).await {
            Ok(()) => {
                outbox.record(object, OutboxOutcome::Put { seq: entry.seq, check_at: object.now_ms() + CHECK_MS })?
            }
            Err(error) => {
                object.log(Level::Warn, &format!("KV put of {} failed: {error}; it will be tried again", entry.key));
                outbox.record(object, OutboxOutcome::Failed)?;
                break;
            }
        }
    }
    set_alarm(object, outbox).await
}

/// Reads KV once more, if that is due, and has it written again by the next [`flush`] if it does not agree. Called by the alarm, before that.
///
/// # Errors
/// The rows cannot be read or written.
pub async fn check<B: Outbox>(object: Object, outbox: &B) -> Bound<()> {
    let is_due = |progress: &Progress| {
        !progress.is_behind() && progress.check().is_some_and(|check| check.is_due(object.now_ms()))
    };
    let Some(before) = outbox.progress(object)?.filter(is_due) else { return Ok(()) };
    let Some(entry) = outbox.entry(object)? else { return Ok(()) };
    let held = match object.kv(entry.namespace).get(&entry.key).await {
        Ok(held) => held,
        Err(error) => {
            object.log(Level::Warn, &format!("KV get of {} failed: {error}; it will be tried again", entry.key));
            return outbox.record(object, OutboxOutcome::Failed);
        }
    };
    // While KV was asked, a newer state may have been put: that one has its own check.
    let Some(now) = outbox.progress(object)?.filter(|now| now.seq == before.seq) else { return Ok(()) };
    let agrees = held.and_then(|value| B::seq_of(&value)) == Some(now.seq);
    if !agrees {
        object.log(Level::Warn, &format!("KV does not hold the newest state of {}; writing it again", entry.key));
    }
    outbox.record(object, OutboxOutcome::Checked { agrees })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::{Memory, poll, run},
        timers::set_next,
    };
    use std::pin::pin;

    /// An object whose state is the number of its last change.
    #[derive(Default)]
    struct Counter {
        progress: Cell<Progress>,
        in_flight: InFlight,
    }

    impl Counter {
        fn change(&self) {
            self.progress.set(Progress { seq: self.progress.get().seq + 1, ..self.progress.get() });
        }

        async fn alarm(&self, memory: Memory) {
            check(memory.object(), self).await.unwrap();
            flush(memory.object(), self).await;
            set_next(memory.object(), self).await;
        }
    }

    impl Timed for Counter {
        fn timers(&self, object: Object) -> Bound<Vec<Timer>> {
            Ok(self.progress.get().timer(object.now_ms()).into_iter().collect())
        }
    }

    impl Outbox for Counter {
        fn in_flight(&self) -> &InFlight {
            &self.in_flight
        }

        fn progress(&self, _: Object) -> Bound<Option<Progress>> {
            Ok(Some(self.progress.get()))
        }

        fn entry(&self, _: Object) -> Bound<Option<OutboxEntry>> {
            let seq = self.progress.get().seq;
            Ok(Some(OutboxEntry {
                namespace: "KV",
                key: "counter".to_owned(),
                value: seq.to_string().into_bytes(),
                seq,
            }))
        }

        fn record(&self, _: Object, outcome: OutboxOutcome) -> Bound<()> {
            let now = self.progress.get();
            self.progress.set(match outcome {
                OutboxOutcome::Put { seq, check_at } => {
                    Progress { kv_seq: now.kv_seq.max(seq), attempts: 0, check_at, ..now }
                }
                OutboxOutcome::Failed => Progress { attempts: now.attempts + 1, ..now },
                OutboxOutcome::Checked { agrees } => {
                    Progress { kv_seq: if agrees { now.kv_seq } else { 0 }, attempts: 0, check_at: 0, ..now }
                }
            });
            Ok(())
        }

        fn seq_of(value: &[u8]) -> Option<u64> {
            std::str::from_utf8(value).ok()?.parse().ok()
        }
    }

    /// Moves the clock to the alarm and runs its handler, if there is one.
    fn next_alarm(memory: Memory, counter: &Counter) -> Option<u64> {
        let at = memory.take_alarm()?;
        memory.set_now(at);
        run(counter.alarm(memory));
        Some(at)
    }

    #[test]
    fn a_put_that_fails_is_tried_again_later_and_later_until_it_holds() {
        let (memory, counter) = (Memory::at(0), Counter::default());
        counter.change();
        memory.fail_next(9);
        run(flush(memory.object(), &counter));
        let mut waits = Vec::new();
        while counter.progress.get().is_behind() {
            let before = memory.edge().now_ms();
            waits.push(next_alarm(memory, &counter).unwrap() - before);
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
        assert_eq!(memory.value("KV", "counter").as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn one_put_is_under_way_and_it_ends_with_the_newest_state() {
        let (memory, counter) = (Memory::at(0), Counter::default());
        counter.change();
        memory.hold_puts(true);
        let (mut first, mut second) = (pin!(flush(memory.object(), &counter)), pin!(flush(memory.object(), &counter)));
        assert!(poll(first.as_mut()).is_pending());
        counter.change();
        assert!(poll(second.as_mut()).is_pending(), "it waits for the first");
        memory.hold_puts(false);
        assert!(poll(first.as_mut()).is_ready() && poll(second.as_mut()).is_ready());
        assert_eq!((memory.value("KV", "counter").as_deref(), memory.puts()), (Some(&b"2"[..]), 2));
    }

    #[test]
    fn a_put_that_is_given_up_keeps_nobody_waiting() {
        let (memory, counter) = (Memory::at(0), Counter::default());
        counter.change();
        memory.hold_puts(true);
        {
            let mut given_up = pin!(flush(memory.object(), &counter));
            assert!(poll(given_up.as_mut()).is_pending());
        }
        // `pin!` drops at the end of its block.
        memory.hold_puts(false);
        run(flush(memory.object(), &counter));
        assert!(!counter.progress.get().is_behind());
    }

    #[test]
    fn what_kv_lost_is_noticed_and_written_again_and_then_the_object_rests() {
        let (memory, counter) = (Memory::at(0), Counter::default());
        counter.change();
        run(flush(memory.object(), &counter));
        memory.set_value("KV", "counter", None);
        assert_eq!(next_alarm(memory, &counter), Some(CHECK_MS));
        assert_eq!(memory.value("KV", "counter").as_deref(), Some(&b"1"[..]));
        assert_eq!(next_alarm(memory, &counter), Some(2 * CHECK_MS), "what was written again is checked, too");
        assert_eq!(next_alarm(memory, &counter), None);
    }

    #[test]
    fn a_check_that_fails_waits_before_it_is_tried_again() {
        let (memory, counter) = (Memory::at(0), Counter::default());
        counter.change();
        run(flush(memory.object(), &counter));
        memory.fail_next(2);
        let times: Vec<u64> = std::iter::from_fn(|| next_alarm(memory, &counter)).take(10).collect();
        assert_eq!(times, [CHECK_MS, CHECK_MS + 1_000, CHECK_MS + 3_000]);
    }
}
