use super::{ApiCall, PublishError, Refusal, TransportError};
use crate::error::Error;

/// The error that a person reads: what failed, and what can be done about it. `deploys` is the command that tells which deploy of that site
/// on that server is live, with all that it must be given; `token` is the variable that holds the token.
#[must_use]
pub fn explain(error: &PublishError, deploys: &str, token: &str) -> Error {
    match error {
        PublishError::Refused { call, refusal } => refused(error, *call, refusal, deploys, token),
        PublishError::Transport { call, source } => unanswered(error, *call, source, deploys),
        PublishError::NoBlob(_) => Error::new(error).hint("nothing was published; build again, without --no-build"),
        PublishError::BadAnswer { .. } => Error::new(error).hint("is --server the address of a publish server?"),
        PublishError::Stalled { .. } => Error::new(error).hint("nothing was published; try again later"),
        PublishError::UnknownDeploy(_) | PublishError::AmbiguousDeploy(_) => {
            Error::new(error).hint(list_deploys(deploys))
        }
        PublishError::Bundle(_) => Error::new(error),
    }
}

fn refused(error: &PublishError, call: ApiCall, refusal: &Refusal, deploys: &str, token: &str) -> Error {
    match (refusal.status, refusal.code.as_str()) {
        (401 | 403, _) => Error::auth(error).hint(format!("the server does not accept the token in {token}")),
        (_, "unknown_deploy") => Error::new(error).hint(list_deploys(deploys)),
        (_, "publish_disabled") => Error::new(error).hint("the server was started without PUBLISH_SECRET"),
        (300..=399, _) => match &refusal.location {
            Some(location) => Error::new(error)
                .hint(format!("redirects are not followed; it points to {location}: is --server right?")),
            None => Error::new(error).hint("is --server the address of a publish server?"),
        },
        (404, "not_found") if call == ApiCall::Unpublish => {
            Error::new(error).hint("the Worker of that server is older than this command: deploy a newer one")
        }
        (404 | 405, "") => Error::new(error).hint("is --server the address of a publish server?"),
        (500.., _) if activates(call) => Error::new(error).hint(in_doubt(call, deploys)),
        _ => Error::new(error),
    }
}

fn unanswered(error: &PublishError, call: ApiCall, source: &TransportError, deploys: &str) -> Error {
    match source {
        TransportError::Refused { .. } => {
            Error::new(error).hint("is `pmx serve` running there? --server names another address")
        }
        TransportError::Unreachable { .. } => {
            Error::new(error).hint("is this machine online? HTTPS_PROXY names a proxy, --server another address")
        }
        TransportError::Lost { .. } if activates(call) => Error::new(error).hint(in_doubt(call, deploys)),
        TransportError::Lost { .. } if call == ApiCall::Deploys => Error::new(error).hint("try again"),
        TransportError::Lost { .. } => {
            Error::new(error).hint("nothing was published; the same command uploads only what is still missing")
        }
        TransportError::Tls { .. } => {
            Error::new(error).hint("SSL_CERT_FILE names a file of certificates to trust instead")
        }
        TransportError::Blob(_) => Error::new(error).hint("nothing was published; run the command again"),
        TransportError::Impossible(_) => Error::new(error),
    }
}

/// Whether the call changes what readers see.
fn activates(call: ApiCall) -> bool {
    matches!(call, ApiCall::Commit | ApiCall::Rollback | ApiCall::Unpublish)
}

/// What is to be known of a call that changes what readers see and was sent, but not answered.
pub(crate) fn in_doubt(call: ApiCall, deploys: &str) -> String {
    let what = if call == ApiCall::Unpublish { "the site may be unpublished" } else { "the deploy may be active" };
    format!("{what} all the same: `{deploys}` tells")
}

fn list_deploys(deploys: &str) -> String {
    format!("`{deploys}` lists the deploys")
}
