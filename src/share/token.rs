//! Where the token of a share is: in the environment, else in a file of the project.

use crate::{
    git,
    publish::{BearerToken, TokenError},
};
use pmx_site::{Folder, FolderError};
use std::{io, path::Path};

/// The variable that holds the token. Nothing else is taken from the file.
pub(crate) const TOKEN_VARIABLE: &str = "PATHMX_SHARE_TOKEN";
/// The file, in the project's folder.
const FILE: &str = ".env";
/// The largest file that is read: some hundred variables have a few KiB.
const MAX_FILE: u64 = 64 * 1024;

/// A token, and where it was.
pub(crate) struct Held {
    pub(crate) token: BearerToken,
    /// Whether it lies in a file that Git would take along.
    pub(crate) is_exposed: bool,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenPlace {
    /// Neither the environment nor the file has one.
    #[error("no share token: {TOKEN_VARIABLE} is not set")]
    Nowhere,
    /// What is there is none.
    #[error("{TOKEN_VARIABLE} holds characters that a token cannot have")]
    Malformed,
    /// The file is a link, too large, or cannot be read.
    #[error(transparent)]
    File(#[from] FolderError),
    /// The project's folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] io::Error),
}

/// The token from the environment, else from `.env` in the project's folder.
///
/// # Errors
/// [`TokenPlace`].
pub(crate) fn token(project: &Path) -> Result<Held, TokenPlace> {
    match BearerToken::from_env(TOKEN_VARIABLE) {
        Ok(token) => return Ok(Held { token, is_exposed: false }),
        Err(TokenError::Malformed) => return Err(TokenPlace::Malformed),
        Err(TokenError::Missing) => {}
    }
    let file = Folder::open(project)?.read(FILE, MAX_FILE)?.ok_or(TokenPlace::Nowhere)?;
    let text = String::from_utf8_lossy(&file);
    match BearerToken::new(value(&text, TOKEN_VARIABLE).unwrap_or_default()) {
        Ok(token) => Ok(Held { token, is_exposed: git::ignores(project, FILE) == Some(false) }),
        Err(TokenError::Missing) => Err(TokenPlace::Nowhere),
        Err(TokenError::Malformed) => Err(TokenPlace::Malformed),
    }
}

/// What a file of `KEY=value` lines says of a key, last of all: `export` may stand before it, the value may be in quotes, and what follows
/// ` #` is a comment.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let of_line = |line: &'t str| {
        let line = line.trim_start_matches('\u{feff}').trim();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let (name, value) = line.split_once('=')?;
        if name.trim_end() != key {
            return None;
        }
        let value = value.trim();
        let quoted = ['"', '\''].iter().find_map(|&quote| Some(value.strip_prefix(quote)?.split_once(quote)?.0));
        Some(quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim_end()))
    };
    text.split(['\n', '\r']).filter_map(of_line).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_read_as_env_files_are_written() {
        for (text, expected) in [
            ("K=secret", Some("secret")),
            ("\u{feff}K=secret\r\nOTHER=1\r\n", Some("secret")),
            ("  export  K = \"a b\" # mine", Some("a b")),
            ("K='it#s'\n", Some("it#s")),
            ("K=a#b # c", Some("a#b")),
            ("K=first\nK=last", Some("last")),
            ("K=", Some("")),
            ("#K=no\nXK=no\nKX=no\nK", None),
            ("", None),
        ] {
            assert_eq!(value(text, "K"), expected, "{text:?}");
        }
    }
}
