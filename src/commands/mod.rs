//! One thin file per command.

use crate::{
    cli::{Cli, Command},
    error::{Error, Result},
    report::Report,
};

/// Runs what was asked for.
///
/// # Errors
/// Whatever keeps the command from its work; `main` prints it.
pub fn run(cli: Cli, _report: &Report) -> Result<()> {
    match cli.command {
        Command::Build(_)
        | Command::Dev(_)
        | Command::Serve(_)
        | Command::Publish(_)
        | Command::Deploys(_)
        | Command::Route(_)
        | Command::Worker(_) => Err(Error::new("this command is not here yet")),
    }
}
