//! One Durable Object: the queue of its inputs, and when its instance comes and goes. workerd's name for it is `ActorContainer`.
//!
//! At most one thread works on an object at a time, and none while its queue is empty: an idle object costs its instance and an
//! open file, an evicted one nothing. One that has neither a file nor a socket has nothing to wait for, and is evicted at once.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;

use super::engine::{self, Database};
use super::error::SqlError;
use super::eviction::evict_when_idle;
use super::imports::ObjectImports;
use super::input::Input;
use super::instance::{ObjectInstance, Reset};
use super::instance_limit::OVERLOADED;
use super::namespace::NamespaceState;
use super::task::Task;
use crate::abi::frame::FrameWriter;
use crate::sync::lock;
use crate::trace::Recorder;
use crate::websocket::{Incoming, Outgoing, Sockets};

/// Events that may wait for one object. The platform has such a bound, of an unpublished size.
const MAX_WAITING: usize = 10_000;
/// What a client is told whose message reaches no instance (RFC 6455, IANA registry: "Try Again Later").
const TRY_AGAIN: (u16, &str) = (1013, "Try again later");

/// An object by its name, whether it has an instance or not.
pub(crate) struct ObjectContainer {
    pub(super) namespace: Arc<NamespaceState>,
    pub(super) name: String,
    pub(super) id: String,
    path: PathBuf,
    sockets: Arc<Sockets>,
    inputs: Mutex<InputQueue>,
    pub(super) lifecycle: Mutex<Lifecycle>,
    /// Copies of figures of the lifecycle, for those who only count.
    has_instance: AtomicBool,
    live_tasks: AtomicUsize,
    memory_bytes: AtomicUsize,
}

/// What the thread that works on the object owns meanwhile.
#[derive(Default)]
pub(super) struct Lifecycle {
    /// The instance, between its construction and its eviction or reset.
    pub(super) instance: Option<ObjectInstance>,
    /// Who waits for the instance to be evicted.
    evictions: Vec<oneshot::Sender<()>>,
    /// Retries before the alarm that is being handled.
    pub(super) alarm_retries: u32,
}

#[derive(Default)]
pub(super) struct InputQueue {
    pub(super) queue: VecDeque<(Input, Option<Recorder>)>,
    /// A thread works on the object.
    pub(super) running: bool,
    /// The namespace has dropped the object: nothing may be posted any more.
    retired: bool,
    /// Since when nothing is alive in an instance that exists; a time of [`Clock::elapsed_ms`](crate::clock::Clock::elapsed_ms).
    pub(super) idle_since: Option<u64>,
    /// A timer for the eviction is running.
    pub(super) timer: bool,
}

impl ObjectContainer {
    pub(super) fn new(namespace: Arc<NamespaceState>, name: &str, id: String, path: PathBuf) -> Self {
        Self {
            namespace,
            name: name.to_owned(),
            id,
            path,
            sockets: Arc::default(),
            inputs: Mutex::default(),
            lifecycle: Mutex::default(),
            has_instance: AtomicBool::new(false),
            live_tasks: AtomicUsize::new(0),
            memory_bytes: AtomicUsize::new(0),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    pub(super) fn live_tasks(&self) -> usize {
        self.live_tasks.load(Ordering::Relaxed)
    }

    /// Bytes of the instance's linear memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// Queues an input; gives it back if the namespace has dropped this object.
    pub(super) fn post(self: &Arc<Self>, input: Input) -> Result<(), Input> {
        let mut inputs = self.inputs();
        if inputs.retired {
            return Err(input);
        }
        match input {
            Input::Fetch { reply, .. } if inputs.queue.len() >= MAX_WAITING => {
                let _ = reply.send(Err(OVERLOADED.to_owned()));
            }
            input => {
                let trace = &self.namespace.bindings.trace;
                let subject = if trace.is_on() { input.subject(&self.name) } else { None };
                let recorder = subject.and_then(|subject| trace.begin(|| subject));
                inputs.queue.push_back((input, recorder));
                self.schedule(&mut inputs);
            }
        }
        Ok(())
    }

    /// Has the namespace drop the object, if it has neither an instance nor sockets nor inputs.
    pub(super) fn retire(&self) -> bool {
        let mut inputs = self.inputs();
        inputs.retired |= !inputs.running && inputs.idle_since.is_none() && self.sockets.len() == 0;
        inputs.retired
    }

    /// Has a thread work on the object, unless one does.
    pub(super) fn schedule(self: &Arc<Self>, inputs: &mut InputQueue) {
        if !std::mem::replace(&mut inputs.running, true) {
            let this = Arc::clone(self);
            self.namespace.runtime.spawn_blocking(move || this.run());
        }
    }

    /// Handles the queued inputs until there are none.
    fn run(self: Arc<Self>) {
        let mut lifecycle = lock(&self.lifecycle);
        while let Some((input, recorder)) = self.next(&lifecycle) {
            self.handle(&mut lifecycle, input, recorder.as_ref());
            let mut evictions = Vec::new();
            if !lifecycle.evictions.is_empty() && lifecycle.instance.as_ref().is_none_or(ObjectInstance::is_idle) {
                lifecycle.instance = None;
                evictions = std::mem::take(&mut lifecycle.evictions);
            }
            if lifecycle.instance.as_mut().is_some_and(|instance| self.is_discardable(instance)) {
                lifecycle.instance = None;
            }
            self.publish_figures(&lifecycle);
            for done in evictions {
                let _ = done.send(());
            }
        }
        let has_no_instance = lifecycle.instance.is_none();
        drop(lifecycle);
        if has_no_instance {
            self.namespace.retire(&self.name);
        }
    }

    /// Whether all that an instance could do is to be there for events that may never come. What comes next makes another.
    fn is_discardable(&self, instance: &mut ObjectInstance) -> bool {
        instance.is_idle()
            && !instance.imports().database.has_file()
            && self.sockets.len() == 0
            && self.inputs().queue.is_empty()
    }

    /// Copies the figures of the lifecycle for those who only count.
    pub(super) fn publish_figures(&self, lifecycle: &Lifecycle) {
        let instance = lifecycle.instance.as_ref();
        self.has_instance.store(instance.is_some(), Ordering::Relaxed);
        self.live_tasks.store(instance.map_or(0, ObjectInstance::live_tasks), Ordering::Relaxed);
        self.memory_bytes.store(instance.map_or(0, ObjectInstance::memory_bytes), Ordering::Relaxed);
    }

    fn next(self: &Arc<Self>, lifecycle: &Lifecycle) -> Option<(Input, Option<Recorder>)> {
        let mut inputs = self.inputs();
        let input = inputs.queue.pop_front();
        if let Some((input, _)) = &input {
            // An inspection does not keep the instance.
            inputs.idle_since.take_if(|_| !input.is_inspection());
        } else {
            inputs.running = false;
            if lifecycle.instance.is_some() {
                inputs.idle_since.get_or_insert_with(|| self.namespace.bindings.clock.elapsed_ms());
                if !std::mem::replace(&mut inputs.timer, true) {
                    let bindings = &self.namespace.bindings;
                    self.namespace.runtime.spawn(evict_when_idle(
                        Arc::downgrade(self),
                        bindings.clock.clone(),
                        bindings.faults.clone(),
                    ));
                }
            }
        }
        input
    }

    fn handle(self: &Arc<Self>, lifecycle: &mut Lifecycle, input: Input, recorder: Option<&Recorder>) {
        match input {
            Input::Fetch { event, upgrade, reply } => {
                self.start(lifecycle, Task::Fetch { upgrade, reply: Some(reply) }, &event, recorder);
            }
            Input::Alarm { retries } => self.deliver_alarm(lifecycle, retries, recorder),
            Input::Message { socket, message, handled } => {
                let (kind, data) = match &message {
                    Incoming::Text(text) => ("text", text.as_bytes()),
                    Incoming::Binary(bytes) => ("binary", &bytes[..]),
                };
                let event = self.event("object.message", |event| {
                    event.text(socket.tag()).text(kind).field(data);
                });
                self.start(lifecycle, Task::Message { socket, handled }, &event, recorder);
            }
            // Sockets that dropped with an earlier instance are nothing that this one knows.
            Input::Closed { socket, .. } | Input::Failed { socket, .. } if !self.sockets.contains(&socket) => {}
            Input::Closed { socket, close, handled } => {
                let event = self.event("object.close", |event| {
                    event.text(socket.tag()).number(close.code).text(&close.reason).text(if close.clean {
                        "1"
                    } else {
                        ""
                    });
                });
                self.start(lifecycle, Task::Close { socket, handled: Some(handled) }, &event, recorder);
            }
            Input::Failed { socket, error } => {
                let event = self.event("object.error", |event| {
                    event.text(socket.tag()).text(&error);
                });
                self.start(lifecycle, Task::Close { socket, handled: None }, &event, recorder);
            }
            Input::Completed { incarnation, op, answer } => {
                if let Some(instance) =
                    lifecycle.instance.as_mut().filter(|instance| instance.incarnation == incarnation)
                    && let Err(error) = instance.complete(self, op, &answer)
                {
                    self.reset(lifecycle, &error);
                }
            }
            Input::EvictIdle => drop(lifecycle.instance.take_if(|instance| instance.is_idle())),
            Input::Evict { done } => lifecycle.evictions.push(done),
            Input::Storage(work) => self.storage(lifecycle, work),
            Input::FireAlarm { done } => self.fire_alarm(lifecycle, done, recorder),
            Input::Delete { done } => {
                let _ = done.send(self.delete(lifecycle));
            }
        }
    }

    pub(super) fn event(&self, kind: &str, fields: impl FnOnce(&mut FrameWriter<'_>)) -> Vec<u8> {
        let mut event = Vec::new();
        fields(FrameWriter::new(&mut event).text(kind).text(&self.name));
        event
    }

    pub(super) fn start(
        self: &Arc<Self>,
        lifecycle: &mut Lifecycle,
        task: Task,
        event: &[u8],
        recorder: Option<&Recorder>,
    ) {
        match self.ensure_instance(lifecycle) {
            Ok(instance) => {
                if let Err(error) = instance.start(self, task, event, recorder) {
                    self.reset(lifecycle, &error);
                }
            }
            Err(error) => {
                tracing::error!(object = self.name, "a Durable Object cannot be started: {error}");
                match task {
                    Task::Fetch { reply: Some(reply), .. } => {
                        let _ = reply.send(Err(error.to_string()));
                    }
                    Task::Alarm => self.retry_alarm(lifecycle.alarm_retries),
                    Task::Close { socket, .. } => self.sockets.remove(&socket),
                    Task::Message { socket, .. } => {
                        let (code, reason) = TRY_AGAIN;
                        socket.push(Outgoing::Close { code: Some(code), reason: reason.into() });
                    }
                    Task::Fetch { reply: None, .. } => {}
                }
            }
        }
    }

    /// The instance, constructed if there is none.
    pub(super) fn ensure_instance<'a>(
        self: &Arc<Self>,
        lifecycle: &'a mut Lifecycle,
    ) -> Result<&'a mut ObjectInstance, Reset> {
        match &mut lifecycle.instance {
            Some(instance) => Ok(instance),
            instance => {
                let incarnation = self.namespace.incarnations.fetch_add(1, Ordering::Relaxed);
                let permit = self.namespace.instances.acquire(self, incarnation)?;
                let database = self.open()?;
                let (sockets, clock) = (Arc::clone(&self.sockets), self.namespace.bindings.clock.clone());
                let imports = ObjectImports::new(database, sockets, clock, self.namespace.linked.turn_limit());
                let wasm = self.namespace.linked.instantiate(imports)?;
                self.namespace.constructed.fetch_add(1, Ordering::Relaxed);
                self.has_instance.store(true, Ordering::Relaxed);
                Ok(instance.insert(ObjectInstance::new(wasm, incarnation, permit)))
            }
        }
    }

    fn open(&self) -> Result<Database, SqlError> {
        Ok(self.namespace.open_database(self.path.clone())?.named(&self.name))
    }

    /// Works on the database of the instance, or on the file if there is none.
    pub(super) fn storage(&self, lifecycle: &mut Lifecycle, work: impl FnOnce(Result<&mut Database, SqlError>)) {
        match &mut lifecycle.instance {
            Some(instance) => work(Ok(&mut instance.imports().database)),
            None => match self.open() {
                Ok(mut database) => work(Ok(&mut database)),
                Err(error) => work(Err(error)),
            },
        }
    }

    fn delete(&self, lifecycle: &mut Lifecycle) -> io::Result<()> {
        if let Some(mut instance) = lifecycle.instance.take() {
            instance.reset();
        }
        self.sockets.drop_all();
        engine::remove_files(&self.path)?;
        self.namespace.alarms.index().settle(&self.name, &self.id, None).map_err(io::Error::other)?;
        self.namespace.alarms.ended(&self.id, None);
        Ok(())
    }

    /// Ends the instance after a crash. Its sockets drop, its calls fail, its alarm is tried again.
    fn reset(&self, lifecycle: &mut Lifecycle, error: &Reset) {
        tracing::error!(object = self.name, "a Durable Object is reset: {error}");
        let trace = &self.namespace.bindings.trace;
        trace.log("error", None, format_args!("the Durable Object `{}` is reset: {error}", self.name));
        self.namespace.resets.fetch_add(1, Ordering::Relaxed);
        let Some(mut instance) = lifecycle.instance.take() else { return };
        let alarm = instance.alarm_in_flight();
        let imports = instance.reset();
        self.alarm_after_reset(alarm, lifecycle.alarm_retries, imports);
    }

    pub(crate) fn has_instance(&self) -> bool {
        self.has_instance.load(Ordering::Relaxed)
    }

    pub(super) fn inputs(&self) -> MutexGuard<'_, InputQueue> {
        lock(&self.inputs)
    }
}
