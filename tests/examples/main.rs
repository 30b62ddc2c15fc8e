//! What the handbook, the README, the descriptions of the Worker and the starter show is run or parsed here, page by page: a command that is
//! added to a page is run without a change of this test. What cannot be run stands in [`table`], with the reason.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod api;
mod events;
mod names;
#[cfg(unix)]
mod numbers;
mod options;
mod page;
mod shape;
#[cfg(unix)]
mod shell;
mod snippets;
mod sources;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod variants;
#[cfg(unix)]
mod world;

/// Fails with all that was found at once.
#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{} {what}:\n{}", found.len(), found.join("\n"));
}
