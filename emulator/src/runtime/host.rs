//! What the imports of an instance work on, and what they leave for the driver of the instance to do.

use std::sync::Arc;

use wasmtime::{Memory, StoreLimits, TypedFunc};

use super::budget::{EFFECT_BYTES, Exceeded, OP_BYTES, TurnBudget};
use super::log_throttle::LogThrottle;
use crate::abi::AlarmOp;
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::abi::op::Op;
use crate::abi::respond::{Respond, RespondError};
use crate::bindings::Bindings;
use crate::bodies::Handles;
use crate::trace::Recorder;

/// What a Durable Object's instance has besides what all have: a database, sockets, transactions. See [`NoObjectImports`] for everybody else.
pub(crate) trait SyncImports: Send + 'static {
    /// Whether ops may be answered at once, from memory (`worker/ABI.md`, "Answers at once").
    const ANSWERS_AT_ONCE: bool;

    /// The table of handles of a fresh instance.
    fn handles() -> Handles;

    /// A synchronous call, by name, made while `task` is run. Writes the answer. The calls that all instances have (`body.…`, `id.…`,
    /// `transaction`) are answered elsewhere.
    ///
    /// # Errors
    /// Ends the instance.
    fn call(
        &mut self,
        task: u32,
        name: &str,
        fields: FrameReader<'_>,
        answer: &mut FrameWriter<'_>,
        budget: &mut TurnBudget,
    ) -> wasmtime::Result<()>;

    /// Begins a synchronous transaction, inside of those that are open.
    fn begin_transaction(&mut self) -> Result<(), GuestError>;

    /// Ends the innermost transaction, and keeps what it wrote or not. Called once for each that has begun, unless the instance ends first.
    fn end_transaction(&mut self, keep: bool) -> Result<(), GuestError>;

    /// An op on the alarm, at the moment of the call: it is part of the transactions that are open. `None` where there is no alarm.
    fn alarm(&mut self, op: AlarmOp) -> Option<Answer>;

    /// `respond` with `accept`, at the moment of the call: the socket can be sent to in the same turn.
    fn accept(&mut self, task: u32, tags: &[String]);
}

/// What an instance has that is not a Durable Object's.
pub(crate) struct NoObjectImports;

impl NoObjectImports {
    fn refusal() -> GuestError {
        GuestError::error("This is only available inside of a Durable Object.")
    }
}

impl SyncImports for NoObjectImports {
    const ANSWERS_AT_ONCE: bool = true;

    fn handles() -> Handles {
        Handles::of_stateless()
    }

    fn call(
        &mut self,
        _: u32,
        _: &str,
        _: FrameReader<'_>,
        answer: &mut FrameWriter<'_>,
        _: &mut TurnBudget,
    ) -> wasmtime::Result<()> {
        Self::refusal().write(answer);
        Ok(())
    }

    fn begin_transaction(&mut self) -> Result<(), GuestError> {
        Err(Self::refusal())
    }

    fn end_transaction(&mut self, _: bool) -> Result<(), GuestError> {
        Err(Self::refusal())
    }

    fn alarm(&mut self, _: AlarmOp) -> Option<Answer> {
        None
    }

    fn accept(&mut self, _: u32, _: &[String]) {}
}

/// What every instance of a Worker shares.
pub(crate) struct Environment {
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) log_throttle: LogThrottle,
}

/// The data of an instance's store.
pub(crate) struct HostState<S> {
    pub(crate) environment: Arc<Environment>,
    pub(crate) limits: StoreLimits,
    pub(crate) guest: Option<Guest>,
    /// Where messages to the guest are composed.
    pub(crate) scratch: Vec<u8>,
    pub(crate) effects: Vec<Effect>,
    /// What this turn may still make the host keep.
    pub(crate) budget: TurnBudget,
    pub(crate) sync_imports: S,
    pub(crate) handles: Handles,
    /// The task that is run; `None` before the first.
    pub(crate) task: Option<u32>,
    /// How many synchronous transactions are open.
    pub(crate) transactions: usize,
    /// Records what the guest does in this turn, if it is traced.
    pub(crate) recorder: Option<Recorder>,
    /// Whether the client of the task that is run went away in the middle of its request.
    pub(crate) client_gone: bool,
}

/// What imports need of the guest.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) memory: Memory,
    pub(crate) alloc: TypedFunc<u32, u32>,
    pub(crate) in_transaction: TypedFunc<u32, u32>,
}

/// One import call: what a guest has asked for, in order. What the handles in it named has been taken already.
pub(crate) enum Effect {
    /// `request` is the answer if there is one already: to an op that is none, and to those of [`SyncImports::alarm`].
    Op {
        task: u32,
        op: u32,
        request: Result<Box<Op>, Answer>,
    },
    Cancel {
        op: u32,
    },
    Respond {
        task: u32,
        answer: Result<Respond, RespondError>,
    },
    Done {
        task: u32,
    },
}

impl<S> HostState<S> {
    /// Notes a call whose frame has so many bytes.
    pub(super) fn push(&mut self, effect: Effect, frame_bytes: usize) -> Result<(), Exceeded> {
        let fixed = if let Effect::Op { .. } = effect { OP_BYTES } else { EFFECT_BYTES };
        self.budget.spend(fixed.saturating_add(frame_bytes))?;
        self.effects.push(effect);
        Ok(())
    }
}

/// Bytes of buffers that an instance keeps for its next turn: above what pages need, far below what documents do.
pub(crate) const MAX_RETAINED_BYTES: usize = 64 * 1024;
