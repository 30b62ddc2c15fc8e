//! How many objects have an instance, and which of them gives way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use super::container::Object;
use crate::storage::sqlite::lock;

/// Objects that may have an instance at once, unless the builder is told otherwise. An instance with nothing in it takes some 145 kB and
/// four mappings, of which Linux gives a process 65,530 (`vm.max_map_count`); one that holds the documents of a large site a few MB.
pub(crate) const MAX_AWAKE: usize = 1_024;
/// What the platform says when it cannot take more.
pub(super) const OVERLOADED: &str = "Durable Object is overloaded. Too many requests queued.";

/// The objects of a namespace that have an instance.
pub(super) struct Awake {
    limit: usize,
    /// By the number of the instance.
    objects: Arc<Mutex<BTreeMap<u64, Weak<Object>>>>,
}

/// The room of one instance, until it is dropped.
pub(super) struct Room {
    incarnation: u64,
    objects: Arc<Mutex<BTreeMap<u64, Weak<Object>>>>,
}

/// All objects that have an instance are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{OVERLOADED}")]
pub(super) struct Overloaded;

impl Awake {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), objects: Arc::default() }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Makes room for an instance. If there are as many as there may be, the object that has been idle for the longest gives way; its
    /// sockets stay.
    pub(super) fn enter(&self, object: &Arc<Object>, incarnation: u64) -> Result<Room, Overloaded> {
        loop {
            let mut objects = lock(&self.objects);
            if objects.len() < self.limit {
                objects.insert(incarnation, Arc::downgrade(object));
                return Ok(Room { incarnation, objects: Arc::clone(&self.objects) });
            }
            let all: Vec<_> = objects.values().filter_map(Weak::upgrade).collect();
            drop(objects);
            let mut idle: Vec<_> = all.into_iter().filter_map(|other| Some((other.idle_since()?, other))).collect();
            idle.sort_by_key(|(since, _)| *since);
            // Whoever is at work by now is passed over.
            if !idle.iter().any(|(_, other)| other.give_way()) {
                return Err(Overloaded);
            }
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock(&self.objects).remove(&self.incarnation);
    }
}
