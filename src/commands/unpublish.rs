//! `pmx unpublish`

use super::{
    confirm::agree,
    deploys::{moment, unpublished},
    publish::Session,
    target,
};
use crate::{
    cli,
    error::{Error, Result},
    publish::{Deploy, TakenDown},
    report::Report,
};
use pmx_worker::model::{SiteName, Unpublished};
use serde_json::json;
use std::cell::{OnceCell, RefCell};

/// Digits of a deploy's id that name it in a hint; enough for one site.
const SHORT_ID: usize = 8;

/// Takes a site down, after asking. Nothing is deleted.
///
/// # Errors
/// The user does not agree; the site was never published; the server refuses or does not answer.
pub(super) fn run(args: &cli::Unpublish, report: &Report) -> Result<()> {
    let status = args.status.parse().map_err(|_| Error::usage("--status: 410 or 404"))?;
    let target = target::of(&args.target, None, report)?;
    let server = target.address.to_string();
    let session = Session::open(target, report)?;
    let site = session.site();
    let listed = RefCell::new(Vec::new());
    session.run(async {
        listed.replace(session.deploys().await?);
        Ok(())
    })?;
    let deploys = listed.into_inner();
    if deploys.is_empty() {
        return Err(Error::new(format!("`{site}` was never published to {server}"))
            .hint("`pmx deploys -s <name>` lists what a site has"));
    }
    if let Some(already) = unpublished(&deploys).filter(|already| already.status == status) {
        report.say(format!("`{site}` is unpublished already, since {}; nothing was changed", moment(&already.at)));
        report.event(&json!({ "event": "unchanged", "unpublished": already, "undo": undo(&deploys) }));
        return Ok(());
    }
    let kept =
        if deploys.len() == 1 { "its deploy stays".to_owned() } else { format!("its {} deploys stay", deploys.len()) };
    if args.dry_run {
        report.say(format!("every address of `{site}` on {server} would answer {status}; {kept}"));
        report.say("dry run: nothing was changed");
        report.event(&json!({ "event": "planned", "status": status, "deploys": deploys.len() }));
        return Ok(());
    }
    let question = format!("Unpublish `{site}` on {server}? Every address of it will answer {status}; {kept}.");
    agree(&question, args.yes, "readers will not find the site any more", report)?;
    let done = OnceCell::new();
    session.run(async {
        let _ = done.set(session.take_down(status).await?);
        Ok(())
    })?;
    if let Some(done) = done.get() {
        tell(done, site, &deploys, report);
    }
    Ok(())
}

fn tell(done: &TakenDown, site: &SiteName, deploys: &[Deploy], report: &Report) {
    let Unpublished { status, .. } = done.unpublished;
    report.say(format!("`{site}` is unpublished: every address of it answers {status}"));
    if done.kv.as_deref() == Some("pending") {
        report.warn("the new state is recorded, but not yet at the edge: pages may still be served for a minute");
    }
    let undo = undo(deploys);
    if let Some(id) = undo {
        let short = id.get(..SHORT_ID).unwrap_or(id);
        report.say(format!("the next publish brings it back, or `pmx publish -s {site} --rollback {short}`"));
    }
    if report.json() {
        report.event(&json!({
            "event": "unpublished", "url": done.url, "unpublished": done.unpublished, "seq": done.seq, "kv": done.kv, "undo": undo,
        }));
    } else {
        report.data(&done.url);
    }
}

/// The deploy to roll back to for the site as it was.
fn undo(deploys: &[Deploy]) -> Option<&str> {
    let shown = deploys.iter().find(|deploy| deploy.record.is_active || deploy.record.unpublished.is_some());
    shown.or(deploys.first()).map(|deploy| deploy.record.deploy_id.as_str())
}
