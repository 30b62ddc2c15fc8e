//! How many bytes an instance works on at once. Documents and bodies enter the memory of the Worker whole, and there are 128 MiB of it:
//! who wants to read one takes a permit for what that costs, and waits while others are at it.

use crate::{
    Edge,
    http::{ApiError, Code},
    time::has_passed,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

/// Bytes that are worked on at once: a quarter of an isolate's 128 MiB, as much as the parsed documents may take. One that needs more is
/// let through while it is alone.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// How long a task waits for a permit, in milliseconds, before it is answered 503.
const WAIT_MS: u64 = 10_000;
/// A waiting task looks again after this many milliseconds, and up to as many more.
const PAUSE_MS: u64 = 10;
/// A permit this old, in milliseconds, belongs to a task that will never end: the platform gives up what a request is waiting for
/// some 30 s after its client went away, without a word to the Worker.
const LOST_PERMIT_MS: u64 = 60_000;
/// A waiting task that did not look for so long, in milliseconds, is gone.
const LOST_WAITER_MS: u64 = 2_000;

/// Gives out permits, first come, first served. No future is shared: each task waits by its own timer.
#[derive(Clone, Debug, Default)]
pub struct Permits(Rc<PermitState>);

#[derive(Debug, Default)]
struct PermitState {
    next: Cell<u64>,
    given: RefCell<Vec<Given>>,
    /// Those who wait, and when each looked last.
    waiting: RefCell<VecDeque<(u64, u64)>>,
}

#[derive(Debug)]
struct Given {
    id: u64,
    bytes: usize,
    since: u64,
}

/// The right to work on so many bytes, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    id: u64,
    state: Rc<PermitState>,
}

/// There was no permit in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is busy with large documents; try again in a while")]
pub struct Busy;

impl From<Busy> for ApiError {
    fn from(busy: Busy) -> Self {
        Self::new(Code::BUSY, busy.to_string())
    }
}

impl Permits {
    /// A permit for so many bytes.
    pub async fn take(&self, edge: Edge, bytes: usize) -> Result<Permit, Busy> {
        let id = self.0.next.get();
        self.0.next.set(id.wrapping_add(1));
        if let Some(permit) = self.0.try_take(id, bytes, edge.now_ms()) {
            return Ok(permit);
        }
        let queued = Queued { id, state: self.0.clone() };
        // Counted in what was slept: the clock may be set meanwhile.
        let mut waited = 0;
        while waited < WAIT_MS {
            let mut byte = [0];
            edge.random(&mut byte);
            let pause = PAUSE_MS + u64::from(byte[0]) * PAUSE_MS / 256;
            edge.sleep(pause).await;
            waited += pause;
            if let Some(permit) = self.0.try_take(id, bytes, edge.now_ms()) {
                return Ok(permit);
            }
        }
        drop(queued);
        Err(Busy)
    }
}

impl PermitState {
    /// A permit, if it is this one's turn and there is room; else its place in the queue is kept.
    #[inline(never)]
    fn try_take(self: &Rc<Self>, id: u64, bytes: usize, now: u64) -> Option<Permit> {
        let (mut given, mut waiting) = (self.given.borrow_mut(), self.waiting.borrow_mut());
        given.retain(|permit| !has_passed(permit.since, now, LOST_PERMIT_MS));
        waiting.retain(|(other, looked)| *other == id || !has_passed(*looked, now, LOST_WAITER_MS));
        let used: usize = given.iter().map(|permit| permit.bytes).sum();
        let is_first = waiting.front().is_none_or(|(first, _)| *first == id);
        if is_first && (used == 0 || used.saturating_add(bytes) <= MAX_BYTES) {
            waiting.retain(|(other, _)| *other != id);
            given.push(Given { id, bytes, since: now });
            return Some(Permit { id, state: self.clone() });
        }
        match waiting.iter_mut().find(|(other, _)| *other == id) {
            Some((_, looked)) => *looked = now,
            None => waiting.push_back((id, now)),
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.state.given.borrow_mut().retain(|permit| permit.id != self.id);
    }
}

/// A task that waits, which leaves the queue when it is dropped.
struct Queued {
    id: u64,
    state: Rc<PermitState>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.state.waiting.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: usize = MAX_BYTES / 2;

    fn take(permits: &Permits, id: u64, bytes: usize, now: u64) -> Option<Permit> {
        permits.0.try_take(id, bytes, now)
    }

    #[test]
    fn permits_are_given_in_turn_while_there_is_room() {
        let permits = Permits::default();
        let one = take(&permits, 1, HALF, 0).unwrap();
        let two = take(&permits, 2, HALF, 0).unwrap();
        assert!(take(&permits, 3, HALF + 1, 0).is_none(), "there is no room");
        assert!(take(&permits, 4, 1, 0).is_none(), "a small one does not pass by a large one that waits");
        drop(one);
        assert!(take(&permits, 4, 1, 10).is_none());
        assert!(take(&permits, 3, HALF + 1, 10).is_none());
        drop(two);
        let three = take(&permits, 3, HALF + 1, 20).unwrap();
        let four = take(&permits, 4, 1, 20).unwrap();
        drop((three, four));
        assert!(take(&permits, 5, 2 * MAX_BYTES, 30).is_some(), "one that is too large goes alone");
    }

    #[test]
    fn tasks_that_will_never_end_hold_nothing_up() {
        let permits = Permits::default();
        let lost = take(&permits, 1, MAX_BYTES, 1_000).unwrap();
        assert!(take(&permits, 2, 1, 1_000).is_none());
        assert!(take(&permits, 3, 1, 1_000 + LOST_PERMIT_MS - 1).is_none());
        assert!(
            take(&permits, 3, 1, 1_000 + LOST_PERMIT_MS).is_some(),
            "both the permit and the place before it are gone"
        );
        drop(lost);
        assert!(take(&permits, 4, MAX_BYTES, 1_000 + LOST_PERMIT_MS).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nothing_up() {
        let permits = Permits::default();
        let _lost = take(&permits, 1, MAX_BYTES, 86_400_000).unwrap();
        assert!(take(&permits, 2, 1, 1_000).is_some());
    }
}
