//! A graph that goes on from the one before: while the files are the same ones and the edited Sources look the same from outside,
//! nothing but these Sources is looked at.

use super::{Graph, Place, Sources, bodies::Bodies, missing_fragments, source};
use crate::{
    project::Project,
    scan::{Content, File, Snapshot, Unread},
    source::EXTENSION,
};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// What a graph was grown from.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// The hash of all that it depends on but the content of Sources: which files there are, and what is asked for.
    pub shape: Hash,
    project: Hash,
    /// In the order of their paths.
    files: Vec<(Box<str>, Mark)>,
    /// What is not read: what is said of an address depends on them.
    unread: BTreeMap<String, Unread>,
    /// Whether a Source links by name. What a name means depends on the titles of all files, reached or not.
    has_wiki: bool,
}

/// By what a file is known to be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Content(Hash),
    TooLarge(u64),
    /// Hash of why.
    Unreadable(Hash),
}

/// What changed since a graph was grown.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Ids of the Sources whose text is another.
    pub sources: Vec<String>,
    /// Whether another file is.
    pub others: bool,
}

impl Inputs {
    pub(super) fn of(project: &Project, snapshot: &Snapshot, graph: &Graph) -> Self {
        let files: Vec<(Box<str>, Mark)> =
            snapshot.files().iter().map(|(path, file)| (path.as_str().into(), mark(file))).collect();
        let mut hasher = Sha256::new();
        let project = project_hash(project);
        hasher.update(project.as_bytes());
        for (path, mark) in &files {
            hasher.update(path.as_bytes());
            match mark {
                Mark::Content(_) => hasher.update("\0"),
                Mark::TooLarge(size) => hasher.update(format!("\0{size}\0")),
                Mark::Unreadable(why) => hasher.update(format!("\0\0{why}\0")),
            }
        }
        let mut links = graph.nodes.values().flat_map(|node| &node.source.links);
        let has_wiki = links.any(|link| link.place == Place::Wiki);
        let unread = snapshot.unread().clone();
        Self { shape: Hash::from_bytes(hasher.finalize().into()), project, files, unread, has_wiki }
    }

    /// The numbers of the files with another content; none, if other files are there, or another project.
    fn changed(&self, project: &Project, snapshot: &Snapshot) -> Option<Vec<usize>> {
        if snapshot.files().len() != self.files.len()
            || *snapshot.unread() != self.unread
            || project_hash(project) != self.project
        {
            return None;
        }
        let mut changed = Vec::new();
        for (number, ((path, file), (known, before))) in snapshot.files().iter().zip(&self.files).enumerate() {
            let now = mark(file);
            match (before, now) {
                _ if **path != **known => return None,
                (before, now) if *before == now => {}
                (Mark::Content(_), Mark::Content(_)) => changed.push(number),
                _ => return None,
            }
        }
        Some(changed)
    }
}

fn project_hash(project: &Project) -> Hash {
    Hash::of(format!("{project:?}").as_bytes())
}

fn mark(file: &File) -> Mark {
    match &file.content {
        Content::Bytes(_, hash) => Mark::Content(*hash),
        Content::OnDisk { file, .. } => Mark::Content(file.hash),
        Content::TooLarge(size) => Mark::TooLarge(*size),
        Content::Unreadable(why) => Mark::Unreadable(Hash::of(why.as_bytes())),
    }
}

impl Graph {
    /// The graph of this snapshot; none, if it must be grown anew. Sources that were parsed are put into the caches in either case.
    pub(super) fn update(
        mut self,
        project: &Project,
        snapshot: &Snapshot,
        sources: &mut Sources,
        bodies: &mut Bodies,
    ) -> Option<Self> {
        let inputs = self.inputs.as_mut()?;
        let numbers = inputs.changed(project, snapshot)?;
        let mut changes = Changes::default();
        let mut is_same = true;
        for number in numbers {
            let (path, mark) = inputs.files.get_mut(number)?;
            let file = snapshot.files().get(&**path)?;
            *mark = self::mark(file);
            let node = path.strip_suffix(EXTENSION).and_then(|id| self.nodes.get_mut(id));
            let Some(node) = node else {
                is_same &= !(inputs.has_wiki && path.ends_with(EXTENSION));
                changes.others = true;
                continue;
            };
            let (bytes, hash) = file.bytes()?;
            let mut parsed = source::parse(path, bytes, &project.settings);
            bodies.keep(hash, parsed.take_body());
            let parsed = Arc::new(parsed);
            sources.insert(node.path.clone(), (hash, Arc::clone(&parsed)));
            // The same outline: the same links, so they lead to the same places.
            is_same &= parsed.outline() == node.source.outline()
                && (!inputs.has_wiki || source::written_title(bytes) == source::written_title(&node.bytes));
            node.take(project, parsed, bytes, hash);
            changes.sources.push(node.id.clone());
        }
        if !is_same {
            return None;
        }
        for id in &changes.sources {
            let fragments = missing_fragments(project, &self, self.nodes.get(id)?);
            self.nodes.get_mut(id)?.fragments = fragments;
        }
        self.changes = Some(changes);
        Some(self)
    }
}
