//! The documents of a build and of a site, as they lie in R2 and KV. `API.md` has their shapes.

mod events;
mod hash;
mod index;
mod manifest;
mod roots;
mod routes;
mod site_name;
mod sorted;
mod state;

pub use events::ChangeEvent;
pub use hash::{Hash, HashError};
pub use index::{IndexError, ManifestIndex};
pub use manifest::{File, Manifest, ManifestError, SourceEntry, check_path};
pub use roots::{Root, Roots, RootsError};
pub use routes::{Route, Routes, RoutesError};
pub use site_name::{RESERVED, SiteName, SiteNameError};
pub use state::{DeployRecord, Meta, SpaceState};

/// The most bytes that one roots, manifest or routes document may have. They enter the Worker whole.
pub const MAX_DOCUMENT: u64 = 8 * 1024 * 1024;
/// The most roots of one deploy.
pub const MAX_ROOTS: usize = 16;
/// The most files of one manifest.
pub const MAX_FILES: usize = 25_000;
/// The largest blob, in bytes: a Cloudflare KV value or static asset has the same limit.
pub const MAX_BLOB: u64 = 25 * 1024 * 1024;
