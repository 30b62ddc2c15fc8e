//! The words for a local production.

use super::at_least_one;
use clap::Args;
use std::{net::IpAddr, path::PathBuf};

/// `pmx serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Port to listen on; 0 takes a free one [default: 8787, or the next free one]
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// A further Host name that may be used to reach the server; may be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    pub allow_hosts: Vec<String>,
    /// A domain under which sites live; may be repeated
    #[arg(
        long = "base-domain",
        value_name = "NAME",
        alias = "base-domains",
        value_delimiter = ',',
        default_value = "localhost"
    )]
    pub base_domains: Vec<String>,
    /// Folder of the emulated KV, R2 and Durable Objects [default: .pathmx-state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Let bindings lag and fail, for example kv-lag=60s,kv-error=1%,r2-latency=10ms..50ms,do-evict=5s,seed=7
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    pub simulate: Vec<String>,
    /// The same as --simulate kv-lag, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, hide = true)]
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
