//! `pmx init`: a small space that explains itself, carried in the binary.

use super::ignored::{self, Ignoring, IgnoringError};
use crate::{
    cli,
    error::{Error, Result},
    report::{Report, counted, pasted},
};
use pmx_site::paths::canonical;
use pmx_site::{Entry, Folder, Options};
use serde_json::json;
use std::{io, path::Path};

/// The files of a new space and what they say.
const FILES: [(&str, &str); 8] = [
    ("pathmx.config.md", include_str!("../../examples/starter/pathmx.config.md")),
    ("paths/index.path.md", include_str!("../../examples/starter/paths/index.path.md")),
    ("paths/first.lesson.md", include_str!("../../examples/starter/paths/first.lesson.md")),
    ("paths/slides.talk.md", include_str!("../../examples/starter/paths/slides.talk.md")),
    ("paths/parts.guide.md", include_str!("../../examples/starter/paths/parts.guide.md")),
    ("paths/parts.components.md", include_str!("../../examples/starter/paths/parts.components.md")),
    ("paths/cycle.svg", include_str!("../../examples/starter/paths/cycle.svg")),
    ("paths/theme.css", include_str!("../../examples/starter/paths/theme.css")),
];

/// The start page of a new space.
const START: &str = "paths/index.path.md";

/// Writes the files that a folder lacks, and says which of them were there. The folder may be missing, or have other files.
///
/// # Errors
/// The folder cannot be written; a link or a folder is in the way. What was written before stays, and the next call goes on from there.
pub(super) fn run(args: &cli::InitArgs, report: &Report) -> Result<()> {
    let dir = &args.dir;
    if dir.exists() && !dir.is_dir() {
        return Err(Error::new(format_args!("{} is a file", dir.display())).hint("name a folder"));
    }
    let cannot = |path: &str, error: &dyn std::fmt::Display| {
        Error::new(format_args!("cannot write {}: {error}", dir.join(path).display()))
    };
    if !args.force {
        stands_alone(dir)?;
    }
    let folder = Folder::make(dir).map_err(|error| cannot("", &error))?;
    let (mut written, mut left) = (0, Vec::new());
    for (path, text) in FILES {
        if write(&folder, path, text, args.force).map_err(|error| cannot(path, &error))? {
            written += 1;
            report_file("written", path, report);
        } else {
            left.push(path);
            report.event(&json!({ "event": "left", "path": path }));
        }
    }
    match ignored::complete(&folder) {
        Ok(Ignoring::Written) => {
            written += 1;
            report_file("written", ignored::NAME, report);
        }
        Ok(Ignoring::Added(lines)) => {
            report.event(&json!({ "event": "completed", "path": ignored::NAME, "lines": lines }));
            if !report.json() {
                report.say(format_args!("  {}: {} added", ignored::NAME, lines.join(", ")));
            }
        }
        Ok(Ignoring::Complete) => {}
        // It is the author's, and a space works without.
        Err(IgnoringError::Kept(error)) => report.warn(format_args!("{} is left as it is: {error}", ignored::NAME)),
        Err(IgnoringError::Io(error)) => return Err(cannot(ignored::NAME, &error)),
    }
    let next = if dir == Path::new(".") {
        "pmx dev".to_owned()
    } else {
        format!("pmx dev {}", pasted(&dir.display().to_string()))
    };
    report.event(&json!({ "event": "initialized", "files": written, "left": left.len(), "next": next }));
    if report.json() {
        return Ok(());
    }
    let into = if dir == Path::new(".") { "this folder".to_owned() } else { dir.display().to_string() };
    match written {
        0 => report.say(format_args!("Wrote nothing: all files are in {into}.")),
        _ => report.say(format_args!("Wrote {} into {into}.", counted(written, "file"))),
    }
    if !left.is_empty() {
        report.say(format_args!("Left as they were: {} (--force overwrites)", left.join(", ")));
    }
    report.say("");
    report.say(format_args!("Next: {next}"));
    Ok(())
}

/// Refuses a folder that is a site with another start page, which would lose it, and one among the Sources of a site.
fn stands_alone(dir: &Path) -> Result<()> {
    let dir = std::path::absolute(dir)?;
    let Some(start) = dir.ancestors().find(|folder| folder.is_dir()) else { return Ok(()) };
    let Ok(project) = pmx_site::locate(&Options { cwd: start.to_owned(), entries: Vec::new() }) else { return Ok(()) };
    let place = canonical(start)?.join(dir.strip_prefix(start).unwrap_or(Path::new("")));
    let is_ours = |entry: &Entry| project.source_root.join(&entry.path) == place.join(START);
    let refused = if project.folder == place {
        let start = project.roots.first().filter(|entry| !is_ours(entry));
        start.map(|entry| format!("is a site already; its start page is {}", project.show(&entry.path)))
    } else {
        place.starts_with(&project.source_root).then(|| format!("lies in the site {}", project.folder.display()))
    };
    let Some(refused) = refused else { return Ok(()) };
    Err(Error::new(format_args!("{} {refused}", dir.display()))
        .hint("`pmx new` makes a Source of a kind in it; --force writes the files of a new space all the same"))
}

fn report_file(event: &str, path: &str, report: &Report) {
    report.event(&json!({ "event": event, "path": path }));
    if !report.json() {
        report.say(format_args!("  {path}"));
    }
}

/// Writes beside the place and moves there: a file is whole or as it was, and no link leads the way. What is there stays, unless it is to
/// be overwritten; whether it was written.
fn write(folder: &Folder, path: &str, text: &str, force: bool) -> io::Result<bool> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let below = folder.descend_or_make(Path::new(above)).map_err(io::Error::other)?;
    if !force && below.look(name)?.is_some() {
        return Ok(false);
    }
    below.replace(&below, name, text.as_bytes()).map(|_| true)
}
