//! Requests for a site wait a moment for its first build, so that nobody reads yesterday's pages unawares.

use crate::{
    dev::{
        first_build::FirstBuild,
        live_reload::{LiveReload, ReloadTarget},
        loops::Loops,
        request_site::site_of,
        small_page,
    },
    server::{
        is_upgrade,
        layers::{Answering, Next, RequestLayer, layer as layer_of},
    },
};
use axum::{extract::Request, http::StatusCode, response::Response};
use pmx_model::SiteName;

/// The layer. `default_site` is the site of every host that is below no `localhost`.
pub(super) fn layer(loops: Loops, reload: LiveReload, default_site: Option<SiteName>) -> RequestLayer {
    layer_of(move |request, next| match first_build(&loops, &request, default_site.as_ref()) {
        None => next.call(request),
        Some((site, build)) => Answering::later(wait(reload.clone(), site, build, request, next.clone())),
    })
}

/// The first build that a request waits for.
fn first_build(loops: &Loops, request: &Request, default_site: Option<&SiteName>) -> Option<(SiteName, FirstBuild)> {
    if is_upgrade(request) || request.uri().path().starts_with("/api/") {
        return None;
    }
    let site = site_of(request);
    let site = site.as_ref().or(default_site)?;
    let build = loops.get(site)?.first_build;
    build.is_pending().then(|| (site.clone(), build))
}

async fn wait(reload: LiveReload, site: SiteName, build: FirstBuild, request: Request, next: Next) -> Response {
    if build.wait().await {
        return next.call(request).await;
    }
    let main = maud::html! { p { "The first build of this site is under way. The page comes by itself." } };
    let reload = (&reload, &ReloadTarget::Status(site));
    small_page::respond(StatusCode::SERVICE_UNAVAILABLE, "Being built", &main, reload).await
}
