//! The imports of module `pmx` (`worker/ABI.md`, "Imports"). They hold no logic: what is not synchronous is noted in
//! [`Effects`](super::host::Effects), and the driver of the instance acts on it.

use wasmtime::{Caller, Linker, Result, bail, format_err};

use super::budget::{MAX_LOG_BYTES, MAX_RANDOM_BYTES};
use super::host::{Effect, Guest, HostState, SyncImports};
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::trace::Recorder;

/// The name under which a Worker imports from its host.
const MODULE: &str = "pmx";

/// Defines all imports.
pub(crate) fn define<S: SyncImports>(linker: &mut Linker<HostState<S>>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "op",
        |mut caller: Caller<'_, HostState<S>>, task: u32, op: u32, ptr: u32, len: u32| {
            let (bytes, host) = message(&mut caller, ptr, len)?;
            let frame = host.effects.keep(bytes, &mut host.budget)?;
            Ok(host.effects.push(Effect::Op { task, op, frame }, &mut host.budget)?)
        },
    )?;
    linker.func_wrap(MODULE, "cancel", |mut caller: Caller<'_, HostState<S>>, op: u32| {
        let host = caller.data_mut();
        Ok(host.effects.push(Effect::Cancel { op }, &mut host.budget)?)
    })?;
    linker.func_wrap(MODULE, "respond", |mut caller: Caller<'_, HostState<S>>, task: u32, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let frame = host.effects.keep(bytes, &mut host.budget)?;
        host.effects.push(Effect::Respond { task, frame }, &mut host.budget)?;
        host.sync_imports.responding(task, FrameReader::new(bytes));
        Ok(())
    })?;
    linker.func_wrap(MODULE, "done", |mut caller: Caller<'_, HostState<S>>, task: u32| {
        let host = caller.data_mut();
        Ok(host.effects.push(Effect::Done { task }, &mut host.budget)?)
    })?;
    linker.func_wrap(MODULE, "sql", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let mut answer = std::mem::take(&mut host.scratch);
        let span = host
            .recorder
            .as_ref()
            .map(|recorder| recorder.op("sql", FrameReader::new(bytes).text("statement").unwrap_or("")));
        host.sync_imports.sql(FrameReader::new(bytes), &mut FrameWriter::new(&mut answer));
        if let Some(span) = span {
            let failed = FrameReader::new(&answer).text("outcome") == Ok("err");
            span.end(if failed { "error" } else { "ok" }, false);
        }
        reply(&mut caller, answer)
    })?;
    linker.func_wrap(MODULE, "send", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        Ok(host.sync_imports.send(FrameReader::new(bytes), &mut host.budget)?)
    })?;
    linker.func_wrap(MODULE, "close", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        Ok(host.sync_imports.close(FrameReader::new(bytes), &mut host.budget)?)
    })?;
    linker.func_wrap(MODULE, "env", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let value = std::str::from_utf8(bytes).ok().and_then(|name| host.environment.variables.get(name));
        let mut answer = std::mem::take(&mut host.scratch);
        if let Some(value) = value {
            FrameWriter::new(&mut answer).text(value);
        }
        reply(&mut caller, answer)
    })?;
    linker.func_wrap(MODULE, "now", |caller: Caller<'_, HostState<S>>| -> f64 {
        // Exact for 285,000 years.
        #[allow(clippy::cast_precision_loss)]
        let now = caller.data().environment.clock.now_ms() as f64;
        now
    })?;
    linker.func_wrap(MODULE, "random", |mut caller: Caller<'_, HostState<S>>, ptr: u32, len: u32| {
        if len > MAX_RANDOM_BYTES {
            bail!("the Worker asked for {len} random bytes at once; {MAX_RANDOM_BYTES} is the most");
        }
        let memory = guest(&caller)?.memory;
        let (memory, host) = memory.data_and_store_mut(&mut caller);
        let bytes = range(ptr, len).and_then(|range| memory.get_mut(range)).ok_or_else(|| outside(ptr, len))?;
        host.environment.clock.random(bytes).map_err(|error| format_err!("no randomness: {error}"))
    })?;
    linker.func_wrap(MODULE, "log", |mut caller: Caller<'_, HostState<S>>, level: u32, ptr: u32, len: u32| {
        let (bytes, host) = message(&mut caller, ptr, len)?;
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_LOG_BYTES)]);
        let level = match level {
            1..=3 if host.client_gone => {
                tracing::debug!(target: "worker", "of a request that was broken off: {text}");
                "debug"
            }
            1 | 2 if !host.environment.log_throttle.allows(&text, host.environment.clock.elapsed_ms()) => {
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
        host.environment.trace.log(level, host.recorder.as_ref().map(Recorder::id), text);
        Ok(())
    })?;
    Ok(())
}

/// The bytes that a guest points at, and the host's data beside them.
fn message<'a, S>(
    caller: &'a mut Caller<'_, HostState<S>>,
    ptr: u32,
    len: u32,
) -> Result<(&'a [u8], &'a mut HostState<S>)> {
    let memory = guest(caller)?.memory;
    let (memory, host) = memory.data_and_store_mut(caller);
    let bytes = range(ptr, len).and_then(|range| memory.get(range)).ok_or_else(|| outside(ptr, len))?;
    Ok((bytes, host))
}

/// Places a frame in the guest's memory: `ptr << 32 | len`.
fn reply<S>(caller: &mut Caller<'_, HostState<S>>, mut frame: Vec<u8>) -> Result<u64> {
    let guest = guest(caller)?.clone();
    let len = u32::try_from(frame.len())?;
    let ptr = guest.alloc.call(&mut *caller, len)?;
    guest.memory.write(&mut *caller, ptr as usize, &frame)?;
    frame.clear();
    frame.shrink_to(super::host::MAX_RETAINED_BYTES);
    caller.data_mut().scratch = frame;
    Ok(u64::from(ptr) << 32 | u64::from(len))
}

fn guest<'a, S>(caller: &'a Caller<'_, HostState<S>>) -> Result<&'a Guest> {
    let Some(guest) = &caller.data().guest else { bail!("the Worker called its host while it was being instantiated") };
    Ok(guest)
}

fn range(ptr: u32, len: u32) -> Option<std::ops::Range<usize>> {
    Some(ptr as usize..(ptr as usize).checked_add(len as usize)?)
}

fn outside(ptr: u32, len: u32) -> wasmtime::Error {
    format_err!("the Worker pointed at {len} bytes at {ptr}, outside of its memory")
}
