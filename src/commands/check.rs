//! `pmx check`

use crate::{
    cli,
    error::{Error, Result},
    report::{Report, counted},
};
use pmx_site::{Build, Cache, Options, Snapshot};
use serde_json::{Value, json};

/// Builds without writing and says what was found.
///
/// # Errors
/// There is no site, or it has errors; with `--strict` also if it has warnings.
pub(super) fn run(args: &cli::CheckArgs, report: &Report) -> Result<()> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate(&Options { cwd, entries: args.entries.clone() })?;
    if let Some(warning) = project.own_output_warning() {
        report.warn(warning);
    }
    let snapshot = pmx_site::scan(&project, None)?;
    let build = pmx_site::build(&project, &snapshot, &mut Cache::default());

    let errors = build.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = build.diagnostics.len() - errors;
    for diagnostic in &build.diagnostics {
        if report.json() {
            report.event(&finding(json!(diagnostic)));
        } else {
            diagnostic.lines().for_each(|line| report.data(line));
        }
    }
    let unreachable = unreachable(&build, &snapshot);
    if args.unreachable {
        for path in &unreachable {
            let shown = project.show(path);
            let (code, message) = ("source/unreachable", "no link leads to this Source, so it is not built");
            if report.json() {
                let note = json!({ "path": shown, "line": 1, "column": 1, "severity": "note", "code": code, "message": message });
                report.event(&finding(note));
            } else {
                report.data(format_args!("{shown}:1:1: note: {message} [{code}]"));
            }
        }
    }
    report.event(&json!({
        "event": "checked",
        "pages": build.pages,
        "errors": errors,
        "warnings": warnings,
        "unreachable": unreachable.len(),
    }));
    let beyond = match unreachable.len() {
        0 => String::new(),
        _ if args.unreachable => format!(", {} not reached", counted(unreachable.len(), "Source")),
        count => format!(", {} not reached (--unreachable names them)", counted(count, "Source")),
    };
    let (errors_said, warnings_said) = (counted(errors, "error"), counted(warnings, "warning"));
    if !report.json() {
        report.say(format_args!("Checked {}: {errors_said}, {warnings_said}{beyond}.", counted(build.pages, "page")));
    }
    match (errors, warnings) {
        (0, 0) => Ok(()),
        (0, _) if !args.strict => Ok(()),
        (0, _) => Err(Error::new(format_args!("{warnings_said}, and --strict allows none"))),
        _ => Err(Error::new(errors_said)),
    }
}

fn finding(mut diagnostic: Value) -> Value {
    diagnostic["event"] = "finding".into();
    diagnostic
}

/// Sources on disk that no Path reaches, configs left out.
pub(super) fn unreachable(build: &Build, snapshot: &Snapshot) -> Vec<String> {
    let below_root = |path: &str| path.split_once('/').map(|(_, path)| path.to_owned());
    let built: std::collections::BTreeSet<String> = build.outputs.keys().filter_map(|path| below_root(path)).collect();
    snapshot
        .files()
        .keys()
        .filter(|path| pmx_site::is_text(path))
        .filter(|path| !built.contains(*path))
        .cloned()
        .collect()
}
