//! Who is interested in which folder. Nothing here talks to the operating system.

use super::{probe, subscription::Subscription};
use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, ModifyKind},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The folders that are watched.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// In the order of their components: what is below a folder follows it.
    folders: BTreeMap<PathBuf, WatchedFolder>,
    subscriptions: HashMap<u64, Arc<Subscription>>,
    last: u64,
    /// Whether the system told of the file that was written to see whether it does.
    probe_seen: bool,
}

#[derive(Debug, Default)]
struct WatchedFolder {
    /// By subscription.
    interests: HashMap<u64, Interest>,
    /// Whether the system was asked to watch it, and nothing was heard since that ends this.
    armed: bool,
}

/// What in a folder is of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// All that is in it.
    Entries,
    /// All that is in it and below, at any depth.
    Below,
    /// These names in it.
    Names(BTreeSet<OsString>),
}

impl Registry {
    pub(super) fn add(&mut self, subscription: Arc<Subscription>) -> u64 {
        self.last += 1;
        self.subscriptions.insert(self.last, subscription);
        self.last
    }

    /// Whether the system told of the probe.
    pub(super) const fn probe_seen(&self) -> bool {
        self.probe_seen
    }

    /// Whether it is still there.
    pub(super) fn has(&self, id: u64) -> bool {
        self.subscriptions.contains_key(&id)
    }

    /// Sets what a subscription is interested in. The folders that the system is to watch from now on, and those that it need not
    /// watch any more.
    pub(super) fn set(&mut self, id: u64, interests: &BTreeMap<PathBuf, Interest>) -> (Vec<PathBuf>, Vec<PathBuf>) {
        if !self.has(id) {
            return (Vec::new(), Vec::new());
        }
        let gone: Vec<PathBuf> = self
            .folders
            .iter()
            .filter(|(path, folder)| folder.interests.contains_key(&id) && !interests.contains_key(*path))
            .map(|(path, _)| path.clone())
            .collect();
        let mut arm = Vec::new();
        for (path, interest) in interests {
            let folder = self.folders.entry(path.clone()).or_default();
            folder.interests.insert(id, interest.clone());
            if !folder.armed {
                folder.armed = true;
                arm.push(path.clone());
            }
        }
        (arm, self.leave(id, gone))
    }

    /// Ends a subscription. The folders that the system need not watch any more.
    pub(super) fn remove(&mut self, id: u64) -> Vec<PathBuf> {
        self.subscriptions.remove(&id);
        let of = self.folders.iter().filter(|(_, folder)| folder.interests.contains_key(&id));
        let of = of.map(|(path, _)| path.clone()).collect();
        self.leave(id, of)
    }

    fn leave(&mut self, id: u64, mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
        paths.retain(|path| {
            let Some(folder) = self.folders.get_mut(path) else { return false };
            folder.interests.remove(&id);
            if !folder.interests.is_empty() {
                return false;
            }
            self.folders.remove(path).is_some_and(|folder| folder.armed)
        });
        paths
    }

    /// The system does not watch this folder, or what is below it, any more.
    pub(super) fn disarm(&mut self, path: &Path) {
        let below = (Bound::Included(path), Bound::Unbounded);
        for (_, folder) in self.folders.range_mut::<Path, _>(below).take_while(|(below, _)| below.starts_with(path)) {
            folder.armed = false;
            for subscription in folder.interests.keys().filter_map(|id| self.subscriptions.get(id)) {
                subscription.disarmed();
            }
        }
    }

    /// Tells those whom an event concerns.
    pub(super) fn route(&mut self, event: &notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => self.lost(),
            Ok(event) => {
                // Reading a watched file is an event, too.
                if matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write)) {
                    return;
                }
                for path in &event.paths {
                    self.probe_seen |= probe::is_it(path);
                    // The watch of a folder that was moved or removed is gone, and those of all below it.
                    if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                        self.disarm(path);
                    }
                    self.tell(path);
                }
            }
            Err(_) => self.lost(),
        }
    }

    /// Events were lost: nothing is known of any folder.
    fn lost(&mut self) {
        for folder in self.folders.values_mut() {
            folder.armed = false;
        }
        for subscription in self.subscriptions.values() {
            subscription.lost();
        }
    }

    fn tell(&self, path: &Path) {
        let itself = self.folders.get(path).into_iter().flat_map(|folder| &folder.interests);
        let itself = itself.filter(|(_, interest)| !matches!(interest, Interest::Names(_)));
        let name = path.file_name().unwrap_or_default();
        let parents = path.ancestors().skip(1).enumerate();
        let parents = parents.filter_map(|(depth, parent)| Some((depth, self.folders.get(parent)?)));
        let above = parents.flat_map(|(depth, folder)| folder.interests.iter().map(move |of| (depth, of)));
        let above = above.filter(|(depth, (_, interest))| match interest {
            Interest::Below => true,
            Interest::Entries => *depth == 0,
            Interest::Names(names) => *depth == 0 && names.contains(name),
        });
        let concerned: BTreeSet<u64> = itself.map(|(id, _)| *id).chain(above.map(|(_, (id, _))| *id)).collect();
        for subscription in concerned.iter().filter_map(|id| self.subscriptions.get(id)) {
            subscription.mark(path);
        }
    }
}
