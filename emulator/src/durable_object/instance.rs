//! The life of an object between two constructions: its instance, its tasks, and its turns.
//!
//! A turn is one event or one answer to an op, with all that follows from it without I/O. What it wrote is committed at its
//! end, and only then what it sends out leaves.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::imports::ObjectSide;
use super::instance_limit::{Overloaded, Room};
use super::namespace::Shared;
use crate::abi::frame::{FrameError, Reader, Writer};
use crate::abi::ops::{Answer, Completion, Op};
use crate::bindings::request_body::RequestBody;
use crate::bindings::{Begun, Later, ObjectAnswer};
use crate::runtime::budget::{Exceeded, MAX_LIVE_OPS, Meter, Spent};
use crate::runtime::host::{Effect, Effects};
use crate::runtime::instance::Instance;
use crate::trace::{Recorder, outcome};
use crate::websocket::{ClientEnd, Outgoing, Socket, SocketEvents};

/// What callers are told when an object is reset under them.
const RESET: &str = "The Durable Object's code crashed, and the object was reset.";
/// What callers are told when an event ends without an answer.
const NO_ANSWER: &str = "The Durable Object's code ended without an answer.";

/// Where the answer to a call goes.
pub(super) type Reply = oneshot::Sender<Result<ObjectAnswer, String>>;

/// Why an event runs, and who is to be told of its end.
pub(super) enum Task {
    Fetch { upgrade: bool, reply: Option<Reply> },
    Alarm,
    Message { socket: Arc<Socket>, handled: oneshot::Sender<()> },
    Close { socket: Arc<Socket>, handled: Option<oneshot::Sender<()>> },
}

/// An instance and what it has under way.
pub(super) struct Life {
    instance: Instance<ObjectSide>,
    /// Names the instance: what belongs to another one is ignored.
    pub(super) incarnation: u64,
    tasks: HashMap<u32, Running>,
    /// Of those tasks that somebody records.
    recorders: HashMap<u32, Recorder>,
    next_task: u32,
    ops: HashMap<u32, LiveOp>,
    /// Answers of this turn: task, op, answer.
    queue: VecDeque<(u32, u32, Answer)>,
    /// Whether the alarm that is being handled was replaced by a new one; `None` while none is handled.
    alarm_replaced: Option<bool>,
    /// Given back with the instance.
    _room: Room,
}

/// An event that an instance works on, and the CPU time that it took.
struct Running {
    task: Task,
    spent: Spent,
}

struct LiveOp {
    task: u32,
    /// `None` until the turn that issued it has been committed.
    work: Option<AbortHandle>,
}

/// What leaves after the commit.
#[derive(Default)]
struct Outputs {
    replies: Vec<(Reply, Result<ObjectAnswer, String>)>,
    ops: Vec<(u32, Vec<u8>)>,
    ended: Vec<Task>,
    /// Statuses for those who record, and in the end the records themselves.
    answered: Vec<(Recorder, u16)>,
    recorded: Vec<Recorder>,
}

/// What a life needs of its object.
pub(super) trait Surroundings {
    fn shared(&self) -> &Shared;
    fn name(&self) -> &str;
    fn id(&self) -> &str;
    /// The object as the events of its sockets reach it.
    fn events(&self) -> Arc<dyn SocketEvents>;
    /// Runs an op, and completes it with [`Life::complete`].
    fn spawn(&self, incarnation: u64, op: u32, work: Later<Completion>) -> AbortHandle;
}

/// Why an object is reset. Its writes of this turn are gone.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reset {
    #[error("its instance crashed: {0:?}")]
    Crashed(#[from] wasmtime::Error),
    #[error("its turn cannot be committed: {0}")]
    Storage(#[from] super::error::SqlError),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("its alarm cannot be noted: {0}")]
    Alarm(#[from] rusqlite::Error),
}

impl Life {
    pub(super) fn new(instance: Instance<ObjectSide>, incarnation: u64, room: Room) -> Self {
        Self {
            instance,
            incarnation,
            tasks: HashMap::new(),
            recorders: HashMap::new(),
            next_task: 0,
            ops: HashMap::new(),
            queue: VecDeque::new(),
            alarm_replaced: None,
            _room: room,
        }
    }

    /// Whether no event and no op is alive.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.ops.is_empty()
    }

    pub(super) fn live_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Bytes of the instance's linear memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.instance.memory_bytes()
    }

    /// Whether an alarm's handler was under way, and whether a later alarm has been committed since.
    pub(super) fn alarm_in_flight(&self) -> Option<bool> {
        self.alarm_replaced
    }

    pub(super) fn side(&mut self) -> &mut ObjectSide {
        self.instance.synchronous()
    }

    /// Delivers an event: `frame` is the event as `start` takes it.
    pub(super) fn start(
        &mut self,
        around: &impl Surroundings,
        task: Task,
        frame: &[u8],
        recorder: Option<&Recorder>,
    ) -> Result<(), Reset> {
        let id = self.next_task;
        self.next_task = self.next_task.wrapping_add(1);
        if matches!(task, Task::Alarm) {
            self.alarm_replaced = Some(false);
        }
        self.tasks.insert(id, Running { task, spent: Spent::default() });
        if let Some(recorder) = recorder {
            recorder.running();
            self.recorders.insert(id, recorder.clone());
        }
        let meter = self.instance.meter();
        self.instance.recorded(recorder, |instance| {
            instance.start(id, |event| {
                event.raw(frame);
            })
        })?;
        self.finish_turn(around, id, meter)
    }

    /// Gives the answer to an op.
    pub(super) fn complete(&mut self, around: &impl Surroundings, op: u32, answer: &Answer) -> Result<(), Reset> {
        // A cancelled op is no longer in the table.
        let Some(live) = self.ops.remove(&op) else { return Ok(()) };
        let mut meter = self.instance.meter();
        self.charge(live.task, &mut meter)?;
        let recorder = self.recorders.get(&live.task);
        self.instance.recorded(recorder, |instance| instance.answer(op, answer))?;
        self.finish_turn(around, live.task, meter)
    }

    /// Counts what an event has taken, what was done for it included.
    fn charge(&mut self, task: u32, meter: &mut Meter) -> Result<(), Exceeded> {
        match self.tasks.get_mut(&task) {
            Some(running) => self.instance.charge(meter, &mut running.spent),
            None => Ok(()),
        }
    }

    /// Runs the turn to its end, commits it, and lets out what it sends.
    fn finish_turn(&mut self, around: &impl Surroundings, begun_by: u32, mut meter: Meter) -> Result<(), Reset> {
        let mut outputs = Outputs::default();
        self.apply(around, &mut outputs)?;
        while let Some((task, op, answer)) = self.queue.pop_front() {
            self.charge(task, &mut meter)?;
            let recorder = self.recorders.get(&task);
            self.instance.recorded(recorder, |instance| instance.answer(op, &answer))?;
            self.apply(around, &mut outputs)?;
        }
        self.charge(begun_by, &mut meter)?;
        self.commit(around)?;
        self.release(around, outputs);
        Ok(())
    }

    fn apply(&mut self, around: &impl Surroundings, outputs: &mut Outputs) -> Result<(), Reset> {
        let effects = self.instance.take_effects();
        let result = self.apply_each(around, &effects, outputs);
        self.instance.put_back(effects);
        result
    }

    fn apply_each(
        &mut self,
        around: &impl Surroundings,
        effects: &Effects,
        outputs: &mut Outputs,
    ) -> Result<(), Reset> {
        for effect in effects.iter() {
            match effect {
                Effect::Op { task, op, frame } => self.issue(*task, *op, effects.frame(frame), outputs)?,
                Effect::Cancel { op } => {
                    self.queue.retain(|(_, queued, _)| queued != op);
                    outputs.ops.retain(|(issued, _)| issued != op);
                    if let Some(LiveOp { work: Some(work), .. }) = self.ops.remove(op) {
                        work.abort();
                    }
                }
                Effect::Respond { task, frame } => self.respond(around, *task, effects.frame(frame), outputs),
                Effect::Done { task } => self.end(*task, outputs)?,
            }
        }
        Ok(())
    }

    /// The alarm is part of the turn; every other op begins after it.
    fn issue(&mut self, task: u32, op: u32, frame: &[u8], outputs: &mut Outputs) -> Result<(), Exceeded> {
        if self.ops.contains_key(&op) || self.queue.iter().any(|(_, queued, _)| *queued == op) {
            return Err(Exceeded::OpReused(op));
        }
        if self.ops.len() + self.queue.len() >= MAX_LIVE_OPS {
            return Err(Exceeded::Ops);
        }
        let replaced = self.alarm_replaced;
        let database = &mut self.instance.synchronous().database;
        let parsed = Op::parse(frame);
        let span = match (&parsed, self.recorders.get(&task)) {
            (Ok(request @ (Op::AlarmSet { .. } | Op::AlarmGet)), Some(recorder)) => Some(recorder.op(request)),
            _ => None,
        };
        let answer = match parsed {
            Ok(Op::AlarmSet { at }) => match database.set_alarm(u64::try_from(at).unwrap_or(0)) {
                Ok(()) => {
                    self.alarm_replaced = replaced.map(|_| true);
                    Answer::Ok
                }
                Err(error) => Answer::Err(error.to_string().into()),
            },
            // While its handler runs an alarm is not set any more, though it is kept until the handler has ended.
            Ok(Op::AlarmGet) if replaced == Some(false) => Answer::None,
            Ok(Op::AlarmGet) => match database.get_alarm() {
                Ok(due) => due.map_or(Answer::None, Answer::Number),
                Err(error) => Answer::Err(error.to_string().into()),
            },
            Ok(_) => {
                self.ops.insert(op, LiveOp { task, work: None });
                outputs.ops.push((op, frame.to_owned()));
                return Ok(());
            }
            Err(error) => Answer::Err(error.to_string().into()),
        };
        if let Some(span) = span {
            span.end(outcome(&answer), true);
        }
        self.queue.push_back((task, op, answer));
        Ok(())
    }

    fn respond(&mut self, around: &impl Surroundings, id: u32, frame: &[u8], outputs: &mut Outputs) {
        let side = self.instance.synchronous();
        let accepted = side.accepted.iter().position(|(task, _)| *task == id).map(|at| side.accepted.swap_remove(at).1);
        let Some(Running { task: Task::Fetch { upgrade, reply }, .. }) = self.tasks.get_mut(&id) else {
            tracing::warn!("a Durable Object answered an event that takes no answer");
            return drop_accepted(side, accepted);
        };
        let Some(reply) = reply.take() else {
            tracing::warn!("a Durable Object answered twice");
            return drop_accepted(side, accepted);
        };
        if accepted.is_some() && !*upgrade {
            let error = "Worker tried to return a WebSocket in a response to a request which did not contain the header \
                         \"Upgrade: websocket\".";
            outputs.replies.push((reply, Err(error.to_owned())));
            return drop_accepted(side, accepted);
        }
        let answer = answer_fields(frame).map_err(|error| {
            tracing::error!(%error, "an answer is malformed");
            format!("The Durable Object gave an answer that is none: {error}.")
        });
        let socket = accepted.map(|socket| ClientEnd {
            socket,
            events: around.events(),
            clock: around.shared().bindings.clock.clone(),
            ended: false,
        });
        if let Some(recorder) = self.recorders.get(&id) {
            outputs.answered.push((recorder.clone(), Reader::new(frame).number("status").unwrap_or(0)));
        }
        outputs.replies.push((reply, answer.map(|fields| ObjectAnswer { fields, socket })));
    }

    fn end(&mut self, id: u32, outputs: &mut Outputs) -> Result<(), Reset> {
        let Some(Running { mut task, .. }) = self.tasks.remove(&id) else { return Ok(()) };
        outputs.recorded.extend(self.recorders.remove(&id));
        self.ops.retain(|op, live| {
            if live.task == id {
                outputs.ops.retain(|(issued, _)| issued != op);
                if let Some(work) = &live.work {
                    work.abort();
                }
            }
            live.task != id
        });
        match &mut task {
            Task::Fetch { reply, .. } => {
                if let Some(reply) = reply.take() {
                    outputs.replies.push((reply, Err(NO_ANSWER.to_owned())));
                }
            }
            // Only now is the alarm gone: had the process ended before, it would have been delivered again.
            Task::Alarm => {
                if self.alarm_replaced.take() == Some(false) {
                    self.instance.synchronous().database.delete_alarm()?;
                }
            }
            Task::Message { .. } | Task::Close { .. } => {}
        }
        outputs.ended.push(task);
        Ok(())
    }

    fn commit(&mut self, around: &impl Surroundings) -> Result<(), Reset> {
        let shared = around.shared();
        let database = &mut self.instance.synchronous().database;
        let alarm = database.pending_alarm();
        if let Some(Some(due)) = alarm {
            shared.alarms.promise(around.name(), around.id(), due)?;
        }
        database.commit_turn()?;
        if alarm.is_some() {
            match database.get_alarm() {
                Ok(due) => {
                    if let Err(error) = shared.alarms.settle(around.name(), around.id(), due) {
                        tracing::warn!(%error, "the index of alarms names a time that is too early");
                    }
                }
                Err(error) => tracing::error!(%error, "an alarm cannot be read"),
            }
            shared.alarm_set(around.id());
        }
        Ok(())
    }

    /// Opens the output gate.
    fn release(&mut self, around: &impl Surroundings, outputs: Outputs) {
        let side = self.instance.synchronous();
        let faults = &around.shared().bindings.faults;
        for (socket, frame) in std::mem::take(&mut side.outgoing) {
            if matches!(frame, Outgoing::Text(_)) && faults.drops_message() {
                socket.drop_connection();
            } else {
                socket.push(frame);
            }
        }
        for (recorder, status) in outputs.answered {
            recorder.answered(status);
        }
        for (reply, answer) in outputs.replies {
            // The caller may have gone; its event has run to its end all the same.
            let _ = reply.send(answer);
        }
        for (op, frame) in outputs.ops {
            let begun = match Op::parse(&frame) {
                Ok(request) => {
                    let task = self.ops.get(&op).map(|live| live.task);
                    let span = task.and_then(|task| self.recorders.get(&task)).map(|recorder| recorder.op(&request));
                    let begun = around.shared().bindings.begin(request, &mut RequestBody::default());
                    match span {
                        Some(span) => span.follow(begun),
                        None => begun,
                    }
                }
                Err(error) => Begun::Now(Completion::error(error)),
            };
            let work = match begun {
                // I/O in any case, so that it is another turn.
                Begun::Now(completion) => Box::pin(std::future::ready(completion)),
                Begun::Later(work) => work,
            };
            if let Some(live) = self.ops.get_mut(&op) {
                live.work = Some(around.spawn(self.incarnation, op, work));
            }
        }
        for task in outputs.ended {
            match task {
                Task::Close { socket, handled } => {
                    self.instance.synchronous().sockets.remove(&socket);
                    if let Some(handled) = handled {
                        let _ = handled.send(());
                    }
                }
                Task::Message { handled, .. } => {
                    let _ = handled.send(());
                }
                Task::Alarm => around.shared().alarm_ended(around.id(), None),
                Task::Fetch { .. } => {}
            }
        }
    }

    /// Ends this life because of a crash: undoes the turn and fails what is under way. Gives the database back.
    pub(super) fn reset(&mut self) -> &mut ObjectSide {
        for live in std::mem::take(&mut self.ops).into_values() {
            if let Some(work) = live.work {
                work.abort();
            }
        }
        self.recorders.clear();
        for task in std::mem::take(&mut self.tasks).into_values() {
            if let Task::Fetch { reply: Some(reply), .. } = task.task {
                let _ = reply.send(Err(RESET.to_owned()));
            }
        }
        let side = self.instance.synchronous();
        side.database.rollback_turn();
        side.outgoing.clear();
        side.accepted.clear();
        side.sockets.drop_all();
        side
    }
}

fn drop_accepted(side: &ObjectSide, accepted: Option<Arc<Socket>>) {
    if let Some(socket) = accepted {
        side.sockets.remove(&socket);
    }
}

/// From the frame of `respond` to the fields of the answer to `object.fetch`.
fn answer_fields(frame: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut answer = Reader::new(frame);
    let status = answer.bytes("status")?;
    let (upgrade, body): (&str, &[u8]) = match (answer.text("body kind")?, answer.bytes("body argument")?) {
        ("none", _) => ("", b""),
        ("bytes", body) => ("", body),
        ("accept", _) => ("1", b""),
        _ => return Err(FrameError::Missing("a body kind that an object may use")),
    };
    let mut fields = Vec::with_capacity(frame.len() + 16);
    Writer::new(&mut fields).field(status).text(upgrade).field(body).raw(answer.rest());
    Ok(fields)
}
