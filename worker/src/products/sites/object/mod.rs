//! SpaceDO: the one writer of a site. It records deploys, makes one of them active, tells the open pages, and brings KV into
//! line through an outbox.

mod activate;
mod commit;
mod history;
mod losses;
mod outbox;
mod proofs;
mod prune;
mod sockets;

use super::{call::Call, codes, documents::Cache, internal, store};
use pmx_edge::{
    bindings::{BindingError, Object},
    http::{ApiError, Response},
    lru::ByteLru,
    migrations::Migration,
    object::{ObjectCall, ObjectClass, Reply},
    outbox::InFlight,
    timers::mend_alarm,
};
use pmx_model::{ChangeEvent, SiteName};
use std::rc::Rc;

/// The events between the last 32 pairs of deploys; a pair takes a few hundred bytes.
const MAX_PAIRS: usize = 32;

/// What the object keeps in memory between its events.
pub struct SiteObject {
    documents: Cache,
    /// Events by (from, to).
    pairs: ByteLru<(String, String), Rc<Vec<ChangeEvent>>>,
    /// Whether a put into KV is under way.
    in_flight: InFlight,
    sockets: sockets::Count,
}

impl Default for SiteObject {
    fn default() -> Self {
        Self {
            documents: Cache::default(),
            pairs: ByteLru::new(MAX_PAIRS),
            in_flight: InFlight::default(),
            sockets: sockets::Count::default(),
        }
    }
}

impl ObjectClass for SiteObject {
    const NAME: &'static str = "SpaceDO";
    const MIGRATIONS: &'static [Migration] = store::MIGRATIONS;

    async fn fetch<O: Object>(self: Rc<Self>, object: O, name: &str, call: ObjectCall<'_>) -> Reply {
        answer(object, &self, name, &call)
            .await
            .unwrap_or_else(|error| Response::json(error.code.status(), &error.to_json()).into())
    }

    async fn alarm<O: Object>(self: Rc<Self>, object: O) {
        outbox::alarm(object, &self).await;
    }
}

async fn answer<O: Object>(
    object: O,
    space: &Rc<SiteObject>,
    name: &str,
    call: &ObjectCall<'_>,
) -> Result<Reply, ApiError> {
    let (site, call) = Call::read(call)?;
    check_name(object, name, &site)?;
    match call {
        Call::State => {
            mend_alarm(object, &**space).await;
            history::state(object)
        }
        Call::Deploys => history::deploys(object),
        Call::Events { deploy } => sockets::connect(object, space, deploy),
        Call::Known { base, hashes } => history::known(object, space, &site, base, &hashes).await,
        Call::Proven { blobs } => history::proven(object, &site, &blobs),
        Call::Lost { hash, size } => losses::lost(object, space, &site, hash, size).await,
        Call::Commit(commit) => commit::commit(object, space, &site, *commit).await,
        Call::Prune { keep } => prune::prune(object, space, keep),
        Call::Rollback { deploy } => history::rollback(object, space, &site, deploy).await,
        Call::Unpublish { status } => history::unpublish(object, space, &site, status).await,
    }
}

/// The object must be the one that it is asked to be: by the platform's word, and by its own.
fn check_name<O: Object>(object: O, reached_as: &str, site: &SiteName) -> Result<(), ApiError> {
    let own = store::space(object).map_err(failed(object, "own name"))?.map(|row| row.name);
    let wrong = |name: &str| !name.is_empty() && name != site.as_str();
    if wrong(reached_as) || own.as_deref().is_some_and(wrong) {
        return Err(ApiError::new(codes::WRONG_SPACE, format!("This object does not belong to {site}")));
    }
    Ok(())
}

/// A binding failed: the log gets the platform's text.
pub(super) fn failed<O: Object>(object: O, what: &str) -> impl Fn(BindingError) -> ApiError {
    move |error| internal(object, &format!("{what}: {error}"))
}
