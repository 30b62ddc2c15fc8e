//! `pmx publish` and `pmx deploys`, the real binary against a server that records what it is asked.
#![allow(clippy::unwrap_used, reason = "the stub and the site are parts of tests: what goes wrong there fails one")]

mod base;
mod failures;
mod history;
mod output;
mod safety;
mod site;
mod stub;
mod uploads;
