//! When objects are woken for their alarms: the index of due times, and the deliveries that are under way or tried again.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

use super::alarm_index::AlarmIndex;
use super::object_key::ObjectKey;
use crate::faults::Faults;
use crate::sync::lock;
use crate::world::clock::Clock;

/// The alarms of a namespace.
pub(crate) struct AlarmScheduler {
    index: AlarmIndex,
    clock: Clock,
    faults: Faults,
    /// An alarm was set, or a delivery has ended.
    changed: Arc<Notify>,
    /// Alarms that are being delivered, or tried again later; by the object's id.
    deliveries: Mutex<HashMap<String, Delivery>>,
    /// Who waits for the end of a delivery, by the object's id.
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<bool>>>>,
}

#[derive(Clone, Copy, Debug)]
enum Delivery {
    UnderWay,
    /// The time is one of [`Clock::elapsed_ms`].
    Retry {
        at_ms: u64,
        attempt: Attempt,
    },
}

/// Which delivery of an alarm it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// How often its handler has failed before.
    pub(crate) retries: u32,
    /// How often the pause before the next one was doubled.
    pub(super) doublings: u32,
}

/// When alarms are due next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NextDue {
    /// A time of day, of [`Clock::now_ms`].
    due_ms: Option<u64>,
    /// A retry, by [`Clock::elapsed_ms`].
    retry_ms: Option<u64>,
}

impl AlarmScheduler {
    pub(super) fn new(index: AlarmIndex, clock: Clock, faults: Faults) -> Self {
        let (changed, deliveries, waiting) = (Arc::default(), Mutex::default(), Mutex::default());
        Self { index, clock, faults, changed, deliveries, waiting }
    }

    /// When each object's alarm is due.
    pub(crate) fn index(&self) -> &AlarmIndex {
        &self.index
    }

    /// A delivery has ended; it is tried again if there is a time ([`Clock::elapsed_ms`]) and which attempt that is.
    pub(super) fn ended(&self, id: &str, retry: Option<(u64, Attempt)>) {
        for waiting in lock(&self.waiting).remove(id).unwrap_or_default() {
            let _ = waiting.send(retry.is_none());
        }
        let mut deliveries = lock(&self.deliveries);
        match retry {
            Some((at_ms, attempt)) => {
                deliveries.insert(id.to_owned(), Delivery::Retry { at_ms, attempt });
            }
            None => {
                deliveries.remove(id);
            }
        }
        drop(deliveries);
        self.changed.notify_one();
    }

    /// An alarm is being delivered by hand: it is not delivered a second time meanwhile.
    pub(super) fn started(&self, id: &str) {
        lock(&self.deliveries).insert(id.to_owned(), Delivery::UnderWay);
    }

    /// Reports the end of the next delivery of an alarm: whether its handler came to its end.
    pub(crate) fn wait_for_end(&self, id: &str) -> oneshot::Receiver<bool> {
        let (ended, receiver) = oneshot::channel();
        lock(&self.waiting).entry(id.to_owned()).or_default().push(ended);
        receiver
    }

    /// A new alarm was set: it counts its retries from zero.
    pub(super) fn was_set(&self, id: &str) {
        let mut deliveries = lock(&self.deliveries);
        if matches!(deliveries.get(id), Some(Delivery::Retry { .. })) {
            deliveries.remove(id);
        }
        drop(deliveries);
        self.changed.notify_one();
    }

    /// Has the alarms that are due delivered: `deliver` gets an object and which attempt it is.
    pub(super) fn deliver_due(&self, mut deliver: impl FnMut(ObjectKey, Attempt)) -> NextDue {
        let (now, elapsed) = (self.clock.now_ms(), self.clock.elapsed_ms());
        let late = self.faults.alarm_late_ms();
        let mut next_due = NextDue::default();
        for alarm in self.index.due(u64::MAX) {
            let (due, now, next, attempt) = match lock(&self.deliveries).get(&alarm.object.id) {
                None => (alarm.due_ms.saturating_add(late), now, &mut next_due.due_ms, Attempt::default()),
                Some(Delivery::UnderWay) => continue,
                Some(Delivery::Retry { at_ms, attempt }) => (*at_ms, elapsed, &mut next_due.retry_ms, *attempt),
            };
            if due > now {
                *next = Some(next.map_or(due, |next: u64| next.min(due)));
                continue;
            }
            self.started(&alarm.object.id);
            deliver(alarm.object, attempt);
        }
        next_due
    }

    /// Has alarms delivered whenever some are due, until `deliver_due` finds the namespace gone. The future does not keep the
    /// scheduler alive.
    pub(super) fn run<F: Fn() -> Option<NextDue>>(&self, deliver_due: F) -> impl Future<Output = ()> + use<F> {
        let (changed, clock, mut faults) = (Arc::clone(&self.changed), self.clock.clone(), self.faults.watch());
        async move {
            while let Some(NextDue { due_ms, retry_ms }) = deliver_due() {
                tokio::select! {
                    () = changed.notified() => {}
                    // Without a sender nothing changes any more, and the namespace is gone.
                    Ok(()) = faults.changed() => {}
                    () = clock.sleep_until(due_ms.unwrap_or(u64::MAX)) => {}
                    () = clock.sleep_until_elapsed(retry_ms.unwrap_or(u64::MAX)) => {}
                }
            }
        }
    }
}
