//! What the host calls, but for `start`, which [`export_worker!`](crate::export_worker) exports.
#![allow(unsafe_code, reason = "exported symbols, and messages that the host hands over by pointer")]

use super::{executor, imports, transaction};

/// The version that both sides check at load.
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
extern "C" fn resume(op: u32, ptr: *mut u8, len: usize) {
    // SAFETY: the host passes a pointer from `alloc(len)`, once.
    let answer = unsafe { imports::reclaim(ptr, len) };
    executor::resume(op, answer);
}

#[unsafe(no_mangle)]
extern "C" fn abort(task: u32) {
    executor::abort(task);
}

#[unsafe(no_mangle)]
extern "C" fn live_tasks() -> u32 {
    executor::live_tasks()
}

#[unsafe(no_mangle)]
extern "C" fn live_ops() -> u32 {
    executor::live_ops()
}

#[unsafe(no_mangle)]
extern "C" fn in_transaction(token: u32) -> u32 {
    transaction::in_transaction(token).into()
}
