use pmx_emulator::{inspect::InspectError, kv::KvError, r2::R2Error};
use std::{io, path::PathBuf};

/// Why an op was not done. As text it is what KV, R2 or SQL say, where it was they who refused.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// KV refuses.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// R2 refuses.
    #[error(transparent)]
    R2(#[from] R2Error),
    /// A Durable Object cannot be looked into, or refuses.
    #[error(transparent)]
    Object(#[from] InspectError),
    /// An object is too large for an answer in one piece.
    #[error("`{key}` has {size} bytes, more than the {max} that fit into one answer")]
    TooLarge {
        /// The object.
        key: String,
        /// Its bytes.
        size: u64,
        /// How many there may be.
        max: u64,
    },
    /// A name that no site can have.
    #[error("{0}")]
    Site(String),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The work was lost: the process is ending.
    #[error("the work was given up, because pmx is ending")]
    Ending,
}

impl DataError {
    /// A word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Object(InspectError::NoObject { .. } | InspectError::NoAlarm { .. }) => "not_found",
            Self::Object(InspectError::Closing) | Self::Ending => "ending",
            Self::Object(InspectError::AlarmFailed { .. }) => "alarm_failed",
            Self::Kv(KvError::Storage { .. })
            | Self::R2(R2Error::Storage { .. })
            | Self::Object(InspectError::Storage { .. })
            | Self::File { .. } => "storage",
            Self::TooLarge { .. } => "too_large",
            Self::Kv(_) | Self::R2(_) | Self::Object(_) | Self::Site(_) => "refused",
        }
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.code() {
            "not_found" => 404,
            "ending" => 503,
            "too_large" => 413,
            "storage" | "alarm_failed" => 500,
            _ => 400,
        }
    }
}
