//! The entry: which handler answers a request.

use crate::{
    bindings::{Edge, ObjectRequest},
    hosts::Config,
    http::{ApiError, Code, Payload, Request, Response},
    publish,
    serve::{self, Shared, internal},
};
use pmx_model::{SiteName, is_deploy_id};
use std::{cell::RefCell, future::Future, pin::Pin, rc::Rc};

/// What is still to be done after an answer.
pub(crate) type Rest = Pin<Box<dyn Future<Output = ()>>>;

/// What one instance keeps between requests.
struct Instance {
    config: Config,
    shared: Shared,
}

thread_local! {
    static INSTANCE: RefCell<Option<Rc<Instance>>> = const { RefCell::new(None) };
}

fn instance<E: Edge>(edge: E) -> Rc<Instance> {
    INSTANCE.with_borrow_mut(|slot| {
        slot.get_or_insert_with(|| Rc::new(Instance { config: Config::read(edge), shared: Shared::default() })).clone()
    })
}

/// Answers one request, and says what is to be done after the answer. Reserved paths come before the site's own.
pub async fn fetch<E: Edge>(edge: E, request: &Request<'_>) -> (Response, Option<Rest>) {
    let instance = instance(edge);
    let place = instance.config.place(request.host);
    let answer = if request.path.starts_with("/api/") && place.api {
        publish::api(edge, &instance.config, &instance.shared, request).await
    } else if let Some(site) = &place.site {
        match request.path {
            "/_events" => events(edge, &instance.shared, site, request).await,
            path if path == "/api" || path.starts_with("/api/") => {
                Err(ApiError::new(Code::NotFound, "The publish API answers on the control host only"))
            }
            _ => serve::serve(edge, &instance.shared, site, request).await,
        }
    } else {
        Err(ApiError::new(Code::NotFound, "No site lives at this address"))
    };
    match answer {
        Ok(response) => (response, None),
        Err(error) => {
            let lost = place.site.zip(error.lost.as_deref().copied());
            let rest = lost.and_then(|(site, lost)| instance.shared.losses.tell(edge, site, lost));
            (error.respond(edge, request), rest.map(|rest| Box::pin(rest) as Rest))
        }
    }
}

/// Joins the client to the live events of its site. A name that was never published is found out as its pages are, and wakes no object.
async fn events<E: Edge>(
    edge: E,
    shared: &Shared,
    site: &SiteName,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    if request.method != "GET" || !request.is_upgrade() {
        return Err(ApiError::new(Code::UpgradeRequired, "This address speaks WebSocket only"));
    }
    if request.header("origin").is_some_and(|origin| !same_host(origin, request.host)) {
        return Err(ApiError::new(Code::ForbiddenOrigin, "A page of another origin may not listen here"));
    }
    let deploy = request.parameter("deploy").unwrap_or_default();
    if !deploy.is_empty() && !is_deploy_id(deploy) {
        return Err(ApiError::new(Code::BadRequest, "deploy: not a deploy id").detail("field", "deploy"));
    }
    if !shared.exists(edge, site).await? {
        return Err(serve::not_published(site));
    }
    let path = format!("/events?space={site}&deploy={deploy}");
    let call = ObjectRequest { method: "GET", path, upgrade: true, ..ObjectRequest::default() };
    let answer = edge
        .object_fetch(site.as_str(), call)
        .await
        .map_err(|error| internal(edge, &format!("object of {site}: {error}")))?;
    match answer.socket {
        Some(socket) => {
            let mut response = Response::empty(101);
            response.payload = Payload::Socket(socket);
            Ok(response)
        }
        None => Err(publish::passed_on(edge, &answer)),
    }
}

/// Whether an Origin is that of the page's own host, port included.
fn same_host(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}
