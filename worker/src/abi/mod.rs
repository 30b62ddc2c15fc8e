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
