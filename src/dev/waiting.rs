//! Who asks for a site before it was looked at waits a moment, so that nobody reads yesterday's pages unawares.

use super::reload::{Reload, Shows};
use crate::server::{Answering, Before, Local};
use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use pmx_model::SiteName;
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
pub(super) struct WaitingRoom(Arc<Room>);

#[derive(Debug, Default)]
struct Room {
    sites: Mutex<HashMap<SiteName, FirstLook>>,
    /// Whom a request goes to in the end: all that stands before the Worker, and the Worker.
    onwards: Mutex<Option<Local>>,
}

impl WaitingRoom {
    /// Requests for this site wait for this look.
    pub(super) fn expect(&self, site: SiteName, look: FirstLook) {
        lock(&self.0.sites).insert(site, look);
    }

    /// Nobody waits for this site any more.
    pub(super) fn forget(&self, site: &SiteName) {
        if let Some(look) = lock(&self.0.sites).remove(site) {
            look.is_over();
        }
    }

    /// Sets whom requests go to when they have waited.
    pub(super) fn lead_to(&self, onwards: Option<Local>) {
        *lock(&self.0.onwards) = onwards;
    }

    /// Makes a request once more that was answered already; none where requests go nowhere any more.
    pub(super) fn onwards(&self, request: Request) -> Option<Answering> {
        let onwards = lock(&self.0.onwards).clone();
        onwards.map(|local| local.resume(request))
    }

    /// The hook. `default_site` is the site of every host that is below no `localhost`.
    pub(super) fn layer(&self, reload: Reload, default_site: Option<SiteName>) -> Before {
        let room = self.clone();
        Arc::new(move |request: Request| match room.look(&request, default_site.as_ref()) {
            None => Err(Box::new(request)),
            Some((site, look)) => {
                let (room, reload) = (room.clone(), reload.clone());
                let answering: Answering = Box::pin(async move { room.let_wait(&reload, site, look, request).await });
                Ok(answering)
            }
        })
    }

    fn look(&self, request: &Request, default_site: Option<&SiteName>) -> Option<(SiteName, FirstLook)> {
        let path = request.uri().path();
        // What open pages ask the dev server itself is answered in any case.
        let own = path.starts_with("/api/") || path.starts_with(super::page::RESERVED);
        if request.headers().contains_key(header::UPGRADE) || own {
            return None;
        }
        let site = super::hosts::site_of(request);
        let site = site.as_ref().or(default_site)?;
        let look = lock(&self.0.sites).get(site).filter(|look| look.pending()).cloned()?;
        Some((site.clone(), look))
    }

    async fn let_wait(&self, reload: &Reload, site: SiteName, look: FirstLook, request: Request) -> Response {
        let something = look.wait().await;
        let onwards = lock(&self.0.onwards).clone();
        match onwards {
            // It does not wait twice.
            Some(onwards) if something && !look.pending() => onwards.resume(request).await,
            Some(onwards) if something => onwards.emulator().fetch(request).await,
            _ => {
                let main = maud::html! { p { "The first build of this site is under way. The page comes by itself." } };
                let reload = (reload, &Shows::Status(site));
                super::small_page::respond(StatusCode::SERVICE_UNAVAILABLE, "Being built", &main, reload).await
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
