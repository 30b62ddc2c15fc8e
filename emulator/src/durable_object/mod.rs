//! Durable Objects: the objects of each class, each with a SQLite database, an alarm and WebSockets of its own, and one event at a time.
//!
//! Which classes there are, and which namespace each has, is in `classes.rs`. A namespace finds an object's container, whose queue takes its
//! events one after the other (`namespace.rs`, `object_table.rs`, `container.rs`). The container has an instance of the Worker while there is
//! something to do (`lifecycle.rs`), and evicts it when it has been idle (`eviction.rs`). An event runs in turns (`instance.rs`); each turn is
//! one transaction of the object's database (`engine`), and what it sends out leaves only after the commit (`outputs.rs`). What code calls
//! in the middle of a turn is in `calls.rs`. Due alarms come from the scheduler (`alarm_scheduler.rs`).
//!
//! Each of these files knows the next ones only. What an instance needs of its container it reaches through `context.rs`, and what objects
//! share is in `namespace_state.rs`.

mod alarm_delivery;
pub(crate) mod alarm_index;
mod alarm_scheduler;
mod alarm_state;
mod calls;
pub mod classes;
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
pub(crate) mod namespace_key;
pub(crate) mod namespace_state;
pub(crate) mod object_key;
mod object_table;
mod outputs;
mod socket_calls;
mod sql_calls;

#[cfg(test)]
mod tests;
