//! The words for the Worker itself.

use clap::Subcommand;
use std::path::PathBuf;

/// `pmx worker`
#[derive(Debug, Subcommand)]
pub enum Worker {
    /// Write the folder that is deployed to Cloudflare: wasm, scripts, wrangler.toml
    Bundle {
        /// Where it goes [default: worker-bundle]
        #[arg(short, long, value_name = "DIR", alias = "outdir")]
        out: Option<PathBuf>,
    },
}
