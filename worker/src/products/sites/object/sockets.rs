//! Open pages: what they missed, and what changes while they listen.

use super::{SiteObject, history::never_published};
use crate::products::sites::{
    diff,
    documents::{LoadError, load},
    router::Mounted,
    store,
    store::Deploy,
};
use pmx_edge::{
    bindings::Level,
    http::{ApiError, Code, Response},
    object::{Message, Object, Reply},
    time::has_passed,
};
use pmx_model::ChangeEvent;
use std::{cell::Cell, rc::Rc};

/// The most open sockets of one site, unless the variable `SITE_SOCKETS` says fewer: below the 32,768 that the platform allows an object,
/// and twice what a large site needs. A page that is refused tries again later.
const MAX_SOCKETS: u32 = 20_000;
/// While a site has all the sockets that it may have, they are counted at most once in so many milliseconds.
const COUNT_MS: u64 = 1_000;

/// How many sockets are open at most: those that were counted last, and those that were accepted since. Counting takes a walk over all.
#[derive(Default)]
pub(super) struct Count {
    open: Cell<Option<u32>>,
    since: Cell<u64>,
}

impl Count {
    /// Counts one more, if there may be one more.
    fn add(&self, object: Object) -> bool {
        let allowed = object.var("SITE_SOCKETS").and_then(|text| text.trim().parse().ok());
        let allowed = allowed.map_or(MAX_SOCKETS, |fewer: u32| fewer.min(MAX_SOCKETS));
        let now = object.now_ms();
        let mut open = self.open.get();
        if open.is_none_or(|open| open >= allowed && has_passed(self.since.get(), now, COUNT_MS)) {
            open = Some(u32::try_from(object.open_sockets(None)).unwrap_or(u32::MAX));
            self.since.set(now);
        }
        let open = open.unwrap_or(0);
        let is_room = open < allowed;
        self.open.set(Some(open + u32::from(is_room)));
        is_room
    }
}

/// Closes a socket whose deploy is not known: the page loads its document again.
const UNKNOWN_DEPLOY: u16 = 4404;
/// Closes a socket when its events cannot be computed now: the page tries again.
const TRY_AGAIN: u16 = 1013;

/// Accepts a socket. First it is accepted, then compared: what is committed in between reaches it as a broadcast.
pub(super) fn connect(object: Object, space: &Rc<SiteObject>, deploy: &str) -> Result<Reply, ApiError> {
    if !store::exists(object).map_err(super::failed(object, "schema"))? {
        return Err(never_published());
    }
    if !space.sockets.add(object) {
        return Err(ApiError::new(Code::BUSY, "So many pages of this site are open that no other can listen now"));
    }
    let mut bytes = [0; 16];
    object.random(&mut bytes);
    let tag: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let response = Response::accept(vec![tag.clone()]);
    let (space, deploy) = (space.clone(), deploy.to_owned());
    let rest = async move {
        if !deploy.is_empty() {
            catch_up(object, &space, &tag, deploy).await;
        }
    };
    Ok(Reply { response, rest: Some(Box::pin(rest)) })
}

async fn catch_up(object: Object, space: &SiteObject, tag: &str, mut from: String) {
    loop {
        let (before, active) = match (store::deploy(object, &from), store::active(object)) {
            (Ok(Some(before)), Ok(Some(active))) => (before, active),
            (Ok(None), Ok(Some(_))) => return close(object, tag, UNKNOWN_DEPLOY, "unknown deploy"),
            (Ok(_), Ok(None)) => match store::tombstone(object) {
                Ok(Some(tombstone)) if tombstone.id() == from => return,
                // That the site is taken down is what its document answers. Which files there were is told to nobody who asks now.
                Ok(Some(_)) => return close(object, tag, UNKNOWN_DEPLOY, "unpublished"),
                _ => return close(object, tag, TRY_AGAIN, "try again"),
            },
            _ => return close(object, tag, TRY_AGAIN, "try again"),
        };
        if before.id == active.id {
            return;
        }
        match events_between(object, space, Some(&before), Some(&active)).await {
            Ok(events) => send(object, Some(tag), &events),
            Err(error) => {
                object.log(Level::Error, &format!("events from {from}: {error}"));
                return close(object, tag, TRY_AGAIN, "try again");
            }
        };
        from = active.id;
    }
}

/// The events that lead from one deploy to another; from none, everything is new, and to none, everything is gone.
pub(super) async fn events_between(
    object: Object,
    space: &SiteObject,
    before: Option<&Deploy>,
    after: Option<&Deploy>,
) -> Result<Rc<Vec<ChangeEvent>>, LoadError> {
    let id = |deploy: Option<&Deploy>| deploy.map(|deploy| deploy.id.clone()).unwrap_or_default();
    let pair = (id(before), id(after));
    if let Some(events) = space.pairs.get(&pair) {
        return Ok(events);
    }
    let old = documents(object, space, before, after).await?;
    let new = documents(object, space, after, before).await?;
    let events = Rc::new(diff::events(&old, &new));
    space.pairs.insert(pair, events.clone(), 1);
    Ok(events)
}

/// The documents of a deploy; none of none. `near` resembles it.
async fn documents(
    object: Object,
    space: &SiteObject,
    deploy: Option<&Deploy>,
    near: Option<&Deploy>,
) -> Result<Vec<Mounted>, LoadError> {
    let Some(deploy) = deploy else { return Ok(Vec::new()) };
    let near = near.map_or(&[][..], |near| std::slice::from_ref(&near.content));
    load(*object, &space.documents, &deploy.content, near, None).await
}

/// Tells every open page.
pub(super) fn broadcast(object: Object, events: &[ChangeEvent]) {
    if !events.is_empty() {
        send(object, None, events);
    }
}

fn send(object: Object, tag: Option<&str>, events: &[ChangeEvent]) {
    let frames: Vec<_> = events.iter().filter_map(|event| serde_json::to_string(event).ok()).collect();
    let messages: Vec<_> = frames.iter().map(|frame| Message::Text(frame)).collect();
    object.broadcast(tag, &messages);
}

fn close(object: Object, tag: &str, code: u16, reason: &str) {
    for socket in object.sockets(Some(tag)).unwrap_or_default() {
        // What is refused here is a socket that is closed already.
        let _ = socket.close(Some(code), reason);
    }
}
