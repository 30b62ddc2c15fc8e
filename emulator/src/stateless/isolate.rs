//! A stateless isolate: one instance, many requests interleaved.
//!
//! Everything that happens to an isolate happens under its lock, and every answer to an op passes through its queue.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use super::tasks::{Failure, Outcome, Task, Tasks, Waiter};
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::frame::FrameWriter;
use crate::abi::op::Op;
use crate::abi::respond::{Respond, RespondError};
use crate::bindings::{BoxFuture, CallChain, Completion, Dispatched, not_an_upgrade, null_body};
use crate::bodies::Handles;
use crate::runtime::budget::{CpuMeter, Exceeded, MAX_LIVE_OPS};
use crate::runtime::host::{Effect, NoObjectImports};
use crate::runtime::instance::Instance;
use crate::trace::Recorder;
use crate::world::Spawned;

/// What an isolate needs of the pool that it is in.
pub(super) trait IsolateContext {
    /// A fresh instance, if one can be made.
    fn instantiate(&self) -> Option<Instance<NoObjectImports>>;
    /// Begins an op.
    fn dispatch(&self, op: Op, chain: &mut CallChain) -> Dispatched;
    /// Runs an op, and completes it with [`Isolate::complete`].
    fn spawn(&self, incarnation: u64, op: u32, work: BoxFuture<Completion>) -> Spawned;
    /// Says that an instance has crashed.
    fn crashed(&self, error: &wasmtime::Error);
    /// Says that a task has ended.
    fn ended(&self);
}

/// An instance and what it has under way.
pub(super) struct Isolate {
    instance: Option<Instance<NoObjectImports>>,
    /// Counts the instances; what belongs to an earlier one is ignored.
    incarnation: u64,
    tasks: Tasks,
    /// The outcome of the task that is being started, as soon as there is one.
    caller_outcome: Option<Outcome>,
    ops: HashMap<u32, LiveOp>,
    queue: VecDeque<(u32, Completion)>,
}

struct LiveOp {
    task: u32,
    state: OpState,
}

enum OpState {
    /// Its answer is in the queue.
    Queued,
    /// Somebody will complete it.
    Running(Spawned),
}

/// A task that is to begin.
pub(crate) struct TaskStart<'a> {
    pub(crate) wants_socket: bool,
    pub(crate) chain: CallChain,
    pub(crate) recorder: Option<&'a Recorder>,
}

/// How far a task came before it had to wait.
pub(super) enum Started {
    Answered(Outcome),
    Waiting { incarnation: u64, task: u32, receiver: oneshot::Receiver<Outcome> },
}

impl Isolate {
    pub(super) fn new(instance: Instance<NoObjectImports>) -> Self {
        Self {
            instance: Some(instance),
            incarnation: 0,
            tasks: Tasks::default(),
            caller_outcome: None,
            ops: HashMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// Begins a task, and runs it as far as memory carries it.
    pub(super) fn start(
        &mut self,
        context: &impl IsolateContext,
        TaskStart { wants_socket, chain, recorder }: TaskStart<'_>,
        event: impl FnOnce(&mut FrameWriter<'_>, u32, &mut Handles),
    ) -> Started {
        if self.instance.is_none() {
            self.instance = context.instantiate();
        }
        let Some(instance) = &mut self.instance else { return Started::Answered(Err(Failure::NotStarted)) };
        if let Some(recorder) = recorder {
            recorder.running();
        }
        let Some(task) = self.tasks.insert(Task::new(wants_socket, chain, recorder.cloned())) else {
            return Started::Answered(Err(Failure::TooMany));
        };
        let meter = instance.meter();
        let started =
            instance.recorded(recorder, |instance| instance.start(task, |frame, handles| event(frame, task, handles)));
        if let Err(error) = started.and_then(|()| self.drain(context, task, meter)) {
            self.crash(context, &error);
            return Started::Answered(Err(Failure::Crashed));
        }
        if let Some(outcome) = self.caller_outcome.take() {
            return Started::Answered(outcome);
        }
        match self.tasks.get_mut(task) {
            Some(entry) => {
                let (sender, receiver) = oneshot::channel();
                entry.waiter = Waiter::Future(sender);
                Started::Waiting { incarnation: self.incarnation, task, receiver }
            }
            None => Started::Answered(Err(Failure::Hung)),
        }
    }

    /// Gives the answer to an op of the instance `incarnation`.
    pub(super) fn complete(
        &mut self,
        context: &impl IsolateContext,
        incarnation: u64,
        op: u32,
        completion: Completion,
    ) {
        if incarnation != self.incarnation {
            return;
        }
        let Some(live) = self.ops.get_mut(&op) else { return };
        live.state = OpState::Queued;
        let task = live.task;
        self.queue.push_back((op, completion));
        let Some(meter) = self.instance.as_ref().map(Instance::meter) else { return };
        if let Err(error) = self.drain(context, task, meter) {
            self.crash(context, &error);
        }
    }

    /// Tells the guest that a task's client has gone, unless it has answered: what it does after that is its own. The guest may
    /// let the task run on, so that what it began is not half done.
    pub(super) fn abort(&mut self, context: &impl IsolateContext, incarnation: u64, id: u32) {
        if incarnation != self.incarnation {
            return;
        }
        match self.tasks.get_mut(id) {
            Some(task) if task.is_awaited() => task.waiter = Waiter::ClientGone,
            _ => return,
        }
        let Some(instance) = &mut self.instance else { return };
        if let Err(error) = instance.abort(id).and_then(|()| self.apply(context)) {
            self.crash(context, &error);
        }
    }

    pub(super) fn live_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Runs until nothing is left that memory can answer. `id` is the task that this began with: a task wakes none but itself,
    /// so if nothing is pending for it then, nothing will ever wake it.
    fn drain(&mut self, context: &impl IsolateContext, id: u32, mut meter: CpuMeter) -> wasmtime::Result<()> {
        self.apply(context)?;
        while let Some((op, completion)) = self.queue.pop_front() {
            // An op that was cancelled is no longer in the table.
            let Some(live) = self.ops.get(&op) else { continue };
            let task_id = live.task;
            let task = self.tasks.get_mut(task_id);
            let recorder = task.as_ref().and_then(|task| task.recorder.clone());
            if let Some(task) = task {
                task.pending = task.pending.saturating_sub(1);
            }
            self.ops.remove(&op);
            let Some(instance) = &mut self.instance else { return Ok(()) };
            // What the host has done for the task counts like its own work: ops that memory answers may go on for ever, too.
            if let Some(task) = self.tasks.get_mut(task_id) {
                instance.charge(&mut meter, &mut task.cpu_time)?;
            }
            instance.with_client_gone(completion.client_gone, |instance| {
                instance.recorded(recorder.as_ref(), |instance| instance.answer(task_id, op, completion.answer))
            })?;
            self.apply(context)?;
        }
        if let (Some(instance), Some(task)) = (&mut self.instance, self.tasks.get_mut(id)) {
            instance.charge(&mut meter, &mut task.cpu_time)?;
        }
        if self.tasks.get_mut(id).is_some_and(|task| task.pending == 0) {
            if self.answer(id, Err(Failure::Hung)) {
                tracing::error!("a request would never have been answered: its task waits for nothing");
            }
            self.drop_task(context, id)?;
        }
        Ok(())
    }

    /// Acts on what the guest has asked for.
    fn apply(&mut self, context: &impl IsolateContext) -> wasmtime::Result<()> {
        let Some(instance) = &mut self.instance else { return Ok(()) };
        let mut effects = instance.take_effects();
        for effect in effects.drain(..) {
            match effect {
                Effect::Op { task, op, request } => self.begin(context, task, op, request)?,
                Effect::Cancel { op } => self.cancel(op),
                Effect::Respond { task, answer } => self.respond(task, answer),
                Effect::Done { task } => self.end(context, task),
            }
        }
        if let Some(instance) = &mut self.instance {
            instance.put_back(effects);
        }
        Ok(())
    }

    fn begin(
        &mut self,
        context: &impl IsolateContext,
        id: u32,
        op: u32,
        request: Result<Box<Op>, Answer>,
    ) -> Result<(), Exceeded> {
        if self.ops.contains_key(&op) {
            return Err(Exceeded::OpReused(op));
        }
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        if task.pending as usize >= MAX_LIVE_OPS {
            return Err(Exceeded::Ops);
        }
        let dispatched = match request {
            Ok(request) => {
                let span = task.recorder.as_ref().map(|recorder| {
                    let (name, key) = request.describe();
                    recorder.op(name, &key)
                });
                context.dispatch(*request, &mut task.chain).traced(span)
            }
            Err(answer) => answer.into(),
        };
        task.pending += 1;
        let state = match dispatched {
            Dispatched::Ready(completion) => {
                self.queue.push_back((op, completion));
                OpState::Queued
            }
            Dispatched::Pending(work) => OpState::Running(context.spawn(self.incarnation, op, work)),
        };
        self.ops.insert(op, LiveOp { task: id, state });
        Ok(())
    }

    fn cancel(&mut self, op: u32) {
        let Some(live) = self.ops.remove(&op) else { return };
        if let Some(task) = self.tasks.get_mut(live.task) {
            task.pending = task.pending.saturating_sub(1);
        }
        match live.state {
            OpState::Running(work) => work.abort(),
            // Its id may be used again before the queue comes to it.
            OpState::Queued => self.queue.retain(|(queued, _)| *queued != op),
        }
    }

    fn respond(&mut self, id: u32, answer: Result<Respond, RespondError>) {
        let Some(task) = self.tasks.get_mut(id) else {
            return tracing::warn!("the Worker answered a request that had ended");
        };
        let outcome = match answer {
            Ok(Respond::Response(response)) if response.socket.is_some() && !task.wants_socket => {
                Err(Failure::Thrown(not_an_upgrade()))
            }
            Ok(Respond::Response(response)) => Ok(response),
            Ok(Respond::Error(message)) => Err(Failure::Thrown(GuestError::error(message))),
            Ok(Respond::Accept { .. }) => {
                tracing::error!("only a Durable Object may accept a socket");
                Err(Failure::Malformed)
            }
            Err(RespondError::NullBody) => Err(Failure::Thrown(null_body())),
            Err(error) => {
                tracing::error!(%error, "an answer is malformed");
                Err(Failure::Malformed)
            }
        };
        // Who left is no fault of the Worker's, which may have been told too late, or finish what it began.
        let is_gone = matches!(task.waiter, Waiter::ClientGone);
        if !self.answer(id, outcome) && !is_gone {
            tracing::warn!("the Worker answered a request twice");
        }
    }

    /// Hands an outcome to who waits for it. False if nobody does.
    fn answer(&mut self, id: u32, outcome: Outcome) -> bool {
        let Some(task) = self.tasks.get_mut(id) else { return false };
        match std::mem::replace(&mut task.waiter, Waiter::Answered) {
            Waiter::Caller => self.caller_outcome = Some(outcome),
            // Whoever waited may have gone.
            Waiter::Future(sender) => {
                let _ = sender.send(outcome);
            }
            Waiter::Answered | Waiter::ClientGone => return false,
        }
        true
    }

    /// Makes the guest drop a task.
    fn drop_task(&mut self, context: &impl IsolateContext, id: u32) -> wasmtime::Result<()> {
        if let Some(instance) = &mut self.instance {
            instance.abort(id)?;
        }
        self.apply(context)?;
        self.end(context, id);
        Ok(())
    }

    /// Forgets a task, and lets go of what it holds.
    fn end(&mut self, context: &impl IsolateContext, id: u32) {
        self.answer(id, Err(Failure::Hung));
        let Some(task) = self.tasks.remove(id) else { return };
        if let Some(instance) = &mut self.instance {
            instance.handles().release_task(id);
        }
        if task.pending > 0 {
            self.ops.retain(|_, live| {
                if live.task == id
                    && let OpState::Running(work) = &live.state
                {
                    work.abort();
                }
                live.task != id
            });
        }
        context.ended();
    }

    /// Fails all that is under way, and puts a fresh instance in the place of one that must not be used any more.
    fn crash(&mut self, context: &impl IsolateContext, error: &wasmtime::Error) {
        context.crashed(error);
        self.caller_outcome = None;
        self.queue.clear();
        for live in std::mem::take(&mut self.ops).into_values() {
            if let OpState::Running(work) = live.state {
                work.abort();
            }
        }
        for task in self.tasks.drain() {
            if let Waiter::Future(sender) = task.waiter {
                let _ = sender.send(Err(Failure::Crashed));
            }
        }
        context.ended();
        self.incarnation += 1;
        self.instance = context.instantiate();
    }
}
