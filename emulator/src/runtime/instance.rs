//! One instance of the Worker: its calls, and what they left to do.

use std::sync::Arc;

use wasmtime::{Store, TypedFunc};

use super::budget::{CpuMeter, CpuTime, Exceeded, TurnBudget};
use super::epoch_ticker::EpochTicker;
use super::host::{Effect, Guest, HostState, MAX_RETAINED_BYTES, SyncImports};
use crate::abi::answer::Answer;
use crate::abi::frame::FrameWriter;
use crate::bodies::Handles;
use crate::trace::Recorder;

/// An instance. After an error from any call it must not be used again: the Worker has trapped, ran out of its time, or
/// broke the ABI.
pub(crate) struct Instance<S: 'static> {
    store: Store<HostState<S>>,
    ticker: Arc<EpochTicker>,
    guest: Guest,
    start: TypedFunc<(u32, u32, u32), ()>,
    resume: TypedFunc<(u32, u32, u32), ()>,
    abort: TypedFunc<u32, ()>,
    abi_version: TypedFunc<(), u32>,
    /// Epochs after which the next turn is stopped.
    left: u64,
}

impl<S: SyncImports> Instance<S> {
    pub(super) fn new(
        mut store: Store<HostState<S>>,
        instance: &wasmtime::Instance,
        ticker: Arc<EpochTicker>,
    ) -> wasmtime::Result<Self> {
        let Some(guest) = store.data().guest.clone() else { wasmtime::bail!("it has no memory") };
        Ok(Self {
            guest,
            start: instance.get_typed_func(&mut store, "start")?,
            resume: instance.get_typed_func(&mut store, "resume")?,
            abort: instance.get_typed_func(&mut store, "abort")?,
            abi_version: instance.get_typed_func(&mut store, "abi_version")?,
            left: ticker.limit(),
            store,
            ticker,
        })
    }

    /// Begins a task with the event that `write` composes. The bodies in it are given handles of the task.
    pub(crate) fn start(
        &mut self,
        task: u32,
        write: impl FnOnce(&mut FrameWriter<'_>, &mut Handles),
    ) -> wasmtime::Result<()> {
        self.store.data_mut().task = Some(task);
        let (ptr, len) = self.place(write)?;
        self.start.call(&mut self.store, (task, ptr, len))
    }

    /// Gives `task` the answer to an op. What the answer holds becomes handles of the task.
    pub(crate) fn answer(&mut self, task: u32, op: u32, answer: Answer) -> wasmtime::Result<()> {
        self.store.data_mut().task = Some(task);
        let (ptr, len) = match answer {
            Answer::Value(value) if value.len() > MAX_RETAINED_BYTES => self.place_value(&value)?,
            answer => self.place(|frame, handles| answer.write(frame, task, handles))?,
        };
        self.resume.call(&mut self.store, (op, ptr, len))
    }

    /// Drops a task.
    pub(crate) fn abort(&mut self, task: u32) -> wasmtime::Result<()> {
        self.begin_turn();
        self.store.data_mut().task = Some(task);
        self.abort.call(&mut self.store, task)
    }

    pub(crate) fn abi_version(&mut self) -> wasmtime::Result<u32> {
        self.begin_turn();
        self.abi_version.call(&mut self.store, ())
    }

    /// Runs a turn, and has what the guest does in it recorded if it is traced.
    pub(crate) fn recorded<T>(&mut self, recorder: Option<&Recorder>, turn: impl FnOnce(&mut Self) -> T) -> T {
        let Some(recorder) = recorder else { return turn(self) };
        self.store.data_mut().recorder = Some(recorder.clone());
        let result = turn(self);
        self.store.data_mut().recorder = None;
        result
    }

    /// Runs a turn of a task whose client has gone away in the middle of its request, if that is so: what the guest makes of it is no fault
    /// of this server's.
    pub(crate) fn with_client_gone<T>(&mut self, client_gone: bool, turn: impl FnOnce(&mut Self) -> T) -> T {
        self.store.data_mut().client_gone = client_gone;
        let result = turn(self);
        self.store.data_mut().client_gone = false;
        result
    }

    /// Begins to measure what a task takes.
    pub(crate) fn meter(&self) -> CpuMeter {
        CpuMeter::start(self.ticker.ticks())
    }

    /// Counts what a task has taken since the last call, and lets its next turn take what is left.
    pub(crate) fn charge(&mut self, meter: &mut CpuMeter, cpu_time: &mut CpuTime) -> Result<(), Exceeded> {
        let ticker = &self.ticker;
        self.left = meter.charge(cpu_time, ticker.ticks(), ticker.limit())?;
        Ok(())
    }

    /// Bytes of its linear memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.guest.memory.data_size(&self.store)
    }

    pub(crate) fn sync_imports(&mut self) -> &mut S {
        &mut self.store.data_mut().sync_imports
    }

    /// The bodies and sockets that its tasks may name.
    pub(crate) fn handles(&mut self) -> &mut Handles {
        &mut self.store.data_mut().handles
    }

    /// Takes what the guest asked for, in order; [`Self::put_back`] returns the buffer.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.store.data_mut().effects)
    }

    pub(crate) fn put_back(&mut self, mut effects: Vec<Effect>) {
        effects.clear();
        effects.shrink_to(MAX_RETAINED_BYTES / size_of::<Effect>());
        self.store.data_mut().effects = effects;
    }

    fn begin_turn(&mut self) {
        let ticker = &self.ticker;
        ticker.begin_turn();
        let left = std::mem::replace(&mut self.left, ticker.limit());
        self.store.set_epoch_deadline(left);
        self.store.data_mut().budget = TurnBudget::default();
    }

    /// Places a document without composing its frame elsewhere first.
    fn place_value(&mut self, value: &[u8]) -> wasmtime::Result<(u32, u32)> {
        self.begin_turn();
        let mut head = Vec::new();
        FrameWriter::new(&mut head).text("ok").begins(value.len());
        let len = u32::try_from(head.len() + value.len())?;
        let ptr = self.guest.alloc.call(&mut self.store, len)?;
        self.guest.memory.write(&mut self.store, ptr as usize, &head)?;
        self.guest.memory.write(&mut self.store, ptr as usize + head.len(), value)?;
        Ok((ptr, len))
    }

    fn place(&mut self, write: impl FnOnce(&mut FrameWriter<'_>, &mut Handles)) -> wasmtime::Result<(u32, u32)> {
        self.begin_turn();
        let host = self.store.data_mut();
        let mut frame = std::mem::take(&mut host.scratch);
        write(&mut FrameWriter::new(&mut frame), &mut host.handles);
        let len = u32::try_from(frame.len())?;
        let ptr = self.guest.alloc.call(&mut self.store, len)?;
        self.guest.memory.write(&mut self.store, ptr as usize, &frame)?;
        frame.clear();
        frame.shrink_to(MAX_RETAINED_BYTES);
        self.store.data_mut().scratch = frame;
        Ok((ptr, len))
    }
}
