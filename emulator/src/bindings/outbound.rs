//! Requests that leave the emulator, under a policy.

use std::fmt;

use axum::body::Body;

use super::completion::BoxFuture;

/// Where a Worker's outgoing requests go.
pub trait Outbound: Send + Sync + 'static {
    /// Sends a request and answers with what comes back. Redirects are the caller's to follow. Dropping the future ends the request.
    fn fetch(&self, request: http::Request<Body>) -> OutboundFuture;
}

/// An answer from outside, or why there is none.
pub type OutboundFuture = BoxFuture<Result<http::Response<Body>, OutboundError>>;

/// Why a request does not leave, or has no answer. As text it is what the Worker is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The policy does not allow it.
    #[error(
        "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities \
         (such as bindings in 'env') to talk to the outside world."
    )]
    Denied,
    /// Nobody answers there, or the connection broke.
    #[error("Network connection lost.")]
    ConnectionLost,
}

/// Lets nothing out: what an emulator does unless it is told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DenyOutbound;

impl Outbound for DenyOutbound {
    fn fetch(&self, _: http::Request<Body>) -> OutboundFuture {
        Box::pin(std::future::ready(Err(OutboundError::Denied)))
    }
}

impl fmt::Debug for dyn Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}
