//! `pmx route`

use crate::{
    cli,
    commands::build,
    error::{Error, Result},
    report::Report,
};
use pmx_site::Built;
use serde_json::json;

pub(super) fn run(args: &cli::RouteArgs, report: &Report) -> Result<()> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate_around(&cwd, &args.query);
    // A file is meant by its path from here; anything else is a path from the source folder, an id or a route.
    let query = project.as_ref().ok().and_then(|project| project.source_at(&cwd.join(&args.query)));
    let is_file = query.is_some();
    let query = query.as_ref().unwrap_or(&args.query);
    let built = Built::read(&build::earlier(project, &cwd, args.out.as_deref())?)?;
    let Some(found) = built.find(query) else {
        let error = Error::new(format_args!("no Source and no route of this build is `{}`", args.query));
        return Err(match built.nearest(&args.query) {
            Some(nearest) => error.hint(format_args!("did you mean {nearest}?")),
            None => error.hint("only what an entry reaches by links is built"),
        });
    };
    let url = args.base_url.as_ref().map(|base| format!("{}{}", base.trim_end_matches('/'), found.route));
    if report.json() {
        report.event(&json!({
            "pathId": found.path_id,
            "sourceId": found.source_id,
            "path": found.path,
            "title": found.title,
            "route": found.route,
            "url": url,
        }));
    } else if args.query.starts_with('/') && !is_file && url.is_none() {
        report.data(found.path);
    } else {
        report.data(url.unwrap_or(found.route));
    }
    Ok(())
}
