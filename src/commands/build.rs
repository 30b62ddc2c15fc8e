//! `pmx build`

use crate::{
    cli,
    error::{Error, Result},
    report::Report,
    site::{self, Cache, Contents, Hosting, Options, Project},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Builds a site into a folder.
///
/// # Errors
/// There is no site, the folder cannot be written, or the site has errors; what could be built is written all the same.
pub(super) fn run(args: &cli::Build, report: &Report) -> Result<()> {
    let built = if args.static_files { static_files(args, report)? } else { build(args, report)? };
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
}

/// Builds, writes, and reports what was found.
pub(super) fn build(args: &cli::Build, report: &Report) -> Result<Built> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let out = project.out_dir(&cwd, &args.out)?;
    if site::contents(&out)? == Contents::StaticFiles {
        return Err(Error::usage(format_args!("{} holds the files of `pmx build --static`", shown(&cwd, &out)))
            .hint("name another folder with -o"));
    }
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
    Ok(Built { event, lines, errors })
}

/// Builds, and writes files for a host that knows no routes. Nothing is kept for the next build, nor taken from the last one: its
/// pages have other addresses.
fn static_files(args: &cli::Build, report: &Report) -> Result<Built> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let asked = match args.out == Path::new(cli::DEFAULT_OUT) {
        true => project.folder.join(cli::DEFAULT_STATIC_OUT),
        false => cwd.join(&args.out),
    };
    let out = project.out_dir(&cwd, &asked)?;
    if site::contents(&out)? == Contents::Build {
        return Err(Error::usage(format_args!("{} holds a build that can be published", shown(&cwd, &out)))
            .hint("name another folder with -o: a folder is one or the other"));
    }
    let base = args.base.clone().unwrap_or_default();
    let hosting = Hosting::Files(base);
    let project = Project { exclude: vec![out.clone()], player: !args.no_player, hosting, ..project };
    let snapshot = site::scan(&project, None)?;
    let build = site::build(&project, &snapshot, &mut Cache::default());
    let build = site::static_files(&project, &build)?;
    for diagnostic in &build.diagnostics {
        report.finding(diagnostic);
    }
    let Some(roots) = &build.roots else {
        return Err(Error::new("nothing was written: there is no site that could be served"));
    };
    let written = site::write(&build, &out, args.clean)?;
    let shown = shown(&cwd, &out);
    let event = json!({
        "event": "built",
        "static": true,
        "paths": roots.roots.len(),
        "pages": build.pages,
        "source": project.shown,
        "out": shown,
        "written": written.written,
        "deleted": written.deleted,
        "diagnostics": build.diagnostics,
    });
    let lines = [
        format!("Built {} from {} to {shown}, for any host of files.", counted(build.pages, "page"), project.shown),
        format!("Files: {} written, {} deleted.", written.written, written.deleted),
    ];
    let errors = build.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    Ok(Built { event, lines, errors })
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
