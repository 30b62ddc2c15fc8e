//! A graph that goes on from the one before: while the files are the same ones and the edited Sources look the same from outside,
//! nothing but these Sources is looked at.

use super::{Graph, Node, Place, Sources, missing_fragments, visit};
use crate::site::{
    cache::Bodies,
    project::Project,
    scan::{Content, Snapshot},
    suggest::Suggest,
};
use pmx_worker::model::Hash;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

/// A graph, and what it was grown from.
#[derive(Debug)]
pub(in crate::site) struct Kept {
    graph: Graph,
    shape: Hash,
}

impl Kept {
    pub(in crate::site) fn new(graph: Graph, shape: Hash) -> Self {
        Self { graph, shape }
    }

    /// The graph of this snapshot; none, if it must be grown anew. Sources that were parsed are put into the caches.
    pub(super) fn update(
        self,
        project: &Project,
        snapshot: &Snapshot,
        shape: Hash,
        sources: &mut Sources,
        bodies: &mut Bodies,
    ) -> Option<Graph> {
        let Self { mut graph, .. } = (self.shape == shape).then_some(self)?;
        // What a wikilink means depends on the titles of all files, reached or not.
        let has_wiki = |node: &Node| node.source.links.iter().any(|link| link.place == Place::Wiki);
        if graph.nodes.values().any(has_wiki) {
            return None;
        }
        let is_other = |path: &str, hash: Hash| snapshot.files().get(path)?.bytes().map(|(_, now)| now != hash);
        let nodes: Vec<_> = graph.nodes.values().collect();
        let other = nodes.par_iter().filter_map(|node| match is_other(&node.path, node.hash) {
            Some(false) => None,
            other => Some((node.id.clone(), other)),
        });
        let other: Vec<(String, Option<bool>)> = other.collect();
        let suggest = Suggest::new(snapshot);
        let none = Sources::default();
        let mut changed = Vec::with_capacity(other.len());
        for (id, is_there) in other {
            is_there?;
            let visited = visit(project, snapshot, &suggest, &none, id.clone())?;
            let node = graph.nodes.get_mut(&id)?;
            if node.facts != visited.node.facts {
                return None;
            }
            bodies.replace(node.hash, visited.node.hash, visited.body);
            *node = visited.node;
            sources.insert(node.path.clone(), (node.hash, node.source.clone()));
            changed.push(id);
        }
        for id in &changed {
            let fragments = missing_fragments(project, &graph, graph.nodes.get(id)?);
            graph.nodes.get_mut(id)?.fragments = fragments;
        }
        graph.changed = Some(changed);
        Some(graph)
    }
}

/// The hash of all that a graph depends on but the content of Sources: which files there are, and what is asked for.
pub(in crate::site) fn shape(project: &Project, snapshot: &Snapshot) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(format!("{project:?}\n"));
    for (path, file) in snapshot.files() {
        hasher.update(path);
        match &file.content {
            Content::Bytes(..) | Content::OnDisk { .. } => hasher.update("\0"),
            Content::TooLarge(size) => hasher.update(format!("\0{size}\0")),
            Content::Unreadable(why) => hasher.update(format!("\0\0{why}\0")),
        }
    }
    Hash::from_bytes(hasher.finalize().into())
}
