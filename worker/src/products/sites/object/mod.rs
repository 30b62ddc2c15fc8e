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
    bindings::BindingError,
    http::{ApiError, Code, Request, Response},
    lru::ByteLru,
    object::{Alarm, Handled, Object, ObjectClass, ObjectId, Reply},
    outbox::InFlight,
    timers::mend_alarm,
};
use pmx_model::{ChangeEvent, SiteName};
use std::rc::Rc;

/// The events between the last 32 pairs of deploys; a pair takes a few hundred bytes.
const MAX_PAIRS: usize = 32;

/// The most bytes of the body of a call: 100,000 hashes, or 16 roots with 4 KiB of `meta`, and room.
const MAX_CALL: u64 = 8 * 1024 * 1024;

/// What the object keeps in memory between its events.
pub(crate) struct SiteObject {
    /// The name that it was reached by, where the platform knows it.
    name: Option<String>,
    documents: Cache,
    /// Events by (from, to).
    pairs: ByteLru<(String, String), Rc<Vec<ChangeEvent>>>,
    /// Whether a put into KV is under way.
    in_flight: InFlight,
    sockets: sockets::Count,
}

impl ObjectClass for SiteObject {
    const NAME: &'static str = "SpaceDO";

    fn new(id: &ObjectId, _: Object) -> Self {
        Self {
            name: id.name.clone(),
            documents: Cache::default(),
            pairs: ByteLru::new(MAX_PAIRS),
            in_flight: InFlight::default(),
            sockets: sockets::Count::default(),
        }
    }

    async fn fetch(self: Rc<Self>, object: Object, request: Request) -> Reply {
        answer(object, &self, request)
            .await
            .unwrap_or_else(|error| Response::json(error.code.status(), &error.to_json()).into())
    }

    /// It never fails: the platform gives up an alarm after six failures, this does not.
    async fn alarm(self: Rc<Self>, object: Object, _: Alarm) -> Handled {
        outbox::alarm(object, &self).await;
        Ok(())
    }
}

async fn answer(object: Object, space: &Rc<SiteObject>, mut request: Request) -> Result<Reply, ApiError> {
    let body = request.take_body().all(MAX_CALL).await.map_err(failed(object, "body of a call"))?;
    let body = body.ok_or_else(|| ApiError::new(Code::TOO_LARGE, format!("A call has at most {MAX_CALL} bytes")))?;
    let (site, call) = Call::read(&request, &body)?;
    check_name(object, space.name.as_deref(), &site)?;
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
fn check_name(object: Object, reached_as: Option<&str>, site: &SiteName) -> Result<(), ApiError> {
    let own = store::space(object).map_err(failed(object, "own name"))?.map(|row| row.name);
    let wrong = |name: &str| !name.is_empty() && name != site.as_str();
    if reached_as.is_some_and(wrong) || own.as_deref().is_some_and(wrong) {
        return Err(ApiError::new(codes::WRONG_SPACE, format!("This object does not belong to {site}")));
    }
    Ok(())
}

/// A binding failed: the log gets the platform's text.
pub(super) fn failed(object: Object, what: &str) -> impl Fn(BindingError) -> ApiError {
    move |error| internal(*object, &format!("{what}: {error}"))
}
