//! Random secrets, and how they are compared.

use crate::error::{Error, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Random bytes of the system.
///
/// # Errors
/// It has none to give.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::new(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// As many random bytes as 2 N lower-case hex digits.
///
/// # Errors
/// As [`random`].
pub(crate) fn random_hex<const N: usize>() -> Result<String> {
    Ok(HEXLOWER.encode(&random::<N>()?))
}

/// Whether two texts are the same, in a time that depends on no character of them: what is compared are digests, all of them.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    let unlike = one.iter().zip(other.iter()).fold(0, |unlike, (one, other)| unlike | (one ^ other));
    std::hint::black_box(unlike) == 0
}
