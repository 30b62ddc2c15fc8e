//! `--simulate`: words that say what is to go wrong.

use crate::error::{Error, Result};
use pmx_emulator::faults::Faults;

/// The faults that the words ask for.
///
/// # Errors
/// A word that is no fault is a wrong call; the hint names those that are.
pub fn simulated_faults(words: &[String]) -> Result<Faults> {
    match Faults::parse(words) {
        Ok(plan) => Ok(Faults::from(plan)),
        Err(error) => Err(Error::usage(format!("--simulate: {error}")).hint(error.hint())),
    }
}

#[cfg(test)]
mod tests {
    use super::simulated_faults;

    #[test]
    fn a_word_that_is_none_is_a_wrong_call_with_a_hint() {
        let error = simulated_faults(&["kv-lga=1s".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "--simulate: there is no fault `kv-lga`");
        assert_eq!(error.exit_code(), 2);
        assert!(error.hints()[0].starts_with("did you mean `kv-lag`?"), "{:?}", error.hints());
    }
}
