//! The host's functions.
#![allow(unsafe_code, reason = "raw imports; every block states why it is sound")]

#[cfg(target_arch = "wasm32")]
mod raw {
    #[link(wasm_import_module = "pmx")]
    unsafe extern "C" {
        pub(super) fn op(task: u32, op: u32, ptr: *const u8, len: usize) -> u64;
        pub(super) fn respond(task: u32, ptr: *const u8, len: usize);
        pub(super) fn done(task: u32);
        pub(super) fn call(ptr: *const u8, len: usize) -> u64;
        pub(super) fn env(ptr: *const u8, len: usize) -> u64;
        pub(super) fn now() -> f64;
    }
}

/// So that the crate is checked with the others; nothing calls it.
#[cfg(not(target_arch = "wasm32"))]
mod raw {
    pub(super) const unsafe fn op(_: u32, _: u32, _: *const u8, _: usize) -> u64 {
        0
    }
    pub(super) const unsafe fn respond(_: u32, _: *const u8, _: usize) {}
    pub(super) const unsafe fn done(_: u32) {}
    pub(super) const unsafe fn call(_: *const u8, _: usize) -> u64 {
        0
    }
    pub(super) const unsafe fn env(_: *const u8, _: usize) -> u64 {
        0
    }
    pub(super) const unsafe fn now() -> f64 {
        0.0
    }
}

/// The answer, if it came at once.
pub(super) fn op(task: u32, op: u32, frame: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: the host reads `len` bytes at `ptr` during the call; the answer is described at `take`.
    unsafe {
        let packed = raw::op(task, op, frame.as_ptr(), frame.len());
        (packed != 0).then(|| take(packed))
    }
}

pub(super) fn respond(task: u32, frame: &[u8]) {
    // SAFETY: as for `op`.
    unsafe { raw::respond(task, frame.as_ptr(), frame.len()) }
}

pub(super) fn done(task: u32) {
    // SAFETY: no memory is passed.
    unsafe { raw::done(task) }
}

pub(super) fn call(frame: &[u8]) -> Vec<u8> {
    // SAFETY: as for `op`.
    unsafe { take(raw::call(frame.as_ptr(), frame.len())) }
}

pub(super) fn env(name: &str) -> Vec<u8> {
    // SAFETY: as for `op`.
    unsafe { take(raw::env(name.as_ptr(), name.len())) }
}

pub(super) fn now() -> f64 {
    // SAFETY: no memory is passed.
    unsafe { raw::now() }
}

/// Room for a message of the host's, which it owns until it passes the pointer back.
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

/// Takes an answer: `ptr << 32 | len` of memory that the host got from `alloc`.
///
/// # Safety
/// `packed` is such an answer, taken once.
unsafe fn take(packed: u64) -> Vec<u8> {
    if packed == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { reclaim((packed >> 32) as usize as *mut u8, packed as u32 as usize) }
}
