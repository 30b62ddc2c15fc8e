//! For writing a Worker in Rust that runs on Cloudflare and in `pmx-emulator`, from one wasm: the guest's side of the ABI
//! (`worker/ABI.md`), the platform's bindings as traits, and what Workers need beside them.
//!
//! A Worker implements [`Worker`], names the class of its Durable Objects ([`ObjectClass`]), and is exported with
//! [`export_worker!`]. Handlers are generic over the bindings, so the same code is tested natively over memory. The crate is compiled to
//! `wasm32-unknown-unknown` as a `cdylib`; `examples/visits.rs` is a whole Worker, which the
//! workspace's `tests/own_worker` runs natively and `pmx-emulator`'s `tests/visits.rs` as a wasm.
//!
//! Requests of clients are stateless: many are in flight in one instance, which they may share values in, never futures. Each
//! Durable Object has an instance of its own.

#[cfg(any(test, target_arch = "wasm32"))]
pub mod abi;
pub mod auth;
pub mod bindings;
pub mod content_type;
pub mod deploys;
pub mod http;
pub mod join;
pub mod lru;
#[cfg(test)]
mod memory;
pub mod migrations;
pub mod object;
pub mod outbox;
pub mod permits;
pub mod rate;
pub mod time;
pub mod timers;
mod worker;

pub use object::ObjectClass;
pub use worker::{NoObjects, Worker};
