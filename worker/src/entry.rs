//! Where an event goes: host and path to product, class to object.

use crate::{
    hosts::Config,
    products::sites::{self, Shared, object::SiteObject},
};
use pmx_edge::{
    Edge, Worker,
    http::{ApiError, Code, Request},
    object::Reply,
};
use std::{cell::RefCell, rc::Rc};

/// The Worker of pmx.
#[derive(Clone, Copy, Debug)]
pub struct Entry;

/// What one instance keeps between requests.
struct Instance {
    config: Config,
    sites: Shared,
}

thread_local! {
    static INSTANCE: RefCell<Option<Rc<Instance>>> = const { RefCell::new(None) };
}

fn instance(edge: Edge) -> Rc<Instance> {
    INSTANCE.with_borrow_mut(|slot| {
        slot.get_or_insert_with(|| Rc::new(Instance { config: Config::read(edge), sites: Shared::default() })).clone()
    })
}

impl Worker for Entry {
    /// The API's paths come before a site's own where the host has both.
    async fn fetch(edge: Edge, mut request: Request) -> Reply {
        let instance = instance(edge);
        let to = instance.config.destination(request.host());
        if request.path().starts_with("/api/") && to.api {
            return sites::api::answer(edge, &instance.config, &instance.sites, &mut request).await;
        }
        match &to.site {
            Some(site) => sites::answer(edge, &instance.sites, site, &request).await,
            None => ApiError::new(Code::NOT_FOUND, "No site lives at this address").respond(edge, &request).into(),
        }
    }
}

pmx_edge::export_worker!(Entry, objects: [SiteObject]);
