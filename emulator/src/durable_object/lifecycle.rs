//! The life of an object's instance: constructed for the first event that needs it, kept while there is something to do, ended by an eviction,
//! a reset or the object's deletion.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::alarm_delivery::{AlarmFault, ObjectAlarm};
use super::alarm_scheduler::Attempt;
use super::context::ObjectContext;
use super::engine::{self, Database};
use super::error::SqlError;
use super::event::ObjectEvent;
use super::imports::ObjectImports;
use super::input::{Input, MAX_INLINE_BODY};
use super::instance::{ObjectInstance, ResetReason};
use crate::abi::error::{ErrorFlags, GuestError};
use crate::abi::frame::FrameWriter;
use crate::bodies::Handles;
use crate::trace::Recorder;
use crate::websocket::{Incoming, Outgoing, Socket, Sockets};

/// What a client is told whose message reaches no instance (RFC 6455, IANA registry: "Try Again Later").
const TRY_AGAIN: (u16, &str) = (1013, "Try again later");

/// What the thread that works on the object owns meanwhile.
pub(super) struct Lifecycle {
    path: PathBuf,
    sockets: Arc<Sockets>,
    gauges: Arc<Gauges>,
    /// The instance, between its construction and its eviction or reset.
    instance: Option<ObjectInstance>,
    /// Who waits for the instance to be evicted.
    evictions: Vec<oneshot::Sender<()>>,
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
        Self { path, sockets, gauges, instance: None, evictions: Vec::new() }
    }

    pub(super) fn has_instance(&self) -> bool {
        self.instance.is_some()
    }

    /// Whether there is an instance, and nothing is alive in it.
    pub(super) fn is_idle(&self) -> bool {
        self.instance.as_ref().is_some_and(ObjectInstance::is_idle)
    }

    /// Whether the instance is idle, and has nothing but its memory: neither a file nor sockets.
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
            Input::Alarm { attempt } => self.deliver_alarm(context, attempt, recorder),
            // Sockets that dropped with an earlier instance are nothing that this one knows.
            Input::Message { socket, .. } | Input::Closed { socket, .. } | Input::Failed { socket, .. }
                if !self.sockets.contains(&socket) => {}
            Input::Message { socket, message, handled } => {
                let handled = if socket.handler_began() {
                    let _ = handled.send(());
                    None
                } else {
                    Some(handled)
                };
                let (to, (kind, data)) = (
                    Arc::clone(&socket),
                    match &message {
                        Incoming::Text(text) => ("text", text.as_bytes()),
                        Incoming::Binary(bytes) => ("binary", &bytes[..]),
                    },
                );
                self.start(context, ObjectEvent::Message { socket, handled }, recorder, |event, _, _| {
                    write_socket(write_object(event.text("object.message"), context), &to).text(kind).field(data);
                });
            }
            Input::Closed { socket, close, handled } => {
                let of = Arc::clone(&socket);
                self.start(context, ObjectEvent::Close { socket, handled: Some(handled) }, recorder, |event, _, _| {
                    write_socket(write_object(event.text("object.close"), context), &of)
                        .number(close.code)
                        .text(&close.reason)
                        .flag(close.clean);
                });
            }
            Input::Failed { socket, error } => {
                let of = Arc::clone(&socket);
                self.start(context, ObjectEvent::Close { socket, handled: None }, recorder, |event, _, _| {
                    write_socket(write_object(event.text("object.error"), context), &of).text(&error);
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
                tracing::error!(object = context.key().label(), "a Durable Object cannot be started: {error}");
                match event {
                    ObjectEvent::Fetch { reply: Some(reply), .. } => {
                        let _ = reply.send(Err(error.told()));
                    }
                    ObjectEvent::Close { socket, .. } => self.sockets.remove(&socket),
                    ObjectEvent::Message { socket, .. } => {
                        let (code, reason) = TRY_AGAIN;
                        socket.push(Outgoing::Close { code: Some(code), reason: reason.into() });
                    }
                    // An alarm finds its instance before it is begun.
                    ObjectEvent::Fetch { reply: None, .. } | ObjectEvent::Alarm { .. } => {}
                }
            }
        }
    }

    /// The instance, constructed if there is none.
    fn ensure_instance(&mut self, context: &impl ObjectContext) -> Result<&mut ObjectInstance, ResetReason> {
        match &mut self.instance {
            Some(instance) => Ok(instance),
            instance => {
                let host = &context.namespace().shared;
                let incarnation = host.incarnations.fetch_add(1, Ordering::Relaxed);
                let permit = host.instances.acquire(context.evictable(), incarnation)?;
                let database = host.open_database(self.path.clone())?.named(context.key().name.as_deref());
                let (sockets, clock) = (Arc::clone(&self.sockets), host.bindings.world.clock.clone());
                let imports = ObjectImports::new(database, sockets, clock, host.linked.turn_limit());
                let wasm = host.linked.instantiate(imports)?;
                host.constructed.fetch_add(1, Ordering::Relaxed);
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
        if self.instance.as_mut().is_some_and(|instance| instance.alarm_in_flight().is_some()) {
            // It runs right now: its end is what is waited for.
            let _ = done.send(Ok(true));
            return;
        }
        let mut made_due = Ok(false);
        self.storage(context, |database| made_due = ObjectAlarm::of(context).make_due(database));
        let found = made_due.as_ref().is_ok_and(|found| *found);
        let _ = done.send(made_due);
        if found {
            self.deliver_alarm(context, Attempt::default(), recorder);
        }
    }

    /// Delivers the alarm if its time has come by the object's own file.
    fn deliver_alarm(&mut self, context: &impl ObjectContext, attempt: Attempt, recorder: Option<&Recorder>) {
        let alarm = ObjectAlarm::of(context);
        let instance = match self.ensure_instance(context) {
            Ok(instance) => instance,
            Err(error) => {
                tracing::error!(object = context.key().label(), "an alarm finds no Durable Object: {error}");
                return alarm.retry(attempt, AlarmFault::Host);
            }
        };
        let Some(due) = alarm.due(instance.imports().database.get_alarm(), attempt) else { return };
        instance.alarm_begins(attempt);
        self.start(context, ObjectEvent::Alarm { failed: false }, recorder, |event, _, _| {
            write_object(event.text("object.alarm"), context).number(attempt.retries).number(due);
        });
    }

    /// Works on the database of the instance, or on the file if there is none.
    fn storage(&mut self, context: &impl ObjectContext, work: impl FnOnce(Result<&mut Database, SqlError>)) {
        match &mut self.instance {
            Some(instance) => work(Ok(&mut instance.imports().database)),
            None => match context.namespace().shared.open_database(self.path.clone()) {
                Ok(database) => work(Ok(&mut database.named(context.key().name.as_deref()))),
                Err(error) => work(Err(error)),
            },
        }
    }

    fn delete(&mut self, context: &impl ObjectContext) -> io::Result<()> {
        if let Some(mut instance) = self.instance.take() {
            instance.reset(&GuestError::connection_lost().with(ErrorFlags::DURABLE_OBJECT_RESET));
        }
        self.sockets.drop_all();
        engine::remove_files(&self.path)?;
        let (alarms, object) = (&context.namespace().alarms, context.key());
        alarms.index().confirm(object, None).map_err(io::Error::other)?;
        alarms.ended(&object.id, None);
        Ok(())
    }

    /// Ends the instance after a crash. Its sockets drop, its calls fail, its alarm is tried again.
    fn reset(&mut self, context: &impl ObjectContext, error: &ResetReason) {
        let (host, object) = (&context.namespace().shared, context.key().label());
        tracing::error!(object, "a Durable Object is reset: {error}");
        host.bindings.trace.log("error", None, format_args!("the Durable Object `{object}` is reset: {error}"));
        host.resets.fetch_add(1, Ordering::Relaxed);
        let Some(mut instance) = self.instance.take() else { return };
        let (alarm, attempt) = (instance.alarm_in_flight(), instance.attempt());
        let database = instance.reset(&error.told());
        ObjectAlarm::of(context).after_reset(alarm, attempt, error.fault(), database);
    }
}

/// The four fields that name an object.
fn write_object<'a, 'b>(event: &'a mut FrameWriter<'b>, context: &impl ObjectContext) -> &'a mut FrameWriter<'b> {
    let key = context.key();
    event
        .text(&context.namespace().class)
        .text(&key.id)
        .flag(key.name.is_some())
        .text(key.name.as_deref().unwrap_or(""))
}

/// The two fields that name a socket.
fn write_socket<'a, 'b>(event: &'a mut FrameWriter<'b>, socket: &Socket) -> &'a mut FrameWriter<'b> {
    event.number(socket.number()).compose(|tags| {
        let mut tags = FrameWriter::new(tags);
        for tag in socket.tags().iter() {
            tags.text(tag);
        }
    })
}
