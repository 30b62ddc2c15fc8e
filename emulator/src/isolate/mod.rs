//! Instances of the Worker, and the host's side of `worker/ABI.md`.
//!
//! [`Pool`](pool::Pool) is the entrance for requests; a Durable Object drives an [`Instance`](instance::Instance) of its own.

pub(crate) mod bindings;
pub(crate) mod budget;
mod engine;
pub(crate) mod frame;
pub(crate) mod host;
mod imports;
pub(crate) mod instance;
#[allow(clippy::module_inception)]
mod isolate;
pub(crate) mod ops;
pub(crate) mod pool;
pub(crate) mod program;
pub(crate) mod said;
pub(crate) mod tasks;
mod ticker;
pub(crate) mod upload;
pub(crate) mod worker;
