//! Blobs that an active deploy names and the bucket does not have: they are reported to their site's object, so that it vouches for them no more and the
//! next publish brings them again.

use crate::products::sites::call::{Call, send};
use pmx_edge::{Edge, bindings::Level, http::ApiError, lru::ByteLru, rate::Rate, time::has_passed};
use pmx_model::{Hash, SiteName};

/// The same blob is reported again after so many milliseconds.
const AGAIN_MS: u64 = 10_000;
/// How many reports an instance sends at once: a visitor who loads a broken page over and over must not keep objects busy.
const BURST: u32 = 10;
/// And then one in so many milliseconds: two a second.
const REFILL_MS: u64 = 500;
/// The most bytes that are kept of what was reported.
const MAX_REPORTED: usize = 64 * 1024;

/// A blob that the active deploy names and the bucket does not have as it should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost {
    pub(crate) hash: Hash,
    /// Its size, if the manifest says one.
    pub(crate) size: Option<u64>,
}

/// Why a site cannot answer.
pub(crate) struct Failure {
    pub(crate) error: ApiError,
    /// What the site's object is to be told of, after the answer.
    pub(crate) lost: Option<Lost>,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, lost: None }
    }
}

/// What was reported by one instance.
pub(crate) struct Losses {
    reported: ByteLru<Hash, u64>,
    rate: Rate,
}

impl Default for Losses {
    fn default() -> Self {
        Self { reported: ByteLru::new(MAX_REPORTED), rate: Rate::new(BURST, REFILL_MS) }
    }
}

impl Losses {
    /// The work of reporting a loss to the site's object, unless that was done just now.
    pub(crate) fn report(&self, edge: Edge, site: SiteName, lost: Lost) -> Option<impl Future<Output = ()> + use<>> {
        let now = edge.now_ms();
        let reported = self.reported.get(&lost.hash).is_some_and(|at| !has_passed(at, now, AGAIN_MS));
        if reported || !self.rate.take(now) {
            return None;
        }
        self.reported.insert(lost.hash, now, size_of::<(Hash, u64)>() * 2);
        Some(async move {
            let call = Call::Lost { hash: lost.hash, size: lost.size };
            match send(edge, &site, call).await {
                Ok(answer) if answer.status == 200 => {}
                Ok(answer) => {
                    edge.log(Level::Warn, &format!("object of {site}, lost blob: it answered {}", answer.status))
                }
                Err(error) => edge.log(Level::Warn, &format!("object of {site}, lost blob: {error}")),
            }
        })
    }
}
