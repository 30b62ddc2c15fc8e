//! Errors as a guest is given them (`worker/ABI.md`, "Answers of ops and calls").

use std::borrow::Cow;
use std::fmt;

use super::frame::{FrameError, FrameWriter};

/// What the platform says of a peer that went away.
pub(crate) const CONNECTION_LOST: &str = "Network connection lost.";

/// The answer `err`: what the platform would throw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestError {
    pub(crate) message: Cow<'static, str>,
    /// The name of its class as a script would see it.
    pub(crate) class: &'static str,
    pub(crate) flags: ErrorFlags,
}

/// What the platform tells of an error besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorFlags(u8);

impl ErrorFlags {
    /// Thrown by the code of the other side.
    pub(crate) const REMOTE: Self = Self(1);
    /// The call may be made again.
    pub(crate) const RETRYABLE: Self = Self(2);
    /// The other side has too much to do.
    pub(crate) const OVERLOADED: Self = Self(4);
    /// The Durable Object was reset.
    pub(crate) const DURABLE_OBJECT_RESET: Self = Self(8);

    const NAMES: [(Self, &str); 4] = [
        (Self::REMOTE, "remote"),
        (Self::RETRYABLE, "retryable"),
        (Self::OVERLOADED, "overloaded"),
        (Self::DURABLE_OBJECT_RESET, "durableObjectReset"),
    ];

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for ErrorFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (_, name) in Self::NAMES.into_iter().filter(|(flag, _)| self.contains(*flag)) {
            if !std::mem::replace(&mut first, false) {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl GuestError {
    /// An `Error`.
    pub(crate) fn error(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), class: "Error", flags: ErrorFlags::default() }
    }

    /// A `TypeError`.
    pub(crate) fn type_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "TypeError", ..Self::error(message) }
    }

    /// A `RangeError`.
    pub(crate) fn range_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "RangeError", ..Self::error(message) }
    }

    /// A peer went away, which may succeed another time.
    pub(crate) fn connection_lost() -> Self {
        Self::error(CONNECTION_LOST).with(ErrorFlags::RETRYABLE)
    }

    /// The answer to a call that there is not.
    pub(crate) fn unknown_call(name: &str) -> Self {
        Self::error(format!("there is no call `{name}`"))
    }

    /// The error with these flags too.
    #[must_use]
    pub(crate) fn with(self, flags: ErrorFlags) -> Self {
        Self { flags: self.flags.and(flags), ..self }
    }

    pub(crate) fn write(&self, frame: &mut FrameWriter<'_>) {
        frame.text("err").text(&self.message).text(self.class).display(self.flags);
    }
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}

impl std::error::Error for GuestError {}

impl From<FrameError> for GuestError {
    fn from(error: FrameError) -> Self {
        Self::error(format!("the message is malformed: {error}"))
    }
}
