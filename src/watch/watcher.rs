use super::{
    WatchTarget,
    debounce::DEBOUNCE,
    dirty::DirtyPaths,
    hub::{COVERS_BELOW, Hub},
    ignores::Ignores,
    registry::Interest,
    subscription::Subscription,
};
use crate::error::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};
use tokio::time::{Instant, sleep_until};

/// Watches a site's folders until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    view: View,
}

/// Where to look, for the one who looks.
#[derive(Clone, Debug)]
pub struct View {
    hub: Hub,
    id: u64,
    subscription: Arc<Subscription>,
}

impl Watcher {
    /// Begins to watch. Its first hint comes at once, and those of folders below the root once their names are known
    /// ([`View::folders`]).
    ///
    /// # Errors
    /// The root is no folder.
    pub fn new(hub: &Hub, target: WatchTarget) -> Result<Self> {
        let (id, subscription) = hub.join(target)?;
        Ok(Self { view: View { hub: hub.clone(), id, subscription } })
    }

    /// For the one who looks.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.clone()
    }

    /// Waits until it is worth looking at the files; [`View::take`] says where. Hints that come while nobody waits are kept, and none
    /// is lost if this is not awaited to its end.
    pub async fn hint(&mut self) {
        let subscription = &*self.view.subscription;
        let (again, poll) = {
            let state = subscription.state();
            (state.again, state.poll)
        };
        let hinted = async {
            match poll {
                Some(_) => std::future::pending().await,
                None => subscription.burst().await,
            }
        };
        tokio::select! {
            biased;
            () = hinted => {}
            () = sleep_until(again) => {
                let mut state = subscription.state();
                state.again = Instant::now() + poll.unwrap_or(DEBOUNCE.backstop);
                state.dirty = DirtyPaths::Everywhere;
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.view.hub.leave(self.view.id);
    }
}

impl View {
    /// Where to look, from now on nowhere until there are new hints.
    #[must_use]
    pub fn take(&self) -> DirtyPaths {
        self.subscription.state().dirty.take()
    }

    /// Waits for a hint without taking it: it is there for [`View::take`] and [`Watcher::hint`].
    pub async fn hinted(&self) {
        self.subscription.hint.notified().await;
        self.subscription.hint.notify_one();
    }

    /// Waits for a burst of hints and takes it, as [`Watcher::hint`] does, but never for a look that is due without any.
    pub async fn burst(&self) {
        self.subscription.burst().await;
    }

    /// The next hint comes at once, and is to look everywhere.
    pub fn rescan(&self) {
        self.subscription.lost();
    }

    /// The files cannot be looked at: the next hint comes soon, whatever the system says. Whether this was not so at the last look.
    #[must_use]
    pub fn failed(&self, why: &str) -> bool {
        let mut state = self.subscription.state();
        state.again = Instant::now() + DEBOUNCE.vanished_root;
        state.dirty = DirtyPaths::Everywhere;
        state.failed.replace(why.to_owned()).is_none_or(|before| before != why)
    }

    /// The files could be looked at. Whether this was not so at the last look.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.subscription.state().failed.take().is_some()
    }

    /// What was built of the files could not be published: the next hint comes soon, whatever the system says.
    pub fn unpublished(&self) {
        let mut state = self.subscription.state();
        state.again = state.again.min(Instant::now() + DEBOUNCE.unpublished);
    }

    /// These are the folders with files of interest. Those that were not watched until now: they must be looked at once more, since
    /// what was written before is in no hint.
    #[must_use]
    pub fn folders(&self, folders: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let WatchTarget { root, files } = {
            let mut state = self.subscription.state();
            if !state.disarmed && state.folders == *folders {
                return Vec::new();
            }
            state.disarmed = false;
            state.folders.clone_from(folders);
            state.target.clone()
        };
        let mut interests = BTreeMap::new();
        // A root that is replaced, and a file beside it. The folders above have much else in them.
        let above = root.ancestors().chain(files.iter().map(PathBuf::as_path));
        for (folder, name) in above.filter_map(|path| Some((path.parent()?, path.file_name()?))) {
            let named = interests.entry(folder.to_owned()).or_insert_with(|| Interest::Names(BTreeSet::new()));
            if let Interest::Names(names) = named {
                names.insert(name.to_owned());
            }
        }
        interests.retain(|folder: &PathBuf, _| folder.parent().is_some());
        if COVERS_BELOW {
            interests.insert(root.clone(), Interest::Below);
        } else {
            interests.extend(folders.iter().map(|folder| (folder.clone(), Interest::Entries)));
        }
        let ignores = Ignores::read(&root, folders.iter().map(PathBuf::as_path));
        self.subscription.state().ignores = ignores;
        let armed = self.hub.set(self.id, &self.subscription, &interests);
        if !armed.is_empty() {
            self.hub.probe(&root);
        }
        armed
    }
}
