//! Durable Objects.

mod alarm_delivery;
pub(crate) mod alarm_index;
mod alarm_scheduler;
mod container;
mod context;
pub mod engine;
pub mod error;
mod eviction;
pub mod id;
pub(crate) mod imports;
pub(crate) mod input;
mod instance;
pub(crate) mod instance_limit;
pub mod limits;
pub(crate) mod namespace;
mod outputs;
mod task;
#[cfg(test)]
mod tests;
