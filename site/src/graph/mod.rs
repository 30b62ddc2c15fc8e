//! From the entries along the links: which Sources a site has, and where each of their links leads.

pub(crate) mod asset;
pub(crate) mod assets;
pub(crate) mod bodies;
pub(crate) mod component_files;
pub(crate) mod layouts;
pub(crate) mod pictures;
pub(crate) mod routes;
pub(crate) mod wiki;

mod bundle;
mod folder;
mod fragments;
mod inputs;
mod memory;
mod mentions;
mod named;
mod related;
mod suggest;
mod targets;

pub(super) use memory::Memory;
pub(super) use targets::relative_link;

use crate::{
    diagnostic::{Diagnostic, Position},
    files::blobs::Blob,
    project::Project,
    scan::Snapshot,
    source::{self, Body, EXTENSION, Link, Place, Source},
    text::address,
};
use bodies::Bodies;
use memory::Sources;
use pmx_model::Hash;
use rayon::prelude::*;
use routes::Addressing;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};
use suggest::Suggest;
use targets::{lead, usable};

/// A Source of the site and where its links lead.
#[derive(Debug)]
pub(super) struct Node {
    pub id: String,
    /// Below the source root.
    pub path: String,
    pub hash: Hash,
    pub bytes: Blob,
    pub source: Arc<Source>,
    /// One for each link of the Source.
    pub targets: Vec<Target>,
    findings: Vec<Diagnostic>,
    /// Those about links that lead nowhere, with the numbers of the links.
    unresolved: Vec<(usize, Diagnostic)>,
    /// Those about fragments of other Sources.
    fragments: Vec<Diagnostic>,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Nowhere that pmx knows; it stays as it was written.
    AsWritten,
    /// To the entry of the Path.
    Home {
        /// Query and fragment.
        suffix: String,
    },
    /// To a Source.
    Page {
        /// Id of the Source.
        id: String,
        /// Query and fragment.
        suffix: String,
    },
    /// To any other file.
    Asset {
        /// Below the source root.
        path: String,
        /// Query and fragment.
        suffix: String,
    },
    /// To an address of the site that is no file: perhaps a route.
    Address {
        /// Decoded, with its leading slash.
        path: String,
        /// Query and fragment.
        suffix: String,
    },
}

/// All Sources that any Path reaches.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// By id.
    pub nodes: BTreeMap<String, Node>,
    /// What is wrong with the entries.
    findings: Vec<Diagnostic>,
    /// Ids of the Sources that were looked at in this build; each other one is as it was in the build before.
    pub visited: BTreeSet<String>,
    /// The hash of all that pages depend on but the texts of Sources and the content of other files: which files there are, the project,
    /// and the outlines of the Sources.
    pub outlines: Option<Hash>,
    /// The hash of the content of all files that are no Sources of the site.
    pub other_files: Option<Hash>,
    /// Whether a Source links by name. What a name means depends on the titles of all files, reached or not.
    links_by_name: bool,
}

impl Node {
    /// The Source's title; one from its file name if it has none.
    pub(super) fn title(&self) -> String {
        self.source.title.clone().unwrap_or_else(|| name_of(&self.id))
    }

    /// A Source whose links lead nowhere.
    #[cfg(test)]
    pub(super) fn unlinked(id: &str, text: &[u8]) -> Self {
        let source = Arc::new(source::parse(&format!("{id}.md"), text, &Default::default()));
        let targets = vec![Target::AsWritten; source.links.len()];
        let (id, path, hash) = (id.to_owned(), format!("{id}.md"), Hash::of(text));
        let bytes = Arc::from(text);
        Self {
            id,
            path,
            hash,
            bytes,
            source,
            targets,
            findings: Vec::new(),
            unresolved: Vec::new(),
            fragments: Vec::new(),
        }
    }

    /// Whether everything but its text is the same.
    fn is_like(&self, other: &Self) -> bool {
        self.source.outline() == other.source.outline() && self.targets == other.targets
    }

    /// Whether it links to something by its name.
    fn links_by_name(&self) -> bool {
        self.source.links.iter().any(|link| link.place.is_link_by_name())
    }

    /// What is wrong with the Source and its links.
    fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().chain(self.unresolved.iter().map(|(_, finding)| finding)).chain(&self.fragments)
    }

    /// Ids of the Sources that it links to, in order, definitions left out if `only_body`.
    pub(super) fn linked(&self, only_body: bool) -> impl Iterator<Item = &str> {
        self.links(only_body).map(|(_, id)| id)
    }

    /// The same with the number of the link.
    pub(super) fn links(&self, only_body: bool) -> impl Iterator<Item = (usize, &str)> {
        self.source.links.iter().zip(&self.targets).enumerate().filter_map(move |(number, (link, target))| match target
        {
            Target::Page { id, .. }
                if !only_body
                    || !matches!(
                        link.place,
                        Place::Definition { .. } | Place::Resource | Place::Sheet | Place::Document
                    ) =>
            {
                Some((number, id.as_str()))
            }
            _ => None,
        })
    }
}

impl Graph {
    /// What is wrong with the entries, the Sources and their links.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().chain(self.nodes.values().flat_map(Node::findings))
    }

    /// The ids that are reached from an entry.
    pub(super) fn reach<'g>(&'g self, entries: impl IntoIterator<Item = &'g str>) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let known = |id: &'g str| self.nodes.get_key_value(id);
        let mut open: Vec<(&String, &Node)> = entries.into_iter().filter_map(known).collect();
        while let Some((id, node)) = open.pop() {
            if reached.insert(id.as_str()) {
                open.extend(node.linked(false).filter(|id| !reached.contains(id)).filter_map(known));
            }
        }
        reached
    }

    /// The Source with this path.
    fn of_path(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path.strip_suffix(EXTENSION)?)
    }

    /// Whether a file that changed may have another title. What it was before is known only of Sources that were reached.
    fn is_renamed(&self, snapshot: &Snapshot, path: &str) -> bool {
        let now = || snapshot.files().get(path).and_then(|file| source::written_title(file.bytes()?.0));
        path.ends_with(EXTENSION) && self.of_path(path).is_none_or(|node| source::written_title(&node.bytes) != now())
    }

    /// Ids of the Sources to look at after these files changed, and with them, perhaps, what names mean.
    fn outdated(&self, changed: &[String], is_renamed: bool) -> Vec<String> {
        let changed = changed.iter().filter_map(|path| self.of_path(path));
        let naming = self.nodes.values().filter(|node| is_renamed && node.links_by_name());
        changed.chain(naming).map(|node| node.id.clone()).collect()
    }

    /// Drops what no entry leads to any more.
    fn forget_unreached<'e>(&mut self, entries: impl Iterator<Item = &'e str>, sources: &mut Sources) {
        let entries: Vec<String> = entries.map(str::to_owned).collect();
        let reached = self.reach(entries.iter().map(String::as_str));
        let lost: Vec<String> = self.nodes.keys().filter(|id| !reached.contains(id.as_str())).cloned().collect();
        lost.iter().for_each(|id| drop(self.nodes.remove(id)));
        sources.retain(|path, _| self.of_path(path).is_some());
    }

    /// See [`Self::outlines`]; `shape`: of the files and the project, which decide where links lead that are no names.
    fn digest(&self, shape: Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(shape.as_bytes());
        for (id, node) in &self.nodes {
            hasher.update(id.as_bytes());
            hasher.update([0]);
            hasher.update(node.source.outline().as_bytes());
            if node.links_by_name() {
                hasher.update(format!("{:?}", node.targets));
            }
        }
        Hash::from_bytes(hasher.finalize().into())
    }

    /// Looks at the fragments that links name: of all Sources, or of those that were visited.
    fn check_fragments(&mut self, project: &Project, all: bool) {
        let nodes: Vec<&Node> = match all {
            true => self.nodes.values().collect(),
            false => self.visited.iter().filter_map(|id| self.nodes.get(id)).collect(),
        };
        let check = |node: &&Node| (node.id.clone(), fragments::missing(project, self, node));
        let found: Vec<(String, Vec<Diagnostic>)> = nodes.par_iter().map(check).collect();
        for (id, findings) in found {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.fragments = findings;
            }
        }
    }
}

/// The graph of a snapshot: everything that the links lead to from the entries. Also the HTML of the Sources that were parsed.
///
/// Looked at are the entries, if they are not known, the Sources that changed, and what their links newly lead to. From nothing, that is
/// the whole site; while other files are there, or another project, no link that was followed counts, but what was parsed does.
pub(super) fn build<'m>(project: &Project, snapshot: &Snapshot, memory: &'m mut Memory) -> (&'m Graph, Bodies) {
    let Memory { sources, inputs, graph } = memory;
    let changed = inputs.update(project, snapshot);
    if changed.is_none() {
        *graph = Graph::default();
    }
    graph.visited.clear();
    let mut is_other = changed.is_none();
    let changed = changed.unwrap_or_default();
    let entries: Vec<Result<String, String>> =
        project.roots.iter().map(|entry| usable(snapshot, &entry.path)).collect();
    let is_renamed = graph.links_by_name && changed.iter().any(|path| graph.is_renamed(snapshot, path));
    let mut open = graph.outdated(&changed, is_renamed);
    open.extend(entries.iter().flatten().filter(|id| !graph.nodes.contains_key(*id)).cloned());
    let mut bodies = Bodies::default();
    let walk = Walk { project, snapshot, suggest: Suggest::new(snapshot), is_renamed };
    while !open.is_empty() {
        open.sort_unstable();
        open.dedup();
        let visit = |id: String| walk.visit(id, sources, &graph.nodes);
        let wave: Vec<Visited> = mem::take(&mut open).into_par_iter().filter_map(visit).collect();
        for Visited { node, body } in wave {
            if let Some(body) = body {
                bodies.keep(node.hash, body);
            }
            open.extend(node.linked(false).map(str::to_owned));
            sources.insert(node.path.clone(), (node.hash, Arc::clone(&node.source)));
            graph.visited.insert(node.id.clone());
            is_other |= graph.nodes.get(&node.id).is_none_or(|known| !known.is_like(&node));
            graph.nodes.insert(node.id.clone(), node);
        }
        open.retain(|id| !graph.nodes.contains_key(id));
    }
    if is_other {
        graph.forget_unreached(entries.iter().flatten().map(String::as_str), sources);
        graph.findings = entry_findings(project, &entries, graph);
        graph.links_by_name = graph.nodes.values().any(Node::links_by_name);
        graph.outlines = Some(graph.digest(inputs.shape()));
    }
    if is_other || changed.iter().any(|path| graph.of_path(path).is_none()) {
        graph.other_files = Some(inputs.content(|path| graph.of_path(path).is_none()));
    }
    graph.check_fragments(project, is_other);
    (graph, bodies)
}

/// What is wrong with the entries. One that is only passed over is a Source as any, if it is linked.
fn entry_findings(project: &Project, entries: &[Result<String, String>], graph: &Graph) -> Vec<Diagnostic> {
    let missing = project.roots.iter().zip(entries).filter_map(|(entry, found)| {
        let message = found.as_ref().err()?;
        let finding = Diagnostic::error("entry/missing", Position::START, format!("the entry {message}"));
        Some(finding.at(project.show(&entry.path)))
    });
    let is_reached = |shown: &str| graph.nodes.values().any(|node| project.show(&node.path) == *shown);
    let first = project.roots.first().map(|entry| project.show(&entry.path)).unwrap_or_default();
    let passed_over = project.passed_over.iter().filter(|shown| !is_reached(shown)).map(|shown| {
        let message = format!("`{shown}` is not the entry: `{first}` comes first, and no link leads here");
        let finding = Diagnostic::warning("entry/several", Position::START, message);
        let hint = "link to it, or say which one is the entry: a list of links under `## Paths` in pathmx.config.md, or `pmx build <file>`";
        finding.hint(hint).at(&**shown)
    });
    missing.chain(passed_over).collect()
}

/// What a visit of a Source needs.
struct Walk<'a> {
    project: &'a Project,
    snapshot: &'a Snapshot,
    suggest: Suggest<'a>,
    /// Whether names may mean others than in the graph before.
    is_renamed: bool,
}

/// A Source that was reached.
struct Visited {
    node: Node,
    /// If it was parsed now.
    body: Option<Body>,
}

impl Walk<'_> {
    /// Parses a Source, if it is not known, and finds where its links lead. They lead where they did, if they are the same ones.
    fn visit(&self, id: String, known: &Sources, nodes: &BTreeMap<String, Node>) -> Option<Visited> {
        let Self { project, snapshot, is_renamed, .. } = self;
        let path = format!("{id}{EXTENSION}");
        let (bytes, hash) = snapshot.files().get(&path)?.bytes()?;
        let (source, body) = match known.get(&path) {
            Some((of, source)) if *of == hash => (Arc::clone(source), None),
            _ => {
                let mut source = source::parse(&path, bytes, &project.settings);
                let body = source.take_body();
                (Arc::new(source), Some(body))
            }
        };
        // Worked out once for each Source, and here, where many are looked at side by side.
        let outline = source.outline();
        let before = nodes.get(&id).filter(|before| !is_renamed && before.source.outline() == outline);
        let (targets, mut unresolved) = match before {
            Some(before) => (before.targets.clone(), before.unresolved.clone()),
            None => self.lead_all(&path, &source),
        };
        let shown = project.show(&path);
        for (link, finding) in &mut unresolved {
            let Some(Link { position, .. }) = source.links.get(*link) else { continue };
            (finding.line, finding.column) = (position.line, position.column);
        }
        let related = related::missing(&self.suggest, &path, &source, bytes);
        let findings = source.findings.iter().cloned().chain(related).map(|finding| finding.at(&*shown)).collect();
        let bytes = Arc::clone(bytes);
        let node = Node { id, path, hash, bytes, source, targets, findings, unresolved, fragments: Vec::new() };
        Some(Visited { node, body })
    }

    /// Where the links of a Source lead, and what is said of those that lead nowhere, with their numbers.
    fn lead_all(&self, path: &str, source: &Source) -> (Vec<Target>, Vec<(usize, Diagnostic)>) {
        let shown = self.project.show(path);
        let mut unresolved = Vec::new();
        let lead = |(number, link): (usize, &Link)| {
            let (target, finding) = lead(self.snapshot, &self.suggest, Addressing::of(self.project), path, link);
            unresolved.extend(finding.map(|finding| (number, finding.at(&*shown))));
            target
        };
        let targets = source.links.iter().enumerate().map(lead).collect();
        (targets, unresolved)
    }
}

/// A title from an id: `week/01-first_steps.lesson` -> `01 first steps`, `week/index.path` -> `Week`.
fn name_of(id: &str) -> String {
    let name = address::name(id);
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(name);
    let folder = address::name(address::folder(id));
    let words = if stem == "index" && !folder.is_empty() { folder } else { stem }.replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_a_title_is_called_by_its_file() {
        assert_eq!(name_of("week/01-first_steps.lesson"), "01 first steps");
        assert_eq!(name_of("my-week/index.path"), "My week");
        assert_eq!(name_of("index"), "Index");
    }
}
