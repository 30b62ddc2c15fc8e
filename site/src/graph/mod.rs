//! From the entries along the links: which Sources a site has, and where each of their links leads.

pub(crate) mod assets;
pub(crate) mod bodies;
pub(crate) mod component_files;
pub(crate) mod layouts;
pub(crate) mod pictures;
pub(crate) mod routes;
pub(crate) mod wiki;

mod folder;
mod suggest;
mod update;

pub(super) use update::{Changes, Inputs};

use crate::{
    diagnostic::{Diagnostic, Position},
    files::blobs::Blob,
    project::Project,
    scan::{Content, Snapshot, Unread},
    source::{self, Body, EXTENSION, Link, Place, Source},
    text::address::{self, Address, FileAddress},
};
use bodies::Bodies;
use pmx_model::{Hash, MAX_BLOB, check_path};
use rayon::prelude::*;
use routes::Addressing;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
    sync::Arc,
};
use suggest::Suggest;

/// Parsed Sources by their path, with the hash of the text that they are of.
pub(crate) type Sources = HashMap<String, (Hash, Arc<Source>)>;

/// What a graph leaves for the next one.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub sources: Sources,
    /// The last one; none while a build has it.
    pub last: Option<Graph>,
}

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
    /// If all Sources are those of the graph before, with the same outlines: what is other than then.
    pub changes: Option<Changes>,
    /// None in a graph that is still growing.
    pub inputs: Option<Inputs>,
}

impl Node {
    /// The Source's title; one from its file name if it has none.
    pub(super) fn title(&self) -> String {
        self.source.title.clone().unwrap_or_else(|| name_of(&self.id))
    }

    /// Takes another text in, of which the outline is the same.
    fn take(&mut self, project: &Project, source: Arc<Source>, bytes: &Blob, hash: Hash) {
        let shown = project.show(&self.path);
        self.findings = source.findings.iter().map(|finding| finding.clone().at(&*shown)).collect();
        for (link, finding) in &mut self.unresolved {
            let Some(Link { position, .. }) = source.links.get(*link) else { continue };
            (finding.line, finding.column) = (position.line, position.column);
        }
        (self.source, self.bytes, self.hash) = (source, Arc::clone(bytes), hash);
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
                if !only_body || !matches!(link.place, Place::Definition { .. } | Place::Resource | Place::Sheet) =>
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
    pub(super) fn reach(&self, entry: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.nodes.get_key_value(entry).map(|(id, _)| id.as_str()).into_iter().collect();
        while let Some(id) = open.pop() {
            if reached.insert(id)
                && let Some(node) = self.nodes.get(id)
            {
                open.extend(node.linked(false).filter(|id| self.nodes.contains_key(*id)));
            }
        }
        reached
    }
}

/// Follows the links from the entries; also the HTML of the Sources that were parsed. What `memory` knows is not parsed again.
pub(super) fn grow(project: &Project, snapshot: &Snapshot, memory: &mut Memory) -> (Graph, Bodies) {
    let mut bodies = Bodies::default();
    let sources = &mut memory.sources;
    if let Some(graph) = memory.last.take().and_then(|graph| graph.update(project, snapshot, sources, &mut bodies)) {
        return (graph, bodies);
    }
    let suggest = Suggest::new(snapshot);
    let known = mem::take(&mut memory.sources);
    let mut graph = Graph::default();
    let mut frontier = Vec::new();
    for entry in &project.roots {
        match usable(snapshot, &entry.path) {
            Ok(id) => frontier.push(id),
            Err(message) => {
                let finding = Diagnostic::error("entry/missing", Position::START, format!("the entry {message}"));
                graph.findings.push(finding.at(project.show(&entry.path)));
            }
        }
    }
    while !frontier.is_empty() {
        frontier.sort_unstable();
        frontier.dedup();
        let visit = |id: String| visit(project, snapshot, &suggest, &known, id);
        let wave: Vec<Visited> = mem::take(&mut frontier).into_par_iter().filter_map(visit).collect();
        let mut reached = Vec::new();
        for Visited { node, body } in wave {
            if let Some(body) = body {
                bodies.keep(node.hash, body);
            }
            reached.extend(node.linked(false).map(str::to_owned));
            memory.sources.insert(node.path.clone(), (node.hash, Arc::clone(&node.source)));
            graph.nodes.insert(node.id.clone(), node);
        }
        frontier = reached.into_iter().filter(|id| !graph.nodes.contains_key(id)).collect();
    }
    let passed_over = passed_over(project, &graph);
    graph.findings.extend(passed_over);
    let fragments = graph.nodes.par_iter().map(|(_, node)| missing_fragments(project, &graph, node));
    let fragments: Vec<Vec<Diagnostic>> = fragments.collect();
    for (node, fragments) in graph.nodes.values_mut().zip(fragments) {
        node.fragments = fragments;
    }
    graph.inputs = Some(Inputs::of(project, snapshot, &graph));
    (graph, bodies)
}

/// What is said of files that would be the entry by convention, had another one not come first. One that is linked is a Source as any.
fn passed_over(project: &Project, graph: &Graph) -> Vec<Diagnostic> {
    let is_reached = |shown: &str| graph.nodes.values().any(|node| project.show(&node.path) == *shown);
    let entry = project.roots.first().map(|entry| project.show(&entry.path)).unwrap_or_default();
    let others = project.passed_over.iter().filter(|shown| !is_reached(shown));
    let tell = |shown: &String| {
        let message = format!("`{shown}` is not the entry: `{entry}` comes first, and no link leads here");
        let finding = Diagnostic::warning("entry/several", Position::START, message);
        let hint = "link to it, or say which one is the entry: a list of links under `## Paths` in pathmx.config.md, or `pmx build <file>`";
        finding.hint(hint).at(&**shown)
    };
    others.map(tell).collect()
}

/// A Source that was reached.
struct Visited {
    node: Node,
    /// If it was parsed now.
    body: Option<Body>,
}

fn visit(
    project: &Project,
    snapshot: &Snapshot,
    suggest: &Suggest<'_>,
    known: &Sources,
    id: String,
) -> Option<Visited> {
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
    let (shown, addressing) = (project.show(&path), Addressing::of(project));
    let findings: Vec<Diagnostic> = source.findings.iter().map(|finding| finding.clone().at(&*shown)).collect();
    let mut unresolved = Vec::new();
    let mut targets = Vec::with_capacity(source.links.len());
    for (number, link) in source.links.iter().enumerate() {
        let (target, finding) = lead(snapshot, suggest, addressing, &path, link);
        unresolved.extend(finding.map(|finding| (number, finding.at(&*shown))));
        targets.push(target);
    }
    let bytes = Arc::clone(bytes);
    let node = Node { id, path, hash, bytes, source, targets, findings, unresolved, fragments: Vec::new() };
    Some(Visited { node, body })
}

/// Where a link of the Source at `path` leads, and what is wrong with it.
fn lead(
    snapshot: &Snapshot,
    suggest: &Suggest<'_>,
    addressing: Addressing,
    path: &str,
    link: &Link,
) -> (Target, Option<Diagnostic>) {
    match link.place {
        Place::Wiki => return wiki(snapshot, suggest, path, link),
        Place::Picture => return picture(snapshot, suggest, path, link),
        _ => {}
    }
    let Address::File(file) = address::classify(&link.target) else { return (Target::AsWritten, None) };
    let suffix = file.suffix.to_owned();
    let folder = if file.rooted { "" } else { address::folder(path) };
    let Some(wanted) = address::resolve(folder, &file.path) else {
        let message = format!("`{}` leads out of the source folder", link.target);
        return (Target::AsWritten, Some(Diagnostic::warning("link/outside", link.position, message)));
    };
    if file.rooted && wanted.is_empty() {
        return (Target::Home { suffix }, None);
    }
    let is_there = |path: &String| snapshot.files().contains_key(path);
    let source = |id: &str| Some(format!("{id}{EXTENSION}")).filter(is_there);
    let named = || match link.place {
        Place::Anchor | Place::Include => source(&wanted)
            .or_else(|| file.rooted.then(|| addressing.sources(&wanted).find_map(|id| source(&id))).flatten()),
        _ => None,
    };
    let found = if is_there(&wanted) { Some(wanted.clone()) } else { named() };
    let found = match found {
        Some(found) => found,
        // A rooted address of something else is a route.
        None if file.rooted => return (Target::Address { path: format!("/{wanted}"), suffix }, None),
        None => match folder::index(snapshot, path, link, &wanted) {
            Ok(Some(index)) => index.to_owned(),
            Ok(None) => return (Target::AsWritten, missing(suggest, path, link, &file, &wanted)),
            Err(finding) => return (Target::AsWritten, Some(finding)),
        },
    };
    let target = if found.ends_with(EXTENSION) {
        usable(snapshot, &found).map(|id| Target::Page { id, suffix })
    } else {
        readable(snapshot, &found).map(|()| Target::Asset { path: found, suffix })
    };
    match target {
        Ok(target) => (target, None),
        Err(message) => (Target::AsWritten, Some(Diagnostic::warning("link/unusable", link.position, message))),
    }
}

/// The Source that a wikilink names.
fn wiki(snapshot: &Snapshot, suggest: &Suggest<'_>, path: &str, link: &Link) -> (Target, Option<Diagnostic>) {
    let (name, heading) = link.target.split_once('#').unwrap_or((&link.target, ""));
    let suffix = if heading.trim().is_empty() { String::new() } else { format!("#{}", source::slug(heading)) };
    let Some(found) = suggest.names.find(path, name) else {
        let message = format!("no Source is called `{}`", name.trim());
        let finding = Diagnostic::warning("link/unresolved", link.position, message);
        let nearest = suggest.names.nearest(name);
        return (
            Target::AsWritten,
            Some(match nearest {
                Some(nearest) => finding.hint(format!("did you mean `[[{nearest}]]`?")),
                None => finding,
            }),
        );
    };
    match usable(snapshot, found) {
        Ok(id) => (Target::Page { id, suffix }, None),
        Err(message) => (Target::AsWritten, Some(Diagnostic::warning("link/unusable", link.position, message))),
    }
}

/// The file that double brackets with a `!` name.
fn picture(snapshot: &Snapshot, suggest: &Suggest<'_>, path: &str, link: &Link) -> (Target, Option<Diagnostic>) {
    let Some(found) = suggest.names.file(path, &link.target) else {
        let message = format!("no file is called `{}`", link.target.trim());
        let finding = Diagnostic::warning("asset/missing", link.position, message);
        let nearest = suggest.nearest(link.target.trim());
        return (
            Target::AsWritten,
            Some(match nearest {
                Some(nearest) => finding.hint(format!("did you mean `![[{}]]`?", address::name(nearest))),
                None => finding,
            }),
        );
    };
    match readable(snapshot, found) {
        Ok(()) => (Target::Asset { path: found.to_owned(), suffix: String::new() }, None),
        Err(message) => (Target::AsWritten, Some(Diagnostic::warning("link/unusable", link.position, message))),
    }
}

/// The id of a Source that can be built.
fn usable(snapshot: &Snapshot, path: &str) -> Result<String, String> {
    readable(snapshot, path)?;
    match path.strip_suffix(EXTENSION) {
        Some(id) if check_path(&format!("{id}.html")) => Ok(id.to_owned()),
        _ => Err(format!("`{path}` has a name that cannot be published")),
    }
}

fn readable(snapshot: &Snapshot, path: &str) -> Result<(), String> {
    match snapshot.files().get(path).map(|file| &file.content) {
        Some(Content::Bytes(..) | Content::OnDisk { .. }) => Ok(()),
        Some(Content::TooLarge(size)) => Err(format!("`{path}` has {size} bytes, at most {MAX_BLOB} can be published")),
        Some(Content::Unreadable(why)) => Err(format!("`{path}` cannot be read: {why}")),
        None => Err(format!("`{path}` does not exist")),
    }
}

fn missing(suggest: &Suggest<'_>, path: &str, link: &Link, file: &FileAddress<'_>, wanted: &str) -> Option<Diagnostic> {
    let (code, what) = match &link.place {
        // Where it is used, it is a link of its own; what pmx makes of `@styles` is said by the pages.
        Place::Definition { label } if !label.starts_with('@') || is_style(label) => return None,
        Place::Resource | Place::Sheet => ("asset/missing", "file"),
        // Where components are defined, these are resources as well, and one finding is enough.
        Place::Definition { label } if is_resource(label) => ("asset/missing", "file"),
        _ if file.path.ends_with(EXTENSION) => ("link/unresolved", "Source"),
        _ => ("link/unresolved", "file"),
    };
    if let Some((name, why)) = suggest.unread(wanted) {
        return Some(not_read(name, why, wanted, link.position));
    }
    let finding = Diagnostic::warning(code, link.position, format!("there is no {what} `{wanted}`"));
    let slashed = file.path.replace('\\', "/");
    let slashed = address::resolve(if file.rooted { "" } else { address::folder(path) }, &slashed);
    let slashed = slashed.filter(|slashed| *slashed != wanted);
    let meant = slashed.and_then(|slashed| {
        [slashed.clone(), format!("{slashed}{EXTENSION}")].into_iter().find(|path| suggest.has(path))
    });
    if let Some(meant) = meant {
        let hint = format!("did you mean `{}`? Addresses have slashes on every system", relative_link(path, &meant));
        return Some(finding.hint(hint));
    }
    let nearest = suggest.nearest(wanted).or_else(|| suggest.nearest(&format!("{wanted}{EXTENSION}")));
    Some(match nearest {
        Some(nearest) => finding.hint(format!("did you mean `{}`?", relative_link(path, nearest))),
        None => finding,
    })
}

/// What is said of an address below a name that is not read.
fn not_read(name: &str, why: Unread, wanted: &str, position: Position) -> Diagnostic {
    match why {
        Unread::Outside => {
            let message =
                format!("`{name}` is a symbolic link that leads out of the source folder, so nothing is read there");
            let finding = Diagnostic::warning("link/outside", position, message);
            finding.hint(format!("put a copy of it in the place of the link, to show `{wanted}`"))
        }
        Unread::Private => {
            let message =
                format!("`{name}` is not published: names that begin with a dot are those of settings and secrets");
            Diagnostic::warning("link/private", position, message)
                .hint("copy what readers may have to a file with another name")
        }
    }
}

/// Whether a definition with this label names a file for a component.
fn is_resource(label: &str) -> bool {
    ["@script", "@asset", "@data"].iter().any(|kind| label.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether a definition with this label brings a stylesheet.
pub(super) fn is_style(label: &str) -> bool {
    ["@styles", "@root.styles"]
        .iter()
        .any(|style| label.strip_prefix(style).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// How the Source at `from` would link to `to`.
pub(super) fn relative_link(from: &str, to: &str) -> String {
    let here: Vec<&str> = address::folder(from).split('/').filter(|segment| !segment.is_empty()).collect();
    let there: Vec<&str> = to.split('/').collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(here.len() - shared);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, there[shared..].join("/"))
}

/// How many ids are compared for what the fragments of one Source may mean; the ones beyond have no hint. A hundred wrong links to a page of
/// two thousand headings: beyond it nobody reads hints, and each link compared with each heading would go quadratic.
const MAX_COMPARED: usize = 200_000;

/// Fragments that name nothing in their page. A page that uses components gets more ids than its text shows.
fn missing_fragments(project: &Project, graph: &Graph, node: &Node) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    // By the page: whether it uses components. Its links are looked through once, however many lead to it.
    let mut importing: HashMap<&str, bool> = HashMap::new();
    let mut compared = 0;
    // What an include cannot find is said where it is taken in.
    let links = node.source.links.iter().zip(&node.targets).filter(|(link, _)| link.place != Place::Include);
    for (link, target) in links {
        let (page, fragment) = match (target, address::classify(&link.target)) {
            (Target::Page { id, suffix }, _) if link.place == Place::Wiki => {
                let Some(page) = graph.nodes.get(id) else { continue };
                (page, suffix.strip_prefix('#').map(str::to_owned))
            }
            (Target::Page { id, .. }, Address::File(file)) => {
                let Some(page) = graph.nodes.get(id) else { continue };
                (page, file.fragment().map(|fragment| fragment.into_owned()))
            }
            (Target::AsWritten, Address::Here(fragment)) => (node, fragment.map(|fragment| fragment.into_owned())),
            _ => continue,
        };
        let Some(fragment) = fragment.filter(|f| !f.is_empty() && f != "top" && !f.starts_with(":~:")) else {
            continue;
        };
        let imports = |(link, target): (&Link, &Target)| {
            matches!(&link.place, Place::Definition { label } if label.starts_with('@'))
                && matches!(target, Target::Page { .. })
        };
        if page.source.anchors.contains(&fragment)
            || *importing.entry(&page.id).or_insert_with(|| page.source.links.iter().zip(&page.targets).any(imports))
        {
            continue;
        }
        let message = format!("`{}` has no heading or Block `#{fragment}`", page.path);
        let finding = Diagnostic::warning("link/fragment", link.position, message);
        compared += page.source.anchors.len();
        let ids = page.source.anchors.iter().filter(|_| compared <= MAX_COMPARED).map(|id| (id.as_str(), id.as_str()));
        let finding = match crate::text::nearest::likest(&fragment, ids) {
            Some(nearest) => finding.hint(format!("did you mean `#{nearest}`?")),
            None => finding,
        };
        findings.push(finding.at(project.show(&node.path)));
    }
    findings
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

    #[test]
    fn a_suggestion_is_written_as_a_link() {
        assert_eq!(relative_link("a/b/x.md", "a/c/y.md"), "../c/y.md");
        assert_eq!(relative_link("a/x.md", "a/y.md"), "./y.md");
        assert_eq!(relative_link("x.md", "a/y.md"), "./a/y.md");
    }
}
