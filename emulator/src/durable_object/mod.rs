//! Durable Objects.

pub mod alarms;
mod authorizer;
pub mod engine;
pub mod id;
pub mod limits;
pub mod sql_error;
mod statements;
