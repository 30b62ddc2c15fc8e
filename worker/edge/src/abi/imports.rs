//! The host's functions, each wrapped once so that no other file needs `unsafe`.
#![allow(unsafe_code, reason = "raw imports; every block states why it is sound")]

use super::host::{Host, Level};

mod raw {
    #[link(wasm_import_module = "pmx")]
    unsafe extern "C" {
        pub(super) fn op(task: u32, op: u32, ptr: *const u8, len: usize) -> u64;
        pub(super) fn cancel(op: u32);
        pub(super) fn respond(task: u32, ptr: *const u8, len: usize);
        pub(super) fn done(task: u32);
        pub(super) fn call(ptr: *const u8, len: usize) -> u64;
        pub(super) fn env(ptr: *const u8, len: usize) -> u64;
        pub(super) fn binding(ptr: *const u8, len: usize) -> u64;
        pub(super) fn now() -> f64;
        pub(super) fn random(ptr: *mut u8, len: usize);
        pub(super) fn log(level: u32, ptr: *const u8, len: usize);
    }
}

/// The host that this wasm runs in.
pub(crate) struct Imports;

impl Host for Imports {
    fn op(&self, task: u32, op: u32, frame: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: the host reads `len` bytes at `ptr` during the call and keeps no pointer; the answer is described at `take`.
        unsafe {
            match raw::op(task, op, frame.as_ptr(), frame.len()) {
                0 => None,
                packed => Some(take(packed)),
            }
        }
    }

    fn cancel(&self, op: u32) {
        // SAFETY: no memory is passed.
        unsafe { raw::cancel(op) }
    }

    fn respond(&self, task: u32, frame: &[u8]) {
        // SAFETY: as for `op`.
        unsafe { raw::respond(task, frame.as_ptr(), frame.len()) }
    }

    fn done(&self, task: u32) {
        // SAFETY: no memory is passed.
        unsafe { raw::done(task) }
    }

    fn call(&self, frame: &[u8]) -> Vec<u8> {
        // SAFETY: as for `op`.
        unsafe { take(raw::call(frame.as_ptr(), frame.len())) }
    }

    fn env(&self, name: &str) -> Vec<u8> {
        // SAFETY: as for `op`.
        unsafe { take(raw::env(name.as_ptr(), name.len())) }
    }

    fn binding(&self, name: &str) -> Vec<u8> {
        // SAFETY: as for `op`.
        unsafe { take(raw::binding(name.as_ptr(), name.len())) }
    }

    fn now(&self) -> f64 {
        // SAFETY: no memory is passed.
        unsafe { raw::now() }
    }

    fn random(&self, bytes: &mut [u8]) {
        // SAFETY: the host writes `len` bytes at `ptr` during the call; the slice is borrowed mutably for as long.
        unsafe { raw::random(bytes.as_mut_ptr(), bytes.len()) }
    }

    fn log(&self, level: Level, line: &str) {
        // SAFETY: as for `op`.
        unsafe { raw::log(level as u32, line.as_ptr(), line.len()) }
    }
}

/// Room for a message from the host. The host owns it until it passes the pointer back.
pub(super) fn alloc(len: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; len].into_boxed_slice()).cast()
}

/// Takes back what `alloc` gave out.
///
/// # Safety
/// `ptr` came from `alloc(len)` with this `len` and was not taken back before.
pub(crate) unsafe fn reclaim(ptr: *mut u8, len: usize) -> Vec<u8> {
    // SAFETY: the caller's promise is that of `Box::from_raw` for the slice that `alloc` leaked.
    unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr, len)) }.into_vec()
}

/// Takes the answer of an import: `ptr << 32 | len` of memory that the host got from `alloc`.
///
/// # Safety
/// `packed` is such an answer, taken once.
unsafe fn take(packed: u64) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { reclaim((packed >> 32) as usize as *mut u8, packed as u32 as usize) }
}
