//! The life of an object's instance: constructed for the first event that needs it, kept while there is something to do, ended by an eviction,
//! a reset or the object's deletion.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::alarm_delivery::ObjectAlarm;
use super::context::ObjectContext;
use super::engine::{self, Database};
use super::error::SqlError;
use super::event::ObjectEvent;
use super::imports::ObjectImports;
use super::input::Input;
use super::instance::{ObjectInstance, ResetReason};
use crate::abi::error::GuestError;
use crate::abi::frame::FrameWriter;
use crate::bodies::Handles;
use crate::trace::Recorder;
use crate::websocket::{Incoming, Outgoing, Sockets};

/// What a client is told whose message reaches no instance (RFC 6455, IANA registry: "Try Again Later").
const TRY_AGAIN: (u16, &str) = (1013, "Try again later");
/// Bytes of a call's body that are handed over with the event (`worker/ABI.md`, "Events").
const MAX_INLINE_BODY: u64 = 64 * 1024;

/// What the thread that works on the object owns meanwhile.
pub(super) struct Lifecycle {
    path: PathBuf,
    sockets: Arc<Sockets>,
    gauges: Arc<Gauges>,
    /// The instance, between its construction and its eviction or reset.
    instance: Option<ObjectInstance>,
    /// Who waits for the instance to be evicted.
    evictions: Vec<oneshot::Sender<()>>,
    /// Retries before the alarm that is being handled.
    alarm_retries: u32,
}

/// Figures of an object's instance, which can be read while a thread works on it.
#[derive(Default)]
pub(super) struct Gauges {
    has_instance: AtomicBool,
    live_tasks: AtomicUsize,
    memory_bytes: AtomicUsize,
}

impl Gauges {
    pub(super) fn has_instance(&self) -> bool {
        self.has_instance.load(Ordering::Relaxed)
    }

    pub(super) fn live_tasks(&self) -> usize {
        self.live_tasks.load(Ordering::Relaxed)
    }

    /// Bytes of the instance's linear memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes.load(Ordering::Relaxed)
    }
}

impl Lifecycle {
    /// That of an object whose file is at `path`, without an instance.
    pub(super) fn new(path: PathBuf, sockets: Arc<Sockets>, gauges: Arc<Gauges>) -> Self {
        Self { path, sockets, gauges, instance: None, evictions: Vec::new(), alarm_retries: 0 }
    }

    pub(super) fn has_instance(&self) -> bool {
        self.instance.is_some()
    }

    /// Whether there is an instance, and nothing is alive in it.
    pub(super) fn is_idle(&self) -> bool {
        self.instance.as_ref().is_some_and(ObjectInstance::is_idle)
    }

    /// Whether all that the instance could do is to be there for events that may never come. What comes next makes another.
    pub(super) fn is_discardable(&mut self) -> bool {
        self.instance.as_mut().is_some_and(|instance| {
            instance.is_idle() && !instance.imports().database.has_file() && self.sockets.len() == 0
        })
    }

    /// Gives the instance away, to be dropped.
    #[must_use]
    pub(super) fn take_instance(&mut self) -> Option<ObjectInstance> {
        self.instance.take()
    }

    /// Evicts the instance if that was asked for and nothing is alive in it; gives those who wait for it.
    pub(super) fn evict_if_requested(&mut self) -> Vec<oneshot::Sender<()>> {
        if self.evictions.is_empty() || self.instance.as_ref().is_some_and(|instance| !instance.is_idle()) {
            return Vec::new();
        }
        self.instance = None;
        std::mem::take(&mut self.evictions)
    }

    /// Brings the gauges up to date.
    pub(super) fn update_gauges(&self) {
        let instance = self.instance.as_ref();
        self.gauges.has_instance.store(instance.is_some(), Ordering::Relaxed);
        self.gauges.live_tasks.store(instance.map_or(0, ObjectInstance::live_tasks), Ordering::Relaxed);
        self.gauges.memory_bytes.store(instance.map_or(0, ObjectInstance::memory_bytes), Ordering::Relaxed);
    }

    pub(super) fn handle(&mut self, context: &impl ObjectContext, input: Input, recorder: Option<&Recorder>) {
        match input {
            Input::Fetch { request, chain, reply } => {
                let event = ObjectEvent::Fetch { wants_socket: request.wants_socket(), chain, reply: Some(reply) };
                self.start(context, event, recorder, |frame, task, handles| {
                    write_object(frame.text("object.fetch"), context);
                    request.write(frame, Some(MAX_INLINE_BODY), |body| handles.insert(task, body));
                });
            }
            Input::Alarm { retries } => self.deliver_alarm(context, retries, recorder),
            Input::Message { socket, message, handled } => {
                let (kind, data) = match &message {
                    Incoming::Text(text) => ("text", text.as_bytes()),
                    Incoming::Binary(bytes) => ("binary", &bytes[..]),
                };
                let tag = socket.tag().to_owned();
                self.start(context, ObjectEvent::Message { socket, handled }, recorder, |event, _, _| {
                    write_object(event.text("object.message"), context);
                    event.text(&tag).text(kind).field(data);
                });
            }
            // Sockets that dropped with an earlier instance are nothing that this one knows.
            Input::Closed { socket, .. } | Input::Failed { socket, .. } if !self.sockets.contains(&socket) => {}
            Input::Closed { socket, close, handled } => {
                let tag = socket.tag().to_owned();
                self.start(context, ObjectEvent::Close { socket, handled: Some(handled) }, recorder, |event, _, _| {
                    write_object(event.text("object.close"), context);
                    event.text(&tag).number(close.code).text(&close.reason).flag(close.clean);
                });
            }
            Input::Failed { socket, error } => {
                let tag = socket.tag().to_owned();
                self.start(context, ObjectEvent::Close { socket, handled: None }, recorder, |event, _, _| {
                    write_object(event.text("object.error"), context);
                    event.text(&tag).text(&error);
                });
            }
            Input::Completed { incarnation, op, answer } => {
                if let Some(instance) = self.instance.as_mut().filter(|instance| instance.incarnation == incarnation)
                    && let Err(error) = instance.complete(context, op, answer)
                {
                    self.reset(context, &error);
                }
            }
            Input::EvictIdle => drop(self.instance.take_if(|instance| instance.is_idle())),
            Input::Evict { done } => self.evictions.push(done),
            Input::Storage(work) => self.storage(context, work),
            Input::FireAlarm { done } => self.fire_alarm(context, done, recorder),
            Input::Delete { done } => {
                let _ = done.send(self.delete(context));
            }
        }
    }

    fn start(
        &mut self,
        context: &impl ObjectContext,
        event: ObjectEvent,
        recorder: Option<&Recorder>,
        write: impl FnOnce(&mut FrameWriter<'_>, u32, &mut Handles),
    ) {
        match self.ensure_instance(context) {
            Ok(instance) => {
                if let Err(error) = instance.start(context, event, recorder, write) {
                    self.reset(context, &error);
                }
            }
            Err(error) => {
                tracing::error!(object = context.name(), "a Durable Object cannot be started: {error}");
                match event {
                    ObjectEvent::Fetch { reply: Some(reply), .. } => {
                        let _ = reply.send(Err(GuestError::error(error.to_string())));
                    }
                    ObjectEvent::Alarm => ObjectAlarm::of(context).retry(self.alarm_retries),
                    ObjectEvent::Close { socket, .. } => self.sockets.remove(&socket),
                    ObjectEvent::Message { socket, .. } => {
                        let (code, reason) = TRY_AGAIN;
                        socket.push(Outgoing::Close { code: Some(code), reason: reason.into() });
                    }
                    ObjectEvent::Fetch { reply: None, .. } => {}
                }
            }
        }
    }

    /// The instance, constructed if there is none.
    fn ensure_instance(&mut self, context: &impl ObjectContext) -> Result<&mut ObjectInstance, ResetReason> {
        match &mut self.instance {
            Some(instance) => Ok(instance),
            instance => {
                let namespace = context.namespace();
                let incarnation = namespace.incarnations.fetch_add(1, Ordering::Relaxed);
                let permit = namespace.instances.acquire(context.evictable(), incarnation)?;
                let database = namespace.open_database(self.path.clone())?.named(context.name());
                let (sockets, clock) = (Arc::clone(&self.sockets), namespace.bindings.clock.clone());
                let imports = ObjectImports::new(database, sockets, clock, namespace.linked.turn_limit());
                let wasm = namespace.linked.instantiate(imports)?;
                namespace.constructed.fetch_add(1, Ordering::Relaxed);
                self.gauges.has_instance.store(true, Ordering::Relaxed);
                Ok(instance.insert(ObjectInstance::new(wasm, incarnation, permit)))
            }
        }
    }

    /// Makes the alarm due and delivers it; says whether there is one.
    fn fire_alarm(
        &mut self,
        context: &impl ObjectContext,
        done: oneshot::Sender<Result<bool, SqlError>>,
        recorder: Option<&Recorder>,
    ) {
        if self.instance.as_ref().is_some_and(|instance| instance.alarm_in_flight().is_some()) {
            // It runs right now: its end is what is waited for.
            let _ = done.send(Ok(true));
            return;
        }
        let mut made_due = Ok(false);
        self.storage(context, |database| made_due = ObjectAlarm::of(context).make_due(database));
        let found = made_due.as_ref().is_ok_and(|found| *found);
        let _ = done.send(made_due);
        if found {
            self.deliver_alarm(context, 0, recorder);
        }
    }

    /// Delivers the alarm if its time has come by the object's own file.
    fn deliver_alarm(&mut self, context: &impl ObjectContext, retries: u32, recorder: Option<&Recorder>) {
        self.alarm_retries = retries;
        let alarm = ObjectAlarm::of(context);
        let due = match self.ensure_instance(context) {
            Ok(instance) => instance.imports().database.get_alarm(),
            Err(error) => {
                tracing::error!(object = context.name(), "an alarm finds no Durable Object: {error}");
                return alarm.retry(retries);
            }
        };
        if alarm.is_due(due, retries) {
            self.start(context, ObjectEvent::Alarm, recorder, |event, _, _| {
                write_object(event.text("object.alarm"), context);
                event.number(retries).text("0");
            });
        }
    }

    /// Works on the database of the instance, or on the file if there is none.
    fn storage(&mut self, context: &impl ObjectContext, work: impl FnOnce(Result<&mut Database, SqlError>)) {
        match &mut self.instance {
            Some(instance) => work(Ok(&mut instance.imports().database)),
            None => match context.namespace().open_database(self.path.clone()) {
                Ok(database) => work(Ok(&mut database.named(context.name()))),
                Err(error) => work(Err(error)),
            },
        }
    }

    fn delete(&mut self, context: &impl ObjectContext) -> io::Result<()> {
        if let Some(mut instance) = self.instance.take() {
            instance.reset();
        }
        self.sockets.drop_all();
        engine::remove_files(&self.path)?;
        let alarms = &context.namespace().alarms;
        alarms.index().confirm(context.name(), context.id(), None).map_err(io::Error::other)?;
        alarms.ended(context.id(), None);
        Ok(())
    }

    /// Ends the instance after a crash. Its sockets drop, its calls fail, its alarm is tried again.
    fn reset(&mut self, context: &impl ObjectContext, error: &ResetReason) {
        tracing::error!(object = context.name(), "a Durable Object is reset: {error}");
        let namespace = context.namespace();
        let trace = &namespace.bindings.trace;
        trace.log("error", None, format_args!("the Durable Object `{}` is reset: {error}", context.name()));
        namespace.resets.fetch_add(1, Ordering::Relaxed);
        let Some(mut instance) = self.instance.take() else { return };
        let alarm = instance.alarm_in_flight();
        let database = &mut instance.reset().database;
        ObjectAlarm::of(context).after_reset(alarm, self.alarm_retries, database);
    }
}

/// The four fields that name an object.
fn write_object(event: &mut FrameWriter<'_>, context: &impl ObjectContext) {
    event.text(super::id::CLASS).text(context.id()).flag(true).text(context.name());
}
