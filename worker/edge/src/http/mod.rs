//! The Worker's request and response, and what HTTP says of them.

mod accept;
mod body;
mod conditional;
mod error;
mod headers;
mod range;
mod request;
mod response;

pub use accept::prefers_markdown;
pub use body::{Body, BodyWriter};
pub use conditional::{ConditionalOutcome, Current};
pub use error::{ApiError, Code};
pub use headers::{Headers, Text};
pub use range::{Range, parse_range};
pub use request::Request;
pub use response::{Payload, PeerSocket, Response};
