//! `pmx new`

use crate::{cli, error::Result, report::Report};
use pmx_site::{Options, SiteError, SourceRequest};
use serde_json::json;

/// Makes a Source of a kind, and a link to it where that is asked for.
///
/// # Errors
/// The title gives no name, the place is taken, the Source that is to link is not there, or the disk refuses; nothing was changed then.
pub(super) fn run(args: &cli::NewArgs, report: &Report) -> Result<()> {
    let cwd = std::env::current_dir()?;
    let here = Options { cwd: cwd.clone(), entries: Vec::new() };
    // Where no site is here, it is the one that the folder or the linking Source lies in.
    let project = match (pmx_site::locate(&here), &args.folder, &args.link) {
        (Err(SiteError::NoSite { .. }), Some(folder), _) if cwd.join(folder).is_dir() => {
            pmx_site::locate(&Options { entries: vec![folder.into()], ..here })?
        }
        (Err(SiteError::NoSite { .. }), None, Some(link)) => pmx_site::locate_around(&cwd, link)?,
        (found, ..) => found?,
    };
    let wanted = SourceRequest {
        kind: &args.kind,
        title: &args.title,
        folder: args.folder.as_deref(),
        link: args.link.as_deref(),
    };
    let new = pmx_site::plan_source(&project, &cwd, &wanted)?;
    new.apply()?;
    let linked = new.linked_from();
    report.event(&json!({ "event": "created", "path": new.shown, "sourceId": new.id, "linkedFrom": linked }));
    if report.json() {
        return Ok(());
    }
    report.data(&new.shown);
    match linked {
        Some(linked) => report.say(format_args!("{linked} links to it.")),
        None => report.say("A page belongs to the site when a link leads to it."),
    }
    Ok(())
}
