//! `pmx build`

use crate::{
    cli,
    error::{Error, Result},
    report::Report,
    site::{self, Cache, Options, Project},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Builds a site into a folder.
///
/// # Errors
/// There is no site, the folder cannot be written, or the site has errors; what could be built is written all the same.
pub(super) fn run(args: &cli::Build, report: &Report) -> Result<()> {
    let built = build(args, report)?;
    if report.json() {
        report.event(&built.event);
    } else {
        for line in built.lines {
            report.data(line);
        }
    }
    match built.errors {
        0 => Ok(()),
        errors => Err(Error::new(format_args!("{}; the rest was built", counted(errors, "error")))),
    }
}

/// What a build has to say.
pub(super) struct Built {
    event: serde_json::Value,
    lines: [String; 2],
    /// Errors among its findings.
    pub(super) errors: usize,
    /// The folder that was written.
    pub(super) out: PathBuf,
}

/// Builds, writes, and reports what was found.
pub(super) fn build(args: &cli::Build, report: &Report) -> Result<Built> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let out = project.out_dir(&cwd, args.out.as_deref())?;
    let project = Project { exclude: vec![out.clone()], player: !args.no_player, source_maps: true, ..project };
    let snapshot = site::scan(&project, None)?;
    let mut cache = Cache::open(&project);
    let (build, written) = site::build_into(&project, &snapshot, &mut cache, &out, args.clean)?;
    for diagnostic in &build.diagnostics {
        report.finding(diagnostic);
    }
    let Some(roots) = &build.roots else {
        return Err(Error::new("nothing was written: there is no site that could be served"));
    };
    cache.save(&project);
    let shown = shown(&cwd, &out);
    let event = json!({
        "event": "built",
        "paths": roots.roots.len(),
        "pages": build.pages,
        "source": project.shown,
        "out": shown,
        "written": written.written,
        "deleted": written.deleted,
        "diagnostics": build.diagnostics,
    });
    let lines = [
        format!("Built {} from {} to {shown}.", counted(roots.roots.len(), "path"), project.shown),
        format!("Artifacts: {} written, {} deleted.", written.written, written.deleted),
    ];
    let errors = build.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    Ok(Built { event, lines, errors, out })
}

/// `1 error`, `2 errors`
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The output folder as the user would name it.
fn shown(cwd: &Path, out: &Path) -> String {
    let below: PathBuf = out.strip_prefix(cwd).unwrap_or(out).components().collect();
    below.display().to_string()
}
