//! A request in the log: one line when it is answered, and its id in every line that is written meanwhile.
//!
//! Where nobody asked for it (`RUST_LOG=pmx=debug`, `-vv`) a request pays for one comparison.

use crate::world::clock::Clock;
use http::{StatusCode, header::HOST, request::Parts};
use tracing::{Level, Span};

/// A request that the log will tell of.
pub(crate) struct RequestLog {
    /// Its id; an answer of 500 names the same.
    pub(crate) id: String,
    span: Span,
    began_ms: u64,
}

/// An id for one request: 16 hexadecimal digits.
pub(crate) fn id(clock: &Clock) -> String {
    let mut id = [0; 8];
    // An id of zeros is no worse an answer.
    let _ = clock.random(&mut id);
    format!("{:016x}", u64::from_be_bytes(id))
}

/// The request that is at work on this thread, for what goes on elsewhere; none where nobody listens.
pub(crate) fn span() -> Span {
    if tracing::enabled!(Level::DEBUG) { Span::current() } else { Span::none() }
}

impl RequestLog {
    /// `None` if nobody listens.
    pub(crate) fn begin(parts: &Parts, clock: &Clock) -> Option<Self> {
        if !tracing::enabled!(Level::DEBUG) {
            return None;
        }
        let id = id(clock);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| parts.uri.host());
        let (host, path) = (host.unwrap_or_default(), parts.uri.path());
        let span = tracing::debug_span!("request", request_id = id, method = parts.method.as_str(), host, path);
        Some(Self { id, span, began_ms: clock.now_ms() })
    }

    /// What is logged within it is of the request.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The line.
    pub(crate) fn answered(self, status: StatusCode, clock: &Clock) {
        let ms = clock.now_ms().saturating_sub(self.began_ms);
        self.span.in_scope(|| tracing::debug!(status = status.as_u16(), ms, "answered"));
    }
}
