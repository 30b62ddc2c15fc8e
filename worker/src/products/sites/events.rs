//! `/_events`: a page listens to the live events of its site.

use super::{
    Shared,
    call::{Call, passed_on},
    internal, not_published,
};
use pmx_edge::{
    bindings::Edge,
    http::{ApiError, Code, Payload, Request, Response},
};
use pmx_model::{SiteName, is_deploy_id};

/// Joins the client to the events. A name that was never published is found out as its pages are, and wakes no object.
pub(super) async fn join<E: Edge>(
    edge: E,
    shared: &Shared,
    site: &SiteName,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    if request.method != "GET" || !request.is_upgrade() {
        return Err(ApiError::new(Code::UPGRADE_REQUIRED, "This address speaks WebSocket only"));
    }
    if request.header("origin").is_some_and(|origin| !same_host(origin, request.host)) {
        return Err(ApiError::new(Code::FORBIDDEN_ORIGIN, "A page of another origin may not listen here"));
    }
    let deploy = request.parameter("deploy").unwrap_or_default();
    if !deploy.is_empty() && !is_deploy_id(deploy) {
        return Err(ApiError::new(Code::BAD_REQUEST, "deploy: not a deploy id").detail("field", "deploy"));
    }
    if !shared.exists(edge, site).await? {
        return Err(not_published(site));
    }
    let answer = edge
        .object_fetch(site.as_str(), Call::Events { deploy }.request(site))
        .await
        .map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    match answer.socket {
        Some(socket) => {
            let mut response = Response::empty(101);
            response.payload = Payload::Socket(socket);
            Ok(response)
        }
        None => Err(passed_on(edge, &answer)),
    }
}

/// Whether an Origin is that of the page's own host, port included.
fn same_host(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}
