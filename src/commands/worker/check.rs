//! `pmx worker check`

use crate::{
    cli::WorkerCheckArgs,
    commands::worker_configs,
    error::{Error, Result},
    report::{Report, Style, counted},
};
use pmx_emulator::config::{Diagnostic, Loaded, Severity, check_together};
use serde_json::json;

/// Says what is wrong with configs, each by itself and all of them together.
///
/// # Errors
/// One cannot be read, or there are errors.
pub(super) fn run(args: &WorkerCheckArgs, report: &Report) -> Result<()> {
    let loaded = worker_configs::load(&args.files, args.env.as_deref())?;
    let mut found: Vec<Diagnostic> = loaded.iter().flat_map(|loaded| loaded.diagnostics.iter().cloned()).collect();
    found.extend(check_together(&loaded));
    // All that is said of one file stays together, in the order in which the files were named.
    let place =
        |found: &Diagnostic| loaded.iter().position(|loaded| loaded.config.path.display().to_string() == found.path);
    found.sort_by_key(|found| (place(found), found.place, found.severity));

    for diagnostic in &found {
        if report.json() {
            let mut event = json!(diagnostic);
            event["event"] = "finding".into();
            report.event(&event);
        } else {
            lines(diagnostic, report);
        }
    }
    let count = |severity| found.iter().filter(|found| found.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    report.event(&json!({
        "event": "checked",
        "workers": loaded.iter().map(|loaded| loaded.config.worker()).collect::<Vec<_>>(),
        "errors": errors,
        "warnings": warnings,
        "notes": notes,
    }));
    if !report.json() {
        let names: Vec<String> = loaded.iter().map(name).collect();
        let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
        report.say(format_args!("Checked {}: {errors}, {warnings}.", names.join(", ")));
        unchecked(&loaded, args.env.as_deref(), report);
    }
    if errors > 0 { Err(Error::new(counted(errors, "error"))) } else { Ok(()) }
}

fn name(loaded: &Loaded) -> String {
    let (name, path) = (loaded.config.worker(), loaded.config.path.display());
    if name.is_empty() { path.to_string() } else { format!("{name} ({path})") }
}

/// A finding: its place and how bad it is, then the words; what comes after the first line is below it.
fn lines(found: &Diagnostic, report: &Report) {
    let style = match found.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Note => Style::Dim,
    };
    let (place, mut message) = (found.place, found.message.lines());
    let severity = report.paint(style, &found.severity.to_string());
    let first = message.next().unwrap_or_default();
    report.data(format_args!("{}:{}:{}: {severity}: {first}", found.path, place.line, place.column));
    message.filter(|line| !line.is_empty()).for_each(|line| report.data(format_args!("    {line}")));
    if let Some(hint) = &found.hint {
        report.data(format_args!("    {}: {hint}", report.paint(Style::Bold, "hint")));
    }
}

/// Names the environments that nobody looked at.
fn unchecked(loaded: &[Loaded], asked: Option<&str>, report: &Report) {
    let mut others: Vec<&str> = loaded.iter().flat_map(|loaded| &loaded.environments).map(String::as_str).collect();
    others.sort_unstable();
    others.dedup();
    if asked.is_none() && !others.is_empty() {
        report.say(format_args!("Environments not checked: {} (--env names one)", others.join(", ")));
    }
}
