//! Values that an instance keeps between requests, bounded in bytes.

use std::{cell::RefCell, collections::HashMap, hash::Hash};

/// Values by key; the least recently used goes first.
#[derive(Debug)]
pub struct ByteLru<K, V> {
    inner: RefCell<Inner<K, V>>,
    limit: usize,
}

#[derive(Debug)]
struct Inner<K, V> {
    entries: HashMap<K, LruEntry<V>>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct LruEntry<V> {
    value: V,
    cost: usize,
    used: u64,
}

impl<K: Hash + Eq + Clone, V: Clone> ByteLru<K, V> {
    /// Keeps at most about `limit` bytes, as [`Self::insert`] is told what values take.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { inner: RefCell::new(Inner { entries: HashMap::new(), bytes: 0, clock: 0 }), limit }
    }

    /// A value, which is the most recently used one then.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let inner = &mut *self.inner.borrow_mut();
        inner.clock += 1;
        let entry = inner.entries.get_mut(key)?;
        entry.used = inner.clock;
        Some(entry.value.clone())
    }

    /// Forgets one.
    pub fn remove<Q: Hash + Eq + ?Sized>(&self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
    {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(entry) = inner.entries.remove(key) {
            inner.bytes -= entry.cost;
        }
    }

    /// Forgets all.
    pub fn clear(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.entries.clear();
        inner.bytes = 0;
    }

    /// Keeps a value that takes about `cost` bytes. One that is over the limit by itself is not kept.
    pub fn insert(&self, key: K, value: V, cost: usize) {
        let inner = &mut *self.inner.borrow_mut();
        if cost > self.limit {
            return;
        }
        inner.clock += 1;
        let entry = LruEntry { value, cost, used: inner.clock };
        inner.bytes += cost;
        if let Some(old) = inner.entries.insert(key, entry) {
            inner.bytes -= old.cost;
        }
        while inner.bytes > self.limit {
            let Some(oldest) = inner.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            if let Some(entry) = inner.entries.remove(&oldest) {
                inner.bytes -= entry.cost;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_when_the_bytes_run_out() {
        let cache = ByteLru::new(10);
        cache.insert("a", 1, 4);
        cache.insert("b", 2, 4);
        assert_eq!(cache.get("a"), Some(1));
        cache.insert("c", 3, 4);
        assert_eq!((cache.get("a"), cache.get("b"), cache.get("c")), (Some(1), None, Some(3)));
        cache.insert("a", 4, 6);
        assert_eq!((cache.get("a"), cache.get("c")), (Some(4), Some(3)));
        cache.insert("huge", 5, 11);
        assert_eq!(cache.get("huge"), None);
        cache.remove("a");
        cache.insert("d", 6, 6);
        assert_eq!(
            (cache.get("a"), cache.get("c"), cache.get("d")),
            (None, Some(3), Some(6)),
            "what was removed makes room"
        );
        cache.clear();
        cache.insert("e", 7, 10);
        assert_eq!((cache.get("c"), cache.get("d"), cache.get("e")), (None, None, Some(7)));
    }
}
