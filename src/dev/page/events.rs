//! The events of a site for its open pages: who serves them, then how the site is, again whenever that changes.

use super::{
    findings::{FindingsCache, below},
    script,
};
use crate::{
    server::refusal,
    session::{EventRecord, Phase, Session, SiteStatus},
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use pmx_model::SiteName;
use serde_json::json;
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        watch,
    },
    time::timeout,
};

/// How long the stream may be silent: proxies end what says nothing for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a build may be under way before the session is looked at again: one that finds nothing to do tells no event.
const BUILDING: Duration = Duration::from_millis(500);

/// The events of all sites.
#[derive(Clone)]
pub(in crate::dev) struct EventStreams(Arc<Inner>);

struct Inner {
    session: Session,
    overlay: bool,
    ending: watch::Receiver<bool>,
    /// What was read of the Sources of each site, for all its pages. As many as there were sites.
    cache: Mutex<HashMap<SiteName, Arc<FindingsCache>>>,
}

impl EventStreams {
    pub(in crate::dev) fn new(session: Session, overlay: bool, ending: watch::Receiver<bool>) -> Self {
        Self(Arc::new(Inner { session, overlay, ending, cache: Mutex::default() }))
    }

    /// The stream for a page of this site. `here`: the browser is on this machine.
    pub(in crate::dev) fn stream(&self, site: Option<SiteName>, here: bool) -> Response {
        let shared = &self.0;
        let Some(site) = site.filter(|site| shared.session.site(site).is_some()) else {
            return refusal(StatusCode::NOT_FOUND, "no_site", "No site is written under this name");
        };
        let cache =
            shared.cache.lock().unwrap_or_else(PoisonError::into_inner).entry(site.clone()).or_default().clone();
        let listener = Listener {
            // Before the first look, so that nothing falls between the two.
            heard: shared.session.subscribe(),
            ending: shared.ending.clone(),
            shared: shared.clone(),
            cache,
            site,
            here,
            sent: None,
        };
        let events = stream::unfold(Some(listener), |listener| async {
            let mut listener = listener?;
            let next = listener.next().await?;
            Some((Ok::<_, Infallible>(next), Some(listener)))
        });
        let mut response = Response::new(Body::from_stream(events));
        for (name, value) in [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-store"),
            // nginx would hold events back.
            (header::HeaderName::from_static("x-accel-buffering"), "no"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// One open page.
struct Listener {
    shared: Arc<Inner>,
    cache: Arc<FindingsCache>,
    heard: Receiver<Arc<EventRecord>>,
    ending: watch::Receiver<bool>,
    site: SiteName,
    here: bool,
    /// The last state that was sent; `None` before the greeting.
    sent: Option<String>,
}

impl Listener {
    /// What is sent next; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if self.sent.is_none() {
            self.sent = Some(String::new());
            return Some(event("hello", &json!({ "id": *script::ID, "overlay": self.shared.overlay }).to_string()));
        }
        loop {
            let status = self.shared.session.site(&self.site)?;
            let state = self.state(&status).await;
            if self.sent.as_ref() != Some(&state) {
                let event = event("state", &state);
                self.sent = Some(state);
                return Some(event);
            }
            let building = status.phase == Phase::Building;
            let patience = if building { BUILDING } else { KEEP_ALIVE };
            // A stream that stays open would keep the server from ending.
            let more = tokio::select! {
                more = timeout(patience, of_site(&mut self.heard, &self.site)) => more,
                _ = self.ending.wait_for(|ending| *ending) => return None,
            };
            match more {
                Ok(false) => return None,
                Err(_) if !building => return Some(":\n\n".to_owned()),
                Ok(true) | Err(_) => {}
            }
        }
    }

    async fn state(&self, status: &SiteStatus) -> String {
        let findings = self.cache.of(&status.diagnostics, &status.folder).await;
        let failure = status.error.as_ref().map(|failure| {
            let hints: Vec<String> = failure.hints.iter().map(|hint| below(hint, &status.folder)).collect();
            json!({ "message": below(&failure.message, &status.folder), "hints": hints })
        });
        json!({
            "phase": status.phase,
            "builds": status.builds,
            // A site without a good version is published with its errors.
            "kept": status.last.as_ref().is_some_and(|last| last.outcome == "kept"),
            "failure": failure,
            "findings": findings.for_browser(self.here),
            // An earlier deploy is shown. Who looks from elsewhere may know it, but not change it.
            "held": status.earlier.as_ref().map(|earlier| json!({
                "createdAt": earlier.created_at, "behind": earlier.behind, "mayReturn": self.here,
            })),
        })
        .to_string()
    }
}

/// Waits until something has happened to a site; whether more can.
async fn of_site(heard: &mut Receiver<Arc<EventRecord>>, site: &SiteName) -> bool {
    loop {
        match heard.recv().await {
            Ok(record) if record.site.as_ref() != Some(site) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
