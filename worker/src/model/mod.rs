//! The documents of a build and of a site, as they lie in R2 and KV. `API.md` has their shapes.

mod events;
mod hash;
mod index;
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
pub use index::{IndexError, ManifestIndex};
pub use limits::{
    MAX_BLOB, MAX_DEPLOY_ID, MAX_DOCUMENT, MAX_DOCUMENTS, MAX_FILES, MAX_META, MAX_META_MEMBERS, MAX_META_NAME,
    MAX_PATH, MAX_ROOTS, MAX_ROUTE, is_deploy_id, is_source_id,
};
pub use manifest::{File, Manifest, ManifestError, SourceEntry, check_path};
pub use meta::{Meta, MetaError, check_meta};
pub use roots::{Root, Roots, RootsError};
pub use routes::{Route, Routes, RoutesError};
pub use routes_index::{RouteRef, RoutesIndex, RoutesIndexError};
pub use site_name::{RESERVED, SiteName, SiteNameError};
pub use state::{DeployRecord, SiteState, SpaceState, Tombstone, Unpublished};

pub(crate) use limits::clip;
pub(crate) use object::object_only;
pub(crate) use sorted::optional_map;
