//! Cloudflare's side of a Worker, on this machine.

mod blobs;
pub mod clock;
mod cursor;
pub mod durable_object;
pub mod faults;
pub mod kv;
pub mod profile;
pub mod r2;
mod sqlite;
pub mod state_dir;
