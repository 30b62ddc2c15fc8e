//! A Durable Object's instance in memory, from its construction to its eviction or reset: its tasks, and its turns.
//!
//! A turn is one event or one answer to an op, with all that follows from it without I/O. What it wrote is committed at its
//! end, and only then what it sends out leaves.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::alarm_delivery::{AlarmFault, ObjectAlarm};
use super::alarm_scheduler::Attempt;
use super::context::ObjectContext;
use super::engine::Database;
use super::error::SqlError;
use super::event::ObjectEvent;
use super::imports::{Aborted, ObjectImports};
use super::instance_limit::{Overloaded, Permit, overloaded};
use super::outputs::Outputs;
use crate::abi::answer::Answer;
use crate::abi::error::{ErrorFlags, GuestError};
use crate::abi::frame::FrameWriter;
use crate::abi::op::Op;
use crate::abi::requests::FetchResponse;
use crate::abi::respond::{Respond, RespondError};
use crate::bindings::{CallChain, Dispatched, not_an_upgrade, null_body};
use crate::bodies::Handles;
use crate::runtime::budget::{CpuMeter, CpuTime, Exceeded, MAX_LIVE_OPS};
use crate::runtime::host::Effect;
use crate::runtime::instance::Instance;
use crate::trace::Recorder;
use crate::websocket::{ClientEnd, Socket, TagError};
use crate::world::Spawned;

/// What callers are told when an object is reset under them, here and on Cloudflare (`worker/shim`).
const RESET: &str = "the Worker trapped";
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
    /// Which delivery the alarm is that is being handled.
    attempt: Attempt,
    /// Given back with the instance.
    _permit: Permit,
}

/// An event that an instance works on, and the CPU time that it took.
struct ObjectTask {
    event: ObjectEvent,
    cpu_time: CpuTime,
    /// Ops that were not answered yet.
    ops: usize,
}

struct ObjectOp {
    task: u32,
    /// `None` until the turn that issued it has been committed.
    work: Option<Spawned>,
}

/// Why an object is reset. The writes of its turn are undone.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResetReason {
    #[error("its instance crashed: {0:?}")]
    Crashed(wasmtime::Error),
    #[error("its code called `abort`: {0}")]
    Aborted(Aborted),
    #[error("its turn cannot be committed: {0}")]
    Storage(#[from] SqlError),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("its alarm cannot be noted: {0}")]
    Alarm(#[from] rusqlite::Error),
}

impl From<wasmtime::Error> for ResetReason {
    fn from(error: wasmtime::Error) -> Self {
        match error.downcast::<Aborted>() {
            Ok(aborted) => Self::Aborted(aborted),
            Err(error) => Self::Crashed(error),
        }
    }
}

impl ResetReason {
    /// What those are told whose calls fail with the object.
    pub(super) fn told(&self) -> GuestError {
        let error = match self {
            Self::Overloaded(_) => return overloaded(),
            // The object's own code says why.
            Self::Aborted(aborted) => GuestError::error(aborted.reason.clone()).with(ErrorFlags::REMOTE),
            Self::Storage(error) => GuestError::error(error.to_string()),
            Self::Crashed(_) | Self::Exceeded(_) | Self::Alarm(_) => GuestError::error(RESET),
        };
        error.with(ErrorFlags::DURABLE_OBJECT_RESET)
    }

    /// Whose fault it is that an alarm was not handled because of it.
    pub(super) fn fault(&self) -> AlarmFault {
        match self {
            Self::Crashed(_) | Self::Aborted(_) | Self::Exceeded(_) => AlarmFault::Worker,
            Self::Storage(_) | Self::Overloaded(_) | Self::Alarm(_) => AlarmFault::Host,
        }
    }
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
            attempt: Attempt::default(),
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

    /// Whether an alarm's handler is under way, and whether a later alarm was set since.
    pub(super) fn alarm_in_flight(&mut self) -> Option<bool> {
        self.wasm.sync_imports().alarm.in_flight()
    }

    pub(super) fn imports(&mut self) -> &mut ObjectImports {
        self.wasm.sync_imports()
    }

    /// An alarm is about to be delivered: which attempt that is.
    pub(super) fn alarm_begins(&mut self, attempt: Attempt) {
        self.attempt = attempt;
        self.wasm.sync_imports().alarm.begin();
    }

    /// Which attempt the alarm is that was delivered last.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
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
        self.tasks.insert(id, ObjectTask { event, cpu_time: CpuTime::default(), ops: 0 });
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
        self.answered(live.task);
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
        if let Err(reason) = self.end_turn(context, begun_by, &mut meter, &mut outputs) {
            // Whom the turn had answered already hears of the reset like everybody else.
            for (reply, _) in outputs.replies {
                let _ = reply.send(Err(reason.told()));
            }
            return Err(reason);
        }
        self.release(context, outputs);
        Ok(())
    }

    fn end_turn(
        &mut self,
        context: &impl ObjectContext,
        begun_by: u32,
        meter: &mut CpuMeter,
        outputs: &mut Outputs,
    ) -> Result<(), ResetReason> {
        self.apply(context, outputs)?;
        while let Some((task, op, answer)) = self.queue.pop_front() {
            self.ops.remove(&op);
            self.answered(task);
            self.charge(task, meter)?;
            let recorder = self.recorders.get(&task);
            self.wasm.recorded(recorder, |instance| instance.answer(task, op, answer))?;
            self.apply(context, outputs)?;
        }
        self.charge(begun_by, meter)?;
        self.commit(context)
    }

    /// One op less is under way.
    fn answered(&mut self, task: u32) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.ops = task.ops.saturating_sub(1);
        }
    }

    fn apply(&mut self, context: &impl ObjectContext, outputs: &mut Outputs) -> Result<(), ResetReason> {
        let mut effects = self.wasm.take_effects();
        for effect in effects.drain(..) {
            match effect {
                Effect::Op { task, op, request } => self.issue(task, op, request, outputs)?,
                Effect::Cancel { op } => {
                    self.queue.retain(|(_, queued, _)| *queued != op);
                    outputs.ops.retain(|(issued, _)| *issued != op);
                    if let Some(ObjectOp { task, work }) = self.ops.remove(&op) {
                        self.answered(task);
                        if let Some(work) = work {
                            work.abort();
                        }
                    }
                }
                Effect::Respond { task, answer } => self.respond(context, task, answer, outputs),
                Effect::Done { task } => self.end(context, task, outputs)?,
            }
        }
        self.wasm.put_back(effects);
        Ok(())
    }

    /// What was answered when it was issued is part of the turn; every other op begins after it.
    fn issue(
        &mut self,
        task: u32,
        op: u32,
        request: Result<Box<Op>, Answer>,
        outputs: &mut Outputs,
    ) -> Result<(), Exceeded> {
        if self.ops.contains_key(&op) {
            return Err(Exceeded::OpReused(op));
        }
        // An op of a task that is none would be nobody's: not counted, not charged, never ended.
        let Some(running) = self.tasks.get_mut(&task) else { return Ok(()) };
        if running.ops >= MAX_LIVE_OPS {
            return Err(Exceeded::Ops);
        }
        running.ops += 1;
        self.ops.insert(op, ObjectOp { task, work: None });
        match request {
            Ok(request) => outputs.ops.push((op, request)),
            Err(answer) => self.queue.push_back((task, op, answer)),
        }
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
        let accepted = imports.accepted.remove(&id);
        let Some(task) = self.tasks.get_mut(&id) else { return drop_accepted(imports, accepted) };
        let (wants_socket, reply) = match (&mut task.event, &answer) {
            (ObjectEvent::Fetch { wants_socket, reply, .. }, _) => (*wants_socket, reply.take()),
            (ObjectEvent::Alarm { failed }, Ok(Respond::Error(message))) => {
                tracing::warn!(object = context.key().label(), "an alarm's handler failed: {message}");
                *failed = true;
                return;
            }
            (_, Ok(Respond::Error(message))) => {
                return tracing::warn!(object = context.key().label(), "the handler of a WebSocket failed: {message}");
            }
            _ => {
                tracing::warn!("a Durable Object answered an event that takes no answer");
                return drop_accepted(imports, accepted);
            }
        };
        let Some(reply) = reply else {
            tracing::warn!("a Durable Object answered twice");
            return drop_accepted(imports, accepted);
        };
        if let (Ok(answer), Some(recorder)) = (&answer, self.recorders.get(&id)) {
            outputs.answered.push((recorder.clone(), answer.status()));
        }
        let thrown = |error: GuestError| Err(error.with(ErrorFlags::REMOTE));
        let answer = match answer {
            Ok(Respond::Response(FetchResponse { socket: Some(_), .. }) | Respond::Accept { .. }) if !wants_socket => {
                drop_accepted(imports, accepted);
                thrown(not_an_upgrade())
            }
            Ok(Respond::Response(response)) => Ok(response),
            Ok(Respond::Accept { headers, .. }) => match accepted {
                Some(Ok(socket)) => {
                    let clock = context.namespace().shared.bindings.world.clock.clone();
                    let end = ClientEnd { socket, events: context.events(), clock, close_reported: false };
                    Ok(FetchResponse { headers, socket: Some(end), ..FetchResponse::of_status(101) })
                }
                Some(Err(error)) => thrown(GuestError::error(error.to_string())),
                None => thrown(GuestError::error(NO_ANSWER)),
            },
            Ok(Respond::Error(message)) => thrown(GuestError::error(message)),
            Err(RespondError::NullBody) => thrown(null_body()),
            Err(error) => {
                tracing::error!(%error, "an answer is malformed");
                Err(GuestError::error(format!("The Durable Object gave an answer that is none: {error}.")))
            }
        };
        outputs.replies.push((reply, answer));
    }

    fn end(&mut self, context: &impl ObjectContext, id: u32, outputs: &mut Outputs) -> Result<(), ResetReason> {
        let Some(ObjectTask { mut event, .. }) = self.tasks.remove(&id) else { return Ok(()) };
        outputs.recorded.extend(self.recorders.remove(&id));
        self.wasm.handles().release_task(id);
        // What is in the queue is answered in this turn, and then gone from the table.
        self.queue.retain(|(task, ..)| *task != id);
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
            ObjectEvent::Alarm { failed } => self.end_alarm(context, *failed, outputs)?,
            ObjectEvent::Message { .. } | ObjectEvent::Close { .. } => {}
        }
        outputs.ended.push(event);
        Ok(())
    }

    /// Only now is the alarm gone: had the process ended before, it would have been delivered again.
    fn end_alarm(&mut self, context: &impl ObjectContext, failed: bool, outputs: &mut Outputs) -> Result<(), SqlError> {
        let imports = self.wasm.sync_imports();
        if imports.alarm.end() != Some(false) {
            // A new one was set, which counts from zero, or it was deleted.
            return Ok(());
        }
        if failed && !ObjectAlarm::is_last(self.attempt) {
            outputs.failed_alarm = Some(self.attempt);
            return Ok(());
        }
        if failed {
            ObjectAlarm::of(context).give_up();
        }
        imports.database.delete_alarm()
    }

    fn commit(&mut self, context: &impl ObjectContext) -> Result<(), ResetReason> {
        let (alarms, object) = (&context.namespace().alarms, context.key());
        let imports = self.wasm.sync_imports();
        let database = &mut imports.database;
        let alarm = database.pending_alarm();
        if let Some(Some(due)) = alarm {
            alarms.index().note_pending(object, due)?;
        }
        database.commit_turn()?;
        imports.alarm.commit();
        if alarm.is_some() {
            match database.get_alarm() {
                Ok(due) => {
                    if let Err(error) = alarms.index().confirm(object, due) {
                        tracing::warn!(%error, "the index of alarms names a time that is too early");
                    }
                }
                Err(error) => tracing::error!(%error, "an alarm cannot be read"),
            }
            alarms.was_set(&object.id);
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
            let work = match context.namespace().shared.bindings.dispatch(*request, chain).traced(span) {
                // I/O in any case, so that it is another turn.
                Dispatched::Ready(completion) => Box::pin(std::future::ready(completion)),
                Dispatched::Pending(work) => work,
            };
            live.work = Some(context.spawn(*incarnation, op, work));
        });
    }

    /// Ends the instance because of a crash: undoes the turn and fails what is under way. Gives the database back.
    pub(super) fn reset(&mut self, told: &GuestError) -> &mut Database {
        for live in std::mem::take(&mut self.ops).into_values() {
            if let Some(work) = live.work {
                work.abort();
            }
        }
        self.recorders.clear();
        for task in std::mem::take(&mut self.tasks).into_values() {
            if let ObjectEvent::Fetch { reply: Some(reply), .. } = task.event {
                let _ = reply.send(Err(told.clone()));
            }
        }
        self.wasm.sync_imports().reset()
    }
}

fn drop_accepted(imports: &ObjectImports, accepted: Option<Result<Arc<Socket>, TagError>>) {
    if let Some(Ok(socket)) = accepted {
        imports.sockets.remove(&socket);
    }
}
