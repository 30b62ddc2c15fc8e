//! One thin file per command.

mod build;
mod check;
mod confirm;
mod console;
mod data;
mod deploy_words;
mod deploys;
mod durable_object;
mod events;
mod ignored;
mod init;
mod kv;
mod link;
mod listing;
mod mv;
mod new;
mod play;
mod publish;
mod query;
mod r2;
mod remote_site;
mod rm;
mod rollback;
mod route;
mod routes;
mod serve;
mod share;
mod state;
mod target;
mod tree;
mod unpublish;
mod worker;
mod worker_configs;

use crate::{
    cli::{Cli, Command, GlobalArgs, LogFormat},
    dev,
    error::Result,
    report::{LogJson, LogLine, Report},
    server::block_on,
    session::LogBuffer,
};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::LevelFilter, fmt::format::JsonFields, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Runs what was asked for.
///
/// # Errors
/// Whatever keeps the command from its work; `main` prints it.
pub fn run(cli: &Cli, report: &Report) -> Result<()> {
    log(&cli.global, report, matches!(cli.command, Command::Dev(_) | Command::Play(_) | Command::Serve(_)));
    match &cli.command {
        Command::Build(command) => build::run(command, report),
        Command::Init(command) => init::run(command, report),
        Command::Check(command) => check::run(command, report),
        Command::Tree(command) => tree::run(command, report),
        Command::Query(command) => query::run(command, report),
        Command::New(command) => new::run(command, report),
        Command::Mv(command) => mv::run(command, report),
        Command::Rm(command) => rm::run(command, report),
        Command::Dev(command) => block_on(dev::run(command, dev::Mode::Dev, report)),
        Command::Play(command) => play::run(command, report),
        Command::Serve(command) => serve::run(command, report),
        Command::Publish(command) => publish::run(command, report),
        Command::Share(command) => share::run(command, report),
        Command::Deploys(command) => deploys::run(command, report),
        Command::Unpublish(command) => unpublish::run(command, report),
        Command::Rollback(command) => rollback::run(command, report),
        Command::Link(command) => link::run(command, report),
        Command::Events(command) => block_on(events::run(command, report)),
        Command::Route(command) => route::run(command, report),
        Command::Console(command) => console::run(command, report),
        Command::Kv(command) => kv::run(command, report),
        Command::R2(command) => r2::run(command, report),
        Command::Do(command) => durable_object::run(command, report),
        Command::State(command) => state::run(command, report),
        Command::Worker(command) => worker::run(command, report),
        Command::Routes(command) => routes::run(command, report),
    }
}

/// The log goes to stderr: warnings, with `-v` what happens, with `-vv` everything; `RUST_LOG` picks by module. The console keeps
/// lines of its own.
fn log(global: &GlobalArgs, report: &Report, console: bool) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    // Where stderr takes no line, there is no place to say so.
    let lines =
        tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr).log_internal_errors(false);
    let stderr = match global.log_format {
        LogFormat::Text => lines.event_format(LogLine(report.clone())).boxed(),
        LogFormat::Json => lines.fmt_fields(JsonFields::new()).event_format(LogJson::new()).boxed(),
    };
    let stderr = stderr.with_filter(filter);
    let kept = console.then(|| LogBuffer::of_process().layer());
    let _ = tracing_subscriber::registry().with(stderr).with(kept).try_init();
}
