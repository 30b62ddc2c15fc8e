//! Who asks for a site before it was looked at waits a moment, so that nobody reads yesterday's pages unawares.

use super::reload::{Reload, Shows};
use super::sites_of::site_of;
use crate::server::{
    is_upgrade,
    layers::{Answering, Next, RequestLayer, layer as layer_of},
};
use axum::{extract::Request, http::StatusCode, response::Response};
use pmx_worker::model::SiteName;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// How long a request waits where an earlier process has left something to read. Then it gets that; open pages are told when
/// the build is up.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a request waits where there is nothing yet.
const LONG_PATIENCE: Duration = Duration::from_secs(20);

/// The first look at a site, as those see it who wait for it. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct FirstLook(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    over: watch::Sender<bool>,
    wanted: Notify,
    /// Whether an earlier process has published the site.
    readable: bool,
}

impl FirstLook {
    pub(super) fn new(readable: bool) -> Self {
        Self(Arc::new(Shared { over: watch::Sender::new(false), wanted: Notify::new(), readable }))
    }

    /// Says that the site was built and published, or that it could not be.
    pub(super) fn is_over(&self) {
        self.0.over.send_replace(true);
    }

    /// Is told when somebody waits.
    pub(super) fn wanted(&self) -> &Notify {
        &self.0.wanted
    }

    /// Whether an earlier process has left something to read.
    pub(super) fn readable(&self) -> bool {
        self.0.readable
    }

    /// Waits until the look is over.
    pub(super) async fn over(&self) {
        let _ = self.0.over.subscribe().wait_for(|over| *over).await;
    }

    /// Whether it is not over yet.
    pub(super) fn pending(&self) -> bool {
        !*self.0.over.borrow()
    }

    /// Waits until the look is over, but not for ever; whether there is something to read.
    async fn wait(&self) -> bool {
        self.0.wanted.notify_one();
        let mut over = self.0.over.subscribe();
        let patience = if self.0.readable { PATIENCE } else { LONG_PATIENCE };
        let in_time = timeout(patience, over.wait_for(|over| *over)).await;
        in_time.is_ok() || self.0.readable
    }
}

/// Where requests for sites wait that were not looked at yet. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingRoom(Arc<Mutex<HashMap<SiteName, FirstLook>>>);

impl WaitingRoom {
    /// Requests for this site wait for this look.
    pub(super) fn expect(&self, site: SiteName, look: FirstLook) {
        lock(&self.0).insert(site, look);
    }

    /// Nobody waits for this site any more.
    pub(super) fn forget(&self, site: &SiteName) {
        if let Some(look) = lock(&self.0).remove(site) {
            look.is_over();
        }
    }

    /// The layer. `default_site` is the site of every host that is below no `localhost`.
    pub(super) fn layer(&self, reload: Reload, default_site: Option<SiteName>) -> RequestLayer {
        let room = self.clone();
        layer_of(move |request, next| match room.look(&request, default_site.as_ref()) {
            None => next.call(request),
            Some((site, look)) => Answering::later(let_wait(reload.clone(), site, look, request, next.clone())),
        })
    }

    fn look(&self, request: &Request, default_site: Option<&SiteName>) -> Option<(SiteName, FirstLook)> {
        if is_upgrade(request) || request.uri().path().starts_with("/api/") {
            return None;
        }
        let site = site_of(request);
        let site = site.as_ref().or(default_site)?;
        let look = lock(&self.0).get(site).filter(|look| look.pending()).cloned()?;
        Some((site.clone(), look))
    }
}

async fn let_wait(reload: Reload, site: SiteName, look: FirstLook, request: Request, next: Next) -> Response {
    if look.wait().await {
        return next.call(request).await;
    }
    let main = maud::html! { p { "The first build of this site is under way. The page comes by itself." } };
    let reload = (&reload, &Shows::Status(site));
    super::small_page::respond(StatusCode::SERVICE_UNAVAILABLE, "Being built", &main, reload).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
