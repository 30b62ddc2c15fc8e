use super::{BundleError, TransportError};
use crate::report::counted;
use pmx_model::Hash;
use std::fmt;

/// Which call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiCall {
    /// Asking what is missing.
    Begin,
    /// Uploading this blob.
    Upload(Hash),
    /// Making the deploy active.
    Commit,
    /// Making an earlier deploy active.
    Rollback,
    /// Taking a site down.
    Unpublish,
    /// Listing deploys.
    Deploys,
    /// Forgetting old deploys.
    Prune,
}

impl fmt::Display for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("begin"),
            Self::Upload(hash) => write!(f, "upload of {}", hash.short(12)),
            Self::Commit => f.write_str("commit"),
            Self::Rollback => f.write_str("rollback"),
            Self::Unpublish => f.write_str("unpublish"),
            Self::Deploys => f.write_str("deploys"),
            Self::Prune => f.write_str("prune"),
        }
    }
}

/// The server answered, and the answer is no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The API's word for it, empty if the answer is not the API's.
    pub code: String,
    /// The server's sentence, on one line, without control characters.
    pub message: String,
    /// Blobs that the server says it lacks: some of them, if it lacks many.
    pub missing: Vec<Hash>,
    /// The id under which the server logged it.
    pub request_id: Option<String>,
    /// Where a redirect leads.
    pub location: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The bundle itself is at fault; the server was not called.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There was no answer.
    #[error("{call}: {source}")]
    Transport {
        /// The call.
        call: ApiCall,
        /// Why.
        source: TransportError,
    },
    /// The server said no.
    #[error("{call}: {refusal}")]
    Refused {
        /// The call.
        call: ApiCall,
        /// What it said.
        refusal: Box<Refusal>,
    },
    /// The server said yes, but not as the API does.
    #[error("{call}: the answer ({status}) is not one of the publish API: {reason}")]
    BadAnswer {
        /// The call.
        call: ApiCall,
        /// The status.
        status: u16,
        /// What is wrong with it.
        reason: String,
    },
    /// The server lacks blobs that are not here either.
    #[error("the server lacks {} that this build does not have: {}", counted(.0.len(), "file"), list(.0))]
    NoBlob(Vec<Hash>),
    /// The server keeps saying that it is not done, and gets no further.
    #[error("{call}: the server gets no further with {remaining} files left")]
    Stalled {
        /// The call.
        call: ApiCall,
        /// How many hashes it says are left.
        remaining: u64,
    },
    /// No deploy of the site has an id that begins so.
    #[error("the site has no deploy `{0}`")]
    UnknownDeploy(String),
    /// Several have.
    #[error("several deploys begin with `{0}`")]
    AmbiguousDeploy(String),
}

fn list(hashes: &[Hash]) -> String {
    /// Enough to see a pattern, and still one screen.
    const SHOWN: usize = 20;
    let mut text = hashes.iter().take(SHOWN).map(Hash::to_string).collect::<Vec<_>>().join(", ");
    if hashes.len() > SHOWN {
        text.push_str(&format!(", and {} more", hashes.len() - SHOWN));
    }
    text
}
