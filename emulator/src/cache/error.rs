//! What a cache refuses, in the platform's words.

/// Why an answer may not be put. Each is a `TypeError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CacheError {
    /// A request that is no `GET`.
    #[error("Cannot cache response to non-GET request.")]
    Method,
    /// A part of an answer.
    #[error("Cannot cache response to a range request (206 Partial Content).")]
    Range,
    /// An answer that is another one for each request.
    #[error("Cannot cache response with 'Vary: *' header.")]
    Vary,
}
