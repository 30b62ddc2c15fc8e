//! Messages in a guest's memory.

use wasmtime::{Caller, Result, bail, format_err};

use super::host::{Guest, HostState, MAX_RETAINED_BYTES};

/// The bytes that a guest points at, and the host's data beside them.
pub(super) fn message<'a, S>(
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
pub(super) fn reply<S>(caller: &mut Caller<'_, HostState<S>>, mut frame: Vec<u8>) -> Result<u64> {
    let guest = guest(caller)?.clone();
    let len = u32::try_from(frame.len())?;
    let ptr = guest.alloc.call(&mut *caller, len)?;
    guest.memory.write(&mut *caller, ptr as usize, &frame)?;
    frame.clear();
    frame.shrink_to(MAX_RETAINED_BYTES);
    caller.data_mut().scratch = frame;
    Ok(u64::from(ptr) << 32 | u64::from(len))
}

pub(super) fn guest<'a, S>(caller: &'a Caller<'_, HostState<S>>) -> Result<&'a Guest> {
    let Some(guest) = &caller.data().guest else { bail!("the Worker called its host while it was being instantiated") };
    Ok(guest)
}

pub(super) fn range(ptr: u32, len: u32) -> Option<std::ops::Range<usize>> {
    Some(ptr as usize..(ptr as usize).checked_add(len as usize)?)
}

pub(super) fn outside(ptr: u32, len: u32) -> wasmtime::Error {
    format_err!("the Worker pointed at {len} bytes at {ptr}, outside of its memory")
}
