//! `pmx state check` and `pmx state repair`

use super::{
    super::{
        confirm::confirm,
        data::{existing, folder, refused},
    },
    absolute, own,
};
use crate::{
    cli::StateFolderArgs,
    error::{Error, Result},
    report::{Report, counted},
};
use pmx_emulator::{
    check::{self, Finding, Repaired},
    state_dir::StateDir,
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::{path::Path, time::SystemTime};

/// Reads all of the state, and tells what is wrong. Changes nothing.
///
/// # Errors
/// Something is wrong; the folder is owned or cannot be read.
pub(super) fn check(place: &StateFolderArgs, report: &Report) -> Result<()> {
    let folder = absolute(&folder(place)?)?;
    existing(&folder)?;
    let findings = findings(&folder)?;
    tell(&findings, report);
    report.event(&json!({ "event": "checked", "state": folder, "findings": findings.len() }));
    if findings.is_empty() {
        report.line(format_args!("{} is whole.", folder.display()));
        return Ok(());
    }
    let error = Error::new(format!("{} in {}", counted(findings.len(), "finding"), folder.display()));
    Err(if findings.iter().all(|finding| matches!(finding, Finding::Stray { .. })) {
        error.hint("it works all the same; what is not of pmx is yours to take away")
    } else {
        error.hint("`pmx state repair` sets aside what is damaged, and forgets what is lost; publishing again brings that back")
    })
}

/// Repairs what a check finds.
///
/// # Errors
/// The user does not agree; the folder is owned, or cannot be changed.
pub(super) fn repair(place: &StateFolderArgs, yes: bool, report: &Report) -> Result<()> {
    let folder = absolute(&folder(place)?)?;
    existing(&folder)?;
    let findings = findings(&folder)?;
    tell(&findings, report);
    if findings.iter().all(|finding| matches!(finding, Finding::Stray { .. })) {
        report.event(&json!({ "event": "repaired", "state": folder, "repaired": 0 }));
        report.line(format_args!("{} needs no repair.", folder.display()));
        return Ok(());
    }
    confirm(&format!("Repair {}?", folder.display()), yes, report)?;
    let stamp: String = humantime::format_rfc3339_seconds(SystemTime::now())
        .to_string()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric())
        .collect();
    let repaired = check::repair(&own(&folder)?, &findings, &stamp)
        .map_err(|error| Error::new(error).hint("`pmx state reset` begins anew, with everything in the folder gone"))?;
    for done in &repaired {
        if report.json() {
            report.event(&event("repair", done));
        } else {
            report.data(done);
        }
    }
    report.event(&json!({ "event": "repaired", "state": folder, "repaired": repaired.len() }));
    if repaired.iter().any(|done| !matches!(done, Repaired::Swept { .. })) {
        report.say("publish the sites again, or start `pmx dev`: what was lost comes back with that");
    }
    if repaired.iter().any(|done| matches!(done, Repaired::SetAside { file, .. } if file.starts_with("do/"))) {
        report.say("a site whose Durable Object was set aside begins a new history of deploys");
    }
    Ok(())
}

fn findings(folder: &Path) -> Result<Vec<Finding>> {
    let state = StateDir::open_for_reading(folder).map_err(refused)?;
    Ok(check::check(&state)?)
}

fn tell(findings: &[Finding], report: &Report) {
    for finding in findings {
        if report.json() {
            report.event(&event("finding", finding));
        } else {
            report.data(finding);
        }
    }
}

fn event(kind: &str, what: &impl Serialize) -> Json {
    let mut event = json!(what);
    event["event"] = kind.into();
    event
}
