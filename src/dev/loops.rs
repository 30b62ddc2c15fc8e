use super::{first_build::FirstBuild, lost_blobs::LostBlobs};
use pmx_model::SiteName;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What requests know of the loops of sites. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Loops(Arc<Mutex<HashMap<SiteName, LoopState>>>);

/// What requests know of the loop of a site.
#[derive(Clone, Debug)]
pub(super) struct LoopState {
    pub(super) first_build: FirstBuild,
    pub(super) lost_blobs: Arc<LostBlobs>,
}

impl Loops {
    /// A site has a loop from now on.
    pub(super) fn add(&self, site: SiteName, state: LoopState) {
        self.lock().insert(site, state);
    }

    /// The loop of a site has ended: nobody waits for it any more.
    pub(super) fn remove(&self, site: &SiteName) {
        if let Some(state) = self.lock().remove(site) {
            state.first_build.finish();
        }
    }

    /// The loop of a site.
    pub(super) fn get(&self, site: &SiteName) -> Option<LoopState> {
        self.lock().get(site).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteName, LoopState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
