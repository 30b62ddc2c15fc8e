//! HTTP on both sides of the Worker: connections and their limits ([`serve`]), the request as the Worker's `fetch` event, its answer as a
//! response, and the connections of WebSockets.

mod connection;
pub(crate) mod event;
pub(crate) mod exchange;
mod limits;
mod loopback;
mod progress;
pub(crate) mod response;
mod serve;
mod stream;
pub(crate) mod websocket;

pub use limits::ConnectionLimits;
pub use loopback::LoopbackOutbound;
pub use serve::{serve, serve_connections};
