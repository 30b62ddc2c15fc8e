//! `pmx state export`: an archive in a file, or through what is none.

use super::{super::data::one, absolute};
use crate::{
    cli::StateFolderArgs,
    data::DataOp,
    error::{Error, Result},
    report::Report,
};
use fs_err::File;
use serde_json::Value as Json;
use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

/// The name that stands for stdout, as `tar` and its likes have it.
const STDOUT: &str = "-";

/// Where an archive goes.
enum ArchiveTarget {
    /// A file that is replaced when all of the archive is written, or a new one.
    File,
    /// What is no regular file, and is written to: a FIFO, a device, a descriptor.
    Through,
    /// stdout, under whatever name.
    Stdout,
}

/// Writes all of the state into an archive.
///
/// # Errors
/// The state cannot be had, or the archive cannot be written; a file that was there is as it was then.
pub(super) fn run(place: &StateFolderArgs, file: &Path, report: &Report) -> Result<()> {
    let answer = match target(file)? {
        ArchiveTarget::File => ask(place, file)?,
        ArchiveTarget::Through => through(place, file)?,
        ArchiveTarget::Stdout => return to_stdout(place, report),
    };
    report.event(&answer);
    report.say(format_args!("wrote {} ({} bytes)", file.display(), answer["bytes"]));
    Ok(())
}

/// Another process may own the state and write the archive: it is told of a place that is the same to it.
fn ask(place: &StateFolderArgs, file: &Path) -> Result<Json> {
    one(place, DataOp::StateExport { file: absolute(file)? })
}

/// The archive in a folder of its own, before it goes where it is to go: what it is copied to may be slow, and only this process knows
/// its descriptors.
fn aside<T>(place: &StateFolderArgs, then: impl FnOnce(Json, File) -> Result<T>) -> Result<T> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("state.tar");
    let answer = ask(place, &file)?;
    then(answer, File::open(&file)?)
}

fn through(place: &StateFolderArgs, file: &Path) -> Result<Json> {
    aside(place, |answer, mut archive| {
        let cannot = |error| Error::new(format_args!("{} cannot be written: {error}", file.display()));
        // Opened when there is something to write: the reader of a FIFO sees nothing of what failed before.
        let mut to = std::fs::OpenOptions::new().write(true).open(file).map_err(cannot)?;
        io::copy(&mut archive, &mut to).and_then(|_| to.flush()).map_err(cannot)?;
        Ok(answer)
    })
}

/// Nothing else goes to stdout then, not with `--json` either.
fn to_stdout(place: &StateFolderArgs, report: &Report) -> Result<()> {
    if io::stdout().is_terminal() {
        return Err(Error::usage("an archive is nothing for a terminal")
            .hint("name a file, or lead stdout into one or into another program"));
    }
    aside(place, |answer, mut archive| {
        report.copy(&mut archive)?;
        if !report.is_closed() {
            report.say(format_args!("wrote the archive to stdout ({} bytes)", answer["bytes"]));
        }
        Ok(())
    })
}

fn target(file: &Path) -> Result<ArchiveTarget> {
    if file == Path::new(STDOUT) {
        return Ok(ArchiveTarget::Stdout);
    }
    let Ok(meta) = file.metadata() else {
        return match file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => Err(Error::new(format_args!("there is no folder {}", folder.display()))),
            None => Ok(ArchiveTarget::File),
        };
    };
    if meta.is_dir() {
        return Err(Error::new(format_args!("{} is a folder", file.display())).hint("name a file"));
    }
    Ok(match meta.is_file() {
        _ if is_stdout(&meta) => ArchiveTarget::Stdout,
        true => ArchiveTarget::File,
        false => ArchiveTarget::Through,
    })
}

/// Whether it is what stdout leads to, such as `/dev/stdout`: to replace a file there would be to write beside it.
#[cfg(unix)]
fn is_stdout(meta: &std::fs::Metadata) -> bool {
    use std::os::{fd::AsFd as _, unix::fs::MetadataExt as _};
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    let stdout = stdout.and_then(|stdout| stdout.metadata());
    stdout.is_ok_and(|stdout| (stdout.dev(), stdout.ino()) == (meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
const fn is_stdout(_: &std::fs::Metadata) -> bool {
    false
}
