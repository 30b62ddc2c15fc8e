//! What `pmx dev` answers below addresses of its own, on every site: the script that is added to pages, and what open pages ask for.

use crate::dev::{
    live_reload::{self, LiveReload},
    page::{events::EventStreams, newest, script},
    request_site::site_or_default,
};
use crate::{
    server::{
        Caller,
        layers::{Answering, DEV_ADDRESSES, RequestLayer, layer as layer_of},
        refusal,
    },
    session::Control,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_model::SiteName;
use std::sync::Arc;

/// What the layer works with.
pub(super) struct AddressParts {
    /// Goes back to the newest deploy where a page asks for it.
    pub(super) control: Control,
    /// The site of every host that names none.
    pub(super) default_site: Option<SiteName>,
    /// The events of pages without a live client.
    pub(super) reload: LiveReload,
    /// Those of pages with the script; none where pages go out as they are.
    pub(super) events: Option<EventStreams>,
}

/// The layer. Pages of other origins do not get here.
pub(super) fn layer(parts: AddressParts) -> RequestLayer {
    let parts = Arc::new(parts);
    layer_of(move |request, next| {
        let Some(name) = request.uri().path().strip_prefix(DEV_ADDRESSES) else { return next.call(request) };
        if parts.events.is_none() && !name.starts_with(live_reload::NAME) {
            return next.call(request);
        }
        let (parts, name) = (parts.clone(), name.to_owned());
        Answering::later(async move { parts.answer(&name, request).await })
    })
}

impl AddressParts {
    async fn answer(&self, name: &str, request: Request) -> Response {
        if let Some(stream) = name.strip_prefix(live_reload::NAME) {
            return self.reload.events(stream, request).await;
        }
        let default_site = self.default_site.as_ref();
        if name == newest::NAME {
            return match newest::asked(&self.control, &request, default_site) {
                Ok(site) => newest::answer(&self.control, &site).await,
                Err(refused) => *refused,
            };
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused =
                refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET is answered here");
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let mut response = match (name, &self.events, script::id_in(name)) {
            ("events", Some(events), _) => {
                let is_local = Caller::of(request.extensions()).is_local_browser();
                events.stream(site_or_default(&request, default_site), is_local)
            }
            (_, _, Some(id)) => script::response(id),
            _ => refusal(StatusCode::NOT_FOUND, "not_found", "There is nothing here"),
        };
        if *request.method() == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }
}
