//! Published sites: pages from KV and R2, the publish API, one object for each site.

pub(crate) mod api;
mod blobs;
mod call;
mod codes;
mod diff;
mod documents;
mod events;
mod lookups;
pub(crate) mod object;
mod router;
mod serve;
mod store;

use pmx_edge::{
    Edge,
    bindings::Level,
    http::{ApiError, Code, Request},
    object::{Reply, Rest},
};
use pmx_model::SiteName;

pub(crate) use serve::Shared;
use serve::losses::Failure;

/// Answers a request for a site. Reserved paths come before the site's own.
pub(crate) async fn answer(edge: Edge, shared: &Shared, site: &SiteName, request: &Request) -> Reply {
    let answer = match request.path() {
        "/_events" => events::join(edge, shared, site, request).await.map_err(Failure::from),
        path if path == "/api" || path.starts_with("/api/") => {
            Err(ApiError::new(Code::NOT_FOUND, "The publish API answers on the control host only").into())
        }
        _ => serve::serve(edge, shared, site, request).await,
    };
    match answer {
        Ok(response) => response.into(),
        Err(Failure { error, lost }) => {
            let rest = lost.and_then(|lost| shared.losses.report(edge, site.clone(), lost));
            Reply { response: error.respond(edge, request), rest: rest.map(|rest| Box::pin(rest) as Rest) }
        }
    }
}

/// No site has this name, as far as is known.
fn not_published(site: &SiteName) -> ApiError {
    ApiError::new(codes::SPACE_NOT_FOUND, format!("Space not found: {site}"))
}

/// What failed on our side: the log gets its text, the client does not.
pub(crate) fn internal(edge: Edge, what: &str) -> ApiError {
    edge.log(Level::Error, what);
    ApiError::new(Code::INTERNAL, "Something went wrong on the server")
}
