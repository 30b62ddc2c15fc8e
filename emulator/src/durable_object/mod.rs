//! Durable Objects.

pub(crate) mod admin;
pub(crate) mod alarm_index;
pub(crate) mod container;
pub mod engine;
pub mod error;
pub mod id;
pub(crate) mod imports;
mod instance;
pub(crate) mod instance_limit;
pub mod limits;
pub(crate) mod namespace;
#[cfg(test)]
mod tests;
