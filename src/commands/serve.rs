//! `pmx serve`

use crate::{cli::ServeArgs, error::Result, report::Report, serve, server::block_on};

/// Runs the command until the user ends it.
///
/// # Errors
/// A port or state folder that is taken or unusable.
pub(super) fn run(command: &ServeArgs, report: &Report) -> Result<()> {
    block_on(serve::run(command, report))
}
