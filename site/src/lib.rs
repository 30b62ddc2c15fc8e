//! PathMX sites: Markdown Sources on disk to content-addressed artifacts.
//!
//! A site is a folder with a config (`pathmx.config.md`) or an entry Source (`paths/index.path.md` and its likes). A build gives pages,
//! assets and documents, each named by the SHA-256 of its bytes, and `roots.json`, which leads to all of them.
//!
//! ```
//! use pmx_site::{Cache, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("paths"))?;
//! # std::fs::write(folder.path().join("paths/index.path.md"), "# Home\n")?;
//! let project = pmx_site::locate(&Options { cwd: folder.path().to_owned(), entries: Vec::new() })?;
//! let snapshot = pmx_site::scan(&project, None)?;
//! let build = pmx_site::build(&project, &snapshot, &mut Cache::default());
//! assert!(!build.has_errors());
//! assert_eq!(build.pages, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Steps
//! Each is a function of what the one before it gave:
//!
//! 1. [`locate`]: which folder is the site, and where it starts: a [`Project`];
//! 2. [`scan`]: its files as data: a [`Snapshot`];
//! 3. [`build`]: from the entries along links, each Source parsed once; then routes, pages and documents, all of them blobs with
//!    hashes: a [`Build`]. No disk but what the cache spills, no clock, no network;
//! 4. [`write()`]: the blobs in a folder; [`static_files`]: the same for hosts of plain files; [`build_into`]: steps 3 and 4 at once.
//!
//! What a step can keep for the next build is in a [`Cache`]; the bytes that come out never depend on it. Any thread may build, one build
//! at a time for each cache; a build uses rayon's pool.
//!
//! # Edits
//! [`plan_move`], [`plan_removal`] and [`plan_source`] say which files change when a Source is moved, removed or made; [`replace`] and
//! [`record`] change one Source that its author may be saving at the same time.
//!
//! # Errors
//! What keeps a site from being found, read or written is a [`SiteError`]; what an edit is refused for is an [`EditError`] or a
//! [`CreateError`]. Each says with `hint` what its user could do. What is wrong *in* a Source is no error but a [`Diagnostic`] of the build.

mod browser;
mod build;
mod diagnostic;
mod documents;
mod edit;
mod error;
mod files;
mod graph;
mod memory;
mod output;
mod page;
mod path;
mod project;
mod render;
mod scan;
mod search;
mod source;
mod text;

pub use browser::{FLOATING_JS, theme_digest};
pub use build::{Build, build};
pub use diagnostic::{Diagnostic, Position, Severity};
pub use documents::{BlockRecord, SourceRecord, SourcesDocument};
pub use edit::answers::{AnswerForm, AnswerRefused, Given, RecordError, record};
pub use edit::{
    CreateError, Edit, EditError, EditOrSite, EditedFile, NewSource, SourceRequest, plan_move, plan_removal,
    plan_source, replace,
};
pub use error::SiteError;
pub use files::beside::sweep;
pub use files::blobs::{Blob, BlobError, Blobs};
pub use files::exchange::UnlinkedFile;
pub use files::folder::{Folder, FolderError};
pub use files::seal::{Key, SEAL, Seal};
pub use files::{file_retry, paths};
pub use memory::Cache;
pub use output::inventory::{Item, inventory, is_text};
pub use output::lookup::{Built, Found};
pub use output::static_files::static_files;
pub use output::{Contents, Written, build_into, contents, write};
pub use project::config::{FILES as CONFIGS, SiteAddress, workspace_list};
pub use project::hosting::{BasePath, BasePathError, Hosting};
pub use project::link::{LinkError, PublishLink};
pub use project::named::no_link_leads_out;
pub use project::out_dir::OutDir;
pub use project::own_output::OwnOutput;
pub use project::{Entry, Options, Project, locate, locate_around, site_name};
pub use render::questions::RECORDED_ANSWER;
pub use scan::{Before, Content, File, MAX_DEPTH, MAX_FILES, MAX_TOTAL, Snapshot, Tracked, is_passing, scan};
pub use source::{Settings, source_name, written_route};
pub use text::address::percent_decode;
