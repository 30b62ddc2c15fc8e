//! What is said of a config, with the place that it is said of.

use serde::Serialize;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// wrangler, or Cloudflare, refuses to deploy this; so does the emulator.
    Error,
    /// It can be deployed, and is probably not what was meant.
    Warning,
    /// Worth to know; nothing is wrong.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// A place in a file: where a key or a value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl Default for Place {
    fn default() -> Self {
        Self::START
    }
}

/// A finding about a config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub path: String,
    /// Where in the file.
    #[serde(flatten)]
    pub place: Place,
    /// How bad it is.
    pub severity: Severity,
    /// The key that it is about, from the top of the file: `kv_namespaces[0].id`, `env.staging.vars`. Empty for the file as a whole.
    pub key: String,
    /// What is the matter. The words are wrangler's, or those of Cloudflare's API, where they are known; those may have several lines.
    pub message: String,
    /// What could be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Whether Cloudflare would refuse the config for it.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }

    /// With what could be done.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// `<path>:<line>:<column>: <severity>: <message>`, with the further lines of a message and the hint below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.message.lines();
        let (line, column) = (self.place.line, self.place.column);
        write!(f, "{}:{line}:{column}: {}: {}", self.path, self.severity, lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| write!(f, "\n    {line}"))?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n    hint: {hint}"))
    }
}
