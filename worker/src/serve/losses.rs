//! Blobs that an active deploy names and the bucket does not have: their site's object is told, so that it vouches for them no more and the
//! next publish brings them again.

use super::ByteLru;
use crate::{
    bindings::{Edge, Level, ObjectRequest},
    http::Lost,
    rate::Rate,
    time::has_passed,
};
use pmx_model::{Hash, SiteName};

/// An object is told of the same blob again after so many milliseconds.
const AGAIN_MS: u64 = 10_000;
/// How many tellings an instance sends at once: a visitor who loads a broken page over and over must not keep objects busy.
const BURST: u32 = 10;
/// And then one in so many milliseconds: two a second.
const REFILL_MS: u64 = 500;
/// The most bytes that are kept of what was told.
const MAX_TOLD: usize = 64 * 1024;

/// What was told by one instance.
pub(crate) struct Losses {
    told: ByteLru<Hash, u64>,
    rate: Rate,
}

impl Default for Losses {
    fn default() -> Self {
        Self { told: ByteLru::new(MAX_TOLD), rate: Rate::new(BURST, REFILL_MS) }
    }
}

impl Losses {
    /// The work of telling a site's object of a loss, unless that was done just now.
    pub(crate) fn tell<E: Edge>(
        &self,
        edge: E,
        site: SiteName,
        lost: Lost,
    ) -> Option<impl Future<Output = ()> + use<E>> {
        let now = edge.now_ms();
        let told = self.told.get(&lost.hash).is_some_and(|at| !has_passed(at, now, AGAIN_MS));
        if told || !self.rate.take(now) {
            return None;
        }
        self.told.insert(lost.hash, now, size_of::<(Hash, u64)>() * 2);
        Some(async move {
            let size = lost.size.map(|size| format!("&size={size}")).unwrap_or_default();
            let path = format!("/lost?space={site}&hash={}{size}", lost.hash);
            let call = ObjectRequest { method: "POST", path, ..ObjectRequest::default() };
            match edge.object_fetch(site.as_str(), call).await {
                Ok(answer) if answer.status == 200 => {}
                Ok(answer) => {
                    edge.log(Level::Warn, &format!("object of {site}, lost blob: it answered {}", answer.status))
                }
                Err(error) => edge.log(Level::Warn, &format!("object of {site}, lost blob: {error}")),
            }
        })
    }
}
