//! One Path of a site: everything that one entry reaches, under one mount.

pub(crate) mod shared_parts;

mod fixed;
mod frame;
mod memory;
mod pages;
mod plan;
mod roots;

pub(crate) use memory::Memory;
pub(crate) use roots::NamedRoot;

use crate::{
    diagnostic::{Diagnostic, Position},
    documents::{self, ManifestText, Relations},
    files::blobs::Blobs,
    graph::{
        Graph, Node, asset,
        assets::{Assets, ThemeAssets},
        bodies::Bodies,
        component_files::ComponentFiles,
        layouts::Layouts,
        routes::{self, RouteTable},
    },
    project::Project,
    search::{self, Shards},
    source::tokens::Theme,
};
use memory::{Current, digest_of};
use pages::{Addresses, RenderedPage};
use plan::Plan;
use pmx_model::{File, Hash, MAX_BLOB, MAX_DOCUMENT, Manifest, ManifestError, Routes};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The document that lists the files for deploy scripts.
const ARTIFACTS: &str = "artifacts.json";
/// The documents that a deploy names.
const MANIFEST: &str = "manifest.json";
const ROUTES: &str = "routes.json";

/// The code of findings that no deploy could have: a document that breaks its rules, a file beyond the limit.
pub(super) const UNUSABLE: &str = "build/unusable";

/// What all Paths of a site share.
pub(super) struct Site<'a> {
    pub project: &'a Project,
    pub graph: &'a Graph,
    pub assets: &'a Assets,
    pub theme: &'a ThemeAssets,
    pub roots: &'a [NamedRoot],
    pub bodies: &'a Bodies,
    /// By the id of the Source that defines them.
    pub components: &'a BTreeMap<String, ComponentFiles>,
    /// The first Source that defines a component of a name.
    pub defined: &'a BTreeMap<&'a str, &'a Node>,
    /// Takes the bytes of what is made.
    pub blobs: &'a Blobs,
    /// See [`making()`].
    pub making: Hash,
    /// The hash of everything that pages depend on but the texts of Sources.
    pub digest: Hash,
}

/// The hash of how pages are made, whatever their Sources: settings, and who defines which component, since a page says
/// where a component is defined that it does not import.
pub(super) fn making(project: &Project, defined: &BTreeMap<&str, &Node>) -> Hash {
    let mut out = format!("{:?} {}\0", project.settings, project.source_maps);
    for (name, node) in defined {
        out.extend([*name, "\0", &node.path, "\0"]);
    }
    Hash::of(out.as_bytes())
}

/// What all pages of a Path share while they are made.
struct Frame<'a> {
    site: &'a Site<'a>,
    root: &'a NamedRoot,
    table: &'a RouteTable,
    relations: &'a Relations,
    layouts: Layouts<'a>,
    /// Of the links of Sources that pages take in.
    addresses: HashMap<&'a str, Addresses>,
    /// Of the entry.
    look: Theme,
    /// The look of a page whose Source says nothing of its own.
    look_head: String,
}

impl<'a> Frame<'a> {
    fn new(
        site: &'a Site<'a>,
        root: &'a NamedRoot,
        table: &'a RouteTable,
        relations: &'a Relations,
        look: Theme,
    ) -> Self {
        let look_head = look.head(&root.entry_id);
        let layouts = Layouts::new(site.project, site.graph, &root.entry_id);
        Self { site, root, table, relations, layouts, addresses: HashMap::new(), look, look_head }
    }
}

/// What a build changed of a Path; from nothing, that is all of it.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Below the folder of the Path, those too that are not published.
    pub files: Vec<(String, File)>,
    /// Ids of the Sources whose page was made.
    pub made: Vec<String>,
}

impl Changed {
    /// Sets a file that is published.
    fn set(&mut self, manifest: &mut ManifestText, path: String, file: File) {
        if manifest.set_file(&path, file) {
            self.files.push((path, file));
        }
    }
}

/// Builds a Path.
///
/// Under another [digest](Site::digest) than before nothing holds but pages into which the same goes, and shards of the same terms. While it
/// stays, only the pages of Sources that changed are looked at, and those that take such Sources in.
pub(super) fn build(site: &Site<'_>, root: &NamedRoot, memory: &mut Memory) -> Changed {
    let Memory { pages, shards, left_shards, current } = memory;
    let known = current.take().filter(|known| known.digest == site.digest);
    let is_new = known.is_none();
    let mut path = known.unwrap_or_else(|| Current::new(Plan::new(site, root), site.digest));
    let Current { plan, takers, findings, manifest, unusable, .. } = &mut path;
    let mut frame = Frame::new(site, root, &plan.table, &plan.relations, plan.look.clone());
    let mut changed = Changed::default();
    if is_new {
        pages.retain(|id, _| plan.members.contains(id));
        shards.retain(|id| plan.members.contains(id));
        fixed::files(&frame, plan).into_iter().for_each(|(path, file)| changed.set(manifest, path, file));
    }

    let outdated: BTreeSet<&str> = match is_new {
        true => plan.members.iter().map(String::as_str).collect(),
        false => {
            let of = |id| plan.members.get(id).into_iter().chain(takers.get(id).into_iter().flatten());
            site.graph.visited.iter().flat_map(of).map(String::as_str).collect()
        }
    };
    let outdated: Vec<&Node> = outdated.into_iter().filter_map(|id| site.graph.nodes.get(id)).collect();
    let rendered = frame.render_all(&outdated, &plan.shell, pages);

    let records = || rendered.iter().map(|page| (page.node.id.as_str(), &page.page.record));
    if let Some((of, files)) = left_shards.take()
        && of == digest_of(rendered.iter().map(|page| (page.node.id.as_str(), page.page.inputs)))
        && let Some(known) = Shards::known(records(), &files)
    {
        *shards = known;
    }
    shards.insert(records());
    shards.write(|bytes| site.blobs.put(bytes));
    shards.files().for_each(|(path, file)| changed.set(manifest, path, *file));

    let mut is_listed = !is_new;
    for RenderedPage { node, page, is_new: is_made, findings: found, takes } in rendered {
        is_listed &= pages.get(&node.id).is_some_and(|before| before.record.same_headings(&page.record));
        changed.made.extend(is_made.then(|| node.id.clone()));
        manifest.set_source(&node.id, node.hash);
        changed.set(manifest, routes::page_file(&node.id), page.html);
        changed.set(manifest, format!("{}.md", node.id), page.markdown);
        changed.files.extend(page.map.map(|map| (documents::source_map_file(&node.id), map)));
        findings.remove(&node.id);
        if !found.is_empty() {
            findings.insert(node.id.clone(), found);
        }
        for taken in takes {
            takers.entry(taken).or_default().insert(node.id.clone());
        }
        pages.insert(node.id.clone(), page);
    }
    if !is_listed {
        let records = pages.iter().filter_map(|(id, page)| Some((site.graph.nodes.get(id)?, &page.record)));
        changed.set(manifest, search::INDEX.to_owned(), site.blobs.put(frame.index(records, shards.count())));
    }
    let has_new_files = manifest.has_new_files();
    if has_new_files {
        changed.set(manifest, ARTIFACTS.to_owned(), site.blobs.put(artifacts(manifest.manifest())));
    }

    let document = site.blobs.put(manifest.bytes());
    changed.files.push((MANIFEST.to_owned(), document));
    if is_new {
        changed.files.push((ROUTES.to_owned(), plan.routes));
    }
    let is_large = |(_, file): &(String, File)| file.size > MAX_DOCUMENT.min(MAX_BLOB);
    if has_new_files || !unusable.is_empty() || changed.files.iter().any(is_large) {
        let documents = [(ROUTES, plan.routes), (MANIFEST, document)];
        *unusable = why_unusable(manifest.manifest(), &plan.table.document, documents)
            .into_iter()
            .map(|message| Diagnostic::error(UNUSABLE, Position::START, message).at(&*root.shown))
            .collect();
    }
    path.document = Some(document.hash);
    *current = Some(path);
    changed
}

/// `artifacts.json` speaks of names alone.
fn artifacts(manifest: &Manifest) -> Vec<u8> {
    let files = manifest.files.iter().map(|(path, file)| (&**path, asset::bears_hash(path, file.hash)));
    documents::bytes(&documents::artifacts(&files.chain([(ARTIFACTS, false)]).collect()))
}

/// Why no deploy could have this Path.
fn why_unusable(manifest: &Manifest, routes: &Routes, documents: [(&str, File); 2]) -> Vec<String> {
    let too_large = manifest.files.iter().filter(|(_, file)| file.size > MAX_BLOB);
    let mut reasons: Vec<String> = too_large
        .map(|(path, file)| format!("{path} has {} bytes, at most {MAX_BLOB} can be published", file.size))
        .collect();
    // All of them are named above.
    let is_known = |error: &ManifestError| matches!(error, ManifestError::TooLarge { .. });
    reasons.extend(manifest.check().err().filter(|error| !is_known(error)).map(|error| error.to_string()));
    reasons.extend(routes.check(manifest).err().map(|error| error.to_string()));
    reasons.extend(documents.into_iter().filter(|(_, file)| file.size > MAX_DOCUMENT).map(|(name, file)| {
        format!("{name} of this Path has {} bytes, at most {MAX_DOCUMENT} are allowed", file.size)
    }));
    reasons
}
