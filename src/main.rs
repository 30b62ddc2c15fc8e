//! The `pmx` command.

use clap::Parser as _;
use pmx::{cli::Cli, commands, report::Report};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let report = Report::new(&cli.global);
    match commands::run(&cli, &report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
