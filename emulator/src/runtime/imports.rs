//! The imports of module `pmx` (`worker/ABI.md`, "Imports"). They hold no logic: what is not synchronous is noted as an
//! [`Effect`](super::host::Effect), and the driver of the instance acts on it.

use bytes::Bytes;
use wasmtime::{Caller, Linker, Result, bail, format_err};

use super::budget::{MAX_LOG_BYTES, MAX_RANDOM_BYTES};
use super::calls;
use super::guest_memory::{guest, message, outside, range, reply};
use super::host::{Effect, HostState, SyncImports};
use crate::abi::answer::Answer;
use crate::abi::bodies::MessageScope;
use crate::abi::frame::FrameWriter;
use crate::abi::op::Op;
use crate::abi::respond::Respond;
use crate::trace::Recorder;

/// The name under which a Worker imports from its host.
const MODULE: &str = "pmx";

/// Defines all imports.
pub(crate) fn define<S: SyncImports>(linker: &mut Linker<HostState<S>>) -> Result<()> {
    linker.func_wrap(MODULE, "op", op)?;
    linker.func_wrap(MODULE, "cancel", |mut caller: Caller<'_, HostState<S>>, op: u32| {
        running(&caller)?;
        Ok(caller.data_mut().push(Effect::Cancel { op }, 0)?)
    })?;
    linker.func_wrap(MODULE, "respond", respond)?;
    linker.func_wrap(MODULE, "done", |mut caller: Caller<'_, HostState<S>>, task: u32| {
        running(&caller)?;
        Ok(caller.data_mut().push(Effect::Done { task }, 0)?)
    })?;
    linker.func_wrap(MODULE, "call", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let task = running(&caller)?;
        let answer = calls::call(&mut caller, task, ptr, len)?;
        reply(&mut caller, answer)
    })?;
    linker.func_wrap(MODULE, "env", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let variable = std::str::from_utf8(bytes).ok().and_then(|name| host.environment.bindings.variable(name));
        let mut answer = std::mem::take(&mut host.scratch);
        if let Some(variable) = variable {
            FrameWriter::new(&mut answer).text(variable.kind()).text(variable.value());
        }
        reply(&mut caller, answer)
    })?;
    linker.func_wrap(MODULE, "binding", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let kind = std::str::from_utf8(bytes).ok().and_then(|name| host.environment.bindings.kind(name));
        let mut answer = std::mem::take(&mut host.scratch);
        if let Some(kind) = kind {
            FrameWriter::new(&mut answer).text(kind);
        }
        reply(&mut caller, answer)
    })?;
    linker.func_wrap(MODULE, "now", |caller: Caller<'_, HostState<S>>| {
        running(&caller)?;
        // Exact for 285,000 years.
        #[allow(clippy::cast_precision_loss)]
        let now = caller.data().environment.bindings.world.clock.now_ms() as f64;
        Ok(now)
    })?;
    linker.func_wrap(MODULE, "random", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        running(&caller)?;
        if len > MAX_RANDOM_BYTES {
            bail!("the Worker asked for {len} random bytes at once; {MAX_RANDOM_BYTES} is the most");
        }
        let memory = guest(&caller)?.memory;
        let (memory, host) = memory.data_and_store_mut(&mut caller);
        let bytes = range(ptr, len).and_then(|range| memory.get_mut(range)).ok_or_else(|| outside(ptr, len))?;
        host.environment.bindings.world.clock.random(bytes).map_err(|error| format_err!("no randomness: {error}"))
    })?;
    linker.func_wrap(MODULE, "log", log)?;
    Ok(())
}

/// Begins an op: answered at once if memory has the answer and it may be, else noted.
fn op<S: SyncImports>(mut caller: Caller<'_, HostState<S>>, task: u32, op: u32, ptr: u32, len: u32) -> Result<u64> {
    running(&caller)?;
    let (bytes, host) = message(&mut caller, ptr, len)?;
    if S::ANSWERS_AT_ONCE
        && let Some(answer) = host.environment.bindings.at_once(bytes, host.recorder.as_ref())
    {
        let mut frame = std::mem::take(&mut host.scratch);
        answer.write(&mut FrameWriter::new(&mut frame), task, &mut host.handles);
        return reply(&mut caller, frame);
    }
    let mut scope = MessageScope { handles: &mut host.handles, task };
    let request = match Op::parse(bytes, &mut scope) {
        Ok(request) => match alarm(host, &request) {
            Some(answer) => Err(answer),
            None => Ok(Box::new(request)),
        },
        Err(error) => Err(error.into()),
    };
    host.push(Effect::Op { task, op, request }, len as usize)?;
    Ok(0)
}

/// The answer to an op on the alarm.
fn alarm<S: SyncImports>(host: &mut HostState<S>, op: &Op) -> Option<Answer> {
    let Op::Alarm(alarm) = op else { return None };
    let answer = host.sync_imports.alarm(*alarm)?;
    if let Some(recorder) = &host.recorder {
        let (name, key) = op.describe();
        recorder.op(name, &key).end(answer.outcome(), true);
    }
    Some(answer)
}

fn respond<S: SyncImports>(mut caller: Caller<'_, HostState<S>>, task: u32, ptr: u32, len: u32) -> Result<()> {
    running(&caller)?;
    let (bytes, host) = message(&mut caller, ptr, len)?;
    host.budget.spend(bytes.len())?;
    let frame = Bytes::copy_from_slice(bytes);
    let answer = Respond::parse(&frame, &mut MessageScope { handles: &mut host.handles, task });
    if let Ok(Respond::Accept { tags, .. }) = &answer {
        host.sync_imports.accept(task, tags);
    }
    Ok(host.push(Effect::Respond { task, answer }, 0)?)
}

fn log<S>(mut caller: Caller<'_, HostState<S>>, level: u32, ptr: u32, len: u32) -> Result<()> {
    let (bytes, host) = message(&mut caller, ptr, len)?;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_LOG_BYTES)]);
    let bindings = &host.environment.bindings;
    let level = match level {
        1..=3 if host.client_gone => {
            tracing::debug!(target: "worker", "of a request that was broken off: {text}");
            "debug"
        }
        1 | 2 if !host.environment.log_throttle.allows(&text, bindings.world.clock.elapsed_ms()) => {
            tracing::debug!(target: "worker", "again: {text}");
            if level == 1 { "error" } else { "warn" }
        }
        1 => {
            tracing::error!(target: "worker", "{text}");
            "error"
        }
        2 => {
            tracing::warn!(target: "worker", "{text}");
            "warn"
        }
        3 => {
            tracing::info!(target: "worker", "{text}");
            "info"
        }
        _ => {
            tracing::debug!(target: "worker", "{text}");
            "debug"
        }
    };
    bindings.trace.log(level, host.recorder.as_ref().map(Recorder::id), text);
    Ok(())
}

/// The task that is run. Before the first, most imports may not be called.
fn running<S>(caller: &Caller<'_, HostState<S>>) -> Result<u32> {
    let Some(task) = caller.data().task else { bail!("the Worker called its host before its first event") };
    Ok(task)
}
