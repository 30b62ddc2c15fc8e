//! What every address of a site answers that its owner took down.

use super::freshness;
use crate::products::sites::{codes, not_published};
use pmx_edge::{
    Edge,
    http::{ApiError, Request, Response},
};
use pmx_model::{SiteName, Tombstone, Unpublished};

/// The answer: small, of the status that the owner chose, and with nothing of what was there. Open pages learn from its headers that
/// it is newer than what they show, and from an id that no deploy has that their sockets are to be told of anything new.
pub(super) fn answer(
    edge: Edge,
    site: &SiteName,
    tombstone: &Tombstone,
    request: &Request,
    confirmed: Option<bool>,
) -> Response {
    let error = match tombstone.unpublished.status {
        Unpublished::NOT_FOUND => not_published(site),
        _ => ApiError::new(codes::UNPUBLISHED, "This site is no longer published"),
    };
    // An open page asks for its document with a header of its own, and shows pages only.
    let mut response = error.respond_with(edge, request, request.wants_html() || confirmed.is_some());
    response.header("pmx-deploy", tombstone.id()).header("pmx-seq", tombstone.seq.to_string());
    if let Some(confirmed) = confirmed {
        response.header("pmx-fresh", freshness::word(confirmed));
    }
    response
}
