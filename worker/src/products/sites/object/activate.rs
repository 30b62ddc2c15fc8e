//! The one place where a site changes: rows, `seq` and the outbox in one transaction, then the open pages, then KV.

use super::{SiteObject, failed, proofs, sockets};
use crate::products::sites::{store, store::Deploy};
use pmx_edge::{
    bindings::{Bound, Level},
    http::{ApiError, Response},
    join::first_of,
    object::{Object, Reply},
    outbox,
    timers::set_alarm,
};
use pmx_model::{ChangeEvent, Hash, Meta, SiteName};
use serde_json::json;
use std::rc::Rc;

/// How long an answer waits for KV; the write itself goes on.
const KV_WAIT_MS: u64 = 5_000;

/// What is to be shown.
pub(super) enum Target {
    /// A new deploy, all of whose blobs are proven in this generation of proofs, or by a look just now.
    New { deploy: Deploy, meta: Option<Meta>, proven: Vec<(Hash, u64)>, generation: u64 },
    /// A deploy of the history.
    Existing(Deploy),
    /// Nothing: every address answers with this status.
    Nothing { status: u16 },
}

impl Target {
    const fn deploy(&self) -> Option<&Deploy> {
        match self {
            Self::New { deploy, .. } | Self::Existing(deploy) => Some(deploy),
            Self::Nothing { .. } => None,
        }
    }
}

/// Activates and answers `deployId` (or `unpublished`), `seq`, `kv`, `events`.
pub(super) async fn activate(
    object: Object,
    space: &Rc<SiteObject>,
    site: &SiteName,
    target: Target,
) -> Result<Reply, ApiError> {
    let deploy = target.deploy();
    let events = events_to(object, space, deploy).await?;
    let tombstone = match deploy {
        Some(_) => None,
        None => store::tombstone(object).map_err(failed(object, "state"))?,
    };
    let is_so = match (&target, &tombstone) {
        (Target::Nothing { status }, Some(tombstone)) => tombstone.unpublished.status == *status,
        (Target::Nothing { .. }, None) => false,
        _ => events.is_none(),
    };
    if is_so {
        let seq = store::space(object).map_err(failed(object, "state"))?.map_or(0, |row| row.progress.seq);
        return Ok(answer(object, deploy, seq, Some(&[])).into());
    }
    // Where only the status changes there is nothing new to tell. What was to be told before stays with the outbox.
    let events = events.flatten();
    // From here to the send there is no I/O: one turn, one transaction.
    let since = tombstone.map(|tombstone| tombstone.unpublished.at);
    let seq = or_abort(object, record(object, site, &target, since, events.is_some()));
    sockets::broadcast(object, events.as_deref().map_or(&[], Vec::as_slice));
    or_abort(object, set_alarm(object, &**space).await);

    let space = space.clone();
    let mut flush = Box::pin(async move { outbox::flush(object, &*space).await });
    let finished = first_of(
        async {
            (&mut flush).await;
            true
        },
        async {
            object.sleep(KV_WAIT_MS).await;
            false
        },
    );
    let finished = finished.await;
    let response = answer(object, deploy, seq, events.as_deref().map(Vec::as_slice));
    Ok(Reply { response, rest: if finished { None } else { Some(flush) } })
}

/// The events from the active deploy to this one, or to none. The outer `None`: that is so already. The inner: the documents of
/// the active one cannot be read now, and the outbox will tell the pages later.
async fn events_to(
    object: Object,
    space: &SiteObject,
    deploy: Option<&Deploy>,
) -> Result<Option<Option<Rc<Vec<ChangeEvent>>>>, ApiError> {
    loop {
        let active = || store::active(object).map_err(failed(object, "active deploy"));
        let before = active()?;
        if before.as_ref().map(|before| &before.id) == deploy.map(|deploy| &deploy.id) {
            return Ok(None);
        }
        let events = sockets::events_between(object, space, before.as_ref(), deploy).await;
        // Reading documents lets other calls in: what was active may not be any more.
        if active()?.map(|now| now.id) == before.map(|before| before.id) {
            let events =
                events.inspect_err(|error| object.log(Level::Error, &format!("events of {}: {error}", name(deploy))));
            return Ok(Some(events.ok()));
        }
    }
}

fn name(deploy: Option<&Deploy>) -> &str {
    deploy.map_or("an unpublish", |deploy| &deploy.id)
}

/// `since` is since when the site shows nothing, if it does.
fn record(object: Object, site: &SiteName, target: &Target, since: Option<String>, told: bool) -> Bound<u64> {
    let current = proofs::begin(object, site)?;
    if let Target::New { deploy, meta, proven, generation } = target {
        proofs::prove(object, proven)?;
        // The first commit makes the tables: until then no proof could fall.
        let generation = if *generation == 0 { current } else { *generation };
        store::insert(object, deploy, meta.as_ref(), generation)?;
    }
    let seq = match target {
        Target::New { deploy, .. } | Target::Existing(deploy) => store::activate(object, &deploy.id)?,
        Target::Nothing { status } => store::unpublish(object, *status, since)?,
    };
    if told {
        store::set_sent(object, seq)?;
    }
    Ok(seq)
}

/// A write failed between others of its turn. An answer would commit the half of it; a trap makes the host discard the turn.
#[allow(clippy::panic, reason = "the platform's way to discard a turn")]
pub(super) fn or_abort<T>(object: Object, result: Bound<T>) -> T {
    result.unwrap_or_else(|error| {
        object.log(Level::Error, &format!("the turn cannot be finished: {error}"));
        panic!("the turn is discarded")
    })
}

/// What became of it.
fn answer(object: Object, deploy: Option<&Deploy>, seq: u64, events: Option<&[ChangeEvent]>) -> Response {
    let written = matches!(store::space(object), Ok(Some(row)) if row.progress.kv_seq >= seq);
    let kv = if written { "current" } else { "pending" };
    let mut document = json!({ "seq": seq, "kv": kv, "events": events.unwrap_or_default() });
    match deploy {
        Some(deploy) => document["deployId"] = deploy.id.as_str().into(),
        None => {
            let tombstone = store::tombstone_of(object, seq).ok().flatten();
            document["unpublished"] = json!(tombstone.map(|tombstone| tombstone.unpublished));
        }
    }
    Response::json(200, &document)
}

/// A random UUID (version 4).
pub(super) fn uuid(object: Object) -> String {
    let mut bytes = [0; 16];
    object.random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
