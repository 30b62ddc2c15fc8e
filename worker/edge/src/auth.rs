//! Bearer tokens, compared as digests.

use sha2::{Digest as _, Sha256};

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No secret is configured: nobody is let through.
    #[error("no secret is configured")]
    Disabled,
    /// There is no `Authorization: Bearer …`.
    #[error("A bearer token is needed")]
    NoToken,
    /// The token is another one.
    #[error("The token is not the right one")]
    WrongToken,
}

/// Checks the value of `Authorization` against the SHA-256 of the secret. Fails closed: without a secret nothing is let through.
///
/// # Errors
/// Why the request is refused.
pub fn check_bearer(secret: Option<&[u8; 32]>, authorization: Option<&str>) -> Result<(), Refusal> {
    let secret = secret.ok_or(Refusal::Disabled)?;
    let token = match authorization.and_then(|header| header.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(Refusal::NoToken),
    };
    let digest: [u8; 32] = Sha256::digest(token).into();
    if equal(&digest, secret) { Ok(()) } else { Err(Refusal::WrongToken) }
}

/// Compares in the same time wherever the two differ.
fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_is_let_through_and_nobody_without_a_secret() {
        let secret: [u8; 32] = Sha256::digest("token").into();
        let check = |header| check_bearer(Some(&secret), header);
        for header in ["Bearer token", "bearer  token "] {
            assert_eq!(check(Some(header)), Ok(()), "{header}");
        }
        for header in [None, Some(""), Some("token"), Some("Basic token"), Some("Bearer")] {
            assert_eq!(check(header), Err(Refusal::NoToken), "{header:?}");
        }
        for header in ["Bearer ", "Bearer Token", "Bearer token2", "Bearer tok"] {
            assert_eq!(check(Some(header)), Err(Refusal::WrongToken), "{header}");
        }
        assert_eq!(check_bearer(None, Some("Bearer token")), Err(Refusal::Disabled));
        assert_eq!(check_bearer(None, None), Err(Refusal::Disabled));
    }
}
