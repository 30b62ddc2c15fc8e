//! Before something is gone.

use crate::{
    error::{Error, Result},
    report::Report,
};

/// Goes on if the user agrees: by `--yes`, or by answering on a terminal.
///
/// # Errors
/// The user does not, or cannot be asked.
pub(super) fn confirm(question: &str, yes: bool, report: &Report) -> Result<()> {
    agree(question, yes, "this cannot be undone", report)
}

/// As [`confirm`], for what is not done unasked for another reason.
///
/// # Errors
/// The user does not agree, or cannot be asked.
pub(super) fn agree(question: &str, yes: bool, reason: &str, report: &Report) -> Result<()> {
    if yes {
        return Ok(());
    }
    match report.ask(question) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::new("nothing was changed")),
        None => Err(Error::usage(format!("{reason}, and there is nobody to ask")).hint("`--yes` goes ahead")),
    }
}
