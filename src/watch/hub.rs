use super::{
    WatchOptions, WatchTarget, probe,
    registry::{Interest, Registry},
    subscription::Subscription,
};
use crate::error::{Error, Result};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::sync::mpsc;

/// How often the files of a site are looked at whose folders cannot all be watched.
const INSTEAD: Duration = Duration::from_secs(1);
/// How long the system may take to tell of the probe.
const PROBE: Duration = Duration::from_secs(2);
/// `EMFILE`: the process, or its user, has no more files, or no more of the system's watchers.
const TOO_MANY_OPEN: i32 = 24;
/// Where one watch covers all that is below a folder. On Linux each folder has its own.
pub(super) const COVERS_BELOW: bool = !cfg!(any(target_os = "linux", target_os = "android"));

/// The one watcher of the operating system that this process has. Clones are the same one.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    poll: Option<Duration>,
    /// None before the first folder, with `poll`, and if the system gives none. Held while the system is asked, so that what one
    /// site adds is not what another one removes; taken before `registry` where both are.
    system: Mutex<System>,
    /// Never held while the system is asked: it waits for the thread that routes events.
    registry: Arc<Mutex<Registry>>,
    /// Whether it was looked into whether the system tells anything: of the first site; the others are beside it.
    is_probed: AtomicBool,
    warn: mpsc::UnboundedSender<Error>,
    warnings: tokio::sync::Mutex<mpsc::UnboundedReceiver<Error>>,
}

#[derive(Default)]
enum System {
    #[default]
    Unasked,
    Watcher(RecommendedWatcher),
    None,
}

impl Hub {
    /// Nothing is watched yet, and nothing is asked of the system.
    #[must_use]
    pub fn new(options: WatchOptions) -> Self {
        let (warn, warnings) = mpsc::unbounded_channel();
        Self(Arc::new(Inner {
            poll: options.poll,
            system: Mutex::default(),
            registry: Arc::default(),
            is_probed: AtomicBool::new(false),
            warn,
            warnings: tokio::sync::Mutex::new(warnings),
        }))
    }

    /// Hears of what happens to a target from now on, until it leaves.
    pub(super) fn join(&self, target: WatchTarget) -> Result<(u64, Arc<Subscription>)> {
        if !target.root.is_dir() {
            return Err(Error::new(format!("{} is no folder that can be watched", target.root.display())));
        }
        let subscription = Arc::new(Subscription::new(target, self.0.poll));
        let id = self.registry().add(Arc::clone(&subscription));
        Ok((id, subscription))
    }

    /// Whether files are looked at every so often, whatever the system says.
    #[must_use]
    pub fn polls(&self) -> bool {
        self.0.poll.is_some()
    }

    /// The next thing that the user should know: that the system cannot watch, and what is done instead.
    pub async fn warning(&self) -> Error {
        match self.0.warnings.lock().await.recv().await {
            Some(warning) => warning,
            None => std::future::pending().await,
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the system watch these folders for a subscription, and no others. Those that it did not watch until now: what happened
    /// in them before is not known.
    pub(super) fn set(
        &self,
        id: u64,
        subscription: &Subscription,
        interests: &BTreeMap<PathBuf, Interest>,
    ) -> Vec<PathBuf> {
        if self.0.poll.is_some() {
            return Vec::new();
        }
        let mut system = self.0.system.lock().unwrap_or_else(PoisonError::into_inner);
        let (arm, leave) = self.registry().set(id, interests);
        let Some(watcher) = self.watcher(&mut system) else {
            subscription.poll_instead(INSTEAD);
            return Vec::new();
        };
        for path in leave {
            // It may be gone, and the watch with it.
            let _ = watcher.unwatch(&path);
        }
        let mut armed = Vec::with_capacity(arm.len());
        for path in arm {
            let mode = match interests.get(&path) {
                Some(Interest::Below) => RecursiveMode::Recursive,
                _ => RecursiveMode::NonRecursive,
            };
            match watcher.watch(&path, mode) {
                Ok(()) => armed.push(path),
                Err(error) => {
                    // The files are looked at every so often from now on; asking again each time would be in vain.
                    if is_limit(&error) {
                        if subscription.poll_instead(INSTEAD) {
                            let _ = self.0.warn.send(limit(&path, &error));
                        }
                        break;
                    }
                    // Gone again, or not ours to read: whoever looks at the files says so.
                    if is_gone(&error) {
                        self.registry().disarm(&path);
                    }
                    tracing::debug!("{} is not watched: {error}", path.display());
                }
            }
        }
        armed
    }

    /// Sees whether the system tells of what happens in a folder that it watches; if not, the user is told. Nobody waits for this.
    pub(super) fn probe(&self, folder: &Path) {
        if self.0.poll.is_some() || self.0.is_probed.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(kind) = probe::foreign(folder) {
            let _ = self.0.warn.send(probe::changed_by_others(folder, &kind));
        } else if probe::write(folder) {
            let (hub, folder) = (Arc::downgrade(&self.0), folder.to_owned());
            thread::spawn(move || {
                thread::sleep(PROBE);
                if let Some(hub) = hub.upgrade().map(Self)
                    && !hub.registry().probe_seen()
                {
                    let _ = hub.0.warn.send(probe::silent(&folder));
                }
            });
        }
    }

    pub(super) fn leave(&self, id: u64) {
        let mut system = self.0.system.lock().unwrap_or_else(PoisonError::into_inner);
        let leave = self.registry().remove(id);
        if let System::Watcher(watcher) = &mut *system {
            for path in leave {
                let _ = watcher.unwatch(&path);
            }
        }
    }

    fn watcher<'a>(&self, system: &'a mut System) -> Option<&'a mut RecommendedWatcher> {
        if matches!(system, System::Unasked) {
            let registry = Arc::clone(&self.0.registry);
            let on_event = move |event: notify::Result<notify::Event>| {
                registry.lock().unwrap_or_else(PoisonError::into_inner).route(&event);
            };
            *system = match notify::recommended_watcher(on_event) {
                Ok(watcher) => System::Watcher(watcher),
                Err(error) => {
                    let _ = self.0.warn.send(limit(Path::new("the files"), &error));
                    System::None
                }
            };
        }
        match system {
            System::Watcher(watcher) => Some(watcher),
            _ => None,
        }
    }
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn is_limit(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(error) => {
            error.raw_os_error() == Some(TOO_MANY_OPEN) || error.kind() == io::ErrorKind::StorageFull
        }
        _ => false,
    }
}

fn limit(path: &Path, error: &notify::Error) -> Error {
    let why = match &error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of watches is reached".to_owned(),
        _ => error.to_string(),
    };
    let error =
        Error::new(format!("cannot watch {}: {why}; the files are looked at every second instead", path.display()));
    // Linux alone has limits of its own for watches.
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return error
            .hint("raise the limits: `sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`")
            .hint("or choose how often: `--poll=300`");
    }
    error.hint("choose how often: `--poll=300`")
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("poll", &self.0.poll).finish_non_exhaustive()
    }
}
