//! What every command says: exit code, stdout and stderr, as files in `tests/golden`, one for each command.
//!
//! `PMX_UPDATE_GOLDEN=1 cargo test --test golden` writes what the commands say now; what changed is then in the diff. Ids, times,
//! ports, sizes and folders are masked (`golden/mask.rs`).
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

#[path = "golden/data.rs"]
mod data;
#[path = "golden/help.rs"]
mod help;
#[path = "golden/mask.rs"]
mod mask;
#[path = "golden/project.rs"]
mod project;
#[path = "golden/record.rs"]
mod record;
#[path = "golden/remote.rs"]
mod remote;
#[path = "golden/scene.rs"]
mod scene;
#[path = "golden/servers.rs"]
mod servers;
mod support;
