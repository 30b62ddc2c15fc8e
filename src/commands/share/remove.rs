//! `pmx share --remove`

use super::{Place, named_server, options, receipts, session};
use crate::{
    cli,
    commands::{
        confirm::agree,
        deploys::unpublished,
        remote_site::{Called, RemoteSite},
    },
    error::{Error, Result},
    follow::SiteAddress,
    publish::{Address, Deploy, PublishError},
    report::{Report, pasted},
    share::{self, Receipt, Receipts},
};
use serde_json::json;
use std::path::Path;

/// What every address of a share answers that was taken back: it is gone.
const STATUS: u16 = 410;

/// Takes a share back, after asking; or forgets it.
///
/// # Errors
/// There is none; the user does not agree; the server refuses, does not answer, or is another that does not have it: the share stays then.
pub(super) fn remove(args: &cli::ShareArgs, asked: &Path, report: &Report) -> Result<()> {
    let place = Place::of(&[asked.to_owned()])?;
    let receipts = receipts(&place.folder, report)?;
    let server = named_server(args)?;
    if let Some(receipt) = find(&receipts, &place, asked, server.as_ref())? {
        let removal = Removal { args, shown: place.show(&receipt.entry), receipts: Some(&receipts), receipt, report };
        return if args.forget {
            removal.forget(&receipts, server.as_ref())
        } else {
            removal.take_back(&place.folder, server)
        };
    }
    let text = asked.to_string_lossy();
    let (Some(site), Some(server), false) = (share::named_in(&text), server, args.forget) else {
        return Err(Error::new(format!("`{text}` is not shared from here"))
            .hint("`pmx share --list` says what is; by its address and with --server, a share without a receipt is taken back, too"));
    };
    let url = SiteAddress::of(&server, &site).to_string();
    let (entry, site) = (url.clone(), site.to_string());
    let receipt = Receipt { entry, server: server.to_string(), site, url, shared: None, taken_back: None };
    Removal { args, shown: receipt.url.clone(), receipts: None, receipt: &receipt, report }
        .take_back(&place.folder, Some(server))
}

/// A share on its way out.
struct Removal<'a> {
    args: &'a cli::ShareArgs,
    /// The entry as the user would name it; the address, where that is all that is known.
    shown: String,
    /// What the receipt is one of; none if there is none.
    receipts: Option<&'a Receipts>,
    receipt: &'a Receipt,
    report: &'a Report,
}

impl Removal<'_> {
    fn take_back(&self, folder: &Path, server: Option<Address>) -> Result<()> {
        let Self { args, shown, receipt, report, .. } = self;
        let (known, site) = receipt.target()?;
        let address = server.unwrap_or_else(|| known.clone());
        // Where it is now, if its server has moved.
        let has_moved = address != known;
        let again = format!("pmx share --remove {}{}", pasted(shown), options(args));
        let session = session(folder, (address, site), args, again, report)?;
        let deploys = self.deploys(&session)?;
        if deploys.is_empty() && (has_moved || self.receipts.is_none()) {
            return Err(elsewhere(shown, &session.address, &receipt.server));
        }
        let url = if has_moved { session.url() } else { receipt.url.clone() };
        if args.dry_run {
            self.plan(&format!("would take back {url}: every address of it would answer {STATUS}"), &url, Some(STATUS));
            return Ok(());
        }
        let question = format!("Take back the share of `{shown}`? Every address of {url} will answer {STATUS}.");
        agree(&question, args.yes, "whoever has the address will not find it any more", report)?;
        let is_down = deploys.is_empty() || unpublished(&deploys).is_some();
        let kv = if is_down { None } else { Some(session.run(session.take_down(STATUS))?.kv.unwrap_or_default()) };
        if let Some(receipts) = self.receipts {
            let noted = receipts.take_back(receipt, &session.address);
            noted.map_err(|error| Error::new(format!("{url} is taken back, but {error}")))?;
        }
        match &kv {
            Some(kv) => {
                report.say(format_args!("`{shown}` is not shared any more: every address of it answers {STATUS}"));
                if kv == "pending" {
                    report
                        .warn("the server has recorded it, but not yet at the edge: pages may be served for a minute");
                }
            }
            None if deploys.is_empty() => {
                report.say(format_args!("`{shown}` is not shared any more: the server did not have it"));
            }
            None => report.say(format_args!("`{shown}` is not shared any more: the server had taken it down before")),
        }
        session.print_url(&url);
        report.event(&json!({ "event": "removed", "entry": shown, "url": url, "status": STATUS, "kv": kv }));
        Ok(())
    }

    /// What its server has of it. Where none answers, the user is told how to go on without it.
    fn deploys(&self, session: &RemoteSite<'_>) -> Result<Vec<Deploy>> {
        let asked: Called<_> = session.run(async { Ok(session.deploys().await) })?;
        asked.map_err(|error| {
            let explained = session.explain(&error);
            match error {
                PublishError::Refused { refusal, .. } if matches!(refusal.status, 401 | 403) => explained,
                _ if self.receipts.is_none() => explained,
                _ => explained.hint(format!(
                    "it stays in the list; if the server is gone for good, `pmx share --remove --forget {}` takes it off",
                    pasted(&self.shown)
                )),
            }
        })
    }

    /// Takes it off the list, whatever is on its server.
    fn forget(&self, receipts: &Receipts, server: Option<&Address>) -> Result<()> {
        let Self { args, shown, receipt, report, .. } = self;
        let url = &receipt.url;
        if let Some(server) = server.filter(|server| server.to_string() != receipt.server) {
            return Err(elsewhere(shown, server, &receipt.server));
        }
        if args.dry_run {
            self.plan(&format!("would forget {url}, and leave it as it is"), url, None);
            return Ok(());
        }
        let question = format!("Forget the share of `{shown}`? {url} stays as it is.");
        agree(&question, args.yes, "a share that is forgotten is neither updated nor taken back from here", report)?;
        receipts.remove(receipt)?;
        report.say(format_args!("`{shown}` is forgotten; whoever has the address may still find it"));
        if !report.json() {
            report.data(url);
        }
        report.event(&json!({ "event": "forgotten", "entry": shown, "url": url }));
        Ok(())
    }

    /// Says what would be done. `status`: what its addresses would answer then.
    fn plan(&self, words: &str, url: &str, status: Option<u16>) {
        if !self.report.json() {
            self.report.data(words);
            self.report.say("nothing was changed");
        }
        self.report.event(&json!({ "event": "planned", "entry": self.shown, "url": url, "status": status }));
    }
}

fn elsewhere(shown: &str, server: &Address, known: &str) -> Error {
    let error = Error::new(format!("`{shown}` is not shared on {server}"));
    if server.to_string() == known {
        return error;
    }
    error.hint(format!("`--server {known}` names the server that it was shared on"))
}

/// The receipt that is meant, by the entry as it is named here or in the receipt, or by the address. Of several, the one on `server`; the only
/// one may be on another, which has moved to where `server` is.
fn find<'r>(
    receipts: &'r Receipts,
    place: &Place,
    asked: &Path,
    server: Option<&Address>,
) -> Result<Option<&'r Receipt>> {
    let at = place.project.as_ref().and_then(|project| project.source_at(asked));
    let text = asked.to_string_lossy();
    let names = |receipt: &&Receipt| {
        let Receipt { entry, site, url, .. } = receipt;
        at.as_ref() == Some(entry)
            || [entry.as_str(), site, url].contains(&text.trim_end_matches('/'))
            || place.show(entry) == text.trim_start_matches("./")
    };
    let fitting: Vec<&Receipt> = receipts.shares().iter().filter(names).collect();
    let server = server.map(ToString::to_string);
    let there = fitting.iter().find(|receipt| server.as_ref() == Some(&receipt.server));
    match (there, fitting.as_slice()) {
        (Some(receipt), _) | (None, [receipt]) => Ok(Some(receipt)),
        (None, []) => Ok(None),
        (None, [..]) => Err(Error::usage(format!("`{text}` is shared on several servers"))
            .hint("`--server` says which; `pmx share --list` lists them")),
    }
}
