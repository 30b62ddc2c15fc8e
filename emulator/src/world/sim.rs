//! A simulated world: one thread, time that passes only when nothing is left to do, and a seed that decides what comes next. Two runs of one
//! seed do the same in the same order. An emulator is put into it with [`Builder::simulated`](crate::Builder::simulated).
//!
//! ```
//! use pmx_emulator::{Worker, world::sim::World};
//! use std::time::Duration;
//!
//! let world = World::new(7);
//! let clock = world.clock();
//! world.spawn(async move { clock.sleep_until_elapsed(clock.elapsed_ms() + 3_600_000).await });
//! // An hour passes at once.
//! while world.step() {}
//! assert_eq!(world.steps(), 3);
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::clock::{Clock, SplitMix64};
use super::executor::{Executor, Spawned, Work};
use crate::sync::lock;

/// When a simulation begins: 2026-01-01 00:00:00 UTC.
const START_MS: u64 = 1_767_225_600_000;

/// A simulated world. It is moved by [`Self::step`] and by nothing else.
#[derive(Debug)]
pub struct World {
    scheduler: Arc<Scheduler>,
    clock: Clock,
}

/// What there is to do.
struct Scheduler(Mutex<Schedule>);

struct Schedule {
    draws: SplitMix64,
    next_id: u64,
    /// What can go on, by age.
    ready: BTreeMap<u64, Ready>,
    /// Futures that wait.
    waiting: BTreeMap<u64, Work>,
    /// Futures that ended, were ended, or were woken while they ran: what becomes of the one that is being polled.
    running: Option<(u64, WhileRunning)>,
    steps: u64,
    /// Futures that were ended: what they hold is dropped with the next step, and not where somebody may hold a lock.
    ended: Vec<Work>,
}

enum Ready {
    Future(Work),
    Blocking(Box<dyn FnOnce() + Send>),
}

#[derive(Clone, Copy, Default)]
struct WhileRunning {
    woken: bool,
    aborted: bool,
}

impl World {
    /// A world in which the seed decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = Schedule {
            draws: SplitMix64::new(seed),
            next_id: 0,
            ready: BTreeMap::new(),
            waiting: BTreeMap::new(),
            running: None,
            steps: 0,
            ended: Vec::new(),
        };
        Self { scheduler: Arc::new(Scheduler(Mutex::new(state))), clock: Clock::seeded(START_MS, seed) }
    }

    /// Its time and its randomness.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Begins a client, or whatever else is to happen beside the others.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        Arc::clone(&self.scheduler).spawn(Box::pin(work));
    }

    /// Takes one step: something that can go on does, and the seed chooses what; where nothing can, time moves on to the next moment that
    /// somebody waits for. `false` if nobody waits for anything.
    pub fn step(&self) -> bool {
        if self.scheduler.run_one() {
            return true;
        }
        let Some(due_in) = self.clock.next_due_in_ms() else { return false };
        self.clock.advance(Duration::from_millis(due_in));
        lock(&self.scheduler.0).steps += 1;
        true
    }

    /// How many steps were taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        lock(&self.scheduler.0).steps
    }

    /// Runs a future to its end, with all that happens beside it; `None` if it can never end.
    pub fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        self.spawn(async move {
            let value = work.await;
            *lock(&slot) = Some(value);
        });
        loop {
            if let Some(value) = lock(&result).take() {
                return Some(value);
            }
            if !self.step() {
                return None;
            }
        }
    }

    pub(crate) fn seams(&self) -> super::Seams {
        let executor: Arc<Scheduler> = Arc::clone(&self.scheduler);
        super::Seams { executor, clock: self.clock.clone() }
    }
}

impl Scheduler {
    fn run_one(self: &Arc<Self>) -> bool {
        let ended = std::mem::take(&mut lock(&self.0).ended);
        drop(ended);
        let (id, ready) = {
            let mut state = lock(&self.0);
            let count = state.ready.len() as u64;
            if count == 0 {
                return false;
            }
            let at = usize::try_from(state.draws.next() % count).unwrap_or(0);
            let Some(id) = state.ready.keys().nth(at).copied() else { return false };
            let Some(ready) = state.ready.remove(&id) else { return false };
            state.steps += 1;
            state.running = Some((id, WhileRunning::default()));
            (id, ready)
        };
        match ready {
            Ready::Blocking(work) => {
                work();
                lock(&self.0).running = None;
            }
            Ready::Future(work) => self.poll(id, work),
        }
        true
    }

    fn poll(self: &Arc<Self>, id: u64, mut work: Work) {
        let waker = Waker::from(Arc::new(WakeFuture { id, scheduler: Arc::downgrade(self) }));
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        let mut state = lock(&self.0);
        let after = state.running.take().map(|(_, after)| after).unwrap_or_default();
        if polled == Poll::Pending && !after.aborted {
            if after.woken {
                state.ready.insert(id, Ready::Future(work));
            } else {
                state.waiting.insert(id, work);
            }
            return;
        }
        // What it held may want to be scheduled when it is dropped.
        drop(state);
        drop(work);
    }

    fn add(&self, ready: Ready) -> u64 {
        let mut state = lock(&self.0);
        state.next_id += 1;
        let id = state.next_id;
        state.ready.insert(id, ready);
        id
    }

    fn wake(&self, id: u64) {
        let mut state = lock(&self.0);
        match &mut state.running {
            Some((running, after)) if *running == id => after.woken = true,
            _ => {
                if let Some(work) = state.waiting.remove(&id) {
                    state.ready.insert(id, Ready::Future(work));
                }
            }
        }
    }

    fn abort(&self, id: u64) {
        let mut state = lock(&self.0);
        if let Some((running, after)) = &mut state.running
            && *running == id
        {
            after.aborted = true;
        }
        let ready = state.ready.remove(&id).and_then(|ready| match ready {
            Ready::Future(work) => Some(work),
            Ready::Blocking(_) => None,
        });
        let work = ready.or_else(|| state.waiting.remove(&id));
        state.ended.extend(work);
    }
}

impl Executor for Scheduler {
    fn spawn(self: Arc<Self>, work: Work) -> Spawned {
        let id = self.add(Ready::Future(work));
        let scheduler = Arc::downgrade(&self);
        Spawned::new(move || {
            if let Some(scheduler) = scheduler.upgrade() {
                scheduler.abort(id);
            }
        })
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        self.add(Ready::Blocking(work));
    }
}

struct WakeFuture {
    id: u64,
    scheduler: Weak<Scheduler>,
}

impl Wake for WakeFuture {
    fn wake(self: Arc<Self>) {
        if let Some(scheduler) = self.scheduler.upgrade() {
            scheduler.wake(self.id);
        }
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("steps", &lock(&self.0).steps).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::{mpsc, oneshot};

    /// What two clients and some work beside them do, in order.
    fn story(seed: u64) -> (Vec<String>, u64) {
        let world = World::new(seed);
        let told = Arc::new(Mutex::new(Vec::new()));
        let seams = world.seams();
        for client in 0..3_u64 {
            let (told, seams, clock) = (Arc::clone(&told), seams.clone(), world.clock());
            world.spawn(async move {
                for turn in 0..4_u64 {
                    let told_by_work = Arc::clone(&told);
                    let work = seams.blocking(move || lock(&told_by_work).push(format!("work {client} {turn}")));
                    work.await.unwrap();
                    let mut random = [0; 2];
                    clock.random(&mut random).unwrap();
                    clock.sleep_until_elapsed(clock.elapsed_ms() + u64::from(random[0] % 3)).await;
                    lock(&told).push(format!("client {client} {turn} at {}", clock.elapsed_ms()));
                }
            });
        }
        while world.step() {}
        let told = lock(&told).clone();
        (told, world.steps())
    }

    #[test]
    fn a_seed_decides_all_that_happens() {
        let first = story(1);
        assert!((0..5).all(|_| story(1) == first));
        assert!((2..12).any(|seed| story(seed).0 != first.0), "no seed changes anything");
    }

    #[test]
    fn what_is_ended_does_not_go_on_and_what_it_held_is_dropped() {
        let world = World::new(3);
        let (sender, mut receiver) = mpsc::unbounded_channel::<u8>();
        let seams = world.seams();
        let waiting = seams.spawn(async move {
            let _held = sender;
            std::future::pending::<()>().await;
        });
        while world.step() {}
        waiting.abort();
        assert_eq!(world.run(async move { receiver.recv().await }), Some(None));
    }

    #[test]
    fn what_can_never_end_is_told_from_what_waits_for_time() {
        let world = World::new(4);
        let (kept, never) = oneshot::channel::<()>();
        assert_eq!(world.run(never), None);
        drop(kept);
        let clock = world.clock();
        let start = clock.now_ms();
        let slept = async move {
            clock.sleep_until(start + 86_400_000).await;
            clock.now_ms() - start
        };
        assert_eq!(world.run(slept), Some(86_400_000));
    }

    #[test]
    fn work_is_done_though_nobody_waits_for_it() {
        let world = World::new(5);
        let done = Arc::new(Mutex::new(false));
        let slot = Arc::clone(&done);
        drop(world.seams().blocking(move || *lock(&slot) = true));
        while world.step() {}
        assert!(*lock(&done));
    }
}
