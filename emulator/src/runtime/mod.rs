//! The Worker's wasm under wasmtime: a [`Program`](program::Program) is loaded once, and an [`Instance`](instance::Instance) of it runs
//! the tasks of one isolate or of one Durable Object. What the imports leave to be done is data ([`host::Effect`]); who drives the
//! instance acts on it.

pub(crate) mod budget;
mod calls;
mod config;
mod epoch_ticker;
mod guest_memory;
pub(crate) mod host;
mod imports;
pub(crate) mod instance;
pub(crate) mod log_throttle;
pub(crate) mod program;
pub(crate) mod worker;
