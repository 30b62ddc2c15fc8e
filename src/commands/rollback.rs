//! `pmx rollback`, and `pmx publish --rollback`

use super::{
    deploy_words::{described, short},
    session::{Called, Session},
    target,
};
use crate::{
    cli,
    error::{Error, Result},
    publish::{self, Activated, Change, Deploy, Wording, recall},
    report::{Report, Style},
};
use serde::Serialize;
use serde_json::json;

/// Makes another deploy live.
///
/// # Errors
/// What kept it from that; there is no such deploy, or none before the one that is live.
pub(super) fn run(args: &cli::Rollback, report: &Report) -> Result<()> {
    let session = Session::open(target::of(&args.target, None, report)?, Wording::Plain, report)?;
    roll_back(&session, args.deploy.as_deref(), args.dry_run)
}

/// Makes the deploy live whose id begins so, or the one before. What is live already is left alone.
///
/// # Errors
/// As [`run`].
pub(super) fn roll_back(session: &Session<'_>, id: Option<&str>, dry_run: bool) -> Result<()> {
    session.terminal.person(format_args!("Rolling back `{}` on {}", session.site, session.address));
    let deploys = session.run(session.deploys())?;
    if deploys.is_empty() {
        return Err(session.never_published());
    }
    let live = live(&deploys);
    let target = match id {
        Some(id) => publish::find(&deploys, id).map_err(|error| publish::explain(&error, &session.site))?,
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

async fn activate(session: &Session<'_>, id: &str) -> Called<Activated> {
    publish::rollback(&session.remote, &session.site, id, &session.terminal).await
}

/// The deploy that readers see; none if the site is down.
pub(super) fn live(deploys: &[Deploy]) -> Option<&Deploy> {
    deploys.iter().find(|deploy| deploy.record.is_active)
}

/// The deploy to go back to: of those that were made before the live one and show something else, the one that was live last. So each
/// step leads further back, and past deploys that a rollback had left already. Where nothing is live, it is what was live last.
fn before(deploys: &[Deploy]) -> Option<&Deploy> {
    if let Some(taken_down) = deploys.iter().find(|deploy| deploy.record.unpublished.is_some()) {
        return Some(taken_down);
    }
    let (older, shown) = match deploys.iter().position(|deploy| deploy.record.is_active) {
        Some(at) => (&deploys[at + 1..], Some(&deploys[at].record.roots)),
        None => (deploys, None),
    };
    let others = older.iter().filter(|deploy| Some(&deploy.record.roots) != shown);
    // The newest of several that are equal, as where a server does not count.
    others.rev().max_by_key(|deploy| deploy.seq.unwrap_or(0))
}

fn nothing_before(session: &Session<'_>, deploys: &[Deploy]) -> Error {
    let live = live(deploys).map_or_else(String::new, |live| format!(" {}", short(&live.record.deploy_id)));
    let error = Error::new(format!("there is no deploy before{live} that shows something else"));
    match newest_if_not(deploys, self::live(deploys)) {
        Some((newest, _)) => {
            let command = session.command(&format!("rollback {}", short(&newest.record.deploy_id)));
            error.hint(format!("back to the newest: `{command}`"))
        }
        None => error.hint(format!("`{}` lists the deploys", session.command("deploys"))),
    }
}

fn already_live(session: &Session<'_>, deploys: &[Deploy], live: &Deploy) -> Result<()> {
    let (id, url) = (&live.record.deploy_id, session.url());
    session.terminal.script(format_args!("rolled back to {id}: {url}"));
    session.terminal.person(format_args!("Already live: {}; nothing was changed", described(live)));
    mention_newest(session, deploys, Some(live));
    session.print_url(&url);
    session.report.event(&json!({ "event": "unchanged", "deployId": id, "url": url, "seq": live.seq }));
    Ok(())
}

/// Says what is live now, what that changed, and the way to the newest.
fn tell(session: &Session<'_>, deploys: &[Deploy], target: &Deploy, from: Option<&Deploy>, activated: &Activated) {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Done<'a> {
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
    report.event(&Done { event: "rolled-back", activated, from });
}

/// What leads from one deploy to the other, if both were published from here.
fn compared(session: &Session<'_>, from: Option<&Deploy>, target: &Deploy) -> Option<Change> {
    let known = |deploy: &Deploy| recall(&session.address, &session.site, &deploy.record.roots);
    Some(known(target)?.change_since(&known(from?)?))
}

/// What the server told of the change, by the titles of the pages as far as they are known.
fn titled(session: &Session<'_>, from: &Deploy, target: &Deploy, activated: &Activated) -> Option<Change> {
    let known = |deploy: &Deploy| recall(&session.address, &session.site, &deploy.record.roots);
    let listing = known(target).or_else(|| known(from)).unwrap_or_default();
    let is_told = !activated.events.is_empty();
    is_told.then(|| listing.change_elsewhere(&activated.events))
}

/// Where something else than the newest deploy is live, says so, and how to get to that.
pub(super) fn mention_newest(session: &Session<'_>, deploys: &[Deploy], live: Option<&Deploy>) {
    let Some((newest, behind)) = newest_if_not(deploys, live) else { return };
    let Some(live) = live else { return };
    let command = session.command(&format!("rollback {}", short(&newest.record.deploy_id)));
    let live = short(&live.record.deploy_id);
    session.terminal.person(format_args!("  {live} is {behind} behind the newest; back to the newest: {command}"));
}

/// The newest deploy and how far it is from this one; none if it is this one, or shows the same.
fn newest_if_not<'a>(deploys: &'a [Deploy], live: Option<&Deploy>) -> Option<(&'a Deploy, usize)> {
    let (newest, live) = (deploys.first()?, live?);
    let behind = deploys.iter().position(|deploy| deploy.record.deploy_id == live.record.deploy_id)?;
    (newest.record.roots != live.record.roots).then_some((newest, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_worker::model::Hash;

    /// A deploy with what it shows, and the activation at which it last became live.
    fn deploy(id: &str, shows: &str, seq: u64, is_active: bool) -> Deploy {
        let hash = Hash::of(shows.as_bytes());
        let root = json!({ "entry": "index.path.md", "routes": hash, "manifest": hash });
        let roots = json!({ "roots": { "main": root }, "default": "main" });
        let deploy = json!({ "deployId": id, "roots": roots, "createdAt": "", "isActive": is_active, "seq": seq });
        serde_json::from_value(deploy).unwrap()
    }

    fn target(deploys: &[Deploy]) -> Option<&str> {
        before(deploys).map(|deploy| deploy.record.deploy_id.as_str())
    }

    #[test]
    fn each_rollback_leads_further_back_and_past_what_was_left_before() {
        let history = |live: &str, seqs: [u64; 4]| {
            let ids = ["d", "c", "b", "a"];
            ids.iter().zip(seqs).map(|(id, seq)| deploy(id, id, seq, *id == live)).collect::<Vec<_>>()
        };
        assert_eq!(target(&history("d", [4, 3, 2, 1])), Some("c"));
        assert_eq!(target(&history("c", [4, 5, 2, 1])), Some("b"), "and not to the newest again");
        assert_eq!(target(&history("a", [4, 3, 2, 5])), None);
        // From c back to a, then d was published: c is what was wrong before.
        assert_eq!(target(&history("d", [5, 3, 2, 4])), Some("a"));
        assert_eq!(target(&history("", [4, 3, 2, 1])), Some("d"), "nothing is live");
        assert_eq!(target(&[]), None);
    }

    #[test]
    fn a_deploy_that_shows_the_same_is_no_step_back() {
        let deploys = [deploy("c", "x", 3, true), deploy("b", "x", 2, false), deploy("a", "y", 1, false)];
        assert_eq!(target(&deploys), Some("a"));
        let uncounted: Vec<Deploy> = deploys.into_iter().map(|deploy| Deploy { seq: None, ..deploy }).collect();
        assert_eq!(target(&uncounted), Some("a"));
    }
}
