//! `pmx rm`

use crate::{cli, commands::mv::carry_out, error::Result, report::Report};

/// Removes a file of the site with every reference to it.
///
/// # Errors
/// The removal is refused, or the disk refuses, and nothing was changed; or a reference could not be taken out, and all else was.
pub(super) fn run(args: &cli::RmArgs, report: &Report) -> Result<()> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate_around(&cwd, &args.file)?;
    let edit = pmx_site::plan_removal(&project, &cwd, &args.file)?;
    carry_out(&edit, args.dry_run, report)
}
