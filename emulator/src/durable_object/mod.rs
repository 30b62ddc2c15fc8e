//! Durable Objects: objects by name, each with a SQLite database, an alarm and WebSockets of its own, and one event at a time.
//!
//! A namespace finds an object's container, whose queue takes its events one after the other (`namespace.rs`, `container.rs`). The
//! container has an instance of the Worker while there is something to do (`lifecycle.rs`), and evicts it when it has been idle
//! (`eviction.rs`). An event runs in turns (`instance.rs`); each turn is one transaction of the object's database (`engine`), and what it
//! sends out leaves only after the commit (`outputs.rs`). Due alarms come from the scheduler (`alarm_scheduler.rs`).
//!
//! Each of these files knows the next ones only. What an instance needs of its container it reaches through `context.rs`, and what all objects
//! of a namespace share is in `namespace_state.rs`.

mod alarm_delivery;
pub(crate) mod alarm_index;
mod alarm_scheduler;
mod container;
mod context;
pub mod engine;
pub mod error;
mod event;
mod eviction;
pub mod id;
pub(crate) mod imports;
pub(crate) mod input;
mod instance;
pub(crate) mod instance_limit;
mod lifecycle;
pub mod limits;
pub(crate) mod namespace;
mod namespace_state;
mod outputs;

#[cfg(test)]
mod tests;
