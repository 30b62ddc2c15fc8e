//! The words for Workers and their configs.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `pmx worker`
#[derive(Debug, Subcommand)]
pub enum Worker {
    /// Write the folder that is deployed to Cloudflare: wasm, worker.mjs, wrangler.toml
    Bundle {
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
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// The environment of the configs that is meant [default: the top level]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// A route of the zone that no Worker has; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub without_worker: Vec<String>,
}
