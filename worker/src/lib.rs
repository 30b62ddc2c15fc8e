//! What runs at the edge: the products, and the entry that leads to them. Everything that is not theirs is in `pmx-edge`.
//!
//! The same crate is compiled twice: to `wasm32-unknown-unknown` as the Worker itself (see `ABI.md`), and natively for its tests and for
//! [`WASM`], the bytes of the first. It knows no operating system.

pub mod entry;
pub mod hosts;
mod products;

/// The Worker itself: this crate, compiled to `wasm32-unknown-unknown` by `worker/build.sh`.
#[cfg(not(target_arch = "wasm32"))]
pub static WASM: &[u8] = include_bytes!("../dist/pmx_worker.wasm");
