//! What is wrong with a state folder that cannot be written, or not be read.

use crate::error::Error;
use pmx_emulator::{check, state_dir::StateDir};
use std::{
    io::{self, ErrorKind, Write as _},
    path::Path,
};

/// How much must fit at least: a page of the database's log with its head would, a publish needs more.
const ROOM: usize = 64 * 1024;

/// Why nothing can be kept there, if nothing can. Blocks: a test of the disk, and a look at every page of the databases.
pub(super) fn fault(state: &StateDir) -> Option<Error> {
    match probe(state.path()) {
        Err(error) => Some(of_the_disk(state.path(), &error)),
        Ok(()) => damaged(state),
    }
}

fn of_the_disk(state: &Path, error: &io::Error) -> Error {
    let place = state.display();
    let (what, hint) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (format!("the disk of {place} is full"), "make room, or choose another folder with `--state`")
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            (format!("{place} is read-only"), "let this user write there, or choose another folder with `--state`")
        }
        ErrorKind::NotFound => (format!("{place} is gone"), "start again; what was published is in it"),
        _ => (format!("{place} cannot be written: {error}"), "choose another folder with `--state`"),
    };
    tracing::error!(%error, "the state folder cannot be written");
    Error::new(format!("nothing is published: {what}"))
        .hint(hint)
        .hint("the next save tries again; `pmx state check` tells whether the state is whole")
}

fn damaged(state: &StateDir) -> Option<Error> {
    let finding = check::damaged_databases(state).ok()?.into_iter().next()?;
    Some(
        Error::new(format!("nothing is published: in {}, {finding}", state.path().display()))
            .hint("end pmx, see what else `pmx state check` finds, and let `pmx state repair` set it aside")
            .hint("what is lost with it comes back with the next start of `pmx dev`"),
    )
}

fn probe(state: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(state)?;
    file.write_all(&[0; ROOM])?;
    file.sync_data()
}
