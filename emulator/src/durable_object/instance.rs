//! A Durable Object's instance in memory, from its construction to its eviction or reset: its tasks, and its turns.
//!
//! A turn is one event or one answer to an op, with all that follows from it without I/O. What it wrote is committed at its
//! end, and only then what it sends out leaves.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::task::AbortHandle;

use super::context::ObjectContext;
use super::error::SqlError;
use super::event::ObjectEvent;
use super::imports::ObjectImports;
use super::instance_limit::{Overloaded, Permit};
use super::outputs::Outputs;
use crate::abi::AlarmOp;
use crate::abi::answer::Answer;
use crate::abi::error::{ErrorFlags, GuestError};
use crate::abi::frame::FrameWriter;
use crate::abi::op::Op;
use crate::abi::requests::FetchResponse;
use crate::abi::respond::{Respond, RespondError};
use crate::bindings::{CallChain, Dispatched, not_an_upgrade};
use crate::bodies::Handles;
use crate::runtime::budget::{CpuMeter, CpuTime, Exceeded, MAX_LIVE_OPS};
use crate::runtime::host::Effect;
use crate::runtime::instance::Instance;
use crate::trace::Recorder;
use crate::websocket::{ClientEnd, Socket};

/// What callers are told when an object is reset under them.
const RESET: &str = "The Durable Object's code crashed, and the object was reset.";
/// What callers are told when an event ends without an answer.
const NO_ANSWER: &str = "The Durable Object's code ended without an answer.";

/// An instance and what it has under way.
pub(super) struct ObjectInstance {
    wasm: Instance<ObjectImports>,
    /// Names the instance: what belongs to another one is ignored.
    pub(super) incarnation: u64,
    tasks: HashMap<u32, ObjectTask>,
    /// Of the tasks that are traced.
    recorders: HashMap<u32, Recorder>,
    next_task: u32,
    ops: HashMap<u32, ObjectOp>,
    /// Answers of this turn: task, op, answer.
    queue: VecDeque<(u32, u32, Answer)>,
    /// Whether the alarm that is being handled was replaced by a new one; `None` while none is handled.
    alarm_replaced: Option<bool>,
    /// Given back with the instance.
    _permit: Permit,
}

/// An event that an instance works on, and the CPU time that it took.
struct ObjectTask {
    event: ObjectEvent,
    cpu_time: CpuTime,
}

struct ObjectOp {
    task: u32,
    /// `None` until the turn that issued it has been committed.
    work: Option<AbortHandle>,
}

/// Why an object is reset. The writes of its turn are undone.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResetReason {
    #[error("its instance crashed: {0:?}")]
    Crashed(#[from] wasmtime::Error),
    #[error("its turn cannot be committed: {0}")]
    Storage(#[from] SqlError),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("its alarm cannot be noted: {0}")]
    Alarm(#[from] rusqlite::Error),
}

impl ObjectInstance {
    pub(super) fn new(wasm: Instance<ObjectImports>, incarnation: u64, permit: Permit) -> Self {
        Self {
            wasm,
            incarnation,
            tasks: HashMap::new(),
            recorders: HashMap::new(),
            next_task: 0,
            ops: HashMap::new(),
            queue: VecDeque::new(),
            alarm_replaced: None,
            _permit: permit,
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
        self.wasm.memory_bytes()
    }

    /// Whether an alarm's handler was under way, and whether a later alarm has been committed since.
    pub(super) fn alarm_in_flight(&self) -> Option<bool> {
        self.alarm_replaced
    }

    pub(super) fn imports(&mut self) -> &mut ObjectImports {
        self.wasm.sync_imports()
    }

    /// Delivers an event, which `write` composes.
    pub(super) fn start(
        &mut self,
        context: &impl ObjectContext,
        event: ObjectEvent,
        recorder: Option<&Recorder>,
        write: impl FnOnce(&mut FrameWriter<'_>, u32, &mut Handles),
    ) -> Result<(), ResetReason> {
        let id = self.next_task;
        self.next_task = self.next_task.wrapping_add(1);
        if matches!(event, ObjectEvent::Alarm) {
            self.alarm_replaced = Some(false);
        }
        self.tasks.insert(id, ObjectTask { event, cpu_time: CpuTime::default() });
        if let Some(recorder) = recorder {
            recorder.running();
            self.recorders.insert(id, recorder.clone());
        }
        let meter = self.wasm.meter();
        self.wasm.recorded(recorder, |instance| instance.start(id, |frame, handles| write(frame, id, handles)))?;
        self.finish_turn(context, id, meter)
    }

    /// Gives the answer to an op.
    pub(super) fn complete(
        &mut self,
        context: &impl ObjectContext,
        op: u32,
        answer: Answer,
    ) -> Result<(), ResetReason> {
        // A cancelled op is no longer in the table.
        let Some(live) = self.ops.remove(&op) else { return Ok(()) };
        let mut meter = self.wasm.meter();
        self.charge(live.task, &mut meter)?;
        let recorder = self.recorders.get(&live.task);
        self.wasm.recorded(recorder, |instance| instance.answer(live.task, op, answer))?;
        self.finish_turn(context, live.task, meter)
    }

    /// Adds to an event's CPU time, with what its host did for it.
    fn charge(&mut self, task: u32, meter: &mut CpuMeter) -> Result<(), Exceeded> {
        match self.tasks.get_mut(&task) {
            Some(running) => self.wasm.charge(meter, &mut running.cpu_time),
            None => Ok(()),
        }
    }

    /// Runs the turn to its end, commits it, and lets out what it sends.
    fn finish_turn(
        &mut self,
        context: &impl ObjectContext,
        begun_by: u32,
        mut meter: CpuMeter,
    ) -> Result<(), ResetReason> {
        let mut outputs = Outputs::default();
        self.apply(context, &mut outputs)?;
        while let Some((task, op, answer)) = self.queue.pop_front() {
            self.charge(task, &mut meter)?;
            let recorder = self.recorders.get(&task);
            self.wasm.recorded(recorder, |instance| instance.answer(task, op, answer))?;
            self.apply(context, &mut outputs)?;
        }
        self.charge(begun_by, &mut meter)?;
        self.commit(context)?;
        self.release(context, outputs);
        Ok(())
    }

    fn apply(&mut self, context: &impl ObjectContext, outputs: &mut Outputs) -> Result<(), ResetReason> {
        let mut effects = self.wasm.take_effects();
        for effect in effects.drain(..) {
            match effect {
                Effect::Op { task, op, request } => self.issue(task, op, request, outputs)?,
                Effect::Cancel { op } => {
                    self.queue.retain(|(_, queued, _)| *queued != op);
                    outputs.ops.retain(|(issued, _)| *issued != op);
                    if let Some(ObjectOp { work: Some(work), .. }) = self.ops.remove(&op) {
                        work.abort();
                    }
                }
                Effect::Respond { task, answer } => self.respond(context, task, answer, outputs),
                Effect::Done { task } => self.end(task, outputs)?,
            }
        }
        self.wasm.put_back(effects);
        Ok(())
    }

    /// The alarm is part of the turn; every other op begins after it.
    fn issue(
        &mut self,
        task: u32,
        op: u32,
        request: Result<Box<Op>, GuestError>,
        outputs: &mut Outputs,
    ) -> Result<(), Exceeded> {
        if self.ops.contains_key(&op) || self.queue.iter().any(|(_, queued, _)| *queued == op) {
            return Err(Exceeded::OpReused(op));
        }
        if self.ops.len() + self.queue.len() >= MAX_LIVE_OPS {
            return Err(Exceeded::Ops);
        }
        let replaced = self.alarm_replaced;
        let database = &mut self.wasm.sync_imports().database;
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                self.queue.push_back((task, op, error.into()));
                return Ok(());
            }
        };
        let Op::Alarm(alarm) = *request else {
            self.ops.insert(op, ObjectOp { task, work: None });
            outputs.ops.push((op, request));
            return Ok(());
        };
        let span = self.recorders.get(&task).map(|recorder| {
            let (name, key) = request.describe();
            recorder.op(name, &key)
        });
        let answer = match alarm {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            AlarmOp::Set { at } => match database.set_alarm(at as u64) {
                Ok(()) => {
                    self.alarm_replaced = replaced.map(|_| true);
                    Answer::Ok
                }
                Err(error) => GuestError::error(error.to_string()).into(),
            },
            // While its handler runs an alarm is not set any more, though it is kept until the handler has ended.
            AlarmOp::Get if replaced == Some(false) => Answer::None,
            AlarmOp::Get => match database.get_alarm() {
                Ok(due) => due.map_or(Answer::None, Answer::Number),
                Err(error) => GuestError::error(error.to_string()).into(),
            },
            AlarmOp::Delete => match database.delete_alarm() {
                Ok(()) => Answer::Ok,
                Err(error) => GuestError::error(error.to_string()).into(),
            },
        };
        if let Some(span) = span {
            span.end(answer.outcome(), true);
        }
        self.queue.push_back((task, op, answer));
        Ok(())
    }

    fn respond(
        &mut self,
        context: &impl ObjectContext,
        id: u32,
        answer: Result<Respond, RespondError>,
        outputs: &mut Outputs,
    ) {
        let imports = self.wasm.sync_imports();
        let accepted =
            imports.accepted.iter().position(|(task, _)| *task == id).map(|at| imports.accepted.swap_remove(at).1);
        let Some(ObjectTask { event: ObjectEvent::Fetch { wants_socket, reply, .. }, .. }) = self.tasks.get_mut(&id)
        else {
            tracing::warn!("a Durable Object answered an event that takes no answer");
            return drop_accepted(imports, accepted);
        };
        let Some(reply) = reply.take() else {
            tracing::warn!("a Durable Object answered twice");
            return drop_accepted(imports, accepted);
        };
        if let (Ok(answer), Some(recorder)) = (&answer, self.recorders.get(&id)) {
            outputs.answered.push((recorder.clone(), answer.status()));
        }
        let answer = match answer {
            Ok(Respond::Response(FetchResponse { socket: Some(_), .. }) | Respond::Accept { .. }) if !*wants_socket => {
                drop_accepted(imports, accepted);
                Err(not_an_upgrade().with(ErrorFlags::REMOTE))
            }
            Ok(Respond::Response(response)) => Ok(response),
            Ok(Respond::Accept { headers, .. }) => {
                let socket = accepted.map(|socket| ClientEnd {
                    socket,
                    events: context.events(),
                    clock: context.namespace().bindings.clock.clone(),
                    close_reported: false,
                });
                Ok(FetchResponse { headers, socket, ..FetchResponse::of_status(101) })
            }
            Ok(Respond::Error(message)) => Err(GuestError::error(message).with(ErrorFlags::REMOTE)),
            Err(error) => {
                tracing::error!(%error, "an answer is malformed");
                Err(GuestError::error(format!("The Durable Object gave an answer that is none: {error}.")))
            }
        };
        outputs.replies.push((reply, answer));
    }

    fn end(&mut self, id: u32, outputs: &mut Outputs) -> Result<(), ResetReason> {
        let Some(ObjectTask { mut event, .. }) = self.tasks.remove(&id) else { return Ok(()) };
        outputs.recorded.extend(self.recorders.remove(&id));
        self.wasm.handles().release_task(id);
        self.ops.retain(|op, live| {
            if live.task == id {
                outputs.ops.retain(|(issued, _)| issued != op);
                if let Some(work) = &live.work {
                    work.abort();
                }
            }
            live.task != id
        });
        match &mut event {
            ObjectEvent::Fetch { reply, .. } => {
                if let Some(reply) = reply.take() {
                    outputs.replies.push((reply, Err(GuestError::error(NO_ANSWER))));
                }
            }
            // Only now is the alarm gone: had the process ended before, it would have been delivered again.
            ObjectEvent::Alarm => {
                if self.alarm_replaced.take() == Some(false) {
                    self.wasm.sync_imports().database.delete_alarm()?;
                }
            }
            ObjectEvent::Message { .. } | ObjectEvent::Close { .. } => {}
        }
        outputs.ended.push(event);
        Ok(())
    }

    fn commit(&mut self, context: &impl ObjectContext) -> Result<(), ResetReason> {
        let namespace = context.namespace();
        let database = &mut self.wasm.sync_imports().database;
        let alarm = database.pending_alarm();
        if let Some(Some(due)) = alarm {
            namespace.alarms.index().note_pending(context.name(), context.id(), due)?;
        }
        database.commit_turn()?;
        if alarm.is_some() {
            match database.get_alarm() {
                Ok(due) => {
                    if let Err(error) = namespace.alarms.index().confirm(context.name(), context.id(), due) {
                        tracing::warn!(%error, "the index of alarms names a time that is too early");
                    }
                }
                Err(error) => tracing::error!(%error, "an alarm cannot be read"),
            }
            namespace.alarms.was_set(context.id());
        }
        Ok(())
    }

    /// Opens the output gate, and begins the ops that the turn has issued.
    fn release(&mut self, context: &impl ObjectContext, outputs: Outputs) {
        let Self { wasm, ops, recorders, incarnation, tasks, .. } = self;
        wasm.handles().release_written();
        outputs.release(context, wasm.sync_imports(), |op, request| {
            let Some(live) = ops.get_mut(&op) else { return };
            let span = recorders.get(&live.task).map(|recorder| {
                let (name, key) = request.describe();
                recorder.op(name, &key)
            });
            let mut alone = CallChain::default();
            let chain = match tasks.get_mut(&live.task).map(|task| &mut task.event) {
                Some(ObjectEvent::Fetch { chain, .. }) => chain,
                _ => &mut alone,
            };
            let work = match context.namespace().bindings.dispatch(*request, chain).traced(span) {
                // I/O in any case, so that it is another turn.
                Dispatched::Ready(completion) => Box::pin(std::future::ready(completion)),
                Dispatched::Pending(work) => work,
            };
            live.work = Some(context.spawn(*incarnation, op, work));
        });
    }

    /// Ends the instance because of a crash: undoes the turn and fails what is under way. Gives the database back.
    pub(super) fn reset(&mut self) -> &mut ObjectImports {
        for live in std::mem::take(&mut self.ops).into_values() {
            if let Some(work) = live.work {
                work.abort();
            }
        }
        self.recorders.clear();
        for task in std::mem::take(&mut self.tasks).into_values() {
            if let ObjectEvent::Fetch { reply: Some(reply), .. } = task.event {
                let _ = reply.send(Err(GuestError::error(RESET).with(ErrorFlags::DURABLE_OBJECT_RESET)));
            }
        }
        let imports = self.wasm.sync_imports();
        imports.database.rollback_turn();
        imports.outgoing.clear();
        imports.accepted.clear();
        imports.sockets.drop_all();
        imports
    }
}

fn drop_accepted(imports: &ObjectImports, accepted: Option<Arc<Socket>>) {
    if let Some(socket) = accepted {
        imports.sockets.remove(&socket);
    }
}
