//! A namespace: the objects of one class, each at most once, and the alarms that wake them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::oneshot;

use super::alarm_index::AlarmIndex;
use super::alarm_scheduler::AlarmScheduler;
use super::container::ObjectContainer;
use super::engine::Database;
use super::error::SqlError;
use super::eviction::Evictable as _;
use super::id::{IdError, IdFactory};
use super::input::{Input, MAX_INLINE_BODY};
use super::namespace_key::NamespaceKey;
use super::namespace_state::{NamespaceState, ObjectHost};
use super::object_key::ObjectKey;
use super::object_table::ObjectTable;
use crate::abi::error::GuestError;
use crate::abi::requests::{FetchRequest, FetchResponse, ObjectTarget};
use crate::bindings::{BoxFuture, ObjectCall, Objects};
use crate::bodies::Payload;
use crate::state_dir::{StateDir, StateError};
use crate::sync::lock;
use crate::websocket::Outgoing;
use crate::world::{Seams, Spawned};

/// The namespace.
pub(crate) struct Namespace {
    state: Arc<NamespaceState>,
    objects: Arc<ObjectTable>,
    /// Names that were read from files, by id.
    names: Mutex<HashMap<String, String>>,
    closing: AtomicBool,
    alarm_task: OnceLock<Spawned>,
}

/// What a namespace counts for [`Stats`](crate::Stats).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NamespaceStats {
    pub(crate) instances: usize,
    pub(crate) idle: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) tasks: usize,
    pub(crate) sockets: usize,
}

impl Namespace {
    /// The namespace `key` of a class.
    ///
    /// # Errors
    /// If its part of the state folder cannot be used.
    pub(crate) fn open(host: &Arc<ObjectHost>, class: &str, key: NamespaceKey) -> Result<Self, StateError> {
        let (clock, faults) = (host.bindings.world.clock.clone(), host.bindings.faults.clone());
        let index = AlarmIndex::open(&host.state_dir, &key, &clock)?;
        let state = Arc::new(NamespaceState {
            shared: Arc::clone(host),
            class: class.to_owned(),
            ids: IdFactory::new(key.unique_key()),
            key,
            alarms: AlarmScheduler::new(index, clock, faults),
        });
        let objects = Arc::new(ObjectTable::new(Arc::clone(&state)));
        let (names, closing, alarm_task) = (Mutex::default(), AtomicBool::new(false), OnceLock::new());
        Ok(Self { state, objects, names, closing, alarm_task })
    }

    /// The class whose objects these are.
    pub(crate) fn class(&self) -> &str {
        &self.state.class
    }

    /// The folder of the objects' files in the state's `do`.
    pub(crate) fn folder(&self) -> &str {
        self.state.key.folder()
    }

    /// Begins to wake objects for their alarms; those that are overdue at once.
    pub(crate) fn start_alarms(&self) {
        self.alarm_task.get_or_init(|| {
            let objects = Arc::downgrade(&self.objects);
            let deliver_due = move || Some(objects.upgrade()?.deliver_due_alarms());
            self.state.shared.bindings.world.spawn(self.state.alarms.run(deliver_due))
        });
    }

    /// Ends an object's instance as idleness does, once nothing is alive in it. Its sockets stay.
    pub(crate) async fn evict(&self, id: &str) {
        if let Some(object) = self.objects.get(id) {
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
            for socket in object.sockets().list(None) {
                socket.push(Outgoing::Close { code: Some(1001), reason: "".into() });
            }
        }
    }

    /// Ends all instances once their events have ended.
    pub(crate) async fn evict_all(&self) {
        for object in self.all() {
            self.evict(&object.key().id).await;
        }
    }

    /// Drops the connections of all sockets.
    pub(crate) fn drop_sockets(&self) {
        for object in self.all() {
            object.sockets().drop_all();
        }
    }

    pub(crate) fn stats(&self) -> NamespaceStats {
        let mut stats = NamespaceStats::default();
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
        &self.state.shared.state_dir
    }

    /// When each object's alarm is due, and its deliveries.
    pub(crate) fn alarms(&self) -> &AlarmScheduler {
        &self.state.alarms
    }

    /// Where its objects live.
    pub(crate) fn world(&self) -> &Seams {
        &self.state.shared.bindings.world
    }

    /// Whether [`Self::close`] was called.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// The object with this name.
    pub(crate) fn by_name(&self, name: &str) -> ObjectKey {
        ObjectKey { id: self.state.ids.of_name(name), name: Some(name.to_owned()) }
    }

    /// The object with this id.
    ///
    /// # Errors
    /// If it is no id of this namespace.
    pub(crate) fn by_id(&self, text: &str) -> Result<ObjectKey, IdError> {
        Ok(ObjectKey { id: self.state.ids.parse(text)?, name: None })
    }

    /// Whether an object with this id is in memory.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.objects.get(id).is_some()
    }

    /// The sockets of an object, if it is in memory.
    pub(crate) fn loaded(&self, id: &str) -> Option<Arc<ObjectContainer>> {
        self.objects.get(id)
    }

    /// Delivers an input to an object, which is brought into memory for it.
    pub(crate) fn post(&self, object: &ObjectKey, input: Input) {
        self.objects.post(object, input);
    }

    /// Opens an object's file as far as the state folder allows.
    pub(crate) fn open_database(&self, path: PathBuf) -> Result<Database, SqlError> {
        self.state.shared.open_database(path)
    }

    /// The name that belongs to an id, where that is known: from memory, from the index of alarms, or from the object's `file`.
    pub(crate) fn name_of(&self, id: &str, file: Option<PathBuf>) -> Option<String> {
        if let Some(name) = lock(&self.names).get(id) {
            return Some(name.clone());
        }
        let loaded = self.objects.get(id).and_then(|object| object.key().name.clone());
        let name = loaded.or_else(|| self.state.alarms.index().get(id)?.object.name).or_else(|| {
            let mut database = self.open_database(file?).ok()?;
            database.noted_name().ok()?
        })?;
        // A file that came from elsewhere may say anything.
        if self.state.ids.of_name(&name) != id {
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
        self.objects.all()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Some(alarm_task) = self.alarm_task.get() {
            alarm_task.abort();
        }
        // The loops of the sockets hold their objects.
        self.drop_sockets();
        self.objects.clear();
    }
}

impl Objects for Namespace {
    fn call(&self, call: ObjectCall) -> BoxFuture<Result<FetchResponse, GuestError>> {
        let ObjectCall { target, request, chain } = call;
        let object = match target {
            _ if self.is_closing() => Err(GuestError::connection_lost()),
            ObjectTarget::Name(name) => Ok(self.by_name(&name)),
            ObjectTarget::Id(id) => self.by_id(&id).map_err(GuestError::from),
        };
        let object = match object {
            Ok(object) => object,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (reply, answer) = oneshot::channel();
        if is_short_stream(&request) {
            let objects = Arc::clone(&self.objects);
            // The call goes on if its answer is not waited for.
            self.state.shared.bindings.world.spawn(async move {
                match with_inline_body(request).await {
                    Ok(request) => objects.post(&object, Input::Fetch { request: Box::new(request), chain, reply }),
                    Err(error) => drop(reply.send(Err(error))),
                }
            });
        } else {
            self.objects.post(&object, Input::Fetch { request: Box::new(request), chain, reply });
        }
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(GuestError::connection_lost())) })
    }

    fn id_of_name(&self, name: &str) -> String {
        self.state.ids.of_name(name)
    }

    fn unique_id(&self) -> Result<String, GuestError> {
        let clock = &self.state.shared.bindings.world.clock;
        self.state.ids.unique(clock).map_err(|error| GuestError::error(format!("no randomness: {error}")))
    }

    fn parse_id(&self, text: &str) -> Result<String, GuestError> {
        Ok(self.state.ids.parse(text)?)
    }
}

/// Whether a body has to be read before the event begins, since it is to come with it.
fn is_short_stream(request: &FetchRequest) -> bool {
    let Some(body @ Payload::Stream(_)) = &request.body else { return false };
    body.len().is_some_and(|length| length <= MAX_INLINE_BODY)
}

async fn with_inline_body(mut request: FetchRequest) -> Result<FetchRequest, GuestError> {
    if let Some(body) = request.body.take() {
        request.body = Some(body.inlined(Some(MAX_INLINE_BODY)).await?);
    }
    Ok(request)
}

impl From<IdError> for GuestError {
    fn from(error: IdError) -> Self {
        Self::type_error(error.to_string())
    }
}
