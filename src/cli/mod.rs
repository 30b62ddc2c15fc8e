//! The words of the command line: types only. `vocabulary` holds them to one name for one thing.

mod data;
mod dev;
mod global;
mod project;
mod remote;
mod serve;
mod term;
#[cfg(test)]
mod vocabulary;
mod worker;

pub use data::{
    ConsoleArgs, DurableObjectArgs, KvAction, KvArgs, ListArgs, ObjectAction, R2Action, R2Args, StateAction, StateArgs,
    StateFolderArgs,
};
pub use dev::{DevArgs, PlayArgs};
pub use global::{GlobalArgs, LogFormat};
pub use project::{BuildArgs, CheckArgs, InitArgs, MvArgs, NewArgs, QueryArgs, RmArgs, RouteArgs, TreeArgs};
pub use remote::{DeploysArgs, EventsArgs, LinkArgs, PublishArgs, RollbackArgs, ShareArgs, TargetArgs, UnpublishArgs};
pub use serve::ServeArgs;
pub use term::{Term, TermError};
pub use worker::{RoutesAction, RoutesArgs, RoutesExplainArgs, Worker, WorkerCheckArgs, WorkerDevArgs};

use clap::{Parser, Subcommand};

/// Where `build --static` writes to, in the project's folder.
pub const DEFAULT_STATIC_OUT: &str = "dist";
/// Where published sites live when no server is named.
pub const DEFAULT_SERVER: &str = "https://pathmx.path.app";
/// The first port that `dev` and `serve` try.
pub const DEFAULT_PORT: u16 = 8787;

/// Build, serve and publish PathMX sites: the same Worker here and on Cloudflare
#[derive(Debug, Parser)]
#[command(name = "pmx", version, propagate_version = true, max_term_width = 100)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// As the call was meant: how a command's own options choose what all commands have.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.global.json |= matches!(&self.command, Command::Check(CheckArgs { format: Some(LogFormat::Json), .. }));
        self
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small space to start from
    Init(InitArgs),
    /// Build a site into a folder
    Build(BuildArgs),
    /// Look a site over without writing anything: links, files, routes, Markdown
    #[command(visible_alias = "lint")]
    Check(CheckArgs),
    /// List the Sources of a site in their folders, with addresses and titles
    #[command(after_help = "With --json, stdout is one array with an object for each Source, whether reached or not.")]
    Tree(TreeArgs),
    /// Find Sources by type, tags, title, links or frontmatter
    #[command(after_help = "With --json, stdout is one array with an object for each Source that is found.")]
    Query(QueryArgs),
    /// Build, serve and watch a site; every save is a publish into the local Worker
    Dev(DevArgs),
    /// The same as `dev`, for presenting: the address that it opens or prints starts Play
    Play(PlayArgs),
    /// Run the Worker with emulated bindings: a local production to publish to
    Serve(ServeArgs),
    /// Build a site and publish it, or roll back to an earlier deploy
    Publish(PublishArgs),
    /// Share a snapshot of a Path at an address that nobody can guess, or take it back
    Share(ShareArgs),
    /// List the deploys of a site, and what each of them changed
    Deploys(DeploysArgs),
    /// Go back to the deploy before, or to any other one
    Rollback(RollbackArgs),
    /// Take a site down: every address of it answers 410 or 404; its history stays
    Unpublish(UnpublishArgs),
    /// Write into the config which site on which server this project is published to
    Link(LinkArgs),
    /// Follow the live events of a site: which pages change, as they change
    Events(EventsArgs),
    /// Say which route belongs to a Source, or which Source to a route
    Route(RouteArgs),
    /// Make a Source of a kind, with a link to it where you ask for one
    New(NewArgs),
    /// Move a Source, a file or a folder, and rewrite every reference to it
    Mv(MvArgs),
    /// Delete a Source or a file, and take out every reference to it
    Rm(RmArgs),
    /// Open the console of the process that serves this project
    Console(ConsoleArgs),
    /// Read and change the local KV
    Kv(KvArgs),
    /// Read and change the local R2
    R2(R2Args),
    /// Look into the local Durable Objects: tables, SQL, sockets, alarms
    Do(DurableObjectArgs),
    /// Find, reset, export or import the folder that holds all of that
    State(StateArgs),
    /// Work with the Worker itself, and check configs of Workers
    #[command(subcommand)]
    Worker(Worker),
    /// Say which Worker answers an address
    Routes(RoutesArgs),
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
