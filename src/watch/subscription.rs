use super::{WatchTarget, debounce::DEBOUNCE, dirty::DirtyPaths, ignores::Ignores};
use pmx_site::is_passing;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};

/// What is known of a site's files.
#[derive(Debug)]
pub(super) struct Subscription {
    state: Mutex<SubscriptionState>,
    pub(super) hint: Notify,
}

#[derive(Debug)]
pub(super) struct SubscriptionState {
    pub(super) target: WatchTarget,
    /// The folders that were asked to be watched.
    pub(super) folders: BTreeSet<PathBuf>,
    /// Whether some of them are not watched any more.
    pub(super) disarmed: bool,
    pub(super) dirty: DirtyPaths,
    /// Where to look some time: what git ignores.
    pub(super) later: DirtyPaths,
    pub(super) ignores: Ignores,
    /// Why the files could not be looked at the last time.
    pub(super) failed: Option<String>,
    /// When all files are looked at, if there is no hint before.
    pub(super) again: Instant,
    /// Look this often, whatever the system says.
    pub(super) poll: Option<Duration>,
}

/// Gives a hint back to the next who waits.
struct GiveBack<'a>(&'a Notify);

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Subscription {
    pub(super) fn new(target: WatchTarget, poll: Option<Duration>) -> Self {
        let (folders, again) = (BTreeSet::new(), Instant::now());
        let state = SubscriptionState {
            target,
            folders,
            disarmed: true,
            dirty: DirtyPaths::Everywhere,
            later: DirtyPaths::default(),
            ignores: Ignores::default(),
            failed: None,
            again,
            poll,
        };
        let hint = Notify::new();
        hint.notify_one();
        Self { state: Mutex::new(state), hint }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SubscriptionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a hint, and until the burst of which it is the first is over. If this is not awaited to its end, the hint is there for
    /// the next who waits.
    pub(super) async fn burst(&self) {
        self.hint.notified().await;
        let kept = GiveBack(&self.hint);
        let urgent = async {
            while self.state().dirty.is_nowhere() && !self.state().later.is_nowhere() {
                self.hint.notified().await;
            }
        };
        // What git ignores is mostly what tools write all the time.
        let _ = timeout(DEBOUNCE.ignored, urgent).await;
        let started = Instant::now();
        loop {
            let many = self.state().dirty.named() > DEBOUNCE.many_hints;
            let burst = if many { DEBOUNCE.many } else { DEBOUNCE.few };
            let over = (Instant::now() + burst.quiet).min(started + burst.longest);
            if timeout_at(over, self.hint.notified()).await.is_err() {
                break;
            }
        }
        std::mem::forget(kept);
        let mut state = self.state();
        state.again = Instant::now() + DEBOUNCE.second_look;
        match state.later.take() {
            DirtyPaths::Everywhere => state.dirty = DirtyPaths::Everywhere,
            DirtyPaths::At(paths) => paths.iter().for_each(|path| state.dirty.add(path)),
        }
    }

    /// Something happened here.
    pub(super) fn mark(&self, path: &Path) {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(is_passing) {
            return;
        }
        let mut state = self.state();
        if state.target.root.starts_with(path) {
            state.dirty = DirtyPaths::Everywhere;
        } else if state.ignores.covers(path) {
            state.later.add(path);
        } else {
            // What is ignored is read with the folders.
            state.disarmed |= Ignores::are_in(path);
            state.dirty.add(path);
        }
        drop(state);
        self.hint.notify_one();
    }

    /// Some folders are not watched any more.
    pub(super) fn disarmed(&self) {
        self.state().disarmed = true;
    }

    /// Something happened somewhere.
    pub(super) fn lost(&self) {
        self.state().dirty = DirtyPaths::Everywhere;
        self.hint.notify_one();
    }

    /// Not all folders are watched. Whether that is news.
    pub(super) fn poll_instead(&self, interval: Duration) -> bool {
        let mut state = self.state();
        let is_news = state.poll.replace(interval).is_none();
        state.again = state.again.min(Instant::now() + interval);
        drop(state);
        self.hint.notify_one();
        is_news
    }
}
