//! The guest side of the ABI (`ABI.md`): frames, the executor, and in the wasm itself imports and exports.
//!
//! A Worker has no need of it. It is public for those who write a [`Host`] of their own: a platform for tests.

mod answer;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively only the tests run tasks"))]
mod executor;
#[cfg(target_arch = "wasm32")]
mod exports;
mod frame;
mod host;
#[cfg(target_arch = "wasm32")]
mod imports;
mod transaction;

pub use answer::{BindingError, Bound};
pub(crate) use answer::{ask, ask_for_bytes, ask_for_frame, call, some};
pub(crate) use executor::current_task;
pub use executor::resume;
#[cfg(target_arch = "wasm32")]
pub(crate) use executor::start;
pub use frame::{Reader, Writer};
pub use host::{Host, Level};
#[cfg(target_arch = "wasm32")]
pub(crate) use imports::{Imports, reclaim};
pub(crate) use transaction::during;
pub use transaction::in_transaction;
