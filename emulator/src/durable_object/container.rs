//! One Durable Object: the queue of its inputs, and the thread that handles them. workerd's name for it is `ActorContainer`.
//!
//! At most one thread works on an object at a time, and none while its queue is empty: an idle object costs its instance and an
//! open file, an evicted one nothing. One that has neither a file nor a socket gives way first when there are many.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::context::ObjectContext;
use super::eviction::{Evictable, evict_when_idle};
use super::input::Input;
use super::instance_limit::overloaded;
use super::lifecycle::{Gauges, Lifecycle};
use super::namespace_state::NamespaceState;
use super::object_key::ObjectKey;
use crate::bindings::{BoxFuture, Completion};
use crate::request_log;
use crate::sync::lock;
use crate::trace::Recorder;
use crate::websocket::{Closed, Incoming, Socket, SocketEvents, Sockets};
use crate::world::Spawned;

/// Events that may wait for one object. The platform has such a bound, of an unpublished size.
const MAX_WAITING: usize = 10_000;

/// An object, whether it has an instance or not. It is called by the name by which it was reached first, for as long as it is in memory.
pub(crate) struct ObjectContainer {
    namespace: Arc<NamespaceState>,
    registry: Weak<dyn Registry>,
    key: ObjectKey,
    sockets: Arc<Sockets>,
    inputs: Mutex<InputQueue>,
    lifecycle: Mutex<Lifecycle>,
    gauges: Arc<Gauges>,
}

/// Where objects are found by their ids.
pub(super) trait Registry: Send + Sync {
    /// Forgets the object with this id, if there is nothing left of it ([`ObjectContainer::retire`]).
    fn retire(&self, id: &str);
}

#[derive(Default)]
struct InputQueue {
    queue: VecDeque<(Input, Option<Recorder>)>,
    /// A thread works on the object.
    running: bool,
    /// The registry has dropped the object: nothing may be posted any more.
    retired: bool,
    /// Since when nothing is alive in an instance that exists; a time of [`Clock::elapsed_ms`](crate::clock::Clock::elapsed_ms).
    idle_since: Option<u64>,
    /// A timer for the eviction is running.
    timer: bool,
}

impl ObjectContainer {
    pub(super) fn new(
        namespace: Arc<NamespaceState>,
        registry: Weak<dyn Registry>,
        key: ObjectKey,
        path: PathBuf,
    ) -> Self {
        let (sockets, gauges) = (Arc::<Sockets>::default(), Arc::<Gauges>::default());
        Self {
            namespace,
            registry,
            key,
            lifecycle: Mutex::new(Lifecycle::new(path, Arc::clone(&sockets), Arc::clone(&gauges))),
            sockets,
            inputs: Mutex::default(),
            gauges,
        }
    }

    pub(crate) fn key(&self) -> &ObjectKey {
        &self.key
    }

    pub(crate) fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    pub(crate) fn has_instance(&self) -> bool {
        self.gauges.has_instance()
    }

    /// The figures of its instance.
    pub(super) fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// Queues an input; gives it back if the registry has dropped this object.
    pub(super) fn post(self: &Arc<Self>, input: Input) -> Result<(), Input> {
        let mut inputs = self.inputs();
        if inputs.retired {
            return Err(input);
        }
        match input {
            Input::Fetch { reply, .. } if inputs.queue.len() >= MAX_WAITING => {
                let _ = reply.send(Err(overloaded()));
            }
            input => {
                let trace = &self.namespace.shared.bindings.trace;
                let subject = if trace.is_on() { input.subject(self.key.label()) } else { None };
                let recorder = subject.and_then(|subject| trace.begin(|| subject));
                inputs.queue.push_back((input, recorder));
                self.schedule(&mut inputs);
            }
        }
        Ok(())
    }

    /// Has the registry drop the object, if it has neither an instance nor sockets nor inputs.
    pub(super) fn retire(&self) -> bool {
        let mut inputs = self.inputs();
        inputs.retired |= !inputs.running && inputs.idle_since.is_none() && self.sockets.len() == 0;
        inputs.retired
    }

    /// Has a thread work on the object, unless one does.
    fn schedule(self: &Arc<Self>, inputs: &mut InputQueue) {
        if !std::mem::replace(&mut inputs.running, true) {
            let this = Arc::clone(self);
            self.namespace.shared.bindings.world.spawn_blocking(move || this.run());
        }
    }

    /// Handles the queued inputs until there are none.
    fn run(self: Arc<Self>) {
        let mut lifecycle = lock(&self.lifecycle);
        while let Some((input, recorder)) = self.next(&lifecycle) {
            lifecycle.handle(&self, input, recorder.as_ref());
            let evictions = lifecycle.evict_if_requested();
            if lifecycle.is_discardable()
                && self.namespace.shared.instances.is_crowded()
                && self.inputs().queue.is_empty()
            {
                drop(lifecycle.take_instance());
            }
            lifecycle.update_gauges();
            for done in evictions {
                let _ = done.send(());
            }
        }
        let has_instance = lifecycle.has_instance();
        drop(lifecycle);
        if !has_instance {
            self.leave_registry();
        }
    }

    fn next(self: &Arc<Self>, lifecycle: &Lifecycle) -> Option<(Input, Option<Recorder>)> {
        let mut inputs = self.inputs();
        let input = inputs.queue.pop_front();
        if let Some((input, _)) = &input {
            // An inspection does not keep the instance.
            inputs.idle_since.take_if(|_| !input.is_inspection());
        } else {
            inputs.running = false;
            if lifecycle.has_instance() {
                let bindings = &self.namespace.shared.bindings;
                inputs.idle_since.get_or_insert_with(|| bindings.world.clock.elapsed_ms());
                if !std::mem::replace(&mut inputs.timer, true) {
                    let timer =
                        evict_when_idle(self.evictable(), bindings.world.clock.clone(), bindings.faults.clone());
                    self.namespace.shared.bindings.world.spawn(timer);
                }
            }
        }
        input
    }

    /// Has the registry forget the object, if there is nothing left of it.
    fn leave_registry(&self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.retire(&self.key.id);
        }
    }

    fn inputs(&self) -> MutexGuard<'_, InputQueue> {
        lock(&self.inputs)
    }
}

impl Evictable for ObjectContainer {
    fn idle_since(&self) -> Option<u64> {
        let inputs = self.inputs();
        inputs.idle_since.filter(|_| !inputs.running)
    }

    fn try_evict(&self) -> bool {
        let Ok(mut lifecycle) = self.lifecycle.try_lock() else { return false };
        let mut inputs = self.inputs();
        if inputs.running || !inputs.queue.is_empty() || !lifecycle.is_idle() {
            return false;
        }
        inputs.idle_since = None;
        drop(inputs);
        // Whoever is posted to meanwhile waits for the lifecycle, and finds no instance.
        let instance = lifecycle.take_instance();
        lifecycle.update_gauges();
        drop((lifecycle, instance));
        self.leave_registry();
        true
    }

    fn evict_if_idle(self: Arc<Self>) -> Option<u64> {
        let mut inputs = self.inputs();
        // While it is at work no timer is needed: the next rest sets one of its own.
        if let Some(since) = inputs.idle_since.filter(|_| !inputs.running) {
            let shared = &self.namespace.shared;
            let after = shared.bindings.faults.evict_after_ms().unwrap_or(shared.evict_after_ms);
            let due = since.saturating_add(after);
            if due > shared.bindings.world.clock.elapsed_ms() {
                return Some(due);
            }
            inputs.queue.push_back((Input::EvictIdle, None));
            self.schedule(&mut inputs);
        }
        inputs.timer = false;
        None
    }
}

impl ObjectContext for Arc<ObjectContainer> {
    fn namespace(&self) -> &NamespaceState {
        &self.namespace
    }

    fn key(&self) -> &ObjectKey {
        &self.key
    }

    fn events(&self) -> Arc<dyn SocketEvents> {
        Arc::new(ObjectSocketEvents(Arc::clone(self)))
    }

    fn evictable(&self) -> Weak<dyn Evictable> {
        let object: Weak<ObjectContainer> = Arc::downgrade(self);
        object
    }

    fn spawn(&self, incarnation: u64, op: u32, work: BoxFuture<Completion>) -> Spawned {
        let object = Arc::downgrade(self);
        let task = async move {
            let Completion { answer, .. } = work.await;
            if let Some(object) = object.upgrade() {
                // An object with a live op is not forgotten.
                drop(object.post(Input::Completed { incarnation, op, answer }));
            }
        };
        self.namespace.shared.bindings.world.spawn(task.instrument(request_log::span()))
    }
}

/// An object as its sockets see it. What cannot be posted any more concerns an object without sockets.
struct ObjectSocketEvents(Arc<ObjectContainer>);

impl SocketEvents for ObjectSocketEvents {
    fn message(&self, socket: &Arc<Socket>, message: Incoming) -> oneshot::Receiver<()> {
        let (handled, receiver) = oneshot::channel();
        drop(self.0.post(Input::Message { socket: Arc::clone(socket), message, handled }));
        receiver
    }

    fn closed(&self, socket: &Arc<Socket>, close: Closed) -> oneshot::Receiver<()> {
        let (handled, receiver) = oneshot::channel();
        drop(self.0.post(Input::Closed { socket: Arc::clone(socket), close, handled }));
        receiver
    }

    fn failed(&self, socket: &Arc<Socket>, error: String) {
        drop(self.0.post(Input::Failed { socket: Arc::clone(socket), error }));
    }
}
