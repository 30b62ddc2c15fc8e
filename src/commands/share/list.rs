//! `pmx share --list`

use super::{locate, receipts};
use crate::{
    commands::{deploy_words::moment, listing::table},
    error::Result,
    report::Report,
    share::Receipt,
};
use pmx_site::Project;
use serde_json::{Value, json};
use std::{path::PathBuf, time::SystemTime};

/// Lists what is shared from a project; no server is asked.
pub(super) fn list(entries: &[PathBuf], report: &Report) -> Result<()> {
    let project = locate(entries)?;
    let receipts = receipts(&project, report)?;
    if report.json() {
        report.event(&receipts.all().iter().map(|receipt| machine(&project, receipt)).collect::<Vec<_>>());
        return Ok(());
    }
    if receipts.all().is_empty() {
        report.say("nothing is shared from here");
        return Ok(());
    }
    let now = SystemTime::now();
    let heads = ["ENTRY", "SHARED", "AGE", "ADDRESS"].map(String::from);
    let rows: Vec<_> = receipts.all().iter().map(|receipt| row(&project, receipt, now)).collect();
    table(&heads, &rows, report);
    Ok(())
}

fn row(project: &Project, receipt: &Receipt, now: SystemTime) -> Vec<String> {
    let (shared, age) = match &receipt.shared {
        Some(shared) => moment(shared, now),
        // No server has confirmed it.
        None => (String::from("-"), String::from("-")),
    };
    vec![project.show(&receipt.entry), shared, age, receipt.url.clone()]
}

fn machine(project: &Project, receipt: &Receipt) -> Value {
    let Receipt { entry, server, site, url, shared } = receipt;
    json!({ "entry": project.show(entry), "server": server, "site": site, "url": url, "shared": shared })
}
