//! `pmx init`: a small space that explains itself, carried in the binary.

use crate::{
    cli,
    commands::build::counted,
    error::{Error, Result},
    report::Report,
    site::Folder,
};
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
/// How many names of files in the way are said.
const NAMED: usize = 5;

/// Writes the files into a folder that may be missing or have other files.
///
/// # Errors
/// One of the files exists already and `--force` is not given: nothing is written. The folder cannot be written.
pub(super) fn run(args: &cli::Init, report: &Report) -> Result<()> {
    let dir = &args.dir;
    if dir.exists() && !dir.is_dir() {
        return Err(Error::new(format_args!("{} is a file", dir.display())).hint("name a folder"));
    }
    let taken: Vec<&str> = FILES.iter().map(|(path, _)| *path).filter(|path| taken(&dir.join(path))).collect();
    if !taken.is_empty() && !args.force {
        return Err(in_the_way(dir, &taken));
    }
    let cannot = |path: &str, error: &dyn std::fmt::Display| {
        Error::new(format_args!("cannot write {}: {error}", dir.join(path).display()))
    };
    let folder = Folder::make(dir).map_err(|error| cannot("", &error))?;
    for (path, text) in FILES {
        write(&folder, path, text).map_err(|error| cannot(path, &error))?;
        report.event(&json!({ "event": "written", "path": path }));
        report.line(format_args!("  {path}"));
    }
    let next = if dir == Path::new(".") { "pmx dev".to_owned() } else { format!("pmx dev {}", quoted(dir)) };
    report.event(&json!({ "event": "initialized", "files": FILES.len(), "next": next }));
    report.line(format_args!("Wrote {} into {}.", counted(FILES.len(), "file"), dir.display()));
    report.line("");
    report.line(format_args!("Next: {next}"));
    Ok(())
}

fn taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn in_the_way(dir: &Path, taken: &[&str]) -> Error {
    let mut names = taken[..taken.len().min(NAMED)].join(", ");
    if taken.len() > NAMED {
        names.push_str(&format!(" and {} more", taken.len() - NAMED));
    }
    let verb = if taken.len() == 1 { "exists" } else { "exist" };
    Error::new(format_args!("{names} {verb} already in {}; nothing was written", dir.display()))
        .hint("choose another folder, or overwrite these files with --force")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    // A name on Windows holds no `"`; both of its shells know these quotes.
    if cfg!(windows) {
        return if text.contains(|c: char| !c.is_alphanumeric() && !"\\/:.-_".contains(c)) {
            format!("\"{text}\"")
        } else {
            text
        };
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~');
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Writes beside the place and moves there: a file is whole or as it was, and no link leads the way.
fn write(folder: &Folder, path: &str, text: &str) -> io::Result<()> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let below = folder.descend_or_make(Path::new(above)).map_err(io::Error::other)?;
    below.replace(&below, name, text.as_bytes()).map(|_| ())
}
