//! `pmx build`

use crate::{
    cli,
    error::{Error, Result},
    report::{Report, counted},
    user_folder,
};
use pmx_site::paths::{canonical, from_here};
use pmx_site::{
    BasePath, Build, Cache, Contents, Hosting, Key, Options, OutDir, Project, SiteAddress, SiteError, Written,
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Builds a site into a folder.
///
/// # Errors
/// There is no site, the folder cannot be written, or the site has errors; what could be built is written all the same.
pub(super) fn run(args: &cli::BuildArgs, report: &Report) -> Result<()> {
    let built = build(args, report)?;
    report.event(&built.event);
    // Scripts wait for these lines on stdout.
    built.lines.iter().for_each(|line| report.line(line));
    match built.errors {
        0 => Ok(()),
        errors => Err(Error::new(format_args!("{}; the rest was built", counted(errors, "error")))),
    }
}

/// What a build has to say.
pub(super) struct BuildOutcome {
    event: serde_json::Value,
    lines: [String; 2],
    /// Errors among its findings.
    pub(super) errors: usize,
    /// Where it is.
    pub(super) out: OutDir,
    /// What was built.
    pub(super) project: Project,
}

/// What a build is made for.
enum Goal {
    /// A folder that a server is given, or reads.
    Folder,
    /// A folder for a host of plain files that has the site below this path.
    Files(BasePath),
    /// Nothing that is written.
    Memory {
        /// It is for an address that search engines are asked not to list.
        unlisted: bool,
    },
}

/// A build, and where it belongs.
struct FinishedBuild {
    project: Project,
    out: OutDir,
    /// The output folder as the user would name it.
    shown: String,
    build: Build,
    written: Written,
}

/// Builds, writes, and reports what was found.
pub(super) fn build(args: &cli::BuildArgs, report: &Report) -> Result<BuildOutcome> {
    let goal = match args.static_files {
        true => Goal::Files(args.base.clone().unwrap_or_default()),
        false => Goal::Folder,
    };
    let is_static = args.static_files;
    let FinishedBuild { project, out, shown, build, written } = make(args, &goal, report)?;
    let (paths, from) = (build.roots.as_ref().map_or(0, |roots| roots.roots.len()), &project.shown);
    let mut event = json!({
        "event": "built",
        "paths": paths,
        "pages": build.pages,
        "source": from,
        "out": shown,
        "written": written.written,
        "deleted": written.deleted,
        "diagnostics": build.diagnostics,
    });
    let changed = format!("{} written, {} deleted.", written.written, written.deleted);
    let lines = if is_static {
        event["static"] = true.into();
        let pages = counted(build.pages, "page");
        [format!("Built {pages} from {from} to {shown}, for any host of files."), format!("Files: {changed}")]
    } else {
        [format!("Built {} from {from} to {shown}.", counted(paths, "path")), format!("Artifacts: {changed}")]
    };
    Ok(BuildOutcome { event, lines, errors: errors(&build), out, project })
}

/// Builds in memory what [`build`] would write, and reports what was found. Nothing is written, and nothing read but the site.
pub(super) fn build_dry(entries: &[PathBuf], asked: Option<&Path>, report: &Report) -> Result<(Build, usize)> {
    in_memory(entries, asked, &Goal::Memory { unlisted: false }, report)
}

/// As [`build_dry`], for a share of the Path that starts at this entry.
pub(super) fn build_share(entry: &Path, report: &Report) -> Result<(Build, usize)> {
    in_memory(&[entry.to_owned()], None, &Goal::Memory { unlisted: true }, report)
}

fn in_memory(entries: &[PathBuf], asked: Option<&Path>, goal: &Goal, report: &Report) -> Result<(Build, usize)> {
    let args =
        cli::BuildArgs { entries: entries.to_owned(), out: asked.map(Path::to_owned), ..cli::BuildArgs::default() };
    let FinishedBuild { build, .. } = make(&args, goal, report)?;
    let errors = errors(&build);
    Ok((build, errors))
}

/// Locates, scans, builds, reports what was found, and writes what the goal asks for.
///
/// # Errors
/// There is no site, or none that could be served; the folder cannot be written, or holds a build of the other kind.
fn make(args: &cli::BuildArgs, goal: &Goal, report: &Report) -> Result<FinishedBuild> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate(&Options { cwd: cwd.clone(), entries: args.entries.clone() })?;
    let asked = args.out.as_deref();
    let out = match goal {
        Goal::Files(_) => project.static_dir(&cwd, asked, cli::DEFAULT_STATIC_OUT)?,
        Goal::Folder | Goal::Memory { .. } => project.out_dir(&cwd, asked)?,
    };
    let shown = from_here(&cwd, out.path());
    let key = match goal {
        Goal::Memory { .. } => None,
        Goal::Folder | Goal::Files(_) => user_folder::build_key().map(Key::new),
    };
    refuse_the_other_kind(goal, &out, &shown, key.as_ref())?;
    let unlisted = matches!(goal, Goal::Memory { unlisted: true });
    let project = Project {
        exclude: vec![out.path().to_owned()],
        player: !args.no_player,
        source_maps: matches!(goal, Goal::Folder),
        hosting: match goal {
            Goal::Files(base) => Hosting::Files(base.clone()),
            Goal::Folder | Goal::Memory { .. } => Hosting::Worker,
        },
        unlisted,
        // What the config calls the site's own address is another one than that of a share.
        address: SiteAddress { url: project.address.url.filter(|_| !unlisted), ..project.address },
        ..project
    };
    if let Some(warning) = project.own_output_warning() {
        report.warn(warning);
    }
    let snapshot = pmx_site::scan(&project, None)?;
    let (build, mut written) = match goal {
        Goal::Folder => {
            let mut cache = Cache::open(&project, key.clone());
            let made = pmx_site::build_into(&project, &snapshot, &mut cache, &out, args.clean)?;
            if made.0.roots.is_some() {
                cache.save(&project);
            }
            made
        }
        // Nothing is kept for the next build, nor taken from the last one: its pages have other addresses.
        Goal::Files(_) => {
            let build = pmx_site::build(&project, &snapshot, &mut Cache::default());
            (pmx_site::static_files(&project, &build)?, Written::default())
        }
        Goal::Memory { .. } => (pmx_site::build(&project, &snapshot, &mut Cache::default()), Written::default()),
    };
    for diagnostic in &build.diagnostics {
        report.findings(diagnostic.lines());
    }
    if build.roots.is_none() {
        return Err(nothing_to_serve());
    }
    if matches!(goal, Goal::Files(_)) {
        written = pmx_site::write(&build, &out, key.as_ref(), args.clean)?;
    }
    Ok(FinishedBuild { project, out, shown, build, written })
}

/// A folder holds a build for a server or files for a host of files, and stays with that.
fn refuse_the_other_kind(goal: &Goal, out: &OutDir, shown: &str, key: Option<&Key>) -> Result<()> {
    let (other, what) = match goal {
        Goal::Memory { .. } => return Ok(()),
        Goal::Folder => (Contents::StaticFiles, "the files of `pmx build --static`"),
        Goal::Files(_) => (Contents::Build, "a build that can be published"),
    };
    if pmx_site::contents(out, key)? != other {
        return Ok(());
    }
    Err(Error::usage(format_args!("{shown} holds {what}"))
        .hint("name another folder with -o: a folder is one or the other"))
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
