//! Hints from the operating system about where to look. What changed is found out by comparing snapshots, never from the hints:
//! many files of a new folder are named in no event.

use crate::error::{Error, Result};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};

/// A burst of hints is over when none came for so long.
const QUIET: Duration = Duration::from_millis(5);
/// A burst that does not end is looked at after so long.
const LONGEST_BURST: Duration = Duration::from_millis(100);
/// After a burst the files are looked at once more: a write that was under way, or one in a folder that was not watched yet.
const SECOND_LOOK: Duration = Duration::from_millis(200);

/// Watches a folder with all below it.
pub struct Watcher {
    hints: Arc<Notify>,
    second_look: bool,
    _watcher: RecommendedWatcher,
}

impl Watcher {
    /// Begins to watch.
    ///
    /// # Errors
    /// The folder cannot be watched, most often because the system's limit of watches is reached.
    pub fn new(folder: &Path) -> Result<Self> {
        let hints = Arc::new(Notify::new());
        let sender = hints.clone();
        let on_event = move |event: notify::Result<notify::Event>| {
            // Reading a watched file is an event too. An error may mean that events were lost: look.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                sender.notify_one();
            }
        };
        let unwatchable = |error: notify::Error| match error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                Error::new(format!("cannot watch {}: the system's limit of watches is reached", folder.display()))
                    .hint("raise it: `sysctl fs.inotify.max_user_watches=524288`")
            }
            _ => Error::new(format!("cannot watch {}: {error}", folder.display())),
        };
        let mut watcher = notify::recommended_watcher(on_event).map_err(unwatchable)?;
        watcher.watch(folder, RecursiveMode::Recursive).map_err(unwatchable)?;
        Ok(Self { hints, second_look: false, _watcher: watcher })
    }

    /// Waits until it is worth looking at the files. Hints that come while nobody waits are kept.
    pub async fn hint(&mut self) {
        if self.second_look {
            self.second_look = false;
            if timeout(SECOND_LOOK, self.hints.notified()).await.is_err() {
                return;
            }
        } else {
            self.hints.notified().await;
        }
        self.second_look = true;
        let burst = async { while timeout(QUIET, self.hints.notified()).await.is_ok() {} };
        let _ = timeout(LONGEST_BURST, burst).await;
    }
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}
