//! `pmx share --list`

use super::{Place, receipts};
use crate::{
    commands::{deploy_words::moment, listing::table},
    error::Result,
    report::Report,
    share::Receipt,
};
use serde_json::{Value, json};
use std::{path::PathBuf, time::SystemTime};

/// Lists what is shared from a project; no server is asked.
pub(super) fn list(entries: &[PathBuf], report: &Report) -> Result<()> {
    let place = Place::of(entries)?;
    let receipts = receipts(&place.folder, report)?;
    if report.json() {
        report.event(&receipts.shares().iter().map(|receipt| machine(&place, receipt)).collect::<Vec<_>>());
        return Ok(());
    }
    if receipts.shares().is_empty() {
        report.say("nothing is shared from here");
        return Ok(());
    }
    let now = SystemTime::now();
    let heads = ["ENTRY", "SHARED", "AGE", "ADDRESS"].map(String::from);
    let rows: Vec<_> = receipts.shares().iter().map(|receipt| row(&place, receipt, now)).collect();
    table(&heads, &rows, report);
    Ok(())
}

fn row(place: &Place, receipt: &Receipt, now: SystemTime) -> Vec<String> {
    let (shared, age) = match &receipt.shared {
        Some(shared) => moment(shared, now),
        // No server has confirmed it.
        None => (String::from("-"), String::from("-")),
    };
    vec![place.show(&receipt.entry), shared, age, receipt.url.clone()]
}

fn machine(place: &Place, receipt: &Receipt) -> Value {
    let Receipt { entry, server, site, url, shared, taken_back: _ } = receipt;
    json!({ "entry": place.show(entry), "server": server, "site": site, "url": url, "shared": shared })
}
