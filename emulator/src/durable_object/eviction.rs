//! When the instance of an idle object ends: after a time, or at once for the sake of another object.

use std::sync::{Arc, Weak};

use super::container::ObjectContainer;
use super::input::Input;
use super::instance::ObjectInstance;
use crate::clock::Clock;
use crate::faults::Faults;

impl ObjectContainer {
    /// Since when nothing is alive in its instance, by [`Clock::elapsed_ms`]; `None` if it has none, or is at work.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let inputs = self.inputs();
        inputs.idle_since.filter(|_| !inputs.running)
    }

    /// Ends the instance on this thread, if nothing is alive in it and nobody is at work. Never waits.
    pub(super) fn try_evict(&self) -> bool {
        let Ok(mut lifecycle) = self.lifecycle.try_lock() else { return false };
        let mut inputs = self.inputs();
        if inputs.running
            || !inputs.queue.is_empty()
            || !lifecycle.instance.as_ref().is_some_and(ObjectInstance::is_idle)
        {
            return false;
        }
        inputs.idle_since = None;
        drop(inputs);
        // Whoever is posted to meanwhile waits for the lifecycle, and finds no instance.
        let instance = lifecycle.instance.take();
        self.publish_figures(&lifecycle);
        drop((lifecycle, instance));
        self.namespace.retire(&self.name);
        true
    }

    /// Evicts the instance if it has been idle for long enough. When to check again; `None` if that is not needed any more.
    fn evict_if_idle(self: &Arc<Self>) -> Option<u64> {
        let mut inputs = self.inputs();
        // While it is at work no timer is needed: the next rest sets one of its own.
        if let Some(since) = inputs.idle_since.filter(|_| !inputs.running) {
            let after = self.namespace.bindings.faults.evict_after_ms().unwrap_or(self.namespace.evict_after_ms);
            let due = since.saturating_add(after);
            if due > self.namespace.bindings.clock.elapsed_ms() {
                return Some(due);
            }
            inputs.queue.push_back((Input::EvictIdle, None));
            self.schedule(&mut inputs);
        }
        inputs.timer = false;
        None
    }
}

/// Waits until an object has been idle for long enough, and evicts its instance. Ends when it is at work, or gone.
pub(super) async fn evict_when_idle(object: Weak<ObjectContainer>, clock: Clock, faults: Faults) {
    let mut changes = faults.watch();
    let mut due = 0;
    loop {
        tokio::select! {
            () = clock.sleep_until_elapsed(due) => {}
            _ = changes.changed() => {}
        }
        match object.upgrade().and_then(|object| object.evict_if_idle()) {
            Some(later) => due = later,
            None => return,
        }
    }
}
