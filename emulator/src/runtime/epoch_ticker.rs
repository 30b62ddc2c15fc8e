//! CPU time: the epochs that stop a guest which runs for too long.
//!
//! wasmtime's epoch is a counter that compiled code compares with a deadline. A thread counts it up. Once the last turn
//! must have ended, by itself or by its deadline, the thread sleeps until the next one: an idle emulator wakes nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

use crate::world::machine;

/// The epochs into which the limit is divided: a turn is stopped at most one of them late.
const TICKS_PER_LIMIT: u32 = 10;
/// The longest epoch: a limit of half a minute needs no finer one than this.
const LONGEST_TICK: Duration = Duration::from_millis(100);

/// Bounds the time of every turn of one engine. Dropping it ends its thread.
pub(crate) struct EpochTicker {
    shared: Arc<TickerState>,
    thread: Option<JoinHandle<()>>,
}

struct TickerState {
    engine: Engine,
    tick: Duration,
    /// Epochs that a turn may see pass.
    deadline: u64,
    /// Counts the turns that have begun.
    turns: AtomicU64,
    /// Counts the epochs.
    ticks: AtomicU64,
    asleep: AtomicBool,
    ended: AtomicBool,
}

impl EpochTicker {
    pub(crate) fn start(engine: Engine, limit: Duration) -> std::io::Result<Self> {
        let tick = (limit / TICKS_PER_LIMIT).clamp(Duration::from_millis(1), LONGEST_TICK);
        // One more, for the epoch that is under way when the turn begins.
        let deadline = u64::try_from(limit.as_nanos().div_ceil(tick.as_nanos())).unwrap_or(u64::MAX / 4) + 1;
        let (turns, ticks) = (AtomicU64::new(0), AtomicU64::new(0));
        let (asleep, ended) = (AtomicBool::new(false), AtomicBool::new(false));
        let shared = Arc::new(TickerState { engine, tick, deadline, turns, ticks, asleep, ended });
        let thread = machine::start_thread("pmx-epochs", {
            let shared = Arc::clone(&shared);
            move || shared.run()
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Announces a turn.
    pub(crate) fn begin_turn(&self) {
        self.shared.turns.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// After how many epochs a turn is to be stopped, and all turns of a task together.
    pub(crate) fn limit(&self) -> u64 {
        self.shared.deadline
    }

    /// Epochs that have passed while turns began. Work that begins none does not make it go on for longer than one limit.
    pub(crate) fn ticks(&self) -> u64 {
        self.shared.ticks.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        self.shared.asleep.store(false, Ordering::SeqCst);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl TickerState {
    fn run(&self) {
        let (mut seen, mut quiet) = (0, 0);
        while !self.ended.load(Ordering::SeqCst) {
            thread::park_timeout(self.tick);
            self.engine.increment_epoch();
            self.ticks.fetch_add(1, Ordering::Relaxed);
            let turns = self.turns.load(Ordering::SeqCst);
            quiet = if turns == seen { quiet + 1 } else { 0 };
            seen = turns;
            if quiet > self.deadline {
                self.sleep(seen);
                quiet = 0;
            }
        }
    }

    /// Sleeps until a turn begins. One that begins while this falls asleep is seen here, or it sees `asleep`.
    fn sleep(&self, seen: u64) {
        self.asleep.store(true, Ordering::SeqCst);
        if self.turns.load(Ordering::SeqCst) != seen {
            self.asleep.store(false, Ordering::SeqCst);
        }
        while self.asleep.load(Ordering::SeqCst) && !self.ended.load(Ordering::SeqCst) {
            thread::park();
        }
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It holds nothing that could have panicked, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}
