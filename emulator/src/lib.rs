//! Cloudflare's side of a Worker, on this machine: the host of `worker/ABI.md`.

mod blobs;
pub mod clock;
mod cursor;
pub mod durable_object;
mod emulator;
pub mod faults;
pub mod http;
mod isolate;
pub mod kv;
pub mod profile;
pub mod r2;
mod sqlite;
pub mod state_dir;

pub use emulator::{BuildError, Builder, Emulator, Stats};
pub use isolate::program::LoadError;
pub use isolate::worker::Worker;
