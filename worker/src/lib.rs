//! What runs at the edge, and all that both sides must agree on.
//!
//! The same crate is compiled twice: to `wasm32-unknown-unknown` as the Worker itself (see `ABI.md`), and natively as
//! the library that the builder, the publish client and the tests use. It knows no operating system.

pub mod content_type;
pub mod model;
