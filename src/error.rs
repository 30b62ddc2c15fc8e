//! The error that reaches the user: one message, perhaps hints, an exit code.

use pmx_site::{CreateError, EditError, EditOrSite, SiteError};
use std::fmt;

/// What went wrong, said once, with what could be done about it.
#[derive(Debug)]
pub struct Error {
    message: String,
    hints: Vec<String>,
    exit: Exit,
}

/// Exit codes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The work failed.
    Failure = 1,
    /// The command was called wrongly.
    Usage = 2,
    /// The server refused the token.
    Auth = 3,
    /// The user ended it, as shells report that.
    Interrupted = 130,
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure (exit code 1).
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hints: Vec::new(), exit: Exit::Failure }
    }

    /// A wrong call (exit code 2).
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// A refused token (exit code 3).
    pub fn auth(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Auth, ..Self::new(message) }
    }

    /// The end of what goes on until the user ends it (exit code 130). There is nothing to say about it.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { exit: Exit::Interrupted, ..Self::new("") }
    }

    /// The end of what the user broke off (exit code 130).
    pub fn broken_off(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Interrupted, ..Self::new(message) }
    }

    /// Whether there is something to say.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.message.is_empty()
    }

    /// Adds a line that says what could be done.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// The exit code of the process.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.exit as u8
    }

    /// Adds what could be done, if that is known.
    fn perhaps(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The hints, in order.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    /// `fs-err` errors name the path; a bare one is better given context at its place.
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl From<SiteError> for Error {
    fn from(error: SiteError) -> Self {
        let hint = error.hint();
        Self::new(error).perhaps(hint)
    }
}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        let hint = error.hint();
        Self::new(error).perhaps(hint)
    }
}

impl From<EditOrSite> for Error {
    fn from(error: EditOrSite) -> Self {
        let hint = error.hint();
        Self::new(error).perhaps(hint)
    }
}

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        let hint = error.hint();
        let error = match error {
            CreateError::NoName(_) | CreateError::LongTitle(_) | CreateError::Kind { .. } => Self::usage(error),
            error => Self::new(error),
        };
        error.perhaps(hint)
    }
}
