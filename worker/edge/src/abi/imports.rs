//! The host's functions, each wrapped once so that no other file needs `unsafe`.
#![allow(unsafe_code, reason = "raw imports; every block states why it is sound")]

use super::executor::Host;

mod raw {
    #[link(wasm_import_module = "pmx")]
    unsafe extern "C" {
        pub(super) fn op(task: u32, op: u32, ptr: *const u8, len: usize);
        pub(super) fn cancel(op: u32);
        pub(super) fn respond(task: u32, ptr: *const u8, len: usize);
        pub(super) fn done(task: u32);
        pub(super) fn sql(ptr: *const u8, len: usize) -> u64;
        pub(super) fn send(ptr: *const u8, len: usize) -> u32;
        pub(super) fn close(ptr: *const u8, len: usize);
        pub(super) fn env(ptr: *const u8, len: usize) -> u64;
        pub(super) fn now() -> f64;
        pub(super) fn random(ptr: *mut u8, len: usize);
        pub(super) fn log(level: u32, ptr: *const u8, len: usize);
    }
}

/// The host, as the executor sees it.
pub(super) struct Imports;

impl Host for Imports {
    fn op(task: u32, op: u32, frame: &[u8]) {
        // SAFETY: the host reads `len` bytes at `ptr` during the call and keeps no pointer.
        unsafe { raw::op(task, op, frame.as_ptr(), frame.len()) }
    }

    fn cancel(op: u32) {
        // SAFETY: no memory is passed.
        unsafe { raw::cancel(op) }
    }

    fn done(task: u32) {
        // SAFETY: no memory is passed.
        unsafe { raw::done(task) }
    }
}

pub(super) fn respond(task: u32, frame: &[u8]) {
    // SAFETY: as for `op`.
    unsafe { raw::respond(task, frame.as_ptr(), frame.len()) }
}

pub(super) fn sql(frame: &[u8]) -> Vec<u8> {
    // SAFETY: as for `op`; the answer is described at `take`.
    unsafe { take(raw::sql(frame.as_ptr(), frame.len())) }
}

pub(super) fn env(name: &str) -> Vec<u8> {
    // SAFETY: as for `op`; the answer is described at `take`.
    unsafe { take(raw::env(name.as_ptr(), name.len())) }
}

pub(super) fn send(frame: &[u8]) -> u32 {
    // SAFETY: as for `op`.
    unsafe { raw::send(frame.as_ptr(), frame.len()) }
}

pub(super) fn close(frame: &[u8]) {
    // SAFETY: as for `op`.
    unsafe { raw::close(frame.as_ptr(), frame.len()) }
}

pub(super) fn now() -> f64 {
    // SAFETY: no memory is passed.
    unsafe { raw::now() }
}

pub(super) fn random(bytes: &mut [u8]) {
    // SAFETY: the host writes `len` bytes at `ptr` during the call; the slice is borrowed mutably for as long.
    unsafe { raw::random(bytes.as_mut_ptr(), bytes.len()) }
}

pub(super) fn log(level: u32, line: &str) {
    // SAFETY: as for `op`.
    unsafe { raw::log(level, line.as_ptr(), line.len()) }
}

/// Room for a message from the host. The host owns it until it passes the pointer back.
pub(super) fn alloc(len: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; len].into_boxed_slice()).cast()
}

/// Takes back what `alloc` gave out.
///
/// # Safety
/// `ptr` came from `alloc(len)` with this `len` and was not taken back before.
pub(super) unsafe fn reclaim(ptr: *mut u8, len: usize) -> Vec<u8> {
    // SAFETY: the caller's promise is that of `Box::from_raw` for the slice that `alloc` leaked.
    unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr, len)) }.into_vec()
}

/// Takes the answer of a synchronous import: `ptr << 32 | len` of memory that the host got from `alloc`.
///
/// # Safety
/// `packed` is such an answer, taken once.
unsafe fn take(packed: u64) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { reclaim((packed >> 32) as usize as *mut u8, packed as u32 as usize) }
}
