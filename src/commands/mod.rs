//! One thin file per command.

mod build;
mod route;

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
        Command::Build(args) => build::run(&args, report),
        Command::Route(args) => route::run(&args, report),
        Command::Dev(_) | Command::Serve(_) | Command::Publish(_) | Command::Deploys(_) | Command::Worker(_) => {
            Err(Error::new("this command is not here yet"))
        }
    }
}
