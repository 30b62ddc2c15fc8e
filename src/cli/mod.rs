//! The words of the command line: types only.

mod data;
mod dev;
mod rollback;

pub use data::{DurableObject, Kv, KvAction, List, ObjectAction, Place, R2, R2Action, State, StateAction};
pub use dev::{Dev, Play};
pub use rollback::Rollback;

use crate::site::BasePath;
use clap::{Args, Parser, Subcommand};
use std::{net::IpAddr, path::PathBuf};

/// Where `build --static` writes to, in the project's folder.
pub const DEFAULT_STATIC_OUT: &str = "dist";
/// Where published sites live when no server is named.
pub const DEFAULT_SERVER: &str = "https://pathmx.path.app";
/// The first port that `dev` and `serve` try.
pub const DEFAULT_PORT: u16 = 8787;

/// Build, serve and publish PathMX sites: the same Worker here and on Cloudflare
#[derive(Debug, Parser)]
#[command(name = "pmx", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Say nothing but errors and warnings
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print JSON on stdout, one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more (twice: everything); RUST_LOG=… picks by module
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small space to start from
    Init(Init),
    /// Build a site into a folder
    Build(Build),
    /// Look a site over without writing anything: links, files, routes, Markdown
    Check(Check),
    /// Build, serve and watch a site; every save is a publish into the local Worker
    Dev(Dev),
    /// The same as `dev`, for presenting: the address that it opens or prints starts Play
    Play(Play),
    /// Run the Worker with emulated bindings: a local production to publish to
    Serve(Serve),
    /// Build a site and publish it, or roll back to an earlier deploy
    Publish(Publish),
    /// List the deploys of a site, and what each of them changed
    Deploys(Deploys),
    /// Go back to the deploy before, or to any other one
    Rollback(Rollback),
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

/// `pmx init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to write into; it may be missing
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Overwrite the files that this command writes, and no others
    #[arg(long)]
    pub force: bool,
}

/// `pmx build`
#[derive(Debug, Args)]
pub struct Build {
    /// Entry Sources, or a folder that has one [default: what the config names, else paths/index.path.md]
    pub entries: Vec<PathBuf>,
    /// Where the built files go [default: what the config says, else .pathmx in the project; with --static dist]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write a folder for any host of plain files: GitHub Pages, an object store, a web server
    #[arg(long = "static")]
    pub static_files: bool,
    /// With --static: the path below which the host has the site, such as /course/
    #[arg(long, value_name = "PATH", requires = "static_files")]
    pub base: Option<BasePath>,
    /// Remove what was built before first
    #[arg(long)]
    pub clean: bool,
    /// Build pages with the Player, which is the default
    #[arg(long, overrides_with = "no_player")]
    pub player: bool,
    /// Build pages without the Player
    #[arg(long)]
    pub no_player: bool,
}

/// `pmx check`
#[derive(Debug, Args)]
pub struct Check {
    /// Entry Sources, or a folder that has one [default: what the config names, else paths/index.path.md]
    pub entries: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Name the Sources that no link leads to
    #[arg(long)]
    pub unreachable: bool,
}

/// `pmx new`
#[derive(Debug, Args)]
pub struct New {
    /// Its kind, such as lesson, guide, path, project, lab, assessment, component, talk
    pub kind: String,
    /// Its title; the file is named after it
    pub title: String,
    /// The folder that it goes into, from here or from the source folder [default: here, or the source folder]
    #[arg(long = "in", value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Add a link to it in this Source, at the end of its last list of links
    #[arg(long, value_name = "SOURCE")]
    pub link: Option<String>,
}

/// `pmx mv`
#[derive(Debug, Args)]
pub struct Mv {
    /// What to move: a path from here or from the source folder, or a Source's id
    pub old: String,
    /// Where to: named the same way as the old place
    pub new: String,
    /// Show what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `pmx rm`
#[derive(Debug, Args)]
pub struct Rm {
    /// What to delete: a path from here or from the source folder, or a Source's id
    pub file: String,
    /// Show what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `pmx serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Port to listen on; 0 takes a free one [default: 8787, or the next free one]
    #[arg(short, long)]
    pub port: Option<u16>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Further Host names that may be used to reach the server
    #[arg(long = "allow-host", value_name = "NAME")]
    pub allow_hosts: Vec<String>,
    /// Domains under which sites live, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "localhost")]
    pub base_domains: Vec<String>,
    /// Folder of the emulated KV, R2 and Durable Objects [default: .pathmx-state]
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// Let bindings lag and fail, for example kv-lag=60s,kv-error=1%,r2-latency=10ms..50ms,do-evict=5s,seed=7
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    pub simulate: Vec<String>,
    /// The same as --simulate kv-lag, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub kv_lag: u64,
    /// Survive a loss of power too, at the price of slower writes
    #[arg(long)]
    pub durable: bool,
    /// How many connections there may be [default: three quarters of the files that the system lets pmx open]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_connections: Option<usize>,
    /// How many of them may come from one address, unless it is this machine's [default: 1024]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_connections_per_address: Option<usize>,
}

/// `pmx publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// The site: an entry Source or a folder that has one [default: the working directory]
    pub path: Option<PathBuf>,
    /// What is published to.
    #[command(flatten)]
    pub target: Target,
    /// Where the built files go [default: what the config says, else .pathmx in the project]
    #[arg(short, long, value_name = "DIR", alias = "outdir")]
    pub out: Option<PathBuf>,
    /// Make an earlier deploy active; nothing is built or uploaded
    #[arg(long, value_name = "DEPLOY_ID")]
    pub rollback: Option<String>,
    /// Say what would be published and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Publish what is built already
    #[arg(long)]
    pub no_build: bool,
    /// Make a deploy even if what is live is the same
    #[arg(long)]
    pub force: bool,
    /// Print the lines on stdout that scripts read: hashes, blobs, the deploy's full id
    #[arg(long)]
    pub porcelain: bool,
    /// Commit to record with the deploy [default: that of the git checkout]
    #[arg(long)]
    pub commit: Option<String>,
    /// Branch to record with the deploy [default: that of the git checkout]
    #[arg(long)]
    pub branch: Option<String>,
    /// Do not look for a git checkout, and record nothing of what changed
    #[arg(long)]
    pub no_git: bool,
}

/// `pmx deploys`
#[derive(Debug, Args)]
pub struct Deploys {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
}

/// A site on a server.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// Name of the site [default: what `pmx link` wrote into the config]
    #[arg(short, long, value_name = "NAME", alias = "subdomain", env = "PMX_SITE")]
    pub site: Option<String>,
    /// The server [default: what `pmx link` wrote into the config, else `https://pathmx.path.app`]
    #[arg(long, value_name = "URL", env = "PMX_SERVER")]
    pub server: Option<String>,
    /// Send the token over plain HTTP to a host that is not this machine
    #[arg(long)]
    pub insecure: bool,
}

/// `pmx link`
#[derive(Debug, Args)]
pub struct Link {
    /// The project [default: the one of the working directory]
    pub path: Option<PathBuf>,
    /// Name of the site to publish to
    #[arg(short, long, value_name = "NAME", required_unless_present = "server")]
    pub site: Option<String>,
    /// The server to publish to
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

/// `pmx events`
#[derive(Debug, Args)]
pub struct Events {
    /// Name of the site [default: what `pmx link` wrote into the config]
    #[arg(short, long, alias = "subdomain", value_name = "NAME", env = "PMX_SITE")]
    pub site: Option<String>,
    /// The server that it is published to, or the address of `pmx dev` or `pmx serve` [default: what `pmx link` wrote into the config, else `https://pathmx.path.app`]
    #[arg(long, value_name = "URL", env = "PMX_SERVER")]
    pub server: Option<String>,
}

/// `pmx route`
#[derive(Debug, Args)]
pub struct Route {
    /// A Source's path or id, or a route
    pub query: String,
    /// Where the built files are [default: where `build` puts them]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Put this before the route
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

/// `pmx worker`
#[derive(Debug, Subcommand)]
pub enum Worker {
    /// Write the folder that is deployed to Cloudflare: wasm, worker.mjs, wrangler.toml
    Bundle {
        /// Where to write it [default: worker-bundle]
        #[arg(short, long)]
        out: Option<PathBuf>,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
