//! The words for a site on a server.

use clap::Args;
use std::path::PathBuf;

/// A site on a server.
#[derive(Clone, Debug, Args)]
pub struct TargetArgs {
    /// Name of the site [default: what `pmx link` wrote into the config]
    #[arg(short, long, value_name = "NAME", alias = "subdomain", env = "PMX_SITE", hide_env_values = true)]
    pub site: Option<String>,
    /// The server [default: what `pmx link` wrote into the config, else `https://pathmx.path.app`]
    #[arg(long, value_name = "URL", env = "PMX_SERVER", hide_env_values = true)]
    pub server: Option<String>,
    /// Send the token over plain HTTP to a host that is not this machine
    #[arg(long)]
    pub insecure: bool,
}

/// `pmx publish`
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Entry Source, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// What is published to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where the built files go [default: what the config says, else .pathmx in the project]
    #[arg(short, long, value_name = "DIR", alias = "outdir")]
    pub out: Option<PathBuf>,
    /// Make an earlier deploy active; nothing is built or uploaded
    #[arg(long, value_name = "DEPLOY_ID")]
    pub rollback: Option<String>,
    /// Say what would change and change nothing
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
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Branch to record with the deploy [default: that of the git checkout]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Do not look for a git checkout, and record nothing of what changed
    #[arg(long)]
    pub no_git: bool,
}

/// `pmx share`
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// Entry Source of the Path to share, or a folder that has one
    #[arg(value_name = "ENTRY", required_unless_present = "list")]
    pub entries: Vec<PathBuf>,
    /// The server [default: where the entry was shared last, else what `pmx link` wrote into the config, else `https://pathmx.path.app`]
    #[arg(long, value_name = "URL", env = "PMX_SERVER", hide_env_values = true)]
    pub server: Option<String>,
    /// Send the token over plain HTTP to a host that is not this machine
    #[arg(long)]
    pub insecure: bool,
    /// List what is shared from this project
    #[arg(long, conflicts_with_all = ["remove", "dry_run"])]
    pub list: bool,
    /// Take the share of the entry back: its address answers 410 from then on
    #[arg(long)]
    pub remove: bool,
    /// With `--remove`: forget the share without asking its server, which is gone for good, or goes on showing it
    #[arg(long, requires = "remove")]
    pub forget: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Say what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `pmx deploys`
#[derive(Debug, Args)]
pub struct DeploysArgs {
    /// Whose.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `pmx rollback`
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The deploy to make live, by its id or the beginning of it [default: the one that was live before the one that is now]
    #[arg(value_name = "DEPLOY_ID")]
    pub deploy: Option<String>,
    /// Whose.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Say what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print the lines on stdout that scripts read: hashes, blobs, the deploy's full id
    #[arg(long)]
    pub porcelain: bool,
}

/// `pmx unpublish`
#[derive(Debug, Args)]
pub struct UnpublishArgs {
    /// What is taken down.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What every address of the site answers: 410 says that it is gone, 404 that nothing is there
    #[arg(long, value_name = "STATUS", default_value = "410", value_parser = ["410", "404"])]
    pub status: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Say what would change and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `pmx events`
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Name of the site [default: what `pmx link` wrote into the config]
    #[arg(short, long, value_name = "NAME", alias = "subdomain", env = "PMX_SITE", hide_env_values = true)]
    pub site: Option<String>,
    /// The server, or the address of `pmx dev` or `pmx serve` [default: what `pmx link` wrote into the config, else `https://pathmx.path.app`]
    #[arg(long, value_name = "URL", env = "PMX_SERVER", hide_env_values = true)]
    pub server: Option<String>,
}

/// `pmx link`
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Entry Source, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Name of the site to publish to
    #[arg(short, long, value_name = "NAME", alias = "subdomain", required_unless_present = "server")]
    pub site: Option<String>,
    /// The server to publish to
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}
