//! `pmx events`

use super::target::{self, Named};
use crate::{
    cli,
    error::{Error, Result},
    follow::{FollowError, FollowEvent, Follower, SiteAddress},
    report::{Report, Style, short_id},
};
use serde_json::{Value, json};
use std::time::SystemTime;

/// How what stands in the place of a deploy's id begins while a site is unpublished (`worker/API.md`).
const UNPUBLISHED: &str = "unpublished-";

/// Follows a site until the user ends it.
///
/// # Errors
/// The site cannot be followed; or the user ended it: then nothing is said, and the exit code is that of an interrupt.
pub(super) async fn run(args: &cli::EventsArgs, report: &Report) -> Result<()> {
    let Named { site, address: server, .. } = target::named(args.site.as_deref(), args.server.as_deref(), None)?;
    let address = SiteAddress::of(&server, &site);
    let shown = address.to_string();
    let mut follower = Follower::new(address).map_err(explained)?;
    let mut telling = EventPrinter { site: site.as_str(), address: &shown, report, is_noisy: false };
    let mut tell = |told| telling.tell(told);
    tokio::select! {
        error = follower.run(&mut tell) => Err(explained(error)),
        Ok(()) = tokio::signal::ctrl_c() => Err(Error::interrupted()),
        // `pmx events | head -1` has seen what it wanted.
        () = report.unread() => Ok(()),
    }
}

fn explained(error: FollowError) -> Error {
    let hint = error.hint();
    let error = Error::new(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Where what is told goes.
struct EventPrinter<'a> {
    site: &'a str,
    address: &'a str,
    report: &'a Report,
    /// Whether the user knows that the server says strange things.
    is_noisy: bool,
}

impl EventPrinter<'_> {
    fn tell(&mut self, told: FollowEvent) {
        let report = self.report;
        if report.json() {
            return report.event(&self.line(&told));
        }
        let now = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
        match told {
            FollowEvent::Connected { again: false, .. } => {
                report.say(format_args!("Following {}; Ctrl-C ends.", self.address));
            }
            FollowEvent::Connected { again: true, .. } => report.say(format_args!("{now}  connected again")),
            FollowEvent::Changed(change) => {
                let id = short_id(&change.deploy_id);
                let is_gone = change.deploy_id.starts_with(UNPUBLISHED);
                let remark = if is_gone { "(the site is unpublished)".to_owned() } else { format!("(deploy {id})") };
                let remark = report.paint(Style::Dim, &remark);
                report.data(format_args!("{now}  {change} {remark}"));
            }
            FollowEvent::Missed => report.say(format_args!(
                "{now}  the server has forgotten the deploy that was followed from; what changed since is not known"
            )),
            FollowEvent::Lost(reason) => report.say(format_args!("{now}  {reason}; trying again")),
            FollowEvent::Noise if self.is_noisy => {}
            FollowEvent::Noise => {
                self.is_noisy = true;
                report.warn("the server sends what is no event of a site; that is passed over");
            }
        }
    }

    /// An object of `--json`: `event`, `site`, `time`, then what it says.
    fn line(&self, told: &FollowEvent) -> Value {
        let (event, mut says) = match told {
            FollowEvent::Connected { deploy_id, seq, again } => {
                ("connected", json!({ "url": self.address, "deployId": deploy_id, "seq": seq, "again": again }))
            }
            FollowEvent::Changed(change) => ("changed", serde_json::to_value(change).unwrap_or_default()),
            FollowEvent::Missed => ("missed", json!({})),
            FollowEvent::Lost(reason) => ("disconnected", json!({ "reason": reason })),
            FollowEvent::Noise => ("noise", json!({})),
        };
        says["event"] = event.into();
        says["site"] = self.site.into();
        says["time"] = humantime::format_rfc3339_millis(SystemTime::now()).to_string().into();
        says
    }
}
