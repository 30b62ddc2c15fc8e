//! `pmx unpublish`

use super::{confirm::agree, deploy_words::moment, deploys::unpublished, remote_site::RemoteSite, target};
use crate::{
    cli,
    error::{Error, Result},
    publish::{Deploy, TakenDown, Wording},
    report::{Report, short_id},
};
use pmx_model::Unpublished;
use serde_json::json;
use std::time::SystemTime;

/// Takes a site down, after asking. Nothing is deleted.
///
/// # Errors
/// The user does not agree; the site was never published; the server refuses or does not answer.
pub(super) fn run(args: &cli::UnpublishArgs, report: &Report) -> Result<()> {
    let status = args.status.parse().map_err(|_| Error::usage("--status: 410 or 404"))?;
    let target = target::of(&args.target, None, report)?;
    let server = target.address.to_string();
    let session = RemoteSite::open(target, Wording::Plain, report)?;
    let site = &session.site;
    let deploys = session.run(session.deploys())?;
    if deploys.is_empty() {
        return Err(session.never_published());
    }
    if let Some(already) = unpublished(&deploys).filter(|already| already.status == status) {
        report.say(format!(
            "`{site}` is unpublished already, since {}; nothing was changed",
            moment(&already.at, SystemTime::now()).0
        ));
        report.event(&json!({ "event": "unchanged", "unpublished": already, "undo": undo(&deploys) }));
        return Ok(());
    }
    let kept =
        if deploys.len() == 1 { "its deploy stays".to_owned() } else { format!("its {} deploys stay", deploys.len()) };
    if args.dry_run {
        if !report.json() {
            report.data(format!(
                "would unpublish `{site}` on {server}: every address of it would answer {status}; {kept}"
            ));
            report.say("nothing was changed");
        }
        report.event(&json!({ "event": "planned", "status": status, "deploys": deploys.len() }));
        return Ok(());
    }
    let question = format!("Unpublish `{site}` on {server}? Every address of it will answer {status}; {kept}.");
    agree(&question, args.yes, "readers will not find the site any more", report)?;
    let done = session.run(session.take_down(status))?;
    tell(&done, &session, &deploys);
    Ok(())
}

fn tell(done: &TakenDown, session: &RemoteSite<'_>, deploys: &[Deploy]) {
    let (site, report) = (&session.site, session.report);
    let Unpublished { status, .. } = done.unpublished;
    report.say(format!("`{site}` is unpublished: every address of it answers {status}"));
    if done.kv.as_deref() == Some("pending") {
        report.warn("the new state is recorded, but not yet at the edge: pages may still be served for a minute");
    }
    let undo = undo(deploys);
    if let Some(id) = undo {
        let back = session.command(&format!("rollback {}", short_id(id)));
        report.say(format!("the next publish brings it back, or `{back}`"));
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
