//! The Worker's request and response, and what HTTP says of them.

mod accept;
mod conditional;
mod error;
mod range;
mod request;
mod response;

pub use accept::prefers_markdown;
pub use conditional::{ConditionalOutcome, Current};
pub use error::{ApiError, Code};
pub use range::{Range, parse_range};
pub use request::Request;
pub use response::{HeaderValue, Payload, Response};
