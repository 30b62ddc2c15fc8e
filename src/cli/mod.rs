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

pub use data::{Console, DurableObject, Kv, KvAction, List, ObjectAction, Place, R2, R2Action, State, StateAction};
pub use dev::{Dev, Play};
pub use global::{Global, LogFormat};
pub use project::{Build, Check, Init, Mv, New, Query, Rm, Route, Tree};
pub use remote::{Deploys, Events, Link, Publish, Rollback, Share, Target, Unpublish};
pub use serve::Serve;
pub use term::{Term, TermError};
pub use worker::Worker;

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
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// As the call was meant: how a command's own options choose what all commands have.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.global.json |= matches!(&self.command, Command::Check(Check { format: Some(LogFormat::Json), .. }));
        self
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small space to start from
    Init(Init),
    /// Build a site into a folder
    Build(Build),
    /// Look a site over without writing anything: links, files, routes, Markdown
    #[command(visible_alias = "lint")]
    Check(Check),
    /// List the Sources of a site in their folders, with addresses and titles
    Tree(Tree),
    /// Find Sources by type, tags, title, links or frontmatter
    Query(Query),
    /// Build, serve and watch a site; every save is a publish into the local Worker
    Dev(Dev),
    /// The same as `dev`, for presenting: the address that it opens or prints starts Play
    Play(Play),
    /// Run the Worker with emulated bindings: a local production to publish to
    Serve(Serve),
    /// Build a site and publish it, or roll back to an earlier deploy
    Publish(Publish),
    /// Share a snapshot of a Path at an address that nobody can guess, or take it back
    Share(Share),
    /// List the deploys of a site, and what each of them changed
    Deploys(Deploys),
    /// Go back to the deploy before, or to any other one
    Rollback(Rollback),
    /// Take a site down: every address of it answers 410 or 404; its history stays
    Unpublish(Unpublish),
    /// Write into the config which site on which server this project is published to
    Link(Link),
    /// Follow the live events of a site: which pages change, as they change
    Events(Events),
    /// Say which route belongs to a Source, or which Source to a route
    Route(Route),
    /// Make a Source of a kind, with a link to it where you ask for one
    New(New),
    /// Move a Source, a file or a folder, and rewrite every reference to it
    Mv(Mv),
    /// Delete a Source or a file, and take out every reference to it
    Rm(Rm),
    /// Open the console of the process that serves this project
    Console(Console),
    /// Read and change the local KV
    Kv(Kv),
    /// Read and change the local R2
    R2(R2),
    /// Look into the local Durable Objects: tables, SQL, sockets, alarms
    Do(DurableObject),
    /// Find, reset, export or import the folder that holds all of that
    State(State),
    /// Work with the Worker itself
    #[command(subcommand)]
    Worker(Worker),
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
