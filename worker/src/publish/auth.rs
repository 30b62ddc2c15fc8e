use crate::{
    hosts::Config,
    http::{ApiError, Code},
};
use sha2::{Digest as _, Sha256};

/// Fails closed: without a secret nothing is let through.
pub(super) fn check(config: &Config, authorization: Option<&str>) -> Result<(), ApiError> {
    let Some(secret) = &config.secret else {
        return Err(ApiError::new(Code::PublishDisabled, "Publishing is off: no PUBLISH_SECRET is configured"));
    };
    let refused = |why: &str| ApiError::new(Code::Unauthorized, why).header("www-authenticate", "Bearer");
    let header = authorization.ok_or_else(|| refused("A bearer token is needed"))?;
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(refused("A bearer token is needed")),
    };
    let digest: [u8; 32] = Sha256::digest(token).into();
    if equal(&digest, secret) { Ok(()) } else { Err(refused("The token is not the right one")) }
}

/// Compares in the same time wherever the two differ.
fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}
