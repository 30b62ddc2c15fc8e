//! One Durable Object: its inbox, and when its instance comes and goes.
//!
//! At most one thread works on an object at a time, and none while its inbox is empty: an idle object costs its instance and an
//! open file, an evicted one nothing. One that has neither a file nor a socket has nothing to wait for, and is evicted at once.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use super::engine::{self, Database};
use super::error::SqlError;
use super::imports::ObjectSide;
use super::instance::{self, Life, Reply, Reset, Task};
use super::instance_limit::OVERLOADED;
use super::namespace::{ORIGIN, Shared};
use crate::abi::frame::{Reader, Writer};
use crate::abi::ops::{Answer, Completion};
use crate::bindings::Later;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::request_log;
use crate::trace::{Recorder, Subject};
use crate::websocket::{Closed, Incoming, Outgoing, Socket, SocketEvents, Sockets};

/// Events that may wait for one object. The platform has such a bound, of an unpublished size.
const MAX_WAITING: usize = 10_000;
/// What a client is told whose message reaches no instance (RFC 6455, IANA registry: "Try Again Later").
const TRY_AGAIN: (u16, &str) = (1013, "Try again later");
/// How often an alarm is tried again (cloudflare.com, "Alarms").
const MAX_ALARM_RETRIES: u32 = 6;
/// The pause before the first retry, in milliseconds; each further one is twice as long.
const FIRST_ALARM_RETRY_MS: u64 = 2_000;

pub(super) struct Object {
    shared: Arc<Shared>,
    name: String,
    id: String,
    path: PathBuf,
    sockets: Arc<Sockets>,
    inbox: Mutex<Inbox>,
    keeper: Mutex<Keeper>,
    /// Copies of what the keeper knows, for those who only count.
    awake: AtomicBool,
    live_tasks: AtomicUsize,
    memory_bytes: AtomicUsize,
}

/// What the thread that works on the object owns meanwhile.
#[derive(Default)]
struct Keeper {
    life: Option<Life>,
    evictions: Vec<oneshot::Sender<()>>,
    /// Retries before the alarm that is being handled.
    alarm_retries: u32,
}

#[derive(Default)]
struct Inbox {
    queue: VecDeque<(Input, Option<Recorder>)>,
    /// A thread works on the object.
    running: bool,
    /// The namespace has forgotten the object: nothing may be posted any more.
    retired: bool,
    /// Since when nothing is alive in an instance that exists, in milliseconds since 1970.
    idle_since: Option<u64>,
    /// Somebody will look after `idle_since`.
    timer: bool,
}

/// What can happen to an object.
pub(super) enum Input {
    Fetch {
        event: Vec<u8>,
        upgrade: bool,
        reply: Reply,
    },
    Alarm {
        retries: u32,
    },
    Message {
        socket: Arc<Socket>,
        message: Incoming,
        handled: oneshot::Sender<()>,
    },
    Closed {
        socket: Arc<Socket>,
        close: Closed,
        handled: oneshot::Sender<()>,
    },
    Failed {
        socket: Arc<Socket>,
        error: String,
    },
    Completed {
        incarnation: u64,
        op: u32,
        answer: Answer,
    },
    /// Ends the instance if nothing is alive in it.
    EvictIdle,
    /// Ends the instance as soon as nothing is alive in it, and says so.
    Evict {
        done: oneshot::Sender<()>,
    },
    /// Works on the storage between two turns, without waking anybody.
    Storage(StorageWork),
    /// Makes the alarm due now and delivers it; see [`Shared::await_alarm`]. Answers whether there is one.
    FireAlarm {
        done: oneshot::Sender<Result<bool, SqlError>>,
    },
    /// Ends the instance at once, drops the sockets, and removes the storage.
    Delete {
        done: oneshot::Sender<io::Result<()>>,
    },
}

/// Work on an object's storage, which may be one that cannot be opened.
pub(super) type StorageWork = Box<dyn FnOnce(Result<&mut Database, SqlError>) + Send>;

impl Input {
    /// What is recorded of it, if it is an event.
    fn subject(&self, name: &str) -> Option<Subject> {
        let event = |event: &'static str, tag: &str| Subject {
            event,
            method: event.to_owned(),
            host: name.to_owned(),
            path: tag.to_owned(),
            object: true,
        };
        match self {
            Self::Fetch { event: frame, .. } => {
                let mut fields = Reader::new(frame);
                let mut next = || fields.text("field").unwrap_or_default();
                let (_, _, method, url) = (next(), next(), next(), next());
                let path = url.strip_prefix(ORIGIN).unwrap_or(url);
                Some(Subject { method: method.to_owned(), ..event("fetch", path) })
            }
            Self::Alarm { .. } | Self::FireAlarm { .. } => Some(event("alarm", "")),
            Self::Message { socket, .. } => Some(event("message", socket.tag())),
            Self::Closed { socket, .. } => Some(event("close", socket.tag())),
            Self::Failed { socket, .. } => Some(event("error", socket.tag())),
            _ => None,
        }
    }

    /// Whether it concerns what the object stores only, and not what it does.
    fn is_look(&self) -> bool {
        matches!(self, Self::Storage(_))
    }
}

impl Object {
    pub(super) fn new(shared: Arc<Shared>, name: &str, id: String, path: PathBuf) -> Self {
        Self {
            shared,
            name: name.to_owned(),
            id,
            path,
            sockets: Arc::default(),
            inbox: Mutex::default(),
            keeper: Mutex::default(),
            awake: AtomicBool::new(false),
            live_tasks: AtomicUsize::new(0),
            memory_bytes: AtomicUsize::new(0),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    pub(super) fn live_tasks(&self) -> usize {
        self.live_tasks.load(Ordering::Relaxed)
    }

    /// Bytes of the instance's linear memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// Since when nothing is alive in its instance, in milliseconds since 1970; `None` if it has none, or is at work.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let inbox = self.inbox();
        inbox.idle_since.filter(|_| !inbox.running)
    }

    /// Ends the instance on this thread, if nothing is alive in it and nobody is at work. Never waits.
    pub(super) fn give_way(&self) -> bool {
        let Ok(mut keeper) = self.keeper.try_lock() else { return false };
        let mut inbox = self.inbox();
        if inbox.running || !inbox.queue.is_empty() || !keeper.life.as_ref().is_some_and(Life::is_idle) {
            return false;
        }
        inbox.idle_since = None;
        drop(inbox);
        // Whoever is posted to meanwhile waits for the keeper, and finds no instance.
        let life = keeper.life.take();
        self.note(&keeper);
        drop((keeper, life));
        self.shared.retire(&self.name);
        true
    }

    pub(super) fn is_awake(&self) -> bool {
        self.awake.load(Ordering::Relaxed)
    }

    /// Delivers an input; gives it back if the namespace has forgotten this object.
    pub(super) fn post(self: &Arc<Self>, input: Input) -> Result<(), Input> {
        let mut inbox = self.inbox();
        if inbox.retired {
            return Err(input);
        }
        match input {
            Input::Fetch { reply, .. } if inbox.queue.len() >= MAX_WAITING => {
                let _ = reply.send(Err(OVERLOADED.to_owned()));
            }
            input => {
                let trace = &self.shared.bindings.trace;
                let subject = if trace.is_on() { input.subject(&self.name) } else { None };
                let recorder = subject.and_then(|subject| trace.begin(|| subject));
                inbox.queue.push_back((input, recorder));
                self.put_to_work(&mut inbox);
            }
        }
        Ok(())
    }

    /// Marks the object as forgotten, if it is nothing but a name.
    pub(super) fn retire(&self) -> bool {
        let mut inbox = self.inbox();
        inbox.retired |= !inbox.running && inbox.idle_since.is_none() && self.sockets.len() == 0;
        inbox.retired
    }

    fn put_to_work(self: &Arc<Self>, inbox: &mut Inbox) {
        if !std::mem::replace(&mut inbox.running, true) {
            let this = Arc::clone(self);
            self.shared.runtime.spawn_blocking(move || this.work());
        }
    }

    /// Handles what is in the inbox until nothing is.
    fn work(self: Arc<Self>) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((input, recorder)) = self.next(&keeper) {
            self.handle(&mut keeper, input, recorder.as_ref());
            let mut evictions = Vec::new();
            if !keeper.evictions.is_empty() && keeper.life.as_ref().is_none_or(Life::is_idle) {
                keeper.life = None;
                evictions = std::mem::take(&mut keeper.evictions);
            }
            if keeper.life.as_mut().is_some_and(|life| self.has_nothing(life)) {
                keeper.life = None;
            }
            self.note(&keeper);
            for done in evictions {
                let _ = done.send(());
            }
        }
        let asleep = keeper.life.is_none();
        drop(keeper);
        if asleep {
            self.shared.retire(&self.name);
        }
    }

    /// Whether all that an instance could do is to be there for events that may never come. What comes next makes another.
    fn has_nothing(&self, life: &mut Life) -> bool {
        life.is_idle() && !life.side().database.has_file() && self.sockets.len() == 0 && self.inbox().queue.is_empty()
    }

    /// Copies what the keeper knows for those who only count.
    fn note(&self, keeper: &Keeper) {
        let life = keeper.life.as_ref();
        self.awake.store(life.is_some(), Ordering::Relaxed);
        self.live_tasks.store(life.map_or(0, Life::live_tasks), Ordering::Relaxed);
        self.memory_bytes.store(life.map_or(0, Life::memory_bytes), Ordering::Relaxed);
    }

    fn next(self: &Arc<Self>, keeper: &Keeper) -> Option<(Input, Option<Recorder>)> {
        let mut inbox = self.inbox();
        let input = inbox.queue.pop_front();
        if let Some((input, _)) = &input {
            // Whoever looks into an object does not keep it awake.
            inbox.idle_since.take_if(|_| !input.is_look());
        } else {
            inbox.running = false;
            if keeper.life.is_some() {
                inbox.idle_since.get_or_insert_with(|| self.shared.bindings.clock.elapsed_ms());
                if !std::mem::replace(&mut inbox.timer, true) {
                    let bindings = &self.shared.bindings;
                    self.shared.runtime.spawn(evict_when_idle(
                        Arc::downgrade(self),
                        bindings.clock.clone(),
                        bindings.faults.clone(),
                    ));
                }
            }
        }
        input
    }

    /// When to look again whether the object has been idle for long enough; `None` if that is not needed any more.
    fn evict_if_idle(self: &Arc<Self>) -> Option<u64> {
        let mut inbox = self.inbox();
        // While it is at work nobody need look: the next rest sets a timer of its own.
        if let Some(since) = inbox.idle_since.filter(|_| !inbox.running) {
            let after = self.shared.bindings.faults.evict_after_ms().unwrap_or(self.shared.evict_after_ms);
            let due = since.saturating_add(after);
            if due > self.shared.bindings.clock.elapsed_ms() {
                return Some(due);
            }
            inbox.queue.push_back((Input::EvictIdle, None));
            self.put_to_work(&mut inbox);
        }
        inbox.timer = false;
        None
    }

    fn handle(self: &Arc<Self>, keeper: &mut Keeper, input: Input, recorder: Option<&Recorder>) {
        match input {
            Input::Fetch { event, upgrade, reply } => {
                self.start(keeper, Task::Fetch { upgrade, reply: Some(reply) }, &event, recorder);
            }
            Input::Alarm { retries } => self.alarm(keeper, retries, recorder),
            Input::Message { socket, message, handled } => {
                let (kind, data) = match &message {
                    Incoming::Text(text) => ("text", text.as_bytes()),
                    Incoming::Binary(bytes) => ("binary", &bytes[..]),
                };
                let event = self.event("object.message", |event| {
                    event.text(socket.tag()).text(kind).field(data);
                });
                self.start(keeper, Task::Message { socket, handled }, &event, recorder);
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
                self.start(keeper, Task::Close { socket, handled: Some(handled) }, &event, recorder);
            }
            Input::Failed { socket, error } => {
                let event = self.event("object.error", |event| {
                    event.text(socket.tag()).text(&error);
                });
                self.start(keeper, Task::Close { socket, handled: None }, &event, recorder);
            }
            Input::Completed { incarnation, op, answer } => {
                if let Some(life) = keeper.life.as_mut().filter(|life| life.incarnation == incarnation)
                    && let Err(error) = life.complete(self, op, &answer)
                {
                    self.reset(keeper, &error);
                }
            }
            Input::EvictIdle => drop(keeper.life.take_if(|life| life.is_idle())),
            Input::Evict { done } => keeper.evictions.push(done),
            Input::Storage(work) => self.storage(keeper, work),
            Input::FireAlarm { done } => self.fire_alarm(keeper, done, recorder),
            Input::Delete { done } => {
                let _ = done.send(self.delete(keeper));
            }
        }
    }

    fn event(&self, kind: &str, fields: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut event = Vec::new();
        fields(Writer::new(&mut event).text(kind).text(&self.name));
        event
    }

    fn start(self: &Arc<Self>, keeper: &mut Keeper, task: Task, event: &[u8], recorder: Option<&Recorder>) {
        match self.awake(keeper) {
            Ok(life) => {
                if let Err(error) = life.start(self, task, event, recorder) {
                    self.reset(keeper, &error);
                }
            }
            Err(error) => {
                tracing::error!(object = self.name, "a Durable Object cannot be started: {error}");
                match task {
                    Task::Fetch { reply: Some(reply), .. } => {
                        let _ = reply.send(Err(error.to_string()));
                    }
                    Task::Alarm => self.retry_alarm(keeper.alarm_retries),
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
    fn awake<'a>(self: &Arc<Self>, keeper: &'a mut Keeper) -> Result<&'a mut Life, Reset> {
        match &mut keeper.life {
            Some(life) => Ok(life),
            life => {
                let incarnation = self.shared.incarnations.fetch_add(1, Ordering::Relaxed);
                let room = self.shared.awake.enter(self, incarnation)?;
                let database = self.open()?;
                let (sockets, clock) = (Arc::clone(&self.sockets), self.shared.bindings.clock.clone());
                let side = ObjectSide::new(database, sockets, clock, self.shared.linked.turn_limit());
                let instance = self.shared.linked.instantiate(side)?;
                self.shared.constructed.fetch_add(1, Ordering::Relaxed);
                self.awake.store(true, Ordering::Relaxed);
                Ok(life.insert(Life::new(instance, incarnation, room)))
            }
        }
    }

    fn open(&self) -> Result<Database, SqlError> {
        Ok(self.shared.open_database(self.path.clone())?.named(&self.name))
    }

    /// Works on the database of the instance, or on the file if there is none.
    fn storage(&self, keeper: &mut Keeper, work: impl FnOnce(Result<&mut Database, SqlError>)) {
        match &mut keeper.life {
            Some(life) => work(Ok(&mut life.side().database)),
            None => match self.open() {
                Ok(mut database) => work(Ok(&mut database)),
                Err(error) => work(Err(error)),
            },
        }
    }

    fn fire_alarm(
        self: &Arc<Self>,
        keeper: &mut Keeper,
        done: oneshot::Sender<Result<bool, SqlError>>,
        recorder: Option<&Recorder>,
    ) {
        if keeper.life.as_ref().is_some_and(|life| life.alarm_in_flight().is_some()) {
            // It runs right now: its end is what is waited for.
            let _ = done.send(Ok(true));
            return;
        }
        let now = self.shared.bindings.clock.now_ms();
        let mut hastened = Ok(false);
        self.storage(keeper, |database| hastened = database.and_then(|database| database.hasten_alarm(now)));
        let found = hastened.as_ref().is_ok_and(|found| *found);
        if found {
            self.shared.delivering(&self.id);
        }
        let _ = done.send(hastened);
        if found {
            self.alarm(keeper, 0, recorder);
        }
    }

    fn delete(&self, keeper: &mut Keeper) -> io::Result<()> {
        if let Some(mut life) = keeper.life.take() {
            life.reset();
        }
        self.sockets.drop_all();
        engine::remove_files(&self.path)?;
        self.shared.alarms.settle(&self.name, &self.id, None).map_err(io::Error::other)?;
        self.shared.alarm_ended(&self.id, None);
        Ok(())
    }

    fn alarm(self: &Arc<Self>, keeper: &mut Keeper, retries: u32, recorder: Option<&Recorder>) {
        keeper.alarm_retries = retries;
        let due = match self.awake(keeper) {
            Ok(life) => life.side().database.get_alarm(),
            Err(error) => {
                tracing::error!(object = self.name, "an alarm finds no Durable Object: {error}");
                return self.retry_alarm(retries);
            }
        };
        match due {
            Ok(Some(due)) if self.shared.alarms.has_come(&self.id, due) => {
                let event = self.event("object.alarm", |event| {
                    event.number(retries);
                });
                self.start(keeper, Task::Alarm, &event, recorder);
            }
            // The index was early, as it may be.
            Ok(due) => {
                if let Err(error) = self.shared.alarms.settle(&self.name, &self.id, due) {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                    return self.retry_alarm(retries);
                }
                self.shared.alarm_ended(&self.id, None);
            }
            Err(error) => {
                tracing::error!(object = self.name, %error, "an alarm cannot be read");
                self.retry_alarm(retries);
            }
        }
    }

    /// Has an alarm delivered once more, after a pause.
    fn retry_alarm(&self, retries: u32) {
        let pause = FIRST_ALARM_RETRY_MS << retries.min(MAX_ALARM_RETRIES - 1);
        let at = self.shared.bindings.clock.elapsed_ms().saturating_add(pause);
        self.shared.alarm_ended(&self.id, Some((at, (retries + 1).min(MAX_ALARM_RETRIES))));
    }

    /// Ends the instance after a crash. Its sockets drop, its calls fail, its alarm is tried again.
    fn reset(&self, keeper: &mut Keeper, error: &Reset) {
        tracing::error!(object = self.name, "a Durable Object is reset: {error}");
        let trace = &self.shared.bindings.trace;
        trace.log("error", None, format_args!("the Durable Object `{}` is reset: {error}", self.name));
        self.shared.resets.fetch_add(1, Ordering::Relaxed);
        let Some(mut life) = keeper.life.take() else { return };
        let alarm = life.alarm_in_flight();
        let side = life.reset();
        match alarm {
            None => {}
            // A later one was set, and counts from zero.
            Some(true) => self.shared.alarm_ended(&self.id, None),
            Some(false) if keeper.alarm_retries < MAX_ALARM_RETRIES => self.retry_alarm(keeper.alarm_retries),
            Some(false) => {
                tracing::error!(
                    object = self.name,
                    "an alarm has failed {} times: it is given up",
                    MAX_ALARM_RETRIES + 1
                );
                trace.log(
                    "error",
                    None,
                    format_args!("an alarm of `{}` has failed too often: it is given up", self.name),
                );
                if let Err(error) = side.database.delete_alarm().and_then(|()| side.database.commit_turn()) {
                    tracing::error!(object = self.name, %error, "an alarm cannot be removed");
                }
                if let Err(error) = self.shared.alarms.settle(&self.name, &self.id, None) {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                }
                self.shared.alarm_ended(&self.id, None);
            }
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after an object until it has been idle for long enough, or is at work. Does not keep it alive.
async fn evict_when_idle(object: Weak<Object>, clock: Clock, faults: Faults) {
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

impl instance::Surroundings for Arc<Object> {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn events(&self) -> Arc<dyn SocketEvents> {
        Arc::new(Events(Arc::clone(self)))
    }

    fn spawn(&self, incarnation: u64, op: u32, work: Later<Completion>) -> AbortHandle {
        let object = Arc::downgrade(self);
        let task = async move {
            // What an op holds besides its answer is nothing that an object can name.
            let Completion { answer, .. } = work.await;
            if let Some(object) = object.upgrade() {
                // An object with a live op is not forgotten.
                drop(object.post(Input::Completed { incarnation, op, answer }));
            }
        };
        self.shared.runtime.spawn(task.instrument(request_log::span())).abort_handle()
    }
}

/// An object as its sockets see it. What cannot be posted any more concerns an object without sockets.
struct Events(Arc<Object>);

impl SocketEvents for Events {
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
