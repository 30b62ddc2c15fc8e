//! One thin file per command.

mod deploys;
mod publish;

use crate::{
    cli::{Cli, Command},
    error::{Error, Result},
    report::Report,
};

/// Runs what was asked for.
///
/// # Errors
/// Whatever keeps the command from its work; `main` prints it.
pub fn run(cli: Cli, report: &Report) -> Result<()> {
    match cli.command {
        Command::Publish(args) => publish::run(&args, report),
        Command::Deploys(args) => deploys::run(&args, report),
        Command::Build(_) | Command::Dev(_) | Command::Serve(_) | Command::Route(_) | Command::Worker(_) => {
            Err(Error::new("this command is not here yet"))
        }
    }
}
