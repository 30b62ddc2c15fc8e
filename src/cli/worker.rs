//! The words for Workers and their configs.

use clap::{Args, Subcommand};
use std::{net::IpAddr, path::PathBuf};

/// `pmx worker`
#[derive(Debug, Subcommand)]
pub enum Worker {
    /// Write the folder that is deployed to Cloudflare: wasm, scripts, wrangler.toml
    Bundle {
        /// Folder of a Worker of your own, which cargo builds [default: the Worker of pmx]
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// Where it goes [default: worker-bundle]
        #[arg(short, long, value_name = "DIR", alias = "outdir")]
        out: Option<PathBuf>,
    },
    /// Say what is wrong with the config of a Worker, or with those of several together
    #[command(
        after_help = "With several, Workers and classes that one of them names must be among them, and hosts that two of them \
        claim are told with the one that answers."
    )]
    Check(WorkerCheckArgs),
    /// Run Workers of your own with emulated bindings, and again after each change
    #[command(
        after_help = "Each is built by `cargo build --release --target wasm32-unknown-unknown`, or by the command below [build] of its \
        config. With several, <name>.localhost is answered by the Worker of that name, and by the first where no route decides."
    )]
    Dev(WorkerDevArgs),
}

/// `pmx worker dev`
#[derive(Debug, Args)]
pub struct WorkerDevArgs {
    /// Folder of the Worker, or its config [default: wrangler.json, wrangler.jsonc or wrangler.toml, here or above]
    #[arg(value_name = "PATH", conflicts_with = "config")]
    pub folder: Option<PathBuf>,
    /// The config of a Worker, or its folder; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// The environment of the configs that is meant [default: the top level]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Port to listen on; 0 takes a free one [default: 8787, or the next free one]
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// A further Host name that may be used to reach the server; may be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    pub allow_hosts: Vec<String>,
    /// Folder of the emulated KV, R2 and Durable Objects [default: .pmx-state beside the first config]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `pmx worker check`
#[derive(Debug, Args)]
pub struct WorkerCheckArgs {
    /// Configs, or folders that have one [default: wrangler.json, wrangler.jsonc or wrangler.toml, here or above]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The environment of the configs that is meant [default: the top level]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// `pmx routes`
#[derive(Debug, Args)]
pub struct RoutesArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: RoutesAction,
}

/// What can be done with routes.
#[derive(Debug, Subcommand)]
pub enum RoutesAction {
    /// Say which Worker answers an address, and why no other one does
    Explain(RoutesExplainArgs),
}

/// `pmx routes explain`
#[derive(Debug, Args)]
pub struct RoutesExplainArgs {
    /// The address; https without a scheme
    pub url: String,
    /// A config, or a folder that has one; may be repeated [default: wrangler.json, wrangler.jsonc or wrangler.toml, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// The environment of the configs that is meant [default: the top level]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// A route of the zone that no Worker has; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub without_worker: Vec<String>,
}
