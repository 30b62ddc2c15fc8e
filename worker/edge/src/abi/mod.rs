//! The guest side of the ABI (`ABI.md`): frames, the executor, and in the wasm itself imports and exports.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively only the tests use it"))]

mod executor;
#[cfg(target_arch = "wasm32")]
mod exports;
mod frame;
#[cfg(target_arch = "wasm32")]
mod guest;
#[cfg(target_arch = "wasm32")]
mod imports;

/// Starts a task for an event of the host.
///
/// # Safety
/// `ptr` came from the export `alloc(len)` with this `len`, and is passed once.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "a message that the host hands over by pointer")]
pub unsafe fn start<W: crate::Worker>(task: u32, ptr: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    let event = unsafe { imports::reclaim(ptr, len) };
    executor::start::<imports::Imports>(task, guest::dispatch::<W>(guest::Guest, event));
}
