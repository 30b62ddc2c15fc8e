//! The client of the publish API (`worker/API.md`), for a remote server and for the local Worker alike.
//!
//! A [`Bundle`] is what a build made. [`publish`] asks the server which of its blobs are missing, uploads those, and
//! commits: the site changes in the commit and nowhere else, so a run that stops earlier leaves nothing active, and
//! the next one uploads what is still missing. Who answers is a [`Server`]; [`Remote`] is one behind HTTP.

mod address;
mod api;
mod bar;
mod blob;
mod bundle;
mod change;
mod client;
mod error;
mod explain;
pub mod git;
pub mod history;
mod listing;
mod output;
mod progress;
mod remembered;
mod remote;
mod resolve;
mod retry;
mod server;
mod token;
mod upload;

pub use address::{Address, AddressError};
pub(crate) use api::printable;
pub use api::{Activated, Deploy, Pruned, TakenDown};
pub use bar::{Reached, TerminalProgress, Wording};
pub use blob::{BlobFault, BlobReader, BlobSource};
pub use bundle::{Bundle, BundleError};
pub use change::{Change, PageChange};
pub(crate) use change::{PageEntries, PageEntry};
pub use client::{
    Plan, PublishOptions, Published, carry_out, deploys, find, plan, prune, publish, publish_unasked, restore,
    rollback, unpublish, upload,
};
pub use error::{ApiCall, PublishError, Refusal};
pub use explain::explain;
pub(crate) use explain::in_doubt;
pub use listing::Listing;
pub use output::{OutputError, read_listed, read_output};
pub use progress::{Progress, Silent, Step};
pub(crate) use remembered::{recall, remember};
pub use remote::Remote;
pub(crate) use remote::{CERTIFICATES_VARIABLE, root_certs};
pub(crate) use resolve::agent;
pub use server::{ApiBody, ApiRequest, ApiResponse, Method, Server, TransportError};
pub use token::{BearerToken, TOKEN_VARIABLE, TokenError};
