//! When the instance of an idle object ends: after a time, or at once for the sake of another object.

use std::sync::{Arc, Weak};

use crate::faults::Faults;
use crate::world::clock::Clock;

/// An object whose instance can be evicted.
pub(super) trait Evictable: Send + Sync {
    /// Since when nothing is alive in its instance, by [`Clock::elapsed_ms`]; `None` if it has none, or is at work.
    fn idle_since(&self) -> Option<u64>;
    /// Ends the instance on this thread, if nothing is alive in it and nobody is at work; says whether it did. Never waits.
    fn try_evict(&self) -> bool;
    /// Evicts the instance if it has been idle for long enough. When to check again; `None` if that is not needed any more.
    fn evict_if_idle(self: Arc<Self>) -> Option<u64>;
}

/// Waits until an object has been idle for long enough, and evicts its instance. Ends when it is at work, or gone.
pub(super) async fn evict_when_idle(object: Weak<dyn Evictable>, clock: Clock, faults: Faults) {
    let mut changes = faults.watch();
    let mut due = 0;
    loop {
        tokio::select! {
            () = clock.sleep_until_elapsed(due) => {}
            _ = changes.changed() => {}
        }
        match object.upgrade().and_then(Evictable::evict_if_idle) {
            Some(later) => due = later,
            None => return,
        }
    }
}
