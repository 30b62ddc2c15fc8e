//! Whole reloads (tower-livereload) for what holds no reading place: the list of sites, "no such site", a site that is not built yet, and
//! pages without a live client. A page is sent with the state that it shown in the path of its events; once that is another one, and
//! at every reconnect, it loads again.

use crate::{
    server::{layers::DEV_ADDRESSES, refusal},
    session::{Phase, Session, SiteStatus},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use pmx_model::SiteName;
use std::{
    collections::hash_map::DefaultHasher,
    convert::Infallible,
    future::{Ready, ready},
    hash::{Hash as _, Hasher as _},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};
use tower_layer::Layer as _;
use tower_livereload::LiveReloadLayer;
use tower_service::Service;

/// Where the events of these pages are, below the addresses of `pmx dev` on every host.
pub(super) const NAME: &str = "reload/";
/// What the layer puts behind its prefix.
const STREAM: &str = "/event-stream";
/// What changes again within this time is one change: a build has several states.
const SETTLED: Duration = Duration::from_millis(200);
/// How soon a page whose server went away asks for it again.
const AGAIN: Duration = Duration::from_millis(500);

/// What a page shown, and so what it is loaded again for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReloadTarget {
    /// All sites and how they are.
    Sites,
    /// How this site is.
    Status(SiteName),
    /// A page of this site, as it was published.
    Deploy(SiteName),
}

/// The reloads of a server. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct LiveReload {
    session: Session,
    ending: watch::Receiver<bool>,
}

impl LiveReload {
    /// `ending` becomes true when the server is about to end: what is open then is closed.
    pub(super) fn new(session: Session, ending: watch::Receiver<bool>) -> Self {
        Self { session, ending }
    }

    /// Answers a stream of events. `name`: what stands behind [`NAME`].
    pub(super) async fn events(&self, name: &str, request: Request) -> Response {
        match name.strip_suffix(STREAM).and_then(SentState::parse) {
            None => refusal(StatusCode::NOT_FOUND, "not_found", "There is nothing here"),
            Some(sent) => self.stream(request, sent).await,
        }
    }

    /// The page with what loads it again when what it shown is another.
    pub(super) async fn serve(&self, shown: &ReloadTarget, page: Response) -> Response {
        let sent = SentState { shown: shown.clone(), version: self.version(shown) };
        layered(&LiveReloadLayer::new(), &sent, Request::new(Body::empty()), page).await
    }

    /// What is shown, as a number: another one where a page would show something else.
    fn version(&self, shown: &ReloadTarget) -> u64 {
        let mut hasher = DefaultHasher::new();
        match shown {
            ReloadTarget::Sites => self.session.sites().iter().for_each(|site| of_status(site).hash(&mut hasher)),
            ReloadTarget::Status(site) => self.session.site(site).as_deref().map(of_status).hash(&mut hasher),
            ReloadTarget::Deploy(site) => {
                let site = self.session.site(site);
                let last = site.as_ref().and_then(|site| site.last.as_ref());
                last.and_then(|last| last.deploy_id.as_ref()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// The layer's own stream; its one event comes when the state is another than the page's.
    async fn stream(&self, request: Request, sent: SentState) -> Response {
        let layer = LiveReloadLayer::new().reload_interval(AGAIN);
        let reloader = layer.reloader();
        let answer = layered(&layer, &sent, request, Response::new(Body::empty())).await;
        let (mut parts, body) = answer.into_parts();
        let events = Box::pin(body.into_data_stream());
        // Before the first look, so that no change falls between the two.
        let wait = ChangeWait { reload: self.clone(), changed: self.session.changed(), sent };
        let events = stream::unfold((events, wait, true), move |(mut events, mut wait, is_first)| {
            let reloader = reloader.clone();
            async move {
                if !is_first {
                    wait.other().await?;
                    reloader.reload();
                }
                let event = events.next().await?;
                Some((event, (events, wait, false)))
            }
        });
        parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // nginx would hold events back.
        parts.headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Response::from_parts(parts, Body::from_stream(events))
    }
}

/// How a site is, as the small pages show it.
fn of_status(site: &SiteStatus) -> (&str, u8, u64, usize, Option<&str>) {
    let phase = match site.phase {
        Phase::Building => 0,
        Phase::Ready => 1,
        Phase::Failed => 2,
    };
    let failure = site.error.as_ref().map(|failure| failure.message.as_str());
    (site.name.as_str(), phase, site.builds, site.errors(), failure)
}

/// What a page was sent with, as it stands in a path: `sites-<16 hex>`, `status-<16 hex>-<site>`, `deploy-<16 hex>-<site>`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SentState {
    shown: ReloadTarget,
    version: u64,
}

impl SentState {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('-')?;
        let (version, site) = rest.split_once('-').map_or((rest, None), |(version, site)| (version, Some(site)));
        let shown = match (kind, site) {
            ("sites", None) => ReloadTarget::Sites,
            ("status", Some(site)) => ReloadTarget::Status(site.parse().ok()?),
            ("deploy", Some(site)) => ReloadTarget::Deploy(site.parse().ok()?),
            _ => return None,
        };
        Some(Self { shown, version: u64::from_str_radix(version, 16).ok()? })
    }

    fn prefix(&self) -> String {
        let version = self.version;
        match &self.shown {
            ReloadTarget::Sites => format!("{DEV_ADDRESSES}{NAME}sites-{version:016x}"),
            ReloadTarget::Status(site) => format!("{DEV_ADDRESSES}{NAME}status-{version:016x}-{site}"),
            ReloadTarget::Deploy(site) => format!("{DEV_ADDRESSES}{NAME}deploy-{version:016x}-{site}"),
        }
    }
}

/// Waits for the state to be another.
struct ChangeWait {
    reload: LiveReload,
    changed: watch::Receiver<u64>,
    sent: SentState,
}

impl ChangeWait {
    /// Ends when it is, and has been for a moment; `None` at the end of the server.
    async fn other(&mut self) -> Option<()> {
        let mut ending = self.reload.ending.clone();
        let ended = async {
            let _ = ending.wait_for(|ending| *ending).await;
        };
        let (reload, changed, sent) = (&self.reload, &mut self.changed, &self.sent);
        let other = async {
            loop {
                changed.borrow_and_update();
                if reload.version(&sent.shown) != sent.version {
                    sleep(SETTLED).await;
                    if reload.version(&sent.shown) != sent.version {
                        return Some(());
                    }
                    continue;
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::select! {
            () = ended => None,
            other = other => other,
        }
    }
}

/// What the layer makes of a request whose answer is known.
async fn layered(layer: &LiveReloadLayer, sent: &SentState, request: Request, answer: Response) -> Response {
    let mut service = layer.clone().custom_prefix(sent.prefix()).layer(Answered(Some(answer)));
    match service.call(request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The page was lost"),
    }
}

/// Answers once, with what is known.
#[derive(Debug)]
struct Answered(Option<Response>);

impl Service<Request> for Answered {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        ready(Ok(self.0.take().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Event;

    fn reload() -> (LiveReload, watch::Sender<bool>, Session) {
        let (ending, session) = (watch::Sender::new(false), Session::default());
        (LiveReload::new(session.clone(), ending.subscribe()), ending, session)
    }

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn page() -> Response {
        Response::builder().header(header::CONTENT_TYPE, "text/html; charset=utf-8").body("<p>x</p>".into()).unwrap()
    }

    /// The path of the events in a page.
    fn path_in(page: &str) -> String {
        page.split("data-event-stream=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    fn failed(name: &str) -> SiteStatus {
        SiteStatus {
            name: name.parse().unwrap(),
            folder: "/x".into(),
            source_root: "/x".into(),
            entry: String::new(),
            url: String::new(),
            phase: Phase::Failed,
            builds: 1,
            diagnostics: std::sync::Arc::new([]),
            error: None,
            last: None,
            earlier: None,
        }
    }

    async fn ask(reload: &LiveReload, path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        reload.events(path.strip_prefix(&format!("{DEV_ADDRESSES}{NAME}")).unwrap(), request).await
    }

    #[tokio::test]
    async fn a_page_is_told_to_load_again_when_what_it_shows_is_another() {
        let (reload, _ending, session) = reload();
        let sent = text(reload.serve(&ReloadTarget::Sites, page()).await).await;
        assert!(sent.starts_with("<p>x</p><script data-event-stream=\"/_pmx/reload/sites-"), "{sent}");
        let events = ask(&reload, &path_in(&sent)).await;
        assert_eq!(events.headers()["content-type"], "text/event-stream");
        let mut events = events.into_body().into_data_stream();
        assert!(events.next().await.unwrap().unwrap().starts_with(b"event: init"));
        session.insert(failed("a"));
        assert!(events.next().await.unwrap().unwrap().starts_with(b"event: reload"));
    }

    #[tokio::test]
    async fn a_change_between_page_and_events_is_not_missed() {
        let (reload, _ending, session) = reload();
        let sent = text(reload.serve(&ReloadTarget::Status("a".parse().unwrap()), page()).await).await;
        session.insert(failed("a"));
        let all = text(ask(&reload, &path_in(&sent)).await).await;
        assert!(all.contains("event: init") && all.contains("event: reload"), "{all}");
    }

    #[tokio::test]
    async fn what_a_page_does_not_show_does_not_reload_it_and_the_end_of_the_server_closes_its_events() {
        let (reload, ending, session) = reload();
        let sent = text(reload.serve(&ReloadTarget::Deploy("a".parse().unwrap()), page()).await).await;
        let events = ask(&reload, &path_in(&sent)).await;
        session.insert(failed("a"));
        session.emit(None, Event::Building);
        ending.send_replace(true);
        let all = text(events).await;
        assert!(all.contains("event: init") && !all.contains("event: reload"), "{all}");
    }

    #[tokio::test]
    async fn what_names_no_state_of_a_page_has_no_events() {
        let (reload, ..) = reload();
        for path in ["/_pmx/reload/", "/_pmx/reload/sites-zz/event-stream", "/_pmx/reload/status-0-a_b/event-stream"] {
            assert_eq!(ask(&reload, path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
