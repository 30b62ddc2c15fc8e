//! `pmx build`

use crate::{
    cli,
    error::{Error, Result},
    paths::canonical,
    report::Report,
    site::{self, Build, Cache, Contents, Hosting, Key, Options, OutDir, Project, SiteError},
    user_folder,
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
    /// Where it is.
    pub(super) out: OutDir,
}

/// Builds, writes, and reports what was found.
pub(super) fn build(args: &cli::Build, report: &Report) -> Result<Built> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let out = project.out_dir(&cwd, args.out.as_deref())?;
    let key = user_folder::build_key().map(Key::new);
    if site::contents(&out, key.as_ref())? == Contents::StaticFiles {
        let holds = format!("{} holds the files of `pmx build --static`", shown(&cwd, out.path()));
        return Err(Error::usage(holds).hint("name another folder with -o"));
    }
    let exclude = vec![out.path().to_owned()];
    let project = Project { exclude, player: !args.no_player, source_maps: true, ..project };
    if let Some(warning) = project.own_output_warning() {
        report.warn(warning);
    }
    let snapshot = site::scan(&project, None)?;
    let mut cache = Cache::open(&project, key);
    let (build, written) = site::build_into(&project, &snapshot, &mut cache, &out, args.clean)?;
    for diagnostic in &build.diagnostics {
        report.findings(diagnostic.lines());
    }
    let roots = build.roots.as_ref().ok_or_else(nothing_to_serve)?;
    cache.save(&project);
    let shown = shown(&cwd, out.path());
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
    Ok(Built { event, lines, errors: errors(&build), out })
}

/// Builds in memory what [`build`] would write, and reports what was found. Nothing is written, and nothing read but the site.
pub(super) fn build_dry(entries: &[PathBuf], asked: Option<&Path>, report: &Report) -> Result<(Build, usize)> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: entries.to_owned() })?;
    let out = project.out_dir(&cwd, asked)?;
    let project = Project { exclude: vec![out.path().to_owned()], ..project };
    let build = site::build(&project, &site::scan(&project, None)?, &mut Cache::default());
    for diagnostic in &build.diagnostics {
        report.findings(diagnostic.lines());
    }
    let errors = errors(&build);
    Ok((build, errors))
}

/// Why a build has no output.
pub(super) fn nothing_to_serve() -> Error {
    Error::new("nothing was written: there is no site that could be served")
}

fn errors(build: &Build) -> usize {
    build.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

/// Where a build is that was made before: where it was asked for, else where the site has it, else in `.pathmx`.
pub(super) fn earlier(
    site: std::result::Result<Project, SiteError>,
    cwd: &Path,
    asked: Option<&Path>,
) -> Result<OutDir> {
    match (asked, site) {
        (Some(asked), _) => Ok(OutDir::named(&cwd.join(asked))),
        (None, Ok(project)) => Ok(project.out_dir(cwd, None)?),
        // A build can be there without its site.
        (None, Err(SiteError::NoSite { .. })) => Ok(OutDir::default_in(&canonical(cwd)?)),
        (None, Err(error)) => Err(error.into()),
    }
}

/// Builds, and writes files for a host that knows no routes. Nothing is kept for the next build, nor taken from the last one: its
/// pages have other addresses.
fn static_files(args: &cli::Build, report: &Report) -> Result<Built> {
    let cwd = std::env::current_dir()?;
    let project = site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let out = project.static_dir(&cwd, args.out.as_deref(), cli::DEFAULT_STATIC_OUT)?;
    let key = user_folder::build_key().map(Key::new);
    if site::contents(&out, key.as_ref())? == Contents::Build {
        let holds = format!("{} holds a build that can be published", shown(&cwd, out.path()));
        return Err(Error::usage(holds).hint("name another folder with -o: a folder is one or the other"));
    }
    let base = args.base.clone().unwrap_or_default();
    let hosting = Hosting::Files(base);
    let project = Project { exclude: vec![out.path().to_owned()], player: !args.no_player, hosting, ..project };
    let snapshot = site::scan(&project, None)?;
    let build = site::build(&project, &snapshot, &mut Cache::default());
    let build = site::static_files(&project, &build)?;
    for diagnostic in &build.diagnostics {
        report.findings(diagnostic.lines());
    }
    let roots = build.roots.as_ref().ok_or_else(nothing_to_serve)?;
    let written = site::write(&build, &out, key.as_ref(), args.clean)?;
    let shown = shown(&cwd, out.path());
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
    Ok(Built { event, lines, errors: errors(&build), out })
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
