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
    if yes {
        return Ok(());
    }
    match report.ask(question) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::new("nothing was changed")),
        None => Err(Error::usage("this cannot be undone, and there is nobody to ask").hint("`--yes` goes ahead")),
    }
}
