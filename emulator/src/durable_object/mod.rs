//! Durable Objects.

pub mod alarms;
mod authorizer;
pub(crate) mod awake;
pub mod engine;
pub mod id;
mod life;
pub mod limits;
pub(crate) mod look;
pub(crate) mod namespace;
mod object;
pub(crate) mod sockets;
pub mod sql_error;
mod statements;
pub(crate) mod synchronous;
