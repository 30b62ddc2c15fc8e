//! The active state of a site: KV on every request, the object where KV has nothing or is behind.

use crate::products::sites::{
    blobs::STATES,
    call::{Answered, Call, send},
    internal,
};
use pmx_edge::{
    Edge,
    bindings::{BindingError, Bound, Level},
    http::ApiError,
    join::first_of,
    lru::ByteLru,
    rate::Rate,
    time::has_passed,
};
use pmx_model::{SiteName, SiteState, SpaceState, Tombstone, kv_key};
use std::rc::Rc;

/// How long a name that its object does not know either is taken as unknown.
const UNKNOWN_MS: u64 = 10_000;
/// How many objects an instance asks at once because KV had nothing, for pages and sockets together. Each name that is asked for wakes an
/// object, and any web page can send its visitors' browsers to random names. Who is not asked about is answered 404.
const MISS_BURST: u32 = 10;
/// And then one in so many milliseconds: five a second.
const MISS_REFILL_MS: u64 = 200;
/// The most names that are remembered because they were published through this instance: they are asked about in any case, though KV may
/// answer a miss for a minute. A name takes at most 63 bytes.
const MAX_PUBLISHED: usize = 64 * 1024;
/// The most bytes of parsed states that are kept.
const MAX_STATES: usize = 4 * 1024 * 1024;
/// How long an object may take before KV's state is served.
const OBJECT_MS: u64 = 2_000;

/// What a site shows.
pub(super) enum Shown {
    /// A deploy.
    Active(Active),
    /// Nothing: it was taken down.
    Nothing(Tombstone),
}

impl Shown {
    pub(super) fn new(state: SiteState) -> Self {
        match state {
            SiteState::Unpublished(tombstone) => Self::Nothing(tombstone),
            SiteState::Published(state) => Self::Active(Active::new(state)),
        }
    }

    pub(super) fn seq(&self) -> u64 {
        match self {
            Self::Active(active) => active.state.seq,
            Self::Nothing(tombstone) => tombstone.seq,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Active(active) => 1024 * (1 + active.state.previous.len()),
            Self::Nothing(_) => 1024,
        }
    }
}

/// The state of a site that shows a deploy, with what every answer says of it.
pub(super) struct Active {
    pub(super) state: SpaceState,
    pub(super) deploy: Rc<str>,
    pub(super) seq: Rc<str>,
    pub(super) timing: Rc<str>,
}

impl Active {
    fn new(state: SpaceState) -> Self {
        let SpaceState { deploy_id, seq, .. } = &state;
        let timing = format!("pmx-deploy;desc=\"{deploy_id}\", pmx-seq;desc=\"{seq}\"");
        Self { deploy: deploy_id.as_str().into(), seq: seq.to_string().into(), timing: timing.into(), state }
    }
}

/// What an instance remembers of states: each with the bytes or the time that it holds for.
pub(super) struct States {
    parsed: ByteLru<String, (Rc<Vec<u8>>, Rc<Shown>)>,
    unknown: ByteLru<String, u64>,
    asked: ByteLru<String, (u64, Rc<Shown>)>,
    published: ByteLru<String, ()>,
    misses: Rate,
}

/// Whether two texts are the same, eight bytes at a time: each page compares its site's state, and the comparison of slices goes byte by
/// byte in WebAssembly.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((one, rest), (other, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    one.len() == other.len()
        && rest == other_rest
        && one.iter().zip(other).all(|(one, other)| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other))
}

impl Default for States {
    fn default() -> Self {
        let lru = || ByteLru::new(MAX_STATES);
        Self {
            parsed: lru(),
            unknown: ByteLru::new(MAX_STATES),
            asked: ByteLru::new(MAX_STATES),
            published: ByteLru::new(MAX_PUBLISHED),
            misses: Rate::new(MISS_BURST, MISS_REFILL_MS),
        }
    }
}

impl States {
    /// What KV says. A value that is the same as last time is not parsed again.
    pub(super) async fn in_kv(&self, edge: Edge, site: &SiteName) -> Result<Option<Rc<Shown>>, ApiError> {
        let bytes = match edge.kv(STATES).get(&kv_key::site_state(site.as_str())).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(error) => return Err(internal(edge, &format!("KV, state of {site}: {error}"))),
        };
        if let Some((known, state)) = self.parsed.get(site.as_str())
            && is_same(&known, &bytes)
        {
            return Ok(Some(state));
        }
        let state: SiteState =
            serde_json::from_slice(&bytes).map_err(|error| internal(edge, &format!("KV, state of {site}: {error}")))?;
        let state = Rc::new(Shown::new(state));
        let cost = bytes.len() * 3;
        self.parsed.insert(site.as_str().to_owned(), (Rc::new(bytes), state.clone()), cost);
        Ok(Some(state))
    }

    /// What the object says where KV has nothing.
    pub(super) async fn after_miss(&self, edge: Edge, site: &SiteName) -> Result<Option<Rc<Shown>>, ApiError> {
        let now = edge.now_ms();
        let is_unknown = || self.unknown.get(site.as_str()).is_some_and(|since| !has_passed(since, now, UNKNOWN_MS));
        // A first publish is not kept from its readers by those who ask for random names.
        if self.published.get(site.as_str()).is_none() && (is_unknown() || !self.misses.take(now)) {
            return Ok(None);
        }
        match ask(edge, site).await {
            Ok(Some(state)) => Ok(Some(state)),
            Ok(None) => {
                self.unknown.insert(site.as_str().to_owned(), now, site.as_str().len() + 64);
                Ok(None)
            }
            Err(error) => Err(internal(edge, &format!("object of {site}: {error}"))),
        }
    }

    /// The newest state, from the object: asked at most once in `pause_ms` for each site. The flag says whether the object
    /// itself spoke just now; if not, it is what it said within the pause, if anything.
    pub(super) async fn newest(&self, edge: Edge, site: &SiteName, pause_ms: u64) -> (Option<Rc<Shown>>, bool) {
        let now = edge.now_ms();
        if let Some((at, state)) = self.asked.get(site.as_str())
            && !has_passed(at, now, pause_ms)
        {
            return (Some(state), false);
        }
        match ask(edge, site).await {
            Ok(Some(state)) => {
                self.asked.insert(site.as_str().to_owned(), (now, state.clone()), state.cost());
                (Some(state), true)
            }
            Ok(None) => (None, true),
            Err(error) => {
                edge.log(Level::Warn, &format!("object of {site}: {error}; serving what KV has"));
                (None, false)
            }
        }
    }

    /// What this site shows was changed through this instance.
    pub(super) fn published(&self, site: &SiteName) {
        self.unknown.remove(site.as_str());
        self.published.insert(site.as_str().to_owned(), (), site.as_str().len() + 32);
    }

    /// Whether the site was ever published, be it taken down since or not: KV says so, or its object does.
    pub(super) async fn exists(&self, edge: Edge, site: &SiteName) -> Result<bool, ApiError> {
        Ok(self.in_kv(edge, site).await?.is_some() || self.after_miss(edge, site).await?.is_some())
    }
}

async fn ask(edge: Edge, site: &SiteName) -> Bound<Option<Rc<Shown>>> {
    let answer = first_of(async { Answered::read(send(edge, site, Call::State).await?).await }, async {
        edge.sleep(OBJECT_MS).await;
        Err(BindingError::new(format!("no answer within {OBJECT_MS} ms")))
    });
    let answer = answer.await?;
    match answer.status {
        200 => serde_json::from_slice(&answer.body)
            .map(|state| Some(Rc::new(Shown::new(state))))
            .map_err(|error| BindingError::new(error.to_string())),
        404 => Ok(None),
        status => Err(BindingError::new(format!("it answered {status}"))),
    }
}
