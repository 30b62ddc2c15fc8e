//! What the host calls.
#![allow(unsafe_code, reason = "exported symbols, and messages that the host hands over by pointer")]

use super::{executor, frame::Fields, imports};

const ABI_VERSION: u32 = 2;

#[unsafe(no_mangle)]
extern "C" fn abi_version() -> u32 {
    ABI_VERSION
}

#[unsafe(no_mangle)]
extern "C" fn alloc(len: usize) -> *mut u8 {
    imports::alloc(len)
}

#[unsafe(no_mangle)]
extern "C" fn start(task: u32, ptr: *mut u8, len: usize) {
    // SAFETY: the host passes a pointer from `alloc(len)`, once.
    let event = unsafe { imports::reclaim(ptr, len) };
    executor::start(task, crate::event(Fields::new(event)));
}

#[unsafe(no_mangle)]
extern "C" fn resume(op: u32, ptr: *mut u8, len: usize) {
    // SAFETY: as for `start`.
    let answer = unsafe { imports::reclaim(ptr, len) };
    executor::resume(op, answer);
}

#[unsafe(no_mangle)]
extern "C" fn abort(task: u32) {
    executor::abort(task);
}

#[unsafe(no_mangle)]
extern "C" fn in_transaction(token: u32) -> u32 {
    u32::from(super::in_transaction(token))
}

#[unsafe(no_mangle)]
extern "C" fn live_tasks() -> u32 {
    executor::live().0
}

#[unsafe(no_mangle)]
extern "C" fn live_ops() -> u32 {
    executor::live().1
}
