//! What is wrong with a state folder that cannot be written.

use crate::error::Error;
use std::{
    io::{self, ErrorKind, Write as _},
    path::Path,
};

/// How much must fit at least: a page of the database's log with its head would, a publish needs more.
const ROOM: usize = 64 * 1024;

/// Why nothing can be written there, if nothing can.
pub(super) fn fault(state: &Path) -> Option<Error> {
    let error = probe(state).err()?;
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
    Some(Error::new(format!("nothing is published: {what}")).hint(hint).hint("the next save tries again"))
}

fn probe(state: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(state)?;
    file.write_all(&[0; ROOM])?;
    file.sync_data()
}
