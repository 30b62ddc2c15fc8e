use crate::site::{
    graph::Node,
    source::{self, Body, Settings},
};
use pmx_worker::model::Hash;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The most bytes of HTML that are held between the steps of a build and between builds. What is beyond is made anew from the
/// Source when it is needed, so that memory does not grow with the site.
const BUDGET: usize = 48 * 1024 * 1024;

/// The HTML of Sources, by the hash of their text.
#[derive(Debug, Default)]
pub(in crate::site) struct Bodies {
    known: HashMap<Hash, Arc<Body>>,
    held: usize,
}

impl Bodies {
    /// Holds it if there is room.
    pub(in crate::site) fn keep(&mut self, hash: Hash, body: Body) {
        let size = size(&body);
        if self.held + size <= BUDGET && self.known.insert(hash, Arc::new(body)).is_none() {
            self.held += size;
        }
    }

    /// The Source that had the hash `before` has another text now.
    pub(in crate::site) fn replace(&mut self, before: Hash, now: Hash, body: Option<Body>) {
        if let Some(gone) = self.known.remove(&before) {
            self.held = self.held.saturating_sub(size(&gone));
        }
        if let Some(body) = body {
            self.keep(now, body);
        }
    }

    /// Drops what is of no Source any more.
    pub(in crate::site) fn retain(&mut self, used: &HashSet<Hash>) {
        self.known.retain(|hash, _| used.contains(hash));
        self.held = self.known.values().map(|body| size(body)).sum();
    }

    /// The HTML of a Source.
    pub(in crate::site) fn of(&self, node: &Node, settings: &Settings) -> Arc<Body> {
        let made = || Arc::new(source::parse(&node.path, &node.bytes, settings).take_body());
        self.known.get(&node.hash).map_or_else(made, Arc::clone)
    }
}

fn size(body: &Body) -> usize {
    body.iter().map(|html| html.capacity() + size_of::<String>()).sum()
}
