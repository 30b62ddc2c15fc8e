//! What is known of the sites of a running server, and what may be done to them: for the loop that writes them, the console, the pages and
//! the terminal alike. None of those is known here.

mod control;
mod earlier_deploy;
mod event;
mod in_process;
mod log;
mod status;
mod token;

pub use control::{Control, Moved, Rollback, SiteLoop};
pub use earlier_deploy::EarlierDeploy;
pub use event::{Activation, Event, EventRecord, Finding, Notice, ReadySite, Warning};
pub use in_process::{InProcess, explain};
pub use log::{LogBuffer, LogEntry, WORKER};
pub use status::{Failure, LastBuild, NAMES, Phase, ReadSources, SiteStatus};
pub use token::{CONSOLE_HOST, ConsoleToken};

use crate::error::Error;
use pmx_model::SiteName;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{broadcast, watch};

/// How many events are kept for those who look later.
const KEPT_EVENTS: usize = 200;
/// How many events a listener may be behind before it loses the oldest.
const BEHIND: usize = 1024;

/// The sites of a running server, and what happens to them. Clones share it.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

struct Inner {
    sites: Mutex<BTreeMap<SiteName, Arc<SiteStatus>>>,
    recent: Mutex<VecDeque<Arc<EventRecord>>>,
    events: broadcast::Sender<Arc<EventRecord>>,
    /// Counts the changes of sites.
    changed: watch::Sender<u64>,
    observer: Observer,
}

/// Is called with every event at once, with all its names.
type Observer = Box<dyn Fn(&EventRecord) + Send + Sync>;

impl Default for Session {
    fn default() -> Self {
        Self::observed(|_| {})
    }
}

impl Session {
    /// One that shows every event to `observer` before anyone else hears of it.
    #[must_use]
    pub fn observed(observer: impl Fn(&EventRecord) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            sites: Mutex::default(),
            recent: Mutex::default(),
            events: broadcast::Sender::new(BEHIND),
            changed: watch::Sender::new(0),
            observer: Box::new(observer),
        }))
    }

    /// The sites, by name.
    #[must_use]
    pub fn sites(&self) -> Vec<Arc<SiteStatus>> {
        lock(&self.0.sites).values().cloned().collect()
    }

    /// One site.
    #[must_use]
    pub fn site(&self, name: &SiteName) -> Option<Arc<SiteStatus>> {
        lock(&self.0.sites).get(name).cloned()
    }

    /// Adds a site, or puts a newer status in its place.
    pub fn insert(&self, status: SiteStatus) {
        lock(&self.0.sites).insert(status.name.clone(), Arc::new(status));
        self.changes();
    }

    /// Changes what is known of a site, if it is still there.
    pub fn update(&self, name: &SiteName, change: impl FnOnce(&mut SiteStatus)) {
        if let Some(status) = lock(&self.0.sites).get_mut(name) {
            change(Arc::make_mut(status));
        }
        self.changes();
    }

    /// Notes that nothing could be built or published.
    pub fn fail(&self, name: &SiteName, error: &Error) {
        self.update(name, |status| {
            status.error = Some(Failure::of(error));
            status.phase = Phase::Failed;
        });
    }

    /// Removes a site.
    pub fn remove(&self, name: &SiteName) {
        lock(&self.0.sites).remove(name);
        self.changes();
    }

    /// Is told whenever something is known anew of a site, events or not.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn changes(&self) {
        self.0.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The events from now on, in their order, with their lists cut short.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<EventRecord>> {
        self.0.events.subscribe()
    }

    /// The last 200 events, oldest first, with their lists cut short.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<EventRecord>> {
        lock(&self.0.recent).iter().cloned().collect()
    }

    /// Tells an event, of a site if it is of one.
    pub fn emit(&self, site: Option<&SiteName>, event: Event) {
        let record = EventRecord::now(site, event);
        (self.0.observer)(&record);
        let record = Arc::new(record.cut_short());
        // Kept and sent under one lock, so that who reads both sees one order.
        let mut recent = lock(&self.0.recent);
        if recent.len() == KEPT_EVENTS {
            recent.pop_front();
        }
        recent.push_back(record.clone());
        // Nobody listens: fine.
        let _ = self.0.events.send(record);
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("sites", &self.sites).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_heard_and_kept_in_one_order() {
        let session = Session::default();
        let mut notices = session.subscribe();
        let site: SiteName = "a".parse().unwrap();
        for blobs in 0..=KEPT_EVENTS {
            session.emit(Some(&site), Event::Mending { blobs });
        }
        let recent = session.recent();
        assert_eq!((recent.len(), &recent[0].to_json()["blobs"]), (KEPT_EVENTS, &1.into()));
        let first = notices.try_recv().unwrap().to_json();
        assert_eq!((&first["event"], &first["site"], &first["blobs"]), (&"mending".into(), &"a".into(), &0.into()));
        assert!(first["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{first}");
    }
}
