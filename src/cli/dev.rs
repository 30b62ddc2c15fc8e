use clap::Args;
use std::{net::IpAddr, path::PathBuf};

/// `pmx dev`
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Entry Source, or a folder that has one [default: what the config names, else paths/index.path.md]
    #[arg(value_name = "PATH", conflicts_with = "multi_site")]
    pub entry: Option<PathBuf>,
    /// Serve every site of a folder, each at its own name below localhost [default folder: the working directory]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    pub multi_site: Option<PathBuf>,
    /// Port to listen on; 0 takes a free one [default: 8787, or the next free one]
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Address to listen on; 0.0.0.0 opens the server to other devices, which then need the token that is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// A further Host name that may be used to reach the server; may be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    pub allow_hosts: Vec<String>,
    /// Serve over HTTPS, with a certificate of a local authority that is made once
    #[arg(long)]
    pub https: bool,
    /// Name of the site [default: the folder's name]
    #[arg(short, long, value_name = "NAME", alias = "subdomain", conflicts_with = "multi_site")]
    pub site: Option<String>,
    /// Folder of the emulated KV, R2 and Durable Objects [default: .pathmx-state beside the site]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// How many deploys of a site are kept; those that are live always are
    #[arg(long, value_name = "N", default_value_t = DEFAULT_KEPT, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_deploys: u32,
    /// Open the site in a browser
    #[arg(long)]
    pub open: bool,
    /// Look at the files every so many milliseconds instead of waiting for the system's events
    #[arg(long, value_name = "MS", num_args = 0..=1, require_equals = true, default_missing_value = "300")]
    pub poll: Option<u64>,
    /// Do not show errors in the page
    #[arg(long)]
    pub no_overlay: bool,
    /// Serve what production would, byte for byte: nothing is added to a page
    #[arg(long)]
    pub exact: bool,
    /// Let bindings lag and fail, for example kv-lag=60s,kv-error=1%,r2-latency=10ms..50ms,do-evict=5s,seed=7
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    pub simulate: Vec<String>,
    /// Let readers' answers to questions be written into the Sources; this machine's browsers only
    #[arg(long)]
    pub write_responses: bool,
}

/// How many deploys `pmx dev` keeps of a site.
pub(super) const DEFAULT_KEPT: u32 = 100;

/// `pmx play`
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// As for `dev`.
    #[command(flatten)]
    pub dev: DevArgs,
    /// Print the address that starts Play, once it answers, as the only line on stdout
    #[arg(long, conflicts_with = "json")]
    pub print_url: bool,
    /// Build into this folder first, as `build` does
    #[arg(short, long, value_name = "DIR", alias = "outdir")]
    pub out: Option<PathBuf>,
    /// With --out: remove what was built before first
    #[arg(long, requires = "out")]
    pub clean: bool,
}
