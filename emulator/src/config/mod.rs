//! The config of a Worker: `wrangler.toml`, `wrangler.jsonc` or `wrangler.json`, the file that it is deployed to Cloudflare with.
//!
//! [`load`] reads a file in one environment and says what is wrong with it, in wrangler's words where wrangler has some, and what
//! Cloudflare's API would refuse, which wrangler learns only when it deploys. [`check_together`] looks at several Workers. Nothing here
//! runs a Worker, and nothing is executed that a config names (`build.command`).
//!
//! ```
//! use pmx_emulator::config::{Format, LoadOptions, parse_config};
//! use std::path::Path;
//!
//! let text = "name = \"api\"\nmain = \"api.mjs\"\ncompatibility_date = \"2026-04-01\"\nkv_namespace = []\n";
//! let loaded = parse_config(Path::new("wrangler.toml"), text, Format::Toml, &LoadOptions::default());
//! assert_eq!(loaded.config.name.as_deref(), Some("api"));
//! assert_eq!(
//!     loaded.diagnostics[0].to_string(),
//!     "wrangler.toml:4:1: warning: Unexpected fields found in top-level field: \"kv_namespace\"\n    hint: did you mean \"kv_namespaces\"?"
//! );
//! ```

mod build;
mod check;
mod dev_vars;
mod diagnostic;
mod findings;
mod joined;
mod jsonc;
mod keys;
pub mod limits;
mod load;
mod model;
mod module_exports;
mod parse;
mod syntax;
mod toml;
mod tree;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use joined::{check_together, routed};
pub use load::{LoadConfigError, LoadOptions, Loaded, find_config, load, parse_config};
pub use model::{
    Assets, ClassExport, ClassRename, ClassState, ClassTransfer, Config, CustomBuild, DurableObjectBinding,
    KvNamespace, Migration, R2Bucket, RouteEntry, ServiceBinding, WorkerFirst, WorkerLimits, WorkerLoader,
};
pub use parse::Format;
