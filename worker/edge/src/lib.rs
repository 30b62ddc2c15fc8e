//! For writing Workers in Rust that run on Cloudflare and in `pmx-emulator`, from one wasm: the guest's side of the ABI
//! (`worker/ABI.md`), the platform's bindings, and what Workers need beside them.
//!
//! A Worker implements [`Worker`], has classes of Durable Objects ([`ObjectClass`]) perhaps, and is exported with
//! [`export_worker!`]. Its handlers get the platform as a value ([`Edge`], in objects [`object::Object`]), so the same code is tested natively over
//! [`memory`]. The crate is compiled to `wasm32-unknown-unknown` as a `cdylib`; `examples/visits.rs` is a whole Worker, which the
//! workspace's `tests/own_worker` runs natively and `pmx-emulator`'s `tests/visits.rs` as a wasm.
//!
//! Requests of clients are stateless: many are in flight in one instance, which they may share values in, never futures. Each
//! Durable Object has an instance of its own.

pub mod abi;
pub mod auth;
pub mod bindings;
pub mod content_type;
pub mod deploys;
mod edge;
#[doc(hidden)]
pub mod events;
pub mod http;
pub mod join;
pub mod lru;
#[cfg(not(target_arch = "wasm32"))]
pub mod memory;
pub mod migrations;
pub mod object;
pub mod outbox;
pub mod permits;
pub mod rate;
pub mod time;
pub mod timers;
mod worker;

pub use edge::{BindingKind, Edge};
pub use object::ObjectClass;
pub use worker::Worker;
