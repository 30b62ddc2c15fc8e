//! Sources on disk -> artifacts.
//!
//! Five steps, each a function of what the one before it gave:
//!
//! 1. [`locate`]: which folder is the site, and where does it start;
//! 2. [`scan`]: the files as data, a [`Snapshot`];
//! 3. `graph`: from the entries along links, each Source parsed once;
//! 4. [`build`]: routes, pages, documents, all of them blobs with hashes; no disk, no clock;
//! 5. [`write()`]: the blobs on disk. [`crate::publish::read_output`] reads them back.
//!
//! What a step can keep for the next build is in [`Cache`]; the bytes that come out never depend on it.

mod address;
mod answers;
mod assets;
mod beats;
mod blobs;
mod build;
mod cache;
mod caught;
mod checkout;
mod commas;
mod completion;
mod component_files;
mod components;
mod config;
mod config_checks;
mod config_json;
mod css;
mod diagnostic;
mod documents;
mod dom;
mod edit;
mod error;
mod folder;
mod gathered;
mod graph;
mod highlight;
mod hosting;
mod html;
mod icons;
mod inventory;
mod layouts;
mod link;
mod lookup;
mod math;
mod mermaid;
mod output;
mod own_output;
mod page;
mod path;
mod pictures;
mod portable;
mod project;
mod questions;
mod read;
mod render;
mod routes;
mod scan;
mod seal;
mod search;
mod shorten;
mod source;
mod spill;
mod standard;
mod static_files;
mod suggest;
mod text;
mod theme;
mod tokens;
mod values;
mod wiki;
mod yaml;

pub use address::percent_decode;
pub use answers::{AnswerForm, Given, RecordError, Refused, record};
pub use blobs::{BlobError, Blobs};
pub use build::{Blob, Build, build};
pub use cache::Cache;
pub use config::{FILES as CONFIGS, SiteAddress, workspace_list};
pub use diagnostic::{Diagnostic, Position, Severity};
pub use documents::{BlockRecord, SourceRecord, SourcesDocument};
pub use edit::{
    CreateError, Edit, EditError, EditOrSite, EditedFile, Kept, NewSource, Wanted, plan_move, plan_removal,
    plan_source, replace, sweep,
};
pub use error::SiteError;
pub use folder::{Folder, FolderError};
pub use hosting::{BasePath, BasePathError, Hosting};
pub use inventory::{Item, inventory, is_text};
pub use link::{Link, LinkError};
pub use lookup::{Built, Found};
pub use output::{Contents, OutDir, Written, build_into, contents, write};
pub use own_output::OwnOutput;
pub(crate) use portable::unportable;
pub use project::{Entry, Options, Project, locate, locate_around, site_name};
pub use questions::RECORDED_ANSWER;
pub use scan::{Before, Content, File, MAX_DEPTH, MAX_FILES, MAX_TOTAL, Snapshot, Tracked, is_passing, scan};
pub use seal::Key;
pub use source::Settings;
pub use static_files::static_files;
pub use theme::theme_digest;
