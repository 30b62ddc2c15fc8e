//! What the dev server adds to pages on their way out: one script. It shows the errors of the last build and tells how the
//! server is. Nothing of it is in a build, and with `--exact` nothing of it is in a page.

mod answer;
mod etag;
mod events;
mod excerpt;
mod findings;
mod newest;
mod origin;
mod script;
mod unlinked;
mod waiting;

use super::{Control, hosts, reload::Reload, status::Board};
use crate::server::{Answering, Before, is_foreign, refusal};
use answer::Pages;
use axum::{
    body::Body,
    extract::Request,
    http::{Method, StatusCode, header},
    response::Response,
};
use events::Events;
use pmx_emulator::Emulator;
use pmx_model::SiteName;
use std::sync::Arc;
use tokio::sync::watch;

/// Where the dev server's own addresses are, on every site. A Source there would be hidden behind them.
pub(super) const RESERVED: &str = "/_pmx/";

/// What the layer works with.
#[derive(Clone, Debug)]
pub struct PageParts {
    /// Who answers the pages.
    pub emulator: Emulator,
    /// What is known of the sites.
    pub board: Board,
    /// Goes back to the newest deploy where a page asks for it.
    pub control: Control,
    /// Whether errors open by themselves.
    pub overlay: bool,
    /// The site of every host that names none.
    pub default_site: Option<SiteName>,
    /// Becomes true when the server is about to end: what is open then is closed.
    pub ending: watch::Receiver<bool>,
    /// What loads pages again that have no live client.
    pub(super) reload: Reload,
    /// Whether answers to questions are taken.
    pub(super) answers: bool,
}

/// Adds the script to HTML pages and answers what it asks for. WebSockets, other methods and what a browser asks for as
/// anything but a document go on untouched.
#[must_use]
pub fn layer(parts: PageParts) -> Before {
    let PageParts { emulator, board, control, overlay, default_site, ending, reload, answers } = parts;
    let events = Events::new(board.clone(), overlay, ending);
    let pages = Pages { emulator, board, reload, answers };
    let shared = Arc::new((pages, events, default_site, control));
    Arc::new(move |request: Request| {
        if request.uri().path().starts_with(RESERVED) {
            let shared = shared.clone();
            return Ok(Box::pin(async move {
                if request.uri().path().trim_start_matches(RESERVED) != newest::NAME {
                    return own(&request, &shared.1, shared.2.as_ref());
                }
                match newest::asked(&shared.3, &request, shared.2.as_ref()) {
                    Ok(site) => newest::answer(&shared.3, &site).await,
                    Err(refused) => *refused,
                }
            }) as Answering);
        }
        if !answer::may_be_page(&request) {
            return Err(Box::new(request));
        }
        let shared = shared.clone();
        Ok(Box::pin(async move {
            let site = site_of(&request, shared.2.as_ref());
            shared.0.answer(request, site).await
        }))
    })
}

/// What is asked for below the reserved address.
fn own(request: &Request, events: &Events, default_site: Option<&SiteName>) -> Response {
    if is_foreign(request.headers()) {
        return refusal(StatusCode::FORBIDDEN, "foreign_origin", "This is for the pages of this server only");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET is answered here");
        refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let name = request.uri().path().trim_start_matches(RESERVED);
    let mut response = if name == "events" {
        events.stream(site_of(request, default_site), origin::is_here(request))
    } else if let Some(id) = script::id_in(name) {
        script::response(id)
    } else {
        refusal(StatusCode::NOT_FOUND, "not_found", "There is nothing here")
    };
    if *request.method() == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The site that a request is for: the one that its host names, else the default.
fn site_of(request: &Request, default_site: Option<&SiteName>) -> Option<SiteName> {
    match hosts::label_of(request) {
        Some(label) => label.parse().ok(),
        None => default_site.cloned(),
    }
}
