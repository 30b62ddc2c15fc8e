use crate::{error::Result, secret};
use std::fmt;

/// The only host that the console answers under. No site may have the name (`pmx_model::RESERVED`).
pub const CONSOLE_HOST: &str = "pmx.localhost";
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// What lets into the console of one process: 64 hex digits that are made anew each time.
#[derive(Clone)]
pub struct ConsoleToken(String);

impl ConsoleToken {
    /// A new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate() -> Result<Self> {
        secret::random_hex::<TOKEN_BYTES>().map(Self)
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is this token, in a time that depends on no digit of it.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        secret::same(&self.0, text)
    }

    /// The address that lets a browser in, from that of the console: scheme, host and port.
    #[must_use]
    pub fn url(&self, console: &str) -> String {
        format!("{console}/?token={}", self.0)
    }
}

impl fmt::Debug for ConsoleToken {
    /// Never its digits: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_it() {
        let token = ConsoleToken::generate().unwrap();
        let text = token.as_str().to_owned();
        assert_eq!(text.len(), 64);
        assert!(token.is(&text));
        assert!(!token.is("") && !token.is(&text[1..]) && !token.is(&format!("{text}0")));
        assert!(!token.is(ConsoleToken::generate().unwrap().as_str()));
        assert!(!format!("{token:?}").contains(&text));
    }
}
