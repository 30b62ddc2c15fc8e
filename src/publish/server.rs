use super::{BlobFault, BlobSource};
use pmx_model::Hash;
use std::future::Future;

/// Whoever answers the publish API: a server behind HTTP, or the Worker in this process.
pub trait Server: Send + Sync {
    /// One call and its whole answer, whatever its status. Calls may overlap; dropping the future gives up on the
    /// answer, and the call may have happened all the same.
    fn call(&self, request: ApiRequest) -> impl Future<Output = Result<ApiResponse, TransportError>> + Send;
}

/// A call of the publish API. Whoever carries it adds the token.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// Its method.
    pub method: Method,
    /// A path with query below the server, or an absolute URL that the server named as an `uploadUrl`.
    pub target: String,
    /// Its body.
    pub body: ApiBody,
}

/// The methods that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// All else.
    Post,
}

/// What a call carries.
#[derive(Clone, Debug)]
pub enum ApiBody {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Vec<u8>),
    /// A blob. Read it with [`BlobSource::open`], which does not let other bytes pass than those of this hash.
    Blob {
        /// What its bytes hash to.
        hash: Hash,
        /// Where they are.
        source: BlobSource,
    },
}

/// An answer of any status.
#[derive(Clone, Debug, Default)]
pub struct ApiResponse {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl ApiResponse {
    /// The first header with this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Nobody listens there.
    #[error("{server} refuses connections")]
    Refused {
        /// Scheme, host and port.
        server: String,
    },
    /// No connection came about; the call did not happen.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        server: String,
        /// What the system says.
        reason: String,
    },
    /// The connection failed in the middle; the call may have happened.
    #[error("the connection to {server} was lost: {reason}")]
    Lost {
        /// Scheme, host and port.
        server: String,
        /// What the system says.
        reason: String,
    },
    /// The certificate or the handshake was refused; the call did not happen.
    #[error("no secure connection to {server}: {reason}")]
    Tls {
        /// Scheme, host and port.
        server: String,
        /// What the TLS library says.
        reason: String,
    },
    /// The blob that was to be sent is not what was built; it was not sent to its end.
    #[error(transparent)]
    Blob(#[from] BlobFault),
    /// The call cannot be made at all.
    #[error("{0}")]
    Impossible(String),
}

impl TransportError {
    /// Whether the call certainly did not reach the server's handler.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        !matches!(self, Self::Lost { .. })
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unreachable { .. } | Self::Lost { .. })
    }
}
