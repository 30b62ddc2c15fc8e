//! What runs at the edge.
//!
//! The same crate is compiled twice: to `wasm32-unknown-unknown` as the Worker itself (see `ABI.md`), and natively for its tests and for
//! [`WASM`], the bytes of the first. It knows no operating system.

#[cfg(any(test, target_arch = "wasm32"))]
mod abi;
pub mod bindings;
pub mod content_type;
pub mod diff;
pub mod hosts;
pub mod http;
mod join;
mod permits;
mod publish;
mod rate;
pub mod router;
mod serve;
pub mod space;
pub mod time;
mod worker;

pub use worker::fetch;

/// The Worker itself: this crate, compiled to `wasm32-unknown-unknown` by `worker/build.sh`.
#[cfg(not(target_arch = "wasm32"))]
pub static WASM: &[u8] = include_bytes!("../dist/pmx_worker.wasm");
