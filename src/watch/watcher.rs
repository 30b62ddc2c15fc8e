use super::{
    Target,
    debounce::DEBOUNCE,
    dirty::Look,
    hub::{COVERS_BELOW, Hub},
    ignores::Ignores,
    registry::Interest,
};
use pmx_site::is_passing;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout, timeout_at},
};

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

/// What is known of a site's files.
#[derive(Debug)]
pub(super) struct Subscription {
    state: Mutex<State>,
    hint: Notify,
}

#[derive(Debug)]
struct State {
    target: Target,
    /// The folders that were asked to be watched.
    folders: BTreeSet<PathBuf>,
    /// Whether some of them are not watched any more.
    disarmed: bool,
    look: Look,
    /// Where to look some time: what git ignores.
    later: Look,
    ignores: Ignores,
    /// Why the files could not be looked at the last time.
    failed: Option<String>,
    /// When all files are looked at, if there is no hint before.
    again: Instant,
    /// Look this often, whatever the system says.
    poll: Option<Duration>,
}

impl Watcher {
    pub(super) fn new(hub: Hub, id: u64, subscription: Arc<Subscription>) -> Self {
        Self { view: View { hub, id, subscription } }
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
        let (look, poll) = {
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
            () = sleep_until(look) => {
                let mut state = subscription.state();
                state.again = Instant::now() + poll.unwrap_or(DEBOUNCE.backstop);
                state.look = Look::Everywhere;
            }
        }
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

    /// Waits for a burst of hints and takes it, as [`Watcher::hint`] does, but never for a look that is due without any.
    pub async fn burst(&self) {
        self.subscription.burst().await;
    }

    /// The next hint comes at once, and is to look everywhere.
    pub fn look_again(&self) {
        self.subscription.lost();
    }

    /// The files cannot be looked at: the next hint comes soon, whatever the system says. Whether this was not so at the last look.
    #[must_use]
    pub fn failed(&self, why: &str) -> bool {
        let mut state = self.subscription.state();
        state.again = Instant::now() + DEBOUNCE.vanished_root;
        state.look = Look::Everywhere;
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
        let Target { root, files } = {
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

impl Subscription {
    pub(super) fn new(target: Target, poll: Option<Duration>) -> Self {
        let (folders, again) = (BTreeSet::new(), Instant::now());
        let state = State {
            target,
            folders,
            disarmed: true,
            look: Look::Everywhere,
            later: Look::default(),
            ignores: Ignores::default(),
            failed: None,
            again,
            poll,
        };
        let hint = Notify::new();
        hint.notify_one();
        Self { state: Mutex::new(state), hint }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a hint, and until the burst of which it is the first is over. If this is not awaited to its end, the hint is there for
    /// the next who waits.
    async fn burst(&self) {
        self.hint.notified().await;
        let kept = GiveBack(&self.hint);
        let urgent = async {
            while self.state().look.is_nowhere() && !self.state().later.is_nowhere() {
                self.hint.notified().await;
            }
        };
        // What git ignores is mostly what tools write all the time.
        let _ = timeout(DEBOUNCE.ignored, urgent).await;
        let started = Instant::now();
        loop {
            let many = self.state().look.named() > DEBOUNCE.many_hints;
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
            Look::Everywhere => state.look = Look::Everywhere,
            Look::At(paths) => paths.iter().for_each(|path| state.look.add(path)),
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
            state.look = Look::Everywhere;
        } else if state.ignores.covers(path) {
            state.later.add(path);
        } else {
            // What is ignored is read with the folders.
            state.disarmed |= Ignores::are_in(path);
            state.look.add(path);
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
        self.state().look = Look::Everywhere;
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
