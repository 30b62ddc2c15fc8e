//! Time that stands still until somebody moves it, and those who wait for it.

use crate::sync::lock;
use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// A time that is moved by hand. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers(Arc<Mutex<TimerState>>);

#[derive(Debug, Default)]
struct TimerState {
    elapsed_ms: u64,
    /// What somebody has set the time of day forward by, or back.
    set_by_ms: i64,
    next_id: u64,
    /// In the order in which they began to wait: who is woken is woken in this order.
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    due_ms: u64,
    waker: Waker,
}

impl Timers {
    pub(super) fn starting_at(ms: u64) -> Self {
        Self(Arc::new(Mutex::new(TimerState { elapsed_ms: ms, ..TimerState::default() })))
    }

    pub(super) fn elapsed_ms(&self) -> u64 {
        lock(&self.0).elapsed_ms
    }

    /// The time of day as the machine's clock would show it.
    pub(super) fn time_of_day_ms(&self) -> i64 {
        let state = lock(&self.0);
        state.elapsed_ms.cast_signed().saturating_add(state.set_by_ms)
    }

    /// Moves the time, and wakes who is due.
    pub(super) fn advance(&self, by_ms: u64) {
        let mut state = lock(&self.0);
        state.elapsed_ms = state.elapsed_ms.saturating_add(by_ms);
        let now = state.elapsed_ms;
        let due = state.waiting.extract_if(.., |_, waiting| waiting.due_ms <= now).collect::<Vec<_>>();
        drop(state);
        due.into_iter().for_each(|(_, waiting)| waiting.waker.wake());
    }

    /// Sets the time of day by so many milliseconds, and wakes everybody to look at it.
    pub(super) fn set_by(&self, ms: i64) {
        let mut state = lock(&self.0);
        state.set_by_ms = state.set_by_ms.saturating_add(ms);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_values().for_each(|waiting| waiting.waker.wake());
    }

    /// In how many milliseconds somebody is due.
    pub(super) fn next_due_in(&self) -> Option<u64> {
        let state = lock(&self.0);
        state.waiting.values().map(|waiting| waiting.due_ms.saturating_sub(state.elapsed_ms)).min()
    }

    /// Until so many milliseconds have elapsed, or the time of day is set.
    pub(super) fn sleep_until(&self, due_ms: u64) -> Sleep {
        Sleep { timers: self.clone(), due_ms, id: None }
    }
}

/// Completes when its time has come, or when the time of day is set. Dropped before, it is forgotten.
pub(super) struct Sleep {
    timers: Timers,
    due_ms: u64,
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timers = self.timers.clone();
        let mut state = lock(&timers.0);
        // Who is woken is no longer among those who wait.
        if state.elapsed_ms >= self.due_ms || self.id.is_some_and(|id| !state.waiting.contains_key(&id)) {
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            state.next_id += 1;
            state.next_id
        });
        state.waiting.insert(id, Waiting { due_ms: self.due_ms, waker: context.waker().clone() });
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            lock(&self.timers.0).waiting.remove(&id);
        }
    }
}
