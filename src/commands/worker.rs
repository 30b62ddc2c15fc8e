//! `pmx worker`

mod bundle;
mod check;
mod dev;

use crate::{cli::Worker, error::Result, report::Report};

/// Runs the command.
///
/// # Errors
/// As those below it.
pub(super) fn run(command: &Worker, report: &Report) -> Result<()> {
    match command {
        Worker::Bundle { folder: None, out } => bundle::run(out.as_deref(), report),
        Worker::Bundle { folder: Some(folder), out } => bundle::own(folder, out.as_deref(), report),
        Worker::Check(args) => check::run(args, report),
        Worker::Dev(args) => dev::run(args, report),
    }
}
