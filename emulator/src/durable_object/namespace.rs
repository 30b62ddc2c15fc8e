//! The namespace `SPACE_DO`: objects by name, each at most once, and the alarms that wake them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::alarm_index::AlarmIndex;
use super::alarm_scheduler::{AlarmScheduler, NextDue};
use super::container::{ObjectContainer, Registry};
use super::engine::Database;
use super::error::SqlError;
use super::eviction::Evictable as _;
use super::id::{CLASS, UNIQUE_KEY, object_id};
use super::imports::ObjectImports;
use super::input::Input;
use super::instance_limit::InstanceLimit;
use super::namespace_state::NamespaceState;
use crate::abi::error::GuestError;
use crate::abi::requests::{FetchResponse, ObjectTarget};
use crate::bindings::{Bindings, BoxFuture, ObjectCall, Objects};
use crate::profile::Profile;
use crate::runtime::program::Linked;
use crate::state_dir::{StateDir, StateError};
use crate::sync::lock;
use crate::websocket::Outgoing;

/// The namespace.
pub(crate) struct Namespace {
    state: Arc<NamespaceState>,
    objects: Arc<ObjectTable>,
    /// Names that were read from files, by id.
    names: Mutex<HashMap<String, String>>,
    closing: AtomicBool,
    alarm_task: OnceLock<AbortHandle>,
}

/// The objects in memory, by name.
struct ObjectTable {
    namespace: Arc<NamespaceState>,
    objects: Mutex<HashMap<String, Arc<ObjectContainer>>>,
}

/// What a namespace is made of.
pub(crate) struct NamespaceParts {
    /// The Worker's name, which is part of the namespace's unique key.
    pub(crate) worker: String,
    pub(crate) class: String,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) linked: Linked<ObjectImports>,
    pub(crate) state: StateDir,
    pub(crate) profile: Profile,
    pub(crate) evict_after_ms: u64,
    /// How many objects may have an instance at once.
    pub(crate) max_instances: usize,
    pub(crate) runtime: Handle,
}

/// What a namespace counts for [`Stats`](crate::Stats).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NamespaceStats {
    pub(crate) instances: usize,
    pub(crate) idle: usize,
    pub(crate) max_instances: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) tasks: usize,
    pub(crate) sockets: usize,
    pub(crate) constructed: u64,
    pub(crate) resets: u64,
}

impl Namespace {
    /// # Errors
    /// If the index of its alarms cannot be used.
    pub(crate) fn new(parts: NamespaceParts) -> Result<Self, StateError> {
        let alarms = AlarmIndex::open(&parts.state, &parts.bindings.clock)?;
        let state = Arc::new(NamespaceState {
            alarms: AlarmScheduler::new(alarms, parts.bindings.clock.clone(), parts.bindings.faults.clone()),
            bindings: parts.bindings,
            linked: parts.linked,
            runtime: parts.runtime,
            profile: parts.profile,
            evict_after_ms: parts.evict_after_ms,
            instances: InstanceLimit::new(parts.max_instances),
            incarnations: AtomicU64::new(0),
            constructed: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            state_dir: parts.state,
        });
        let objects = Arc::new(ObjectTable { namespace: Arc::clone(&state), objects: Mutex::default() });
        let (names, closing, alarm_task) = (Mutex::default(), AtomicBool::new(false), OnceLock::new());
        Ok(Self { state, objects, names, closing, alarm_task })
    }

    /// Begins to wake objects for their alarms; those that are overdue at once.
    pub(crate) fn start_alarms(&self) {
        self.alarm_task.get_or_init(|| {
            let objects = Arc::downgrade(&self.objects);
            let deliver_due = move || Some(objects.upgrade()?.deliver_due_alarms());
            self.state.runtime.spawn(self.state.alarms.run(deliver_due)).abort_handle()
        });
    }

    /// Ends an object's instance as idleness does, once nothing is alive in it. Its sockets stay.
    pub(crate) async fn evict(&self, name: &str) {
        let object = self.objects.lock().get(name).cloned();
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
        self.closing.store(true, Ordering::SeqCst);
        if let Some(alarm_task) = self.alarm_task.get() {
            alarm_task.abort();
        }
        for object in self.all() {
            for socket in object.sockets().open("") {
                socket.push(Outgoing::Close { code: Some(1001), reason: "".into() });
            }
        }
    }

    /// Ends all instances once their events have ended.
    pub(crate) async fn evict_all(&self) {
        let names: Vec<String> = self.objects.lock().keys().cloned().collect();
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

    pub(crate) fn stats(&self) -> NamespaceStats {
        let mut stats = NamespaceStats {
            max_instances: self.state.instances.limit(),
            constructed: self.state.constructed.load(Ordering::Relaxed),
            resets: self.state.resets.load(Ordering::Relaxed),
            ..NamespaceStats::default()
        };
        for object in self.all() {
            stats.instances += usize::from(object.has_instance());
            stats.idle += usize::from(object.idle_since().is_some());
            stats.memory_bytes += object.gauges().memory_bytes();
            stats.tasks += object.gauges().live_tasks();
            stats.sockets += object.sockets().len();
        }
        stats
    }

    /// The folder that holds the objects' files.
    pub(crate) fn state(&self) -> &StateDir {
        &self.state.state_dir
    }

    /// When each object's alarm is due, and its deliveries.
    pub(crate) fn alarms(&self) -> &AlarmScheduler {
        &self.state.alarms
    }

    /// Whether [`Self::close`] was called.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// The id of the object with this name.
    pub(crate) fn id_of(name: &str) -> String {
        object_id(UNIQUE_KEY, name)
    }

    /// Whether an object with this name is in memory.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.objects.lock().contains_key(name)
    }

    /// Delivers an input to the object with this name, which is brought into memory for it.
    pub(crate) fn post(&self, name: &str, input: Input) {
        self.objects.post(name, input);
    }

    /// Opens an object's file as far as the state folder allows.
    pub(crate) fn open_database(&self, path: PathBuf) -> Result<Database, SqlError> {
        self.state.open_database(path)
    }

    /// The name that belongs to an id, where that is known: from memory, from the index of alarms, or from the object's `file`.
    pub(crate) fn name_of(&self, id: &str, file: Option<PathBuf>) -> Option<String> {
        if let Some(name) = lock(&self.names).get(id) {
            return Some(name.clone());
        }
        let loaded = self.all().into_iter().find(|object| object.id() == id).map(|object| object.name().to_owned());
        let name = loaded.or_else(|| Some(self.state.alarms.index().get(id)?.name)).or_else(|| {
            let mut database = self.open_database(file?).ok()?;
            database.noted_name().ok()?
        })?;
        // A file that came from elsewhere may say anything.
        if Self::id_of(&name) != id {
            return None;
        }
        lock(&self.names).insert(id.to_owned(), name.clone());
        Some(name)
    }

    /// Forgets the name of an object whose file is gone.
    pub(crate) fn forget_name(&self, id: &str) {
        lock(&self.names).remove(id);
    }

    /// The objects in memory, with an instance or without.
    pub(crate) fn all(&self) -> Vec<Arc<ObjectContainer>> {
        self.objects.lock().values().cloned().collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Some(alarm_task) = self.alarm_task.get() {
            alarm_task.abort();
        }
        // The loops of the sockets hold their objects.
        self.drop_sockets();
        self.objects.lock().clear();
    }
}

impl Objects for Namespace {
    fn call(&self, call: ObjectCall) -> BoxFuture<Result<FetchResponse, GuestError>> {
        if self.closing.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(GuestError::connection_lost())));
        }
        let ObjectCall { target, request, chain } = call;
        let ObjectTarget::Name(name) = target else {
            return Box::pin(std::future::ready(Err(GuestError::error("objects by id are not there yet"))));
        };
        let (reply, answer) = oneshot::channel();
        self.objects.post(&name, Input::Fetch { request: Box::new(request), chain, reply });
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(GuestError::connection_lost())) })
    }

    fn id_of_name(&self, name: &str) -> String {
        Self::id_of(name)
    }

    fn unique_id(&self) -> Result<String, GuestError> {
        Err(GuestError::error("unique ids are not there yet"))
    }

    fn parse_id(&self, _: &str) -> Result<String, GuestError> {
        Err(GuestError::error("objects by id are not there yet"))
    }
}

impl ObjectTable {
    fn deliver_due_alarms(self: &Arc<Self>) -> NextDue {
        self.namespace.alarms.deliver_due(|name, retries| self.post(name, Input::Alarm { retries }))
    }

    /// Delivers an input to the object with this name.
    fn post(self: &Arc<Self>, name: &str, mut input: Input) {
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

    fn object(self: &Arc<Self>, name: &str) -> Result<Arc<ObjectContainer>, StateError> {
        let mut objects = self.lock();
        if let Some(object) = objects.get(name) {
            return Ok(Arc::clone(object));
        }
        let id = object_id(UNIQUE_KEY, name);
        let path = self.namespace.state_dir.object_path(CLASS, &id)?;
        let registry: Weak<Self> = Arc::downgrade(self);
        let object = Arc::new(ObjectContainer::new(Arc::clone(&self.namespace), registry, name, id, path));
        objects.insert(name.to_owned(), Arc::clone(&object));
        Ok(object)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<ObjectContainer>>> {
        lock(&self.objects)
    }
}

impl Registry for ObjectTable {
    fn retire(&self, name: &str) {
        let mut objects = self.lock();
        if objects.get(name).is_some_and(|object| object.retire()) {
            objects.remove(name);
        }
    }
}
