//! What every command understands.

use clap::{ArgAction, Args, ValueEnum};

/// Where help lists these options: once, after those of the command.
const HEADING: &str = "Global options";

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// Print data, errors and warnings, and nothing else
    #[arg(short, long, global = true, help_heading = HEADING)]
    pub quiet: bool,
    /// Say more (twice: everything); RUST_LOG=… picks by module
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = HEADING)]
    pub verbose: u8,
    /// Print JSON on stdout, one object a line
    #[arg(long, global = true, help_heading = HEADING)]
    pub json: bool,
    /// How the log on stderr is written: text, or json, one object a line
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    #[arg(help_heading = HEADING)]
    pub log_format: LogFormat,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::Help, help_heading = HEADING)]
    help: Option<bool>,
    /// Print version
    #[arg(short = 'V', long, global = true, action = ArgAction::Version, help_heading = HEADING)]
    version: Option<bool>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines to read
    #[default]
    Text,
    /// One JSON object a line
    Json,
}
