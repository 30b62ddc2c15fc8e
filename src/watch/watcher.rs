use super::{
    Target,
    dirty::Look,
    hub::{COVERS_BELOW, Hub},
    registry::Interest,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// A burst of hints is over when none came for so long.
const QUIET: Duration = Duration::from_millis(5);
/// A burst of so many files is a checkout or a copy, which pauses longer than an editor does.
const MANY: usize = 16;
/// The burst of many files is over when no hint came for so long.
const QUIET_OF_MANY: Duration = Duration::from_millis(50);
/// A burst that does not end is looked at after so long.
const LONGEST_BURST: Duration = Duration::from_millis(100);
/// The burst of many files that does not end is looked at after so long.
const LONGEST_OF_MANY: Duration = Duration::from_secs(2);
/// After a burst all files are looked at once more: a write that was under way, or one in a folder that was not watched yet.
const SECOND_LOOK: Duration = Duration::from_millis(200);
/// How often all files are looked at for what no event tells: a hard link that is written to from elsewhere.
const BACKSTOP: Duration = Duration::from_secs(30);

/// Watches a site's folders until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    view: View,
    /// When all files are looked at, if there is no hint before.
    look: Instant,
}

/// Where to look, for the one who looks.
#[derive(Clone, Debug)]
pub struct View {
    hub: Hub,
    id: u64,
    subscription: Arc<Subscription>,
}

/// What is known of a site's files.
#[derive(Debug)]
pub(super) struct Subscription {
    target: Target,
    state: Mutex<State>,
    hint: Notify,
}

#[derive(Debug)]
struct State {
    look: Look,
    /// Look this often, whatever the system says.
    poll: Option<Duration>,
}

impl Watcher {
    pub(super) fn new(hub: Hub, id: u64, subscription: Arc<Subscription>) -> Self {
        Self { view: View { hub, id, subscription }, look: Instant::now() }
    }

    /// For the one who looks.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.clone()
    }

    /// Waits until it is worth looking at the files; [`View::take`] says where. Hints that come while nobody waits are kept, and none
    /// is lost if this is not awaited to its end.
    pub async fn hint(&mut self) {
        let Subscription { hint: hints, .. } = &*self.view.subscription;
        let poll = self.view.subscription.state().poll;
        let hinted = async {
            match poll {
                Some(_) => std::future::pending().await,
                None => hints.notified().await,
            }
        };
        if timeout_at(self.look, hinted).await.is_err() {
            self.look = Instant::now() + poll.unwrap_or(BACKSTOP);
            self.view.subscription.state().look = Look::Everywhere;
            return;
        }
        self.look = Instant::now() + SECOND_LOOK;
        // From here on a hint that was taken is remembered in `look`; the permit is given back if nobody waits to the end.
        let kept = GiveBack(hints);
        let started = Instant::now();
        loop {
            let many = self.view.subscription.state().look.named() > MANY;
            let (quiet, longest) = if many { (QUIET_OF_MANY, LONGEST_OF_MANY) } else { (QUIET, LONGEST_BURST) };
            let now = Instant::now();
            if now >= started + longest
                || timeout_at((now + quiet).min(started + longest), hints.notified()).await.is_err()
            {
                break;
            }
        }
        std::mem::forget(kept);
        self.look = Instant::now() + SECOND_LOOK;
    }
}

/// Gives a hint back to the next who waits.
struct GiveBack<'a>(&'a Notify);

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
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
    pub fn take(&self) -> Look {
        self.subscription.state().look.take()
    }

    /// Waits for a hint without taking it: it is there for [`View::take`] and [`Watcher::hint`].
    pub async fn hinted(&self) {
        self.subscription.hint.notified().await;
        self.subscription.hint.notify_one();
    }

    /// These are the folders with files of interest. Those that were not watched until now: they must be looked at once more, since
    /// what was written before is in no hint.
    #[must_use]
    pub fn folders(&self, folders: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let Target { root, files } = &self.subscription.target;
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
        self.hub.set(self.id, &self.subscription, &interests)
    }
}

impl Subscription {
    pub(super) fn new(target: Target, poll: Option<Duration>) -> Self {
        let state = State { look: Look::Everywhere, poll };
        let hint = Notify::new();
        hint.notify_one();
        Self { target, state: Mutex::new(state), hint }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened here.
    pub(super) fn mark(&self, path: &Path) {
        if self.target.root.starts_with(path) {
            return self.lost();
        }
        self.state().look.add(path);
        self.hint.notify_one();
    }

    /// Something happened somewhere.
    pub(super) fn lost(&self) {
        self.state().look = Look::Everywhere;
        self.hint.notify_one();
    }

    /// Not all folders are watched. Whether that is news.
    pub(super) fn poll_instead(&self, interval: Duration) -> bool {
        let is_news = self.state().poll.replace(interval).is_none();
        self.hint.notify_one();
        is_news
    }
}
