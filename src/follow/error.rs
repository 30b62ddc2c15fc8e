use std::fmt;

/// Why a site cannot be followed, now or at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Nobody listens there.
    #[error("{0} refuses connections")]
    Refused(String),
    /// The name is unknown, the way is cut, or nobody answers.
    #[error("{site} cannot be reached: {reason}")]
    Unreachable {
        /// The site.
        site: String,
        /// Why.
        reason: String,
    },
    /// The certificate or the handshake was refused.
    #[error("no secure connection to {site}: {reason}")]
    Tls {
        /// The site.
        site: String,
        /// What the TLS library says.
        reason: String,
    },
    /// The server has no such site.
    #[error("there is no site at {0}")]
    NoSite(String),
    /// Who answers is no Worker of ours.
    #[error("{site} does not answer as a PathMX server does: {reason}")]
    Foreign {
        /// The site.
        site: String,
        /// What is amiss.
        reason: String,
    },
    /// The server is there and cannot answer now.
    #[error("{site} is not ready: {status}")]
    Busy {
        /// The site.
        site: String,
        /// The status of its answer.
        status: u16,
    },
    /// The connection broke off.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// This machine's settings keep it from connecting.
    #[error("{0}")]
    Impossible(String),
}

impl FollowError {
    pub(super) fn unreachable(site: &impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::Unreachable { site: site.to_string(), reason: reason.to_string() }
    }

    pub(super) fn foreign(site: &impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::Foreign { site: site.to_string(), reason: reason.to_string() }
    }

    /// Whether the server itself says that it may answer in a moment.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// What could be done about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused(_) => Some("is the server running, and is this its port?"),
            Self::NoSite(_) => {
                Some("a site is there once it was published; `-s` is its name, `--server` where it was published to")
            }
            Self::Foreign { .. } => Some("`--server` is the address that sites are published to"),
            Self::Tls { .. } => Some("SSL_CERT_FILE names a file of certificates to trust instead of the web's"),
            _ => None,
        }
    }
}
