//! From the text of a config to its values.

use super::{jsonc, syntax::SyntaxError, toml, tree::Table};
use std::path::Path;

/// The language of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `wrangler.toml`
    Toml,
    /// `wrangler.jsonc` and `wrangler.json`
    Json,
}

impl Format {
    /// By the extension of a file, as wrangler chooses: JSON for `.json` and `.jsonc`, TOML for anything else.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json" | "jsonc") => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// Reads the text.
///
/// # Errors
/// It is not of this language, or larger than a config may be.
pub(super) fn parse(text: &str, format: Format) -> Result<Table, SyntaxError> {
    match format {
        Format::Toml => toml::parse(text),
        Format::Json => jsonc::parse(text),
    }
}
