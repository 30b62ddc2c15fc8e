//! `pmx mv`

use crate::{
    cli,
    error::{Error, Result},
    report::{Report, counted},
};
use pmx_site::Edit;
use serde_json::json;

/// Moves a file of the site with every reference to it.
///
/// # Errors
/// The move is refused, or the disk refuses, and nothing was changed; or a reference could not be rewritten, and all else was.
pub(super) fn run(args: &cli::MvArgs, report: &Report) -> Result<()> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate_around(&cwd, &args.old)?;
    let edit = pmx_site::plan_move(&project, &cwd, &args.old, &args.new)?;
    carry_out(&edit, args.dry_run, report)
}

/// Makes an edit, or shows it, and says what changed.
pub(super) fn carry_out(edit: &Edit, dry_run: bool, report: &Report) -> Result<()> {
    if !dry_run {
        edit.apply()?;
    }
    for left in &edit.left {
        report.findings(left.lines());
    }
    for file in &edit.files {
        report.event(&json!({ "event": "edited", "path": file.path, "references": file.references }));
    }
    let kind = if edit.new.is_some() { "moved" } else { "removed" };
    report.event(&json!({
        "event": kind,
        "from": edit.old,
        "to": edit.new,
        "files": edit.files.len(),
        "references": edit.references(),
        "left": edit.left,
        "dryRun": dry_run,
    }));
    if !report.json() {
        tell(edit, dry_run, report);
    }
    match edit.left.len() {
        0 => Ok(()),
        left => Err(Error::new(format_args!("{} still to be changed by hand", counted(left, "place")))
            .hint("the warnings above say where")),
    }
}

/// For people: what would change is data, what was done is talk.
fn tell(edit: &Edit, dry_run: bool, report: &Report) {
    let references = counted(edit.references(), "reference");
    let files = counted(edit.files.len(), "file");
    if dry_run {
        match &edit.new {
            Some(new) => report.data(format_args!("move {} -> {new}", edit.old)),
            None => report.data(format_args!("remove {}", edit.old)),
        }
        edit.preview().lines().for_each(|line| report.data(line));
        report.say(format_args!("Would change {references} in {files}; nothing was changed."));
        return;
    }
    for file in &edit.files {
        report.say(format_args!("{}: {}", file.path, counted(file.references, "reference")));
    }
    match &edit.new {
        Some(new) => report.say(format_args!("Moved {} to {new}.", edit.old)),
        None => report.say(format_args!("Removed {}.", edit.old)),
    }
    let done = if edit.new.is_some() { "Rewrote" } else { "Took out" };
    report.say(format_args!("{done} {references} in {files}."));
}
