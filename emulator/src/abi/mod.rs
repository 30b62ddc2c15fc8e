//! The messages of `worker/ABI.md`: frames, and the ops that a guest asks for in them. Bytes in, values out: no I/O, no wasm.

pub(crate) mod frame;
pub(crate) mod ops;
