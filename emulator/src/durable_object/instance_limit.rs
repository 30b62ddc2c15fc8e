//! How many objects may have an instance at once, and which of them is evicted for another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use super::eviction::Evictable;
use crate::abi::error::{ErrorFlags, GuestError};
use crate::sync::lock;

/// Objects that may have an instance at once, unless the builder is told otherwise. An instance with nothing in it takes some 145 kB and
/// four mappings, of which Linux gives a process 65,530 (`vm.max_map_count`); one that holds the documents of a large site a few MB.
pub(crate) const MAX_INSTANCES: usize = 1_024;
/// Of the instances that there may be, so many parts are for objects that have been reached once and never wrote anything: whoever makes up
/// names must not fill the memory.
const FREE_DIVISOR: usize = 16;
/// What the platform says when it cannot take more.
const OVERLOADED: &str = "Durable Object is overloaded. Too many requests queued.";

/// What callers are told whose call finds no room; the platform's error.
pub(super) fn overloaded() -> GuestError {
    GuestError::error(OVERLOADED).with(ErrorFlags::OVERLOADED)
}

/// The objects of a Worker that have an instance.
pub(super) struct InstanceLimit {
    limit: usize,
    /// By the number of the instance.
    objects: Arc<Mutex<BTreeMap<u64, Weak<dyn Evictable>>>>,
}

/// The permit for one instance, until it is dropped.
pub(super) struct Permit {
    incarnation: u64,
    objects: Arc<Mutex<BTreeMap<u64, Weak<dyn Evictable>>>>,
}

/// All objects that have an instance are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{OVERLOADED}")]
pub(super) struct Overloaded;

impl InstanceLimit {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), objects: Arc::default() }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether so many objects have an instance that one with nothing to lose but its memory should not keep it.
    pub(super) fn is_crowded(&self) -> bool {
        lock(&self.objects).len() > self.limit / FREE_DIVISOR
    }

    /// Takes a permit for an instance. If there are none left, the object that has been idle for the longest is evicted; its sockets stay.
    pub(super) fn acquire(&self, object: Weak<dyn Evictable>, incarnation: u64) -> Result<Permit, Overloaded> {
        loop {
            let mut objects = lock(&self.objects);
            if objects.len() < self.limit {
                objects.insert(incarnation, object);
                return Ok(Permit { incarnation, objects: Arc::clone(&self.objects) });
            }
            let all: Vec<_> = objects.values().filter_map(Weak::upgrade).collect();
            drop(objects);
            let mut idle: Vec<_> = all.into_iter().filter_map(|other| Some((other.idle_since()?, other))).collect();
            idle.sort_by_key(|(since, _)| *since);
            // Whoever is at work by now is passed over.
            if !idle.iter().any(|(_, other)| other.try_evict()) {
                return Err(Overloaded);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.objects).remove(&self.incarnation);
    }
}
