//! The console of `pmx dev` and `pmx serve`: sites and their history, the data of the emulated bindings, requests and logs, on a host of its own
//! that no site's script can reach.
//!
//! A request goes `layer` -> `access` -> `routes` -> a file of `pages`, which answers a whole page; without a script every
//! page can be read and every action taken. The script (`assets/console.js`) fetches the page again when something happened.

mod access;
mod assets;
mod call;
mod deploys;
mod editor;
mod event_stream;
mod form;
mod html;
mod pages;
mod reply;
mod routes;
mod transfer;
mod url;

use crate::{
    server::{
        Caller,
        layers::{Answering, RequestLayer, layer as layer_of},
    },
    session::{CONSOLE_HOST, ConsoleToken, Control, LogBuffer},
};
use access::Access;
use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use deploys::Summaries;
use event_stream::Streams;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// What the console shows and steers.
#[derive(Clone, Debug)]
pub struct ConsoleParts {
    /// The sites, and the Worker that serves them.
    pub control: Control,
    /// What lets a browser in; its address is [`ConsoleToken::url`].
    pub token: ConsoleToken,
    /// Where the server listens.
    pub address: SocketAddr,
    /// Whether browsers come over TLS.
    pub https: bool,
    /// What pmx and the Worker say; [`LogBuffer::of_process`].
    pub log: LogBuffer,
    /// The state folder.
    pub state: PathBuf,
    /// Becomes true when the server ends: streams end then, so that nobody waits for them.
    pub ending: watch::Receiver<bool>,
    /// Where the sites come from.
    pub sites: SiteSource,
}

/// Where the sites of a server come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteSource {
    /// They are written here, and are known to the session.
    Written,
    /// They are published here; what KV has of them is what is known.
    Published {
        /// The address of a site, with `{site}` in the place of its name.
        address: String,
    },
}

impl SiteSource {
    /// The address of a published site; none of one that is written, which the session knows.
    fn address(&self, site: &str) -> Option<String> {
        match self {
            Self::Written => None,
            Self::Published { address } => Some(address.replace("{site}", site)),
        }
    }
}

/// The console behind its locked_page.
struct Console {
    parts: ConsoleParts,
    summaries: Summaries,
    streams: Streams,
}

/// Answers every request to [`CONSOLE_HOST`], and lets all others go on. Nothing that comes to that host reaches a site.
#[must_use]
pub fn layer(parts: ConsoleParts) -> RequestLayer {
    let console = Arc::new(Console { parts, summaries: Summaries::default(), streams: Streams::default() });
    layer_of(move |request, next| {
        if !Caller::of(request.extensions()).host().is_some_and(|host| host.is(CONSOLE_HOST)) {
            return next.call(request);
        }
        let console = console.clone();
        Answering::later(async move { reply::protect(console.answer(request).await) })
    })
}

impl Console {
    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let ConsoleParts { token, address, https, .. } = &self.parts;
        let is_api = parts.uri.path().starts_with("/api/");
        // What a page of those who are not in looks like is no secret; its answer goes to pages of this origin alone.
        if matches!(parts.method, Method::GET | Method::HEAD)
            && let Some(style) = assets::style(parts.uri.path())
        {
            return style;
        }
        let refused = |status, title, text: &str, again| {
            if is_api {
                return reply::RequestFailure::new(status, format!("{title}: {text}")).json();
            }
            reply::page(status, html::locked_page(title, &[text], again))
        };
        match access::check(&parts, token, address.port()) {
            Access::Granted => routes::answer(&self, parts, body).await,
            Access::Enter => {
                // The cookie does not come along when a page of elsewhere led here, redirects included (RFC 6265bis, 5.2); it does
                // when a page of the console leads on.
                let mut response = if Caller::of(&parts.extensions).initiator().comes_from_elsewhere() {
                    reply::page(StatusCode::OK, html::redirect_page("/"))
                } else {
                    reply::see("/")
                };
                if let Ok(cookie) = HeaderValue::try_from(access::cookie(token, address.port(), *https)) {
                    response.headers_mut().insert(header::SET_COOKIE, cookie);
                }
                response
            }
            Access::Unknown => {
                let text = match self.parts.sites {
                    SiteSource::Written => {
                        "Press <kbd>c</kbd> in the terminal in which <code>pmx dev</code> runs, or type <code>pmx console</code> \
                         in the project: it opens this console with its key. The key is new whenever pmx starts."
                    }
                    SiteSource::Published { .. } => {
                        "Type <code>pmx console</code> where this server was started: it opens this console with its key. The \
                         key is new whenever pmx starts."
                    }
                };
                let text = if is_api { "this call needs the token of this pmx" } else { text };
                // A link on another site's page comes without the cookie; the same link from here has it.
                let again =
                    parts.uri.path_and_query().filter(|_| parts.uri.query().is_none_or(|q| !q.contains("token=")));
                let again = again.map_or("/", axum::http::uri::PathAndQuery::as_str);
                refused(StatusCode::UNAUTHORIZED, "This console is locked", text, Some(again))
            }
            Access::Refused(why) => refused(StatusCode::FORBIDDEN, "Not from there", why, None),
        }
    }
}
