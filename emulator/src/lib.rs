//! Cloudflare's side of a Worker, on this machine: the host of `worker/ABI.md`.
//!
//! An [`Emulator`] runs a [`Worker`] in wasmtime and gives it KV, R2 and Durable Objects over a [state folder](state_dir). It answers requests
//! in this process ([`Emulator::fetch`]) or over the network ([`Emulator::serve`]), by the same path.
//!
//! ```
//! use axum::body::{Body, to_bytes};
//! use pmx_emulator::{Emulator, Worker};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder(Worker::bundled()).var("BASE_DOMAINS", "localhost").build()?;
//! let request = http::Request::get("http://localhost/api/health").body(Body::empty())?;
//! let answer = emulator.fetch(request).await;
//! assert_eq!(answer.status(), 200);
//! let body = to_bytes(answer.into_body(), 4096).await?;
//! assert!(String::from_utf8_lossy(&body).contains("\"ok\":true"));
//! # Ok(())
//! # }
//! ```
//!
//! Time, randomness and failures are the caller's, where it wants them to be: see [`clock`] and [`faults`]. Tests that use both wait for
//! nothing and can be repeated.

mod abi;
mod bindings;
pub mod check;
pub mod clock;
pub mod durable_object;
mod emulator;
pub mod faults;
pub mod file_retry;
pub mod http;
pub mod inspect;
pub mod kv;
pub mod profile;
pub mod r2;
mod request_log;
mod runtime;
mod snapshot;
pub mod state_dir;
mod stateless;
mod storage;
mod sync;
pub mod trace;
mod websocket;

pub use emulator::{BuildError, Builder, Emulator, ResponseFuture, ServiceFuture, Stats};
pub use runtime::program::LoadError;
pub use runtime::worker::Worker;
pub use snapshot::SnapshotError;
