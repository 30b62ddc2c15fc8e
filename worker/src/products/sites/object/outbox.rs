//! The outbox: what was committed reaches KV and the open pages, whatever fails in between. The alarm takes up what is left.

use super::{SiteObject, sockets};
use crate::products::sites::{blobs::STATES, store};
use pmx_edge::{
    bindings::{Bound, Level},
    object::Object,
    outbox::{self, InFlight, Outbox, OutboxEntry, OutboxOutcome, Progress},
    timers::{Timed, Timer, set_next},
};
use pmx_model::{SiteState, kv_key};

impl Timed for SiteObject {
    fn timers(&self, object: Object) -> Bound<Vec<Timer>> {
        let Some(row) = store::space(object)? else { return Ok(Vec::new()) };
        let now = object.now_ms();
        let broadcast = row.is_broadcast_pending().then(|| outbox::retry(row.progress.attempts, now));
        Ok([row.progress.timer(now), broadcast].into_iter().flatten().collect())
    }
}

impl Outbox for SiteObject {
    fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    fn progress(&self, object: Object) -> Bound<Option<Progress>> {
        Ok(store::space(object)?.map(|row| row.progress))
    }

    fn entry(&self, object: Object) -> Bound<Option<OutboxEntry>> {
        let (Some(row), Some(state)) = (store::space(object)?, store::state(object)?) else { return Ok(None) };
        // Only maps with keys that are no strings cannot be written, and there are none.
        let value = serde_json::to_vec(&state).unwrap_or_default();
        Ok(Some(OutboxEntry { namespace: STATES, key: kv_key::site_state(&row.name), value, seq: state.seq() }))
    }

    fn record(&self, object: Object, outcome: OutboxOutcome) -> Bound<()> {
        store::record(object, outcome)
    }

    fn seq_of(value: &[u8]) -> Option<u64> {
        serde_json::from_slice::<SiteState>(value).ok().map(|state| state.seq())
    }
}

/// Finishes broadcast and KV. It never throws: the platform gives up after six failures, this does not.
pub(super) async fn alarm(object: Object, space: &SiteObject) {
    if let Err(error) = work(object, space).await {
        object.log(Level::Error, &format!("alarm: {error}"));
    }
    set_next(object, space).await;
}

async fn work(object: Object, space: &SiteObject) -> Bound<()> {
    broadcast_pending(object, space).await?;
    outbox::check(object, space).await?;
    outbox::flush(object, space).await;
    Ok(())
}

/// Sends the events that could not be computed when their deploy was activated.
async fn broadcast_pending(object: Object, space: &SiteObject) -> Bound<()> {
    let Some(row) = store::space(object)?.filter(store::SpaceRow::is_broadcast_pending) else { return Ok(()) };
    let active = store::active(object)?;
    let before = store::DEPLOYS.activated(object, row.sent_seq)?;
    let seq = row.progress.seq;
    match sockets::events_between(object, space, before.as_ref(), active.as_ref()).await {
        Ok(events) => {
            sockets::broadcast(object, &events);
            store::set_sent(object, seq)
        }
        Err(error) => {
            object.log(Level::Error, &format!("events of {}, seq {seq}: {error}", row.name));
            store::record(object, OutboxOutcome::Failed)
        }
    }
}
