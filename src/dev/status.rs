//! What is known of the sites that are being written, for whoever shows it: the terminal, the console, the pages.

use super::Held;
use crate::error::Error;
use pmx_model::{File, SiteName};
use pmx_site::{Build, Diagnostic};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::sync::{broadcast, watch};

/// How many events are kept for those who look later.
const KEPT_EVENTS: usize = 200;
/// How many events a listener may be behind before it loses the oldest.
const BEHIND: usize = 1024;
/// How many names each list of an event keeps for those who look or listen: a large site would fill memory with them. The line
/// that is printed has them all.
const KEPT_NAMES: usize = 200;
/// How many names of changed files a status carries.
pub(super) const NAMES: usize = 20;

/// What is known of the sites that are being written. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    sites: Mutex<BTreeMap<SiteName, Arc<SiteStatus>>>,
    recent: Mutex<VecDeque<Arc<Value>>>,
    events: broadcast::Sender<Arc<Value>>,
    /// Counts the changes of sites.
    changed: watch::Sender<u64>,
}

/// A site as it is now.
#[derive(Clone, Debug)]
pub struct SiteStatus {
    /// Its name, the label before `.localhost`.
    pub name: SiteName,
    /// The folder of the project, absolute.
    pub folder: PathBuf,
    /// The folder of its Sources, absolute.
    pub source_root: PathBuf,
    /// The entry Source, below the source root.
    pub entry: String,
    /// Where it is served, without a path: `http://<name>.localhost:<port>`.
    pub url: String,
    /// What its loop does.
    pub phase: Phase,
    /// Builds that this process has finished.
    pub builds: u64,
    /// What the last build found.
    pub diagnostics: Arc<[Diagnostic]>,
    /// Why nothing could be built or published, if that is so.
    pub error: Option<Failure>,
    /// The last build that was finished.
    pub last: Option<LastBuild>,
    /// The earlier deploy that is shown, after a rollback and until the next edit.
    pub held: Option<Held>,
}

/// What the loop of a site does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A build is under way, or waits for its turn.
    Building,
    /// The last build is up.
    Ready,
    /// The last build has errors; the last good one is up, if there was one.
    Failed,
}

/// Why nothing could be built or published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// One sentence.
    pub message: String,
    /// What could be done.
    pub hints: Vec<String>,
}

/// The Sources that a build read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    roots: Vec<String>,
    outputs: Arc<BTreeMap<String, File>>,
}

impl Read {
    pub(super) fn of(build: &Build) -> Self {
        let roots = build.roots.iter().flat_map(|roots| roots.roots.keys().cloned()).collect();
        Self { roots, outputs: build.outputs.clone() }
    }

    /// Whether a file below the source root is one of them. It is written as it is below each root that has it.
    pub(super) fn has(&self, name: &str) -> bool {
        name.ends_with(".md") && self.roots.iter().any(|root| self.outputs.contains_key(&format!("{root}/{name}")))
    }
}

/// A build that was finished.
#[derive(Clone, Debug)]
pub struct LastBuild {
    /// When.
    pub finished: SystemTime,
    /// The same on a clock that nobody sets: for which of two was later.
    pub since: Instant,
    /// How long it took to look at the files and to build.
    pub took_build: Duration,
    /// How long it took to publish; zero if it was not.
    pub took_publish: Duration,
    /// Pages of the site.
    pub pages: usize,
    /// Names of the files that differ from the build before, at most 20 of them.
    pub changed: Vec<String>,
    /// How many files differ from the build before.
    pub changed_count: usize,
    /// What it read.
    pub(super) read: Read,
    /// The deploy that it became, if it became one.
    pub deploy_id: Option<String>,
    /// `published`, `unchanged` (what is up is this build already), `held-back` (what was rolled back to stays up, since nothing in it is
    /// new) or `kept` (it has errors; the last good one stays up).
    pub outcome: &'static str,
}

impl Default for Shared {
    fn default() -> Self {
        let events = broadcast::Sender::new(BEHIND);
        Self { sites: Mutex::default(), recent: Mutex::default(), events, changed: watch::Sender::new(0) }
    }
}

impl Board {
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

    /// The events from now on: the objects that `--json` prints, in their order, with at most 200 names in a list.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Value>> {
        self.0.events.subscribe()
    }

    /// Is told whenever something is known anew of a site, events or not.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn changes(&self) {
        self.0.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The last 200 events, oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<Value>> {
        lock(&self.0.recent).iter().cloned().collect()
    }

    /// Puts a site on the board, or a newer status in its place.
    pub(super) fn put(&self, status: SiteStatus) {
        lock(&self.0.sites).insert(status.name.clone(), Arc::new(status));
        self.changes();
    }

    /// Changes what is known of a site, if it is still there.
    pub(super) fn update(&self, name: &SiteName, change: impl FnOnce(&mut SiteStatus)) {
        if let Some(status) = lock(&self.0.sites).get_mut(name) {
            change(Arc::make_mut(status));
        }
        self.changes();
    }

    /// Nothing could be built or published.
    pub(super) fn fail(&self, name: &SiteName, error: &Error) {
        self.update(name, |status| {
            status.error = Some(Failure::of(error));
            status.phase = Phase::Failed;
        });
    }

    /// Takes a site from the board.
    pub(super) fn remove(&self, name: &SiteName) {
        lock(&self.0.sites).remove(name);
        self.changes();
    }

    /// Tells an event to all that listen: `event`, `site` if it is of one, `time`, then what it says. The line that `--json`
    /// prints of it comes back.
    pub fn tell(&self, event: &str, site: Option<&SiteName>, says: Value) -> Arc<Value> {
        let mut line = Map::new();
        line.insert("event".to_owned(), event.into());
        if let Some(site) = site {
            line.insert("site".to_owned(), site.as_str().into());
        }
        line.insert("time".to_owned(), humantime::format_rfc3339_millis(SystemTime::now()).to_string().into());
        if let Value::Object(says) = says {
            line.extend(says);
        }
        let kept = kept(&line);
        let line = Arc::new(Value::Object(line));
        let kept = kept.map_or_else(|| line.clone(), |kept| Arc::new(Value::Object(kept)));
        // Kept and sent under one lock, so that who reads both sees one order.
        let mut recent = lock(&self.0.recent);
        if recent.len() == KEPT_EVENTS {
            recent.pop_front();
        }
        recent.push_back(kept.clone());
        // Nobody listens: fine.
        let _ = self.0.events.send(kept);
        line
    }
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        Self { message: error.to_string(), hints: error.hints().to_vec() }
    }
}

impl SiteStatus {
    /// A site whose first build is under way.
    pub(super) fn new(name: &SiteName, folder: &Path, url: String) -> Self {
        Self {
            name: name.clone(),
            folder: folder.to_owned(),
            source_root: folder.to_owned(),
            entry: String::new(),
            url,
            phase: Phase::Building,
            builds: 0,
            diagnostics: Arc::from([]),
            error: None,
            last: None,
            held: None,
        }
    }

    /// A folder that would be a site if it could be read.
    pub(super) fn broken(name: &SiteName, folder: &Path, url: String, error: &Error) -> Self {
        Self { phase: Phase::Failed, error: Some(Failure::of(error)), ..Self::new(name, folder, url) }
    }

    /// The phase when the build is over.
    pub(super) fn settled(&self) -> Phase {
        if self.error.is_some() || self.errors() > 0 { Phase::Failed } else { Phase::Ready }
    }

    /// How many of the findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    }
}

/// An event with its lists cut short; none, if they are short.
fn kept(line: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_long = |value: &Value| value.as_array().is_some_and(|names| names.len() > KEPT_NAMES);
    line.values().any(is_long).then(|| {
        let short = |value: &Value| match value {
            Value::Array(names) => names.iter().take(KEPT_NAMES).cloned().collect(),
            other => other.clone(),
        };
        line.iter().map(|(name, value)| (name.clone(), short(value))).collect()
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_heard_and_kept_in_one_order() {
        let board = Board::default();
        let mut heard = board.subscribe();
        let site: SiteName = "a".parse().unwrap();
        for number in 0..=KEPT_EVENTS {
            board.tell("built", Some(&site), json!({ "number": number }));
        }
        let recent = board.recent();
        assert_eq!((recent.len(), &recent[0]["number"]), (KEPT_EVENTS, &1.into()));
        let first = heard.try_recv().unwrap();
        assert_eq!((&first["event"], &first["site"], &first["number"]), (&"built".into(), &"a".into(), &0.into()));
        assert!(first["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{first}");
    }

    #[test]
    fn long_lists_are_printed_whole_and_kept_short() {
        let board = Board::default();
        let mut heard = board.subscribe();
        let names = vec!["one.md"; KEPT_NAMES + 1];
        let line = board.tell("published", None, json!({ "sources": names, "paths": ["a"], "ms": 1 }));
        assert_eq!(line["sources"].as_array().map(Vec::len), Some(KEPT_NAMES + 1));
        let kept = heard.try_recv().unwrap();
        assert_eq!(kept["sources"].as_array().map(Vec::len), Some(KEPT_NAMES));
        assert_eq!((&kept["event"], &kept["paths"], &kept["ms"]), (&"published".into(), &json!(["a"]), &1.into()));
        assert_eq!(board.recent(), [kept]);
    }
}
