//! What builder, publisher and Worker agree on: the documents of a build and of a site as they lie in R2 and KV, what bounds them,
//! and the keys under which they lie. `worker/API.md` has the shapes.
//!
//! It is compiled natively and into the Worker's wasm, reads and writes nothing, and knows none of the other crates.
//!
//! ```
//! use pmx_model::{Manifest, ManifestIndex, kv_key};
//!
//! let manifest: Manifest = serde_json::from_str(r#"{"files":{},"sources":{}}"#)?;
//! manifest.check()?;
//! assert_eq!(ManifestIndex::from(&manifest).file("index.html"), None);
//!
//! let site = "handbook".parse()?;
//! assert_eq!(kv_key::site_of_state(&kv_key::site_state("handbook")), Some(site));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod events;
mod hash;
mod immutable;
mod index;
pub mod kv_key;
mod limits;
mod manifest;
mod meta;
mod object;
mod roots;
mod routes;
mod routes_index;
mod scan;
mod site_name;
mod sorted;
mod state;

pub use events::{ChangeEvent, EventError};
pub use hash::{Hash, HashError};
pub use immutable::{hash_in_name, is_immutable};
pub use index::{IndexError, ManifestIndex};
pub use limits::{
    MAX_BLOB, MAX_DEPLOY_ID, MAX_DOCUMENT, MAX_DOCUMENTS, MAX_FILES, MAX_META, MAX_META_MEMBERS, MAX_META_NAME,
    MAX_PATH, MAX_ROOTS, MAX_ROUTE, clip, is_deploy_id, is_source_id,
};
pub use manifest::{File, Manifest, ManifestError, SourceEntry, check_path};
pub use meta::{Meta, MetaError, check_meta};
pub use roots::{Root, Roots, RootsError};
pub use routes::{Route, Routes, RoutesError};
pub use routes_index::{RouteRef, RoutesIndex, RoutesIndexError};
pub use site_name::{RESERVED, SiteName, SiteNameError};
pub use sorted::optional_map;
pub use state::{DeployRecord, SiteState, SpaceState, Tombstone, Unpublished};
