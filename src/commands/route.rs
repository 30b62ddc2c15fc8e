//! `pmx route`

use crate::{
    cli,
    error::{Error, Result},
    report::Report,
    site::{self, Built},
};
use serde_json::json;

pub(super) fn run(args: &cli::Route, report: &Report) -> Result<()> {
    let out = match &args.out {
        Some(out) => out.clone(),
        None => {
            let cwd = std::env::current_dir()?;
            site::locate_around(&cwd, &args.query)?.out_dir(&cwd, None)?
        }
    };
    let built = Built::read(&out)?;
    let Some(found) = built.find(&args.query) else {
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
    } else if args.query.starts_with('/') && url.is_none() {
        report.data(found.path);
    } else {
        report.data(url.unwrap_or(found.route));
    }
    Ok(())
}
