//! What becomes of JavaScript's values on their way to a binding: classes of errors, integers, numbers as text, dates, URLs.
//!
//! On the platform this is done before a service hears of a call, in the same way for every binding.

mod date;
mod number;
mod url;

pub use date::parse_date;
pub use number::{OutOfRange, to_int};
pub(crate) use number::{array_index, text as number_text};
pub(crate) use url::parse_url;

/// The constructor of an error that the platform throws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `Error`: what services refuse, and some arguments.
    Error,
    /// `RangeError`: numbers that cannot be.
    RangeError,
    /// `TypeError`: most arguments that cannot be.
    TypeError,
}

impl ErrorClass {
    /// Its name in JavaScript.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::RangeError => "RangeError",
            Self::TypeError => "TypeError",
        }
    }
}
