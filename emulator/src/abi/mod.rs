//! The messages of `worker/ABI.md`: frames, what a guest asks for in them, and what it is answered. Bytes in, values out: no wasm, and nothing
//! waits. Handles of bodies and sockets are exchanged for what they name as a message is read, so that each is used once.

mod alarm;
pub(crate) mod answer;
pub(crate) mod bodies;
pub(crate) mod cache;
pub(crate) mod error;
pub(crate) mod frame;
pub(crate) mod kv;
pub(crate) mod op;
pub(crate) mod r2;
pub(crate) mod requests;
pub(crate) mod respond;

pub(crate) use alarm::AlarmOp;
