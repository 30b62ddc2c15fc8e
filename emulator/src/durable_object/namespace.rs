//! The namespace `SPACE_DO`: objects by name, each at most once, and the alarms that wake them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::AbortHandle;

use super::alarm_index::AlarmIndex;
use super::container::{Input, Object};
use super::id::object_id;
use super::imports::ObjectSide;
use super::instance_limit::Awake;
use crate::abi::frame::Writer;
use crate::abi::ops::ObjectRequest;
use crate::bindings::{Bindings, LOST, Later, ObjectAnswer, Objects};
use crate::clock::Clock;
use crate::profile::Profile;
use crate::runtime::program::Linked;
use crate::state_dir::{Durability, StateDir};
use crate::storage::sqlite::lock;
use crate::websocket::Outgoing;

/// The class whose objects these are; the folder of their files.
pub(crate) const CLASS: &str = "SpaceDO";
/// The key under which workerd derives the ids of this namespace: Worker and class.
pub(super) const UNIQUE_KEY: &str = "pmx-SpaceDO";
/// What stands before the path in the URL that an object sees, there and on Cloudflare (`worker/shim/worker.mjs`).
pub(super) const ORIGIN: &str = "https://object";

/// The namespace.
pub(crate) struct Namespace {
    pub(super) shared: Arc<Shared>,
    alarm_clock: OnceLock<AbortHandle>,
}

/// What the objects of a namespace share.
pub(super) struct Shared {
    pub(super) bindings: Arc<Bindings>,
    pub(super) linked: Linked<ObjectSide>,
    pub(super) alarms: AlarmIndex,
    /// An alarm was set, or has ended.
    pub(super) alarms_changed: Arc<Notify>,
    pub(super) runtime: Handle,
    pub(super) profile: Profile,
    pub(super) durability: Durability,
    pub(super) evict_after_ms: u64,
    pub(super) awake: Awake,
    /// Numbers the instances.
    pub(super) incarnations: AtomicU64,
    pub(super) constructed: AtomicU64,
    pub(super) resets: AtomicU64,
    pub(super) state: StateDir,
    objects: Mutex<HashMap<String, Arc<Object>>>,
    /// Names that files have told, by id.
    pub(super) names: Mutex<HashMap<String, String>>,
    /// Who waits for the end of an alarm's delivery, by the object's id.
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<bool>>>>,
    /// Alarms that are being delivered, or tried again later; by id.
    deliveries: Mutex<HashMap<String, Delivery>>,
    closing: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
enum Delivery {
    UnderWay,
    /// The time is one of [`Clock::elapsed_ms`].
    Again {
        at_ms: u64,
        retries: u32,
    },
}

/// What a namespace is made of.
pub(crate) struct Parts {
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) linked: Linked<ObjectSide>,
    pub(crate) alarms: AlarmIndex,
    pub(crate) state: StateDir,
    pub(crate) profile: Profile,
    pub(crate) evict_after_ms: u64,
    /// How many objects may have an instance at once.
    pub(crate) max_awake: usize,
    pub(crate) runtime: Handle,
}

/// Counts for [`Stats`](crate::Stats).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) awake: usize,
    pub(crate) idle: usize,
    pub(crate) max_awake: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) tasks: usize,
    pub(crate) sockets: usize,
    pub(crate) constructed: u64,
    pub(crate) resets: u64,
}

impl Namespace {
    pub(crate) fn new(parts: Parts) -> Self {
        let shared = Arc::new(Shared {
            bindings: parts.bindings,
            linked: parts.linked,
            alarms: parts.alarms,
            alarms_changed: Arc::default(),
            runtime: parts.runtime,
            profile: parts.profile,
            durability: parts.state.durability(),
            evict_after_ms: parts.evict_after_ms,
            awake: Awake::new(parts.max_awake),
            incarnations: AtomicU64::new(0),
            constructed: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            state: parts.state,
            objects: Mutex::default(),
            names: Mutex::default(),
            waiting: Mutex::default(),
            deliveries: Mutex::default(),
            closing: AtomicBool::new(false),
        });
        Self { shared, alarm_clock: OnceLock::new() }
    }

    /// Begins to wake objects for their alarms; those that are overdue at once.
    pub(crate) fn start_alarms(&self) {
        self.alarm_clock.get_or_init(|| {
            let shared = Arc::downgrade(&self.shared);
            let (changed, clock) = (Arc::clone(&self.shared.alarms_changed), self.shared.bindings.clock.clone());
            let changes = self.shared.bindings.faults.watch();
            self.shared.runtime.spawn(wake(shared, changed, changes, clock)).abort_handle()
        });
    }

    /// Ends an object's instance as idleness does, once nothing is alive in it. Its sockets stay.
    pub(crate) async fn evict(&self, name: &str) {
        let object = self.shared.objects().get(name).cloned();
        if let Some(object) = object {
            let (done, evicted) = oneshot::channel();
            if object.post(Input::Evict { done }).is_ok() {
                // If nobody says so the object is gone already.
                let _ = evicted.await;
            }
        }
    }

    /// Takes no more calls and wakes nobody; closes all sockets with 1001.
    pub(crate) fn close(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        if let Some(alarm_clock) = self.alarm_clock.get() {
            alarm_clock.abort();
        }
        for object in self.all() {
            for socket in object.sockets().open("") {
                socket.push(Outgoing::Close { code: Some(1001), reason: "".into() });
            }
        }
    }

    /// Drops the sockets that are left, and ends all instances once their events have ended.
    pub(crate) async fn quiet(&self) {
        let names: Vec<String> = self.shared.objects().keys().cloned().collect();
        for name in names {
            self.evict(&name).await;
        }
    }

    /// Drops the connections of all sockets.
    pub(crate) fn drop_sockets(&self) {
        for object in self.all() {
            object.sockets().drop_all();
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts {
            max_awake: self.shared.awake.limit(),
            constructed: self.shared.constructed.load(Ordering::Relaxed),
            resets: self.shared.resets.load(Ordering::Relaxed),
            ..Counts::default()
        };
        for object in self.all() {
            counts.awake += usize::from(object.is_awake());
            counts.idle += usize::from(object.idle_since().is_some());
            counts.memory_bytes += object.memory_bytes();
            counts.tasks += object.live_tasks();
            counts.sockets += object.sockets().len();
        }
        counts
    }

    /// The folder that holds the objects' files.
    pub(crate) fn state(&self) -> &StateDir {
        &self.shared.state
    }

    pub(super) fn all(&self) -> Vec<Arc<Object>> {
        self.shared.objects().values().cloned().collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Some(alarm_clock) = self.alarm_clock.get() {
            alarm_clock.abort();
        }
        // The loops of the sockets hold their objects, and the objects what they share.
        self.drop_sockets();
        self.shared.objects().clear();
    }
}

impl Objects for Namespace {
    fn call(&self, request: ObjectRequest<'_>) -> Later<Result<ObjectAnswer, String>> {
        if self.shared.closing.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(LOST.to_owned())));
        }
        let upgrade = match request.upgrade() {
            Ok(upgrade) => upgrade,
            Err(error) => return Box::pin(std::future::ready(Err(error.to_string()))),
        };
        let mut event = Vec::new();
        Writer::new(&mut event)
            .text("object.fetch")
            .text(request.name)
            .text(request.method)
            .compose(|url| {
                url.extend_from_slice(ORIGIN.as_bytes());
                url.extend_from_slice(request.path.as_bytes());
            })
            .field(request.body)
            .raw(request.headers.rest());
        let (reply, answer) = oneshot::channel();
        self.shared.post(request.name, Input::Fetch { event, upgrade, reply });
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(LOST.to_owned())) })
    }
}

impl Shared {
    /// Delivers an input to the object with this name.
    pub(super) fn post(self: &Arc<Self>, name: &str, mut input: Input) {
        loop {
            let object = match self.object(name) {
                Ok(object) => object,
                Err(error) => {
                    tracing::error!(name, %error, "there is no place for a Durable Object");
                    return;
                }
            };
            match object.post(input) {
                Ok(()) => return,
                // It was forgotten between the look-up and this: the next look-up makes another.
                Err(back) => input = back,
            }
        }
    }

    fn object(self: &Arc<Self>, name: &str) -> Result<Arc<Object>, crate::state_dir::StateError> {
        let mut objects = self.objects();
        if let Some(object) = objects.get(name) {
            return Ok(Arc::clone(object));
        }
        let id = object_id(UNIQUE_KEY, name);
        let path = self.state.object_path(CLASS, &id)?;
        let object = Arc::new(Object::new(Arc::clone(self), name, id, path));
        objects.insert(name.to_owned(), Arc::clone(&object));
        Ok(object)
    }

    /// Forgets an object that is nothing but a name.
    pub(super) fn retire(&self, name: &str) {
        let mut objects = self.objects();
        if objects.get(name).is_some_and(|object| object.retire()) {
            objects.remove(name);
        }
    }

    /// The delivery of an alarm has ended; it is tried again if there is a time and a count of retries.
    pub(super) fn alarm_ended(&self, id: &str, again: Option<(u64, u32)>) {
        for waiting in lock(&self.waiting).remove(id).unwrap_or_default() {
            let _ = waiting.send(again.is_none());
        }
        let mut deliveries = self.deliveries();
        match again {
            Some((at_ms, retries)) => {
                deliveries.insert(id.to_owned(), Delivery::Again { at_ms, retries });
            }
            None => {
                deliveries.remove(id);
            }
        }
        drop(deliveries);
        self.alarms_changed.notify_one();
    }

    /// An alarm is being delivered: the alarm clock leaves it alone.
    pub(super) fn delivering(&self, id: &str) {
        self.deliveries().insert(id.to_owned(), Delivery::UnderWay);
    }

    /// Tells of the end of the next delivery of an alarm: whether its handler came to its end.
    pub(super) fn await_alarm(&self, id: &str) -> oneshot::Receiver<bool> {
        let (ended, receiver) = oneshot::channel();
        lock(&self.waiting).entry(id.to_owned()).or_default().push(ended);
        receiver
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// A new alarm was set: it counts its retries from zero.
    pub(super) fn alarm_set(&self, id: &str) {
        let mut deliveries = self.deliveries();
        if matches!(deliveries.get(id), Some(Delivery::Again { .. })) {
            deliveries.remove(id);
        }
        drop(deliveries);
        self.alarms_changed.notify_one();
    }

    /// Delivers the alarms that are due; says when to look again: at a time of day, and at a time of [`Clock::elapsed_ms`].
    fn deliver_alarms(self: &Arc<Self>) -> (Option<u64>, Option<u64>) {
        let (now, elapsed) = (self.bindings.clock.now_ms(), self.bindings.clock.elapsed_ms());
        let late = self.bindings.faults.alarm_late_ms();
        let (mut next, mut again) = (None, None);
        for alarm in self.alarms.due(u64::MAX) {
            let (due, now, next, retries) = match self.deliveries().get(&alarm.id) {
                None => (alarm.due_ms.saturating_add(late), now, &mut next, 0),
                Some(Delivery::UnderWay) => continue,
                Some(Delivery::Again { at_ms, retries }) => (*at_ms, elapsed, &mut again, *retries),
            };
            if due > now {
                *next = Some(next.map_or(due, |next: u64| next.min(due)));
                continue;
            }
            self.deliveries().insert(alarm.id, Delivery::UnderWay);
            self.post(&alarm.name, Input::Alarm { retries });
        }
        (next, again)
    }

    pub(super) fn objects(&self) -> MutexGuard<'_, HashMap<String, Arc<Object>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliveries(&self) -> MutexGuard<'_, HashMap<String, Delivery>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes objects for their alarms until the namespace is gone.
async fn wake(namespace: Weak<Shared>, changed: Arc<Notify>, mut faults: watch::Receiver<()>, clock: Clock) {
    loop {
        let Some((next, again)) = namespace.upgrade().map(|shared| shared.deliver_alarms()) else { return };
        tokio::select! {
            () = changed.notified() => {}
            // Without a sender nothing changes any more, and the namespace is gone.
            Ok(()) = faults.changed() => {}
            () = clock.sleep_until(next.unwrap_or(u64::MAX)) => {}
            () = clock.sleep_until_elapsed(again.unwrap_or(u64::MAX)) => {}
        }
    }
}
