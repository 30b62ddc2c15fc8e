//! `pmx publish` and `pmx deploys`, the real binary against a server that records what it is asked.

mod base;
mod failures;
mod history;
mod output;
mod safety;
mod site;
mod stub;
mod uploads;
