//! What the `pmx` command does: build a PathMX site, run the Worker that serves it, publish.
//!
//! `ARCHITECTURE.md` has a picture of each flow. Imports run one way: `commands` -> `dev`, `serve` -> `console` -> `server`, `session` ->
//! `publish` -> `pmx-site`, `pmx-emulator`.

mod browser;
pub mod cli;
pub mod commands;
pub mod console;
pub mod data;
pub mod dev;
pub mod error;
pub mod follow;
mod git;
pub mod publish;
pub mod report;
mod secret;
pub mod serve;
pub mod server;
pub mod session;
mod share;
mod user_folder;
pub mod watch;
#[cfg(feature = "compile")]
pub mod worker_dev;
