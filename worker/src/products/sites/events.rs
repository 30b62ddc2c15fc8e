//! `/_events`: a page listens to the live events of its site.

use super::{
    Shared,
    call::{Answered, Call, passed_on, send},
    internal, not_published,
};
use pmx_edge::{
    Edge,
    http::{ApiError, Code, Payload, Request, Response},
};
use pmx_model::{SiteName, is_deploy_id};

/// Joins the client to the events. A name that was never published is found out as its pages are, and wakes no object.
pub(super) async fn join(
    edge: Edge,
    shared: &Shared,
    site: &SiteName,
    request: &Request,
) -> Result<Response, ApiError> {
    if request.method() != "GET" || !request.is_upgrade() {
        return Err(ApiError::new(Code::UPGRADE_REQUIRED, "This address speaks WebSocket only"));
    }
    if request.header("origin").is_some_and(|origin| !same_host(origin, request.host())) {
        return Err(ApiError::new(Code::FORBIDDEN_ORIGIN, "A page of another origin may not listen here"));
    }
    let deploy = request.parameter("deploy").unwrap_or_default();
    if !deploy.is_empty() && !is_deploy_id(deploy) {
        return Err(ApiError::new(Code::BAD_REQUEST, "deploy: not a deploy id").detail("field", "deploy"));
    }
    if !shared.exists(edge, site).await? {
        return Err(not_published(site));
    }
    let failed = |error| internal(edge, &format!("object of {site}: {error}"));
    let answer = send(edge, site, Call::Events { deploy }).await.map_err(failed)?;
    match answer.payload {
        Payload::Socket(_) => Ok(Response { payload: answer.payload, ..Response::empty(101) }),
        _ => Err(passed_on(edge, &Answered::read(answer).await.map_err(failed)?)),
    }
}

/// Whether an Origin is that of the page's own host, port included.
fn same_host(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}
