//! The outbox: what was committed reaches KV and the open pages, whatever fails in between.
//!
//! One flusher per object, one put under way, always of the current state. The alarm takes up what is left.

use super::{SiteObject, sockets};
use crate::products::sites::store;
use pmx_edge::{
    bindings::{Bound, Level, Object},
    time::is_due,
};
use pmx_model::{SiteState, kv_key};
use std::{future::poll_fn, rc::Rc, task::Poll};

/// The first wait after a failed put; it doubles with each.
const FIRST_RETRY_MS: u64 = 1_000;
/// The longest wait between two tries.
const MAX_RETRY_MS: u64 = 60_000;
/// A put that is under way is given this long before the alarm looks after it.
const GRACE_MS: u64 = 10_000;
/// When KV is read once more after a put: a reader may see the old value for 60 s.
const CHECK_MS: u64 = 90_000;

/// Puts the current state into KV until KV holds it or a put fails. If another call is at it, waits for that one.
pub(super) async fn flush<O: Object>(object: O, space: Rc<SiteObject>) {
    if space.flushing.get() {
        return wait(&space).await;
    }
    space.flushing.set(true);
    if let Err(error) = put_until_current(object).await {
        object.log(Level::Error, &format!("outbox: {error}"));
    }
    space.flushing.set(false);
    for waker in space.waiting.take() {
        waker.wake();
    }
}

async fn wait(space: &SiteObject) {
    poll_fn(|context| {
        if space.flushing.get() {
            space.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

async fn put_until_current<O: Object>(object: O) -> Bound<()> {
    while let Some(row) = store::space(object)?.filter(|row| row.kv_seq < row.seq) {
        let Some(state) = store::state(object)? else { break };
        let json = serde_json::to_vec(&state).unwrap_or_default();
        match object.kv_put(&kv_key::site_state(&row.name), &json).await {
            Ok(()) => store::set_kv(object, state.seq(), object.now_ms() + CHECK_MS)?,
            Err(error) => {
                object.log(Level::Warn, &format!("KV put of {} failed: {error}; it will be tried again", row.name));
                store::count_attempt(object)?;
                break;
            }
        }
    }
    schedule(object).await
}

/// Sets the alarm for what is left to do; the last to change the row has the last word.
pub(super) async fn schedule<O: Object>(object: O) -> Bound<()> {
    let Some(row) = store::space(object)? else { return Ok(()) };
    let now = object.now_ms();
    if row.kv_seq < row.seq || row.sent_seq < row.seq {
        let wait = match row.attempts {
            0 => GRACE_MS,
            attempts => (FIRST_RETRY_MS << (attempts - 1).min(10)).min(MAX_RETRY_MS),
        };
        object.alarm_set(now + wait).await
    } else if row.check_at > 0 {
        let at = if is_due(row.check_at, now, CHECK_MS) { now } else { row.check_at };
        object.alarm_set(at).await
    } else {
        Ok(())
    }
}

/// Sees to an alarm that can only be so far ahead because the clock was set back: what is left to do must not wait for that day.
pub(super) async fn check_alarm<O: Object>(object: O) {
    let now = object.now_ms();
    let is_left = |row: &store::SpaceRow| {
        let is_behind = row.kv_seq < row.seq || row.sent_seq < row.seq;
        is_behind || (row.check_at > 0 && is_due(row.check_at, now, CHECK_MS))
    };
    if !store::space(object).is_ok_and(|row| row.as_ref().is_some_and(is_left)) {
        return;
    }
    if let Ok(at) = object.alarm_get().await
        && at.is_none_or(|at| at > now && is_due(at, now, MAX_RETRY_MS))
        && let Err(error) = schedule(object).await
    {
        object.log(Level::Error, &format!("alarm: {error}"));
    }
}

/// Finishes broadcast and KV. It never throws: the platform gives up after six failures, this does not.
pub(super) async fn alarm<O: Object>(object: O, space: &Rc<SiteObject>) {
    if let Err(error) = work(object, space).await {
        object.log(Level::Error, &format!("alarm: {error}"));
    }
    if schedule(object).await.is_err() {
        let _ = object.alarm_set(object.now_ms() + MAX_RETRY_MS).await;
    }
}

async fn work<O: Object>(object: O, space: &Rc<SiteObject>) -> Bound<()> {
    broadcast_pending(object, space).await?;
    verify_kv(object).await?;
    flush(object, space.clone()).await;
    Ok(())
}

/// Sends the events that could not be computed when their deploy was activated.
async fn broadcast_pending<O: Object>(object: O, space: &SiteObject) -> Bound<()> {
    let Some(row) = store::space(object)?.filter(|row| row.sent_seq < row.seq) else { return Ok(()) };
    let active = store::active(object)?;
    let before = store::activated(object, row.sent_seq)?;
    match sockets::events_between(object, space, before.as_ref(), active.as_ref()).await {
        Ok(events) => {
            sockets::broadcast(object, &events);
            store::set_sent(object, row.seq)
        }
        Err(error) => {
            object.log(Level::Error, &format!("events of {}, seq {}: {error}", row.name, row.seq));
            store::count_attempt(object)
        }
    }
}

/// Reads KV once more, long after the last put, and has it written again if it does not agree.
async fn verify_kv<O: Object>(object: O) -> Bound<()> {
    let due = |row: &store::SpaceRow| {
        row.check_at > 0 && is_due(row.check_at, object.now_ms(), CHECK_MS) && row.kv_seq == row.seq
    };
    let Some(row) = store::space(object)?.filter(due) else { return Ok(()) };
    let held = object.kv_get(&kv_key::site_state(&row.name)).await?;
    let held: Option<SiteState> = held.and_then(|json| serde_json::from_slice(&json).ok());
    // While KV was asked, a newer state may have been put: that one has its own check.
    let Some(now) = store::space(object)?.filter(|now| now.seq == row.seq) else { return Ok(()) };
    let agrees = held.is_some_and(|held| held.seq() == now.seq);
    if !agrees {
        object.log(Level::Warn, &format!("KV does not hold the active state of {}; writing it again", row.name));
    }
    store::set_checked(object, agrees)
}
