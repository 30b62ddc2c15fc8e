//! `pmx share --list`

use super::{locate, receipts};
use crate::{
    commands::deploy_words::moment,
    error::Result,
    report::{Report, Style},
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
    let head = ["ENTRY", "SHARED", "AGE"].map(String::from);
    let rows: Vec<_> = receipts.all().iter().map(|receipt| row(&project, receipt, now)).collect();
    let widths: [usize; 3] = std::array::from_fn(|column| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let aligned = |row: &[String; 3], address: &str| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}  {address}", cells.join("  "))
    };
    report.data(report.paint(Style::Bold, &aligned(&head, "ADDRESS")));
    for (receipt, row) in receipts.all().iter().zip(&rows) {
        report.data(aligned(row, &receipt.url));
    }
    Ok(())
}

fn row(project: &Project, receipt: &Receipt, now: SystemTime) -> [String; 3] {
    let (shared, age) = match &receipt.shared {
        Some(shared) => moment(shared, now),
        // No server has confirmed it.
        None => (String::from("-"), String::from("-")),
    };
    [project.show(&receipt.entry), shared, age]
}

fn machine(project: &Project, receipt: &Receipt) -> Value {
    let Receipt { entry, server, site, url, shared } = receipt;
    json!({ "entry": project.show(entry), "server": server, "site": site, "url": url, "shared": shared })
}
