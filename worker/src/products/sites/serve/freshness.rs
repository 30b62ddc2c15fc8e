//! No missed and no stale update: how a page that was told of a change gets it although KV lags behind.

use super::{Shared, state::Shown};
use pmx_edge::{
    Edge,
    http::{ApiError, Request},
};
use pmx_model::SiteName;
use std::rc::Rc;

/// An object is asked at most this often for one site by one instance on behalf of `pmx-fresh`.
const FRESH_PAUSE_MS: u64 = 1_000;

/// What the client asks for beyond what KV has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    Newest,
    AtLeast(u64),
}

impl Wanted {
    pub(super) fn of(request: &Request) -> Self {
        if request.header("pmx-fresh") == Some("1") {
            Self::Newest
        } else {
            request.header("pmx-min-seq").and_then(|seq| seq.parse().ok()).map_or(Self::Any, Self::AtLeast)
        }
    }

    pub(super) fn is_some(self) -> bool {
        self != Self::Any
    }
}

/// A state, and where freshness was asked for, whether it is known to be enough.
pub(super) struct Known {
    pub(super) state: Rc<Shown>,
    pub(super) confirmed: Option<bool>,
}

/// The value of `pmx-fresh` in an answer.
pub(super) const fn word(confirmed: bool) -> &'static str {
    if confirmed { "1" } else { "0" }
}

/// The state to answer from; `None` for a site that was never published.
pub(super) async fn state(
    edge: Edge,
    shared: &Shared,
    site: &SiteName,
    wanted: Wanted,
) -> Result<Option<Known>, ApiError> {
    let from_kv = match shared.states.in_kv(edge, site).await? {
        Some(state) => state,
        None => match shared.states.after_miss(edge, site).await? {
            Some(state) => return Ok(Some(Known { state, confirmed: wanted.is_some().then_some(true) })),
            None => return Ok(None),
        },
    };
    let (pause, needed) = match wanted {
        Wanted::Any => return Ok(Some(Known { state: from_kv, confirmed: None })),
        Wanted::AtLeast(seq) if from_kv.seq() >= seq => {
            return Ok(Some(Known { state: from_kv, confirmed: Some(true) }));
        }
        Wanted::AtLeast(seq) => (FRESH_PAUSE_MS, Some(seq)),
        Wanted::Newest => (FRESH_PAUSE_MS, None),
    };
    let (from_object, spoke) = shared.states.newest(edge, site, pause).await;
    let state = match from_object {
        Some(state) if state.seq() > from_kv.seq() => state,
        _ => from_kv,
    };
    let confirmed = spoke || needed.is_some_and(|seq| state.seq() >= seq);
    Ok(Some(Known { state, confirmed: Some(confirmed) }))
}
