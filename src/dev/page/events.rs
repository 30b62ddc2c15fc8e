//! The events of a site for its open pages: who serves them, then how the site is, again whenever that changes.

use super::{findings::Kept, script};
use crate::{
    dev::status::{Board, SiteStatus},
    server::refusal,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use pmx_worker::model::SiteName;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};

/// How long the stream may be silent: proxies end what says nothing for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The events of all sites.
#[derive(Clone)]
pub(super) struct Events(Arc<Shared>);

struct Shared {
    board: Board,
    overlay: bool,
    /// What was read of the Sources of each site, for all its pages. As many as there were sites.
    kept: Mutex<HashMap<SiteName, Arc<Kept>>>,
}

impl Events {
    pub(super) fn new(board: Board, overlay: bool) -> Self {
        Self(Arc::new(Shared { board, overlay, kept: Mutex::default() }))
    }

    /// The stream for a page of this site. `here`: the browser is on this machine.
    pub(super) fn stream(&self, site: Option<SiteName>, here: bool) -> Response {
        let shared = &self.0;
        let Some(site) = site.filter(|site| shared.board.site(site).is_some()) else {
            return refusal(StatusCode::NOT_FOUND, "no_site", "No site is written under this name");
        };
        let kept = shared.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(site.clone()).or_default().clone();
        let listener = Listener {
            // Before the first look, so that nothing falls between the two.
            heard: shared.board.subscribe(),
            shared: shared.clone(),
            kept,
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
    shared: Arc<Shared>,
    kept: Arc<Kept>,
    heard: Receiver<Arc<Value>>,
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
            let status = self.shared.board.site(&self.site)?;
            let state = self.state(&status).await;
            if self.sent.as_ref() != Some(&state) {
                let event = event("state", &state);
                self.sent = Some(state);
                return Some(event);
            }
            match timeout(KEEP_ALIVE, self.of_this_site()).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => return Some(":\n\n".to_owned()),
            }
        }
    }

    /// Waits until something has happened to the site; whether more can.
    async fn of_this_site(&mut self) -> bool {
        loop {
            match self.heard.recv().await {
                Ok(event) => match event.get("site") {
                    Some(site) if *site == self.site.as_str() => return true,
                    Some(_) => {}
                    // The whole server is about to end: a stream that stays open would keep it.
                    None if event.get("event").is_some_and(|event| event == "ending") => return false,
                    None => {}
                },
                Err(RecvError::Lagged(_)) => return true,
                Err(RecvError::Closed) => return false,
            }
        }
    }

    async fn state(&self, status: &SiteStatus) -> String {
        let findings = self.kept.of(&status.diagnostics).await;
        json!({
            "phase": status.phase,
            "builds": status.builds,
            "failure": status.error,
            "findings": findings.told(self.here),
        })
        .to_string()
    }
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
