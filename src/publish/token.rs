use std::{env, fmt};
use ureq::http::HeaderValue;

/// The variable that holds the token of publish calls.
pub const TOKEN_VARIABLE: &str = "PATHMX_PUBLISH_TOKEN";

/// A token of the publish API. It shows itself to nobody but the server.
#[derive(Clone)]
pub struct BearerToken(HeaderValue);

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Unset or blank.
    #[error("there is no token")]
    Missing,
    /// Characters that no header can carry.
    #[error("it holds characters that a token cannot have")]
    Malformed,
}

impl BearerToken {
    /// The token that a variable of the environment holds.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn from_env(variable: &str) -> Result<Self, TokenError> {
        match env::var(variable) {
            Ok(text) => Self::new(&text),
            Err(env::VarError::NotPresent) => Err(TokenError::Missing),
            Err(env::VarError::NotUnicode(_)) => Err(TokenError::Malformed),
        }
    }

    /// A token; blanks around it (a line feed from a file) do not belong to it.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Missing);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Malformed);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| TokenError::Malformed)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// What a call carries as `Authorization`.
    pub(super) const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_shows() {
        let token = BearerToken::new(" s3cret\n").unwrap();
        assert_eq!(token.header(), "Bearer s3cret");
        assert!(!format!("{token:?} {:?}", token.header()).contains("s3cret"));
        assert_eq!(BearerToken::new(" \n").err(), Some(TokenError::Missing));
        assert_eq!(BearerToken::new("a\nb: c").err(), Some(TokenError::Malformed));
    }
}
