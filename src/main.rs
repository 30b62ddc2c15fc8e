//! The `pmx` command.

use clap::Parser as _;
use pmx::{
    cli::{Cli, GlobalArgs},
    commands,
    error::Result,
    report::{Report, shown},
};
use std::process::ExitCode;

/// The exit code of a call that is none.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli.settled(),
        Err(error) if error.use_stderr() => return refused(&error),
        Err(help) => {
            Report::help(&help.render());
            return ended(Report::end(), &Report::new(&GlobalArgs::default()));
        }
    };
    let report = Report::new(&cli.global);
    ended(commands::run(&cli, &report).and_then(|()| Report::end()), &report)
}

/// Says what a command came to, if that is an error.
fn ended(result: Result<()>, report: &Report) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Says why a call is no call. What was typed is quoted, and a shell may have typed the names of someone else's files: the words are
/// those about the same call with letters alone.
fn refused(error: &clap::Error) -> ExitCode {
    let typed = std::env::args_os().map(|argument| shown(&argument.to_string_lossy()));
    let retyped = Cli::try_parse_from(typed).err();
    let error = retyped.as_ref().unwrap_or(error);
    Report::usage(&error.render());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE))
}
