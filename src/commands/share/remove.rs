//! `pmx share --remove`

use super::{locate, named_server, options, receipts, session};
use crate::{
    cli,
    commands::{confirm::agree, deploys::unpublished, remote_site::RemoteSite},
    error::{Error, Result},
    publish::Address,
    report::Report,
    share::{Receipt, Receipts},
};
use pmx_site::Project;
use serde_json::json;
use std::path::Path;

/// What every address of a share answers that was taken back: it is gone.
const STATUS: u16 = 410;

/// Takes a share back, after asking, and forgets it.
///
/// # Errors
/// There is none; the user does not agree; the server refuses or does not answer, and it stays.
pub(super) fn remove(args: &cli::ShareArgs, asked: &Path, report: &Report) -> Result<()> {
    // The entry may be gone: it is looked for among the receipts then.
    let project = locate(&[asked.to_owned()]).or_else(|error| locate(&[]).map_err(|_| error))?;
    let receipts = receipts(&project, report)?;
    let receipt = find(&receipts, &project, asked, named_server(args)?.as_ref())?;
    let shown = project.show(&receipt.entry);
    let command = format!("pmx share --remove {shown}{}", options(args));
    let session = session(&project, receipt.target()?, args, command, report)?;
    let url = &receipt.url;
    if args.dry_run {
        if !report.json() {
            report.data(format!("would take back {url}: every address of it would answer {STATUS}"));
            report.say("nothing was changed");
        }
        report.event(&json!({ "event": "planned", "entry": shown, "url": url, "status": STATUS }));
        return Ok(());
    }
    let question = format!("Take back the share of `{shown}`? Every address of {url} will answer {STATUS}.");
    agree(&question, args.yes, "whoever has the address will not find it any more", report)?;
    let kv = take_down(&session)?;
    receipts.remove(receipt)?;
    match &kv {
        Some(kv) => {
            report.say(format_args!("`{shown}` is not shared any more: every address of it answers {STATUS}"));
            if kv == "pending" {
                report.warn("the server has recorded it, but not yet at the edge: pages may be served for a minute");
            }
        }
        None => report.say(format_args!("`{shown}` is not shared any more: the server did not have it")),
    }
    session.print_url(url);
    report.event(&json!({ "event": "removed", "entry": shown, "url": url, "status": STATUS, "kv": kv }));
    Ok(())
}

/// The state of the edge after it is down; none if there was nothing to take down.
fn take_down(session: &RemoteSite<'_>) -> Result<Option<String>> {
    let deploys = session.run(session.deploys())?;
    if deploys.is_empty() || unpublished(&deploys).is_some() {
        return Ok(None);
    }
    let done = session.run(session.take_down(STATUS))?;
    Ok(Some(done.kv.unwrap_or_default()))
}

/// The receipt that is meant, by the entry as it is named here or in the receipt, or by the address.
fn find<'r>(receipts: &'r Receipts, project: &Project, asked: &Path, server: Option<&Address>) -> Result<&'r Receipt> {
    let (at, text) = (project.source_at(asked), asked.to_string_lossy());
    let server = server.map(ToString::to_string);
    let names = |receipt: &&Receipt| {
        let Receipt { entry, site, url, .. } = receipt;
        at.as_ref() == Some(entry)
            || [entry.as_str(), site, url].contains(&text.trim_end_matches('/'))
            || project.show(entry) == text.trim_start_matches("./")
    };
    let mut fitting = receipts
        .all()
        .iter()
        .filter(names)
        .filter(|receipt| server.as_ref().is_none_or(|server| receipt.server == *server));
    match (fitting.next(), fitting.next()) {
        (Some(receipt), None) => Ok(receipt),
        (Some(_), Some(_)) => Err(Error::usage(format!("`{text}` is shared on several servers"))
            .hint("`--server` says which; `pmx share --list` lists them")),
        (None, _) => {
            Err(Error::new(format!("`{text}` is not shared from here")).hint("`pmx share --list` says what is"))
        }
    }
}
