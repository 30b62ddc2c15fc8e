//! What the dev server adds to pages on their way out: one script. It shows the errors of the last build and tells how the
//! server is. Nothing of it is in a build, and with `--exact` nothing of it is in a page.

mod etag;
pub(super) mod events;
mod excerpt;
mod findings;
pub(super) mod newest;
mod not_built;
mod page_layer;
pub(super) mod script;
mod unlinked;

use super::{live_reload::LiveReload, request_site::site_or_default};
use crate::{
    server::layers::{Answering, RequestLayer, layer as layer_of},
    session::Session,
};
use page_layer::PageLayer;
use pmx_model::SiteName;
use std::sync::Arc;

/// What the layer works with.
pub(super) struct PageParts {
    /// What is known of the sites.
    pub(super) session: Session,
    /// The site of every host that names none.
    pub(super) default_site: Option<SiteName>,
    /// What loads pages again that have no live client.
    pub(super) reload: LiveReload,
    /// Whether answers to questions are taken.
    pub(super) answers: bool,
}

/// Adds the script to HTML pages. WebSockets, other methods and what a browser asks for as anything but a document go on untouched.
pub(super) fn layer(parts: PageParts) -> RequestLayer {
    let PageParts { session, default_site, reload, answers } = parts;
    let pages = Arc::new(PageLayer { session, reload, answers });
    layer_of(move |request, next| {
        if !page_layer::may_be_page(&request) {
            return next.call(request);
        }
        let (pages, next) = (pages.clone(), next.clone());
        let site = site_or_default(&request, default_site.as_ref());
        Answering::later(async move { pages.answer(request, site, &next).await })
    })
}
