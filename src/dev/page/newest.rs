//! `POST /_pmx/newest`: what the badge of a page that shows an earlier deploy asks for.

use crate::{
    dev::request_site::site_or_default,
    server::{Caller, refusal},
    session::{Control, Moved},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_model::SiteName;

/// Its name below the reserved address.
pub(in crate::dev) const NAME: &str = "newest";

/// The site that is asked for. Only pages of the site itself may ask, in a browser of this machine: to others the site is something to
/// read.
pub(in crate::dev) fn asked(
    control: &Control,
    request: &Request,
    default_site: Option<&SiteName>,
) -> Result<SiteName, Box<Response>> {
    let caller = Caller::of(request.extensions());
    if caller.initiator().is_foreign() || !caller.is_local_browser() {
        let message = "This is for the pages of this server only, on this machine";
        return Err(refusal(StatusCode::FORBIDDEN, "foreign_origin", message).into());
    }
    if *request.method() != Method::POST {
        let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only POST is answered here");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Err(refused.into());
    }
    let site = site_or_default(request, default_site).filter(|site| control.session().site(site).is_some());
    site.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "no_site", "No site is written under this name").into())
}

/// Shows the newest deploy of the site again.
pub(in crate::dev) async fn answer(control: &Control, site: &SiteName) -> Response {
    match control.go_to_newest(site).await {
        Ok(Moved::Moved | Moved::AtNewest) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(Moved::AtOldest | Moved::NothingElse) => {
            refusal(StatusCode::NOT_FOUND, "no_deploy", "The site was not published yet")
        }
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", &error.to_string()),
    }
}
