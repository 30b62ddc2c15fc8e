//! What the imports of an instance work on, and what they leave for the driver of the instance to do.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use wasmtime::{Memory, StoreLimits, TypedFunc};

use super::budget::{EFFECT_BYTES, Exceeded, OP_BYTES, TurnBudget};
use super::log_throttle::LogThrottle;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::clock::Clock;
use crate::trace::{Recorder, Trace};

/// The synchronous imports: a Durable Object's database and sockets. See [`NoObjectImports`] for everybody else.
pub(crate) trait SyncImports: Send + 'static {
    /// `sql`: appends the answer.
    fn sql(&mut self, call: FrameReader<'_>, answer: &mut FrameWriter<'_>);
    /// `send`: the number of sockets that take the frames.
    fn send(&mut self, call: FrameReader<'_>, budget: &mut TurnBudget) -> Result<u32, Exceeded>;
    /// `close`.
    fn close(&mut self, call: FrameReader<'_>, budget: &mut TurnBudget) -> Result<(), Exceeded>;
    /// `respond`, seen at the moment of the call: a socket that it accepts can be sent to in the same turn.
    fn responding(&mut self, task: u32, answer: FrameReader<'_>);
}

/// The synchronous imports of an instance that is not a Durable Object's.
pub(crate) struct NoObjectImports;

impl SyncImports for NoObjectImports {
    fn sql(&mut self, _: FrameReader<'_>, answer: &mut FrameWriter<'_>) {
        answer.text("err").text("SQL is only available inside a Durable Object.");
    }

    fn send(&mut self, _: FrameReader<'_>, _: &mut TurnBudget) -> Result<u32, Exceeded> {
        Ok(0)
    }

    fn close(&mut self, _: FrameReader<'_>, _: &mut TurnBudget) -> Result<(), Exceeded> {
        Ok(())
    }

    fn responding(&mut self, _: u32, _: FrameReader<'_>) {}
}

/// What every instance of an emulator shares.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) clock: Clock,
    pub(crate) variables: HashMap<String, String>,
    pub(crate) trace: Trace,
    pub(crate) log_throttle: LogThrottle,
}

/// The data of an instance's store.
pub(crate) struct HostState<S> {
    pub(crate) environment: Arc<Environment>,
    pub(crate) limits: StoreLimits,
    pub(crate) guest: Option<Guest>,
    /// Where messages to the guest are composed.
    pub(crate) scratch: Vec<u8>,
    pub(crate) effects: Effects,
    /// What this turn may still make the host keep.
    pub(crate) budget: TurnBudget,
    /// The synchronous imports.
    pub(crate) sync_imports: S,
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
}

/// What a guest has asked for since its effects were last taken, in order.
#[derive(Default)]
pub(crate) struct Effects {
    list: Vec<Effect>,
    bytes: Vec<u8>,
}

/// One import call; `frame` is a place in the bytes of [`Effects`].
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Op { task: u32, op: u32, frame: Range<usize> },
    Cancel { op: u32 },
    Respond { task: u32, frame: Range<usize> },
    Done { task: u32 },
}

impl Effects {
    pub(crate) fn push(&mut self, effect: Effect, budget: &mut TurnBudget) -> Result<(), Exceeded> {
        budget.spend(if let Effect::Op { .. } = effect { OP_BYTES } else { EFFECT_BYTES })?;
        self.list.push(effect);
        Ok(())
    }

    /// Keeps a copy of a frame.
    pub(crate) fn keep(&mut self, frame: &[u8], budget: &mut TurnBudget) -> Result<Range<usize>, Exceeded> {
        budget.spend(frame.len())?;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(frame);
        Ok(start..self.bytes.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Effect> {
        self.list.iter()
    }

    pub(crate) fn frame(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
        // A single large answer must not be paid for by an instance's whole life.
        self.bytes.shrink_to(MAX_RETAINED_BYTES);
        self.list.shrink_to(MAX_RETAINED_BYTES / size_of::<Effect>());
    }
}

/// Bytes of buffers that an instance keeps for its next turn: above what pages need, far below what documents do.
pub(crate) const MAX_RETAINED_BYTES: usize = 64 * 1024;
