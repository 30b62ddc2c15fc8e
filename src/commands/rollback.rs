//! `pmx rollback`, and `pmx publish --rollback`

use super::{
    deploy_words::described,
    remote_site::{Called, RemoteSite},
    target,
};
use crate::{
    cli,
    error::{Error, Result},
    publish::{
        self, Activated, Change, Deploy, Wording,
        history::{before, behind, live},
        recall,
    },
    report::{Report, Style, short_id},
};
use serde::Serialize;
use serde_json::json;

/// Makes another deploy live.
///
/// # Errors
/// What kept it from that; there is no such deploy, or none before the one that is live.
pub(super) fn run(args: &cli::RollbackArgs, report: &Report) -> Result<()> {
    let wording = if args.porcelain { Wording::Porcelain } else { Wording::Plain };
    let session = RemoteSite::open(target::of(&args.target, None, report)?, wording, report)?;
    roll_back(&session, args.deploy.as_deref(), args.dry_run)
}

/// Makes the deploy live whose id begins so, or the one before. What is live already is left alone.
///
/// # Errors
/// As [`run`].
pub(super) fn roll_back(session: &RemoteSite<'_>, id: Option<&str>, dry_run: bool) -> Result<()> {
    session.terminal.person(format_args!("Rolling back `{}` on {}", session.site, session.address));
    let deploys = session.run(session.deploys())?;
    if deploys.is_empty() {
        return Err(session.never_published());
    }
    let live = live(&deploys);
    let target = match id {
        Some(id) => publish::find(&deploys, id).map_err(|error| session.explain(&error))?,
        None => before(&deploys).ok_or_else(|| nothing_before(session, &deploys))?,
    };
    let id = &target.record.deploy_id;
    if live.is_some_and(|live| live.record.deploy_id == *id) {
        return already_live(session, &deploys, target);
    }
    if dry_run {
        session.terminal.script(format_args!("would roll back to {id}"));
        session.terminal.script("dry run: nothing was changed");
        if session.terminal.wording() == Wording::Plain && !session.report.json() {
            let change = compared(session, live, target);
            let change = change.map_or_else(String::new, |change| format!("; that would change {change}"));
            session.report.data(format_args!("would go back to {}{change}", described(target)));
            session.report.say("nothing was changed");
        }
        session.report.event(&json!({ "event": "planned", "deployId": id }));
        return Ok(());
    }
    let activated = session.run(activate(session, id))?;
    tell(session, &deploys, target, live, &activated);
    Ok(())
}

async fn activate(session: &RemoteSite<'_>, id: &str) -> Called<Activated> {
    publish::rollback(&session.remote, &session.site, id, &session.terminal).await
}

fn nothing_before(session: &RemoteSite<'_>, deploys: &[Deploy]) -> Error {
    let live = live(deploys);
    let named = live.map_or_else(String::new, |live| format!(" {}", short_id(&live.record.deploy_id)));
    let error = Error::new(format!("there is no deploy before{named} that shows something else"));
    match live.and_then(|live| behind(deploys, live)) {
        Some(behind) => {
            let command = session.command(&format!("rollback {}", short_id(&behind.newest.record.deploy_id)));
            error.hint(format!("back to the newest: `{command}`"))
        }
        None => error.hint(format!("`{}` lists the deploys", session.command("deploys"))),
    }
}

fn already_live(session: &RemoteSite<'_>, deploys: &[Deploy], live: &Deploy) -> Result<()> {
    let (id, url) = (&live.record.deploy_id, session.url());
    session.terminal.script(format_args!("rolled back to {id}: {url}"));
    session.terminal.person(format_args!("Already live: {}; nothing was changed", described(live)));
    mention_newest(session, deploys, Some(live));
    session.print_url(&url);
    session.report.event(&json!({ "event": "unchanged", "deployId": id, "url": url, "seq": live.record.seq }));
    Ok(())
}

/// Says what is live now, what that changed, and the way to the newest.
fn tell(session: &RemoteSite<'_>, deploys: &[Deploy], target: &Deploy, from: Option<&Deploy>, activated: &Activated) {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct RolledBackEvent<'a> {
        event: &'static str,
        #[serde(flatten)]
        activated: &'a Activated,
        /// The deploy that was live before.
        from: Option<&'a str>,
    }
    let (terminal, report) = (&session.terminal, session.report);
    terminal.script(format_args!("rolled back to {}: {}", activated.deploy_id, activated.url));
    terminal.person(format_args!("{} {}", report.paint(Style::Good, "Live now:"), described(target)));
    if let Some(from) = from {
        let change = compared(session, Some(from), target).or_else(|| titled(session, from, target, activated));
        if let Some(change) = change {
            terminal.person(format_args!("  changed {change}"));
        }
        terminal.person(format_args!("  before it {}", described(from)));
    }
    mention_newest(session, deploys, Some(target));
    session.mention_kv(activated);
    session.print_url(&activated.url);
    let from = from.map(|from| from.record.deploy_id.as_str());
    report.event(&RolledBackEvent { event: "rolled-back", activated, from });
}

/// What leads from one deploy to the other, if both were published from here.
fn compared(session: &RemoteSite<'_>, from: Option<&Deploy>, target: &Deploy) -> Option<Change> {
    let known = |deploy: &Deploy| recall(&session.address, &session.site, &deploy.record.roots);
    Some(known(target)?.change_since(&known(from?)?))
}

/// What the server told of the change, by the titles of the pages as far as they are known.
fn titled(session: &RemoteSite<'_>, from: &Deploy, target: &Deploy, activated: &Activated) -> Option<Change> {
    let known = |deploy: &Deploy| recall(&session.address, &session.site, &deploy.record.roots);
    let listing = known(target).or_else(|| known(from)).unwrap_or_default();
    let is_told = !activated.events.is_empty();
    is_told.then(|| listing.change_elsewhere(&activated.events))
}

/// Where something else than the newest deploy is live, says so, and how to get to that.
pub(super) fn mention_newest(session: &RemoteSite<'_>, deploys: &[Deploy], live: Option<&Deploy>) {
    let Some(live) = live else { return };
    let Some(behind) = behind(deploys, live) else { return };
    let command = session.command(&format!("rollback {}", short_id(&behind.newest.record.deploy_id)));
    let (live, by) = (short_id(&live.record.deploy_id), behind.by);
    session.terminal.person(format_args!("  {live} is {by} behind the newest; back to the newest: {command}"));
}
