//! Cloudflare's side of a Worker, on this machine: the host of `worker/ABI.md`.
//!
//! An [`Emulator`] runs a [`Worker`] (WebAssembly) in wasmtime and gives it KV, R2 and Durable Objects over a [state folder](state_dir). It
//! answers requests in this process ([`Emulator::fetch`]) or over the network ([`Emulator::serve`]), by the same path.
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
//! | to | use |
//! | --- | --- |
//! | set up an emulator | [`Emulator::builder`]: variables, state, clock, faults, limits |
//! | say what a Worker finds bound, and put several Workers into one emulator | [`WorkerSetup`], [`Builder::main`], [`Builder::worker`] |
//! | let requests out | [`Builder::outbound`], [`Outbound`], [`http::LoopbackOutbound`] |
//! | have a WebSocket without a network | [`ClientSocket`] |
//! | keep state from run to run, or in a temporary folder | [`state_dir::StateDir`] |
//! | read and write namespaces and buckets beside the Worker | [`Emulator::kv`], [`Emulator::kv_namespace`], [`Emulator::r2`], [`Emulator::r2_bucket`] |
//! | list Durable Objects, run SQL in one, fire its alarm, evict or delete it | [`Emulator::inspect`] |
//! | see what requests did with their bindings, and the Worker's log | [`Builder::trace`], [`Emulator::trace`] |
//! | have calls fail, take longer, or reads lag | [`faults`] |
//! | control time and randomness | [`clock::Clock::manual`] |
//! | copy the state while everything runs | [`Emulator::snapshot`] |
//! | find and repair damage in a state folder | [`check`] |
//! | read the config that a Worker is deployed with, and say what is wrong with it | [`config`] |
//! | say which Worker answers an address | [`routes`] |
//! | put a service of one's own before the emulator | [`http::serve`], [`http::serve_connections`] |
//!
//! Nothing in a test has to wait for time to pass, and a run with a manual clock and seeded faults can be repeated.
//!
//! With the cargo feature `compile`, `Worker::wasm` runs a Worker of one's own, whose wasm [`CargoBuild`] has cargo make and whose bindings are
//! those of its config ([`WorkerSetup::configure`]). Without it only the bundled one can be run, which was compiled to machine code when this crate
//! was built.

mod abi;
mod bindings;
mod bodies;
mod cache;
mod cargo_build;
pub mod check;
pub mod config;
pub mod durable_object;
mod emulator;
pub mod faults;
pub mod file_retry;
pub mod http;
pub mod inspect;
pub mod js;
pub mod kv;
pub mod profile;
pub mod r2;
mod request_log;
pub mod routes;
mod runtime;
mod snapshot;
pub mod state_dir;
mod stateless;
mod storage;
mod sync;
pub mod trace;
mod websocket;
pub mod world;

pub use bindings::{AtOnce, Outbound, OutboundError, OutboundFuture};
pub use cargo_build::{CargoBuild, CargoError};
pub use emulator::{
    BUNDLED_BINDINGS, BindingTarget, BuildError, Builder, ClientSocket, Emulator, ResponseFuture, ServiceFuture,
    SocketMessage, Stats, WorkerSetup,
};
pub use runtime::load_error::LoadError;
pub use runtime::worker::Worker;
pub use snapshot::SnapshotError;
pub use world::clock;
