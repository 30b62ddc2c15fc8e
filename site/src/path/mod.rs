//! One Path of a site: everything that one entry reaches, under one mount.

pub(crate) mod shared_parts;

mod frame;
pub(crate) mod known;
mod pages;
mod roots;
mod update;

pub(crate) use roots::NamedRoot;
pub(crate) use update::PathMemory;

use crate::{
    diagnostic::{Diagnostic, Position},
    documents::{self, GraphEntry, Listed, ManifestText, Relations},
    files::blobs::Blobs,
    graph::{
        Graph, Node, Target,
        assets::{self, Asset, Assets, ThemeAssets, asset_path},
        bodies::Bodies,
        component_files::ComponentFiles,
        layouts::Layouts,
        routes::{self, Addressing, NOT_FOUND, RouteTable},
    },
    page,
    project::Project,
    search::{self, Shards},
    source::{self, Place, tokens::Theme},
};
use known::Pages;
use pages::{Addresses, Rendered};
use pmx_model::{File, Hash, MAX_BLOB, Manifest, ManifestError, Routes, SourceEntry};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The document that lists the files for deploy scripts.
const ARTIFACTS: &str = "artifacts.json";

/// The code of findings that no deploy could have: a document that breaks its rules, a file beyond the limit.
pub(super) const UNUSABLE: &str = "build/unusable";

/// What one Path gives.
pub(super) struct BuiltPath {
    /// With the manifest; the hash of the routes is still to come.
    pub kept: PathMemory,
    pub routes: Routes,
    /// All pages, by their output path.
    pub pages: Pages,
    /// Ids of the Sources whose page was not kept.
    pub made: Vec<String>,
    /// Files that are written and not published.
    pub unpublished: Vec<(String, File)>,
}

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

/// What another process left of the shards: the digest of the pages that they are of, and their files.
type LeftShards = (Hash, Vec<File>);

/// Builds a Path. Pages that `known` has with the same inputs are taken over, and what did not change of the shards of the build before
/// or of those that another process left.
pub(super) fn build(
    site: &Site<'_>,
    root: &NamedRoot,
    known: &Pages,
    (shards, left): (Option<&Shards<File>>, Option<LeftShards>),
) -> BuiltPath {
    let Site { project, graph, assets, theme, roots, blobs, .. } = site;
    let members: Vec<&Node> =
        graph.reach([root.entry_id.as_str()]).into_iter().filter_map(|id| graph.nodes.get(id)).collect();
    let mut table = routes::routes(&members, &root.entry_id, &root.mount, Addressing::of(project));
    if root.mount.is_empty() {
        let mounts: Vec<&str> = roots.iter().map(|other| &*other.mount).collect();
        table.findings.extend(routes::shadowed(&members, &table, &mounts));
    }
    let mut findings: Vec<Diagnostic> = table.findings.drain(..).map(|finding| shown(project, finding)).collect();
    let relations = Relations::of(&members);
    let entry = graph.nodes.get(&root.entry_id);
    let bare = Frame::new(site, root, &table, &relations, Theme::default());
    let look = entry.map(|entry| bare.own_theme(entry, &mut Vec::new())).unwrap_or_default();
    let mut frame = Frame::new(site, root, &table, &relations, look);
    let taken = taken(&members);
    let taken = members.par_iter().filter(|node| taken.contains(node.id.as_str()));
    frame.addresses = taken.map(|node| (node.id.as_str(), frame.addresses_of(node))).collect();
    let shell = frame.shell(theme, &mut findings);

    let rendered: Vec<Rendered<'_>> = members.par_iter().map(|node| frame.render(node, &shell, known)).collect();
    let mut files = BTreeMap::new();
    let records = || rendered.iter().map(|page| (page.node.id.as_str(), &page.page.record));
    let pages = rendered.iter().map(|page| (page.node.id.as_str(), page.page.inputs));
    let left = left.filter(|(digest, _)| shards.is_none() && *digest == known::digest_of(pages));
    let shards = left
        .and_then(|(_, files)| Shards::known(records(), &files))
        .unwrap_or_else(|| Shards::of(records(), shards, |bytes| blobs.put(bytes)));
    let index = frame.index(rendered.iter().map(|page| (page.node, &page.page.record)), shards.count());
    let (mut takers, mut of_pages) = (HashMap::<String, Vec<String>>::new(), BTreeMap::new());
    let mut pages = Pages::new();
    let mut made = Vec::new();
    let mut draws_in_browser = false;
    let mut unpublished = Vec::new();
    for page in rendered {
        if let Some(map) = page.page.map {
            unpublished.push((documents::source_map_file(&page.node.id), map));
        }
        files.insert(routes::page_file(&page.node.id), page.page.html);
        files.insert(format!("{}.md", page.node.id), page.page.markdown);
        if page.is_new {
            made.push(page.node.id.clone());
        }
        let sources = page.takes.iter().filter_map(|id| graph.nodes.get(id)).chain([page.node]);
        draws_in_browser |= sources.into_iter().any(|node| node.source.draws_in_browser);
        for taken in page.takes {
            takers.entry(taken).or_default().push(page.node.id.clone());
        }
        if !page.findings.is_empty() {
            of_pages.insert(page.node.id.clone(), page.findings);
        }
        pages.insert(format!("{}/{}", root.id, page.node.id), page.page);
    }
    let used = members.iter().flat_map(|node| &node.targets).filter_map(asset_path);
    let made_of_sources = members.iter().filter_map(|node| site.components.get(&node.id)).flat_map(ComponentFiles::all);
    let generated = made_of_sources.chain(theme.all(project.player, project.hosting.is_live()));
    let shows_completion = members.iter().any(|node| node.source.standard.completion);
    let generated = generated.chain(shows_completion.then_some(&theme.completion_js));
    for asset in assets.closure(used).into_values().chain(generated) {
        files.insert(asset.file.clone(), asset.content);
    }
    if draws_in_browser {
        let Asset { file, content, .. } = assets::mermaid_js(blobs);
        files.insert(file, content);
    }
    files.extend(shards.files().map(|(path, file)| (path, *file)));
    let mut add = |file: &str, bytes: Vec<u8>| {
        files.entry(file.to_owned()).or_insert_with(|| blobs.put(bytes));
    };
    // A Source `404.md` takes the place of the page that every site has.
    let nowhere = page::not_found(&shell, &format!("{}/{NOT_FOUND}", root.prefix), &frame.look, &root.entry_id);
    add(NOT_FOUND, nowhere.into_bytes());
    add("serve-routes.json", documents::bytes(&documents::serve_routes(&table.document)));
    let route = |node: &Node| table.of.get(&node.id).map(|route| project.hosting.page(route));
    let fragments: Vec<(String, String)> = members
        .par_iter()
        .map(|node| {
            let (backlinks, related) = (relations.backlinks(&node.id), relations.related(&node.id));
            let route = route(node);
            let entry = GraphEntry { node, route: route.as_deref(), backlinks, related };
            (documents::source_fragment(node, route.as_deref()), documents::graph_fragment(&entry))
        })
        .collect();
    add("sources.json", documents::assemble(&documents::SOURCES, fragments.iter().map(|(source, _)| &**source)));
    add("graph-index.json", documents::assemble(&documents::GRAPH, fragments.iter().map(|(_, graph)| &**graph)));
    let listed: Vec<Listed<'_>> = members.iter().map(|node| frame.listed(node)).collect();
    add(search::INDEX, index);
    let url = project.address.url.as_deref();
    add("llms.txt", documents::llms(&listed, &root.entry_id, url));
    if let Some(url) = url {
        let pages = members.iter().filter(|node| !source::is_definition(&node.id));
        let addresses: Vec<String> = pages.map(|node| frame.address_of(&node.id)).collect();
        add("sitemap.xml", documents::sitemap(url, addresses.iter().map(String::as_str)));
        if root.mount.is_empty() {
            add("robots.txt", documents::robots(url, roots.iter().map(|root| root.prefix.as_str())));
        }
    }
    let named: BTreeMap<&str, bool> = files
        .iter()
        .map(|(path, file)| (&**path, assets::bears_hash(path, file.hash)))
        .chain([(ARTIFACTS, false)])
        .collect();
    let artifacts = blobs.put(documents::bytes(&documents::artifacts(&named)));
    files.insert(ARTIFACTS.to_owned(), artifacts);

    let sources = members.iter().map(|node| (node.id.clone(), SourceEntry { hash: node.hash })).collect();
    let manifest = Manifest { files, sources };
    let broken = unusable(&manifest, &table.document).into_iter();
    findings.extend(broken.map(|message| Diagnostic::error(UNUSABLE, Position::START, message).at(&*root.shown)));
    let Frame { look, .. } = frame;
    let (routes, empty) = (table.document.clone(), Hash::of(b""));
    let manifest_text = ManifestText::of(&manifest);
    let kept = PathMemory {
        table,
        relations,
        shell,
        look,
        takers,
        manifest,
        manifest_text,
        routes: empty,
        shards,
        findings,
        of_pages,
    };
    BuiltPath { kept, routes, pages, made, unpublished }
}

/// Ids of the Sources that another may take in, for its components or its Blocks.
fn taken<'n>(members: &[&'n Node]) -> HashSet<&'n str> {
    let links = members.iter().flat_map(|node| node.source.links.iter().zip(&node.targets));
    let taken = links.filter_map(|(link, target)| match (&link.place, target) {
        (Place::Include, Target::Page { id, .. }) => Some(id.as_str()),
        (Place::Definition { label }, Target::Page { id, .. }) if label.starts_with('@') => Some(id.as_str()),
        _ => None,
    });
    taken.collect()
}

/// Why no deploy could have this Path.
fn unusable(manifest: &Manifest, routes: &Routes) -> Vec<String> {
    let too_large = manifest.files.iter().filter(|(_, file)| file.size > MAX_BLOB);
    let mut reasons: Vec<String> = too_large
        .map(|(path, file)| format!("{path} has {} bytes, at most {MAX_BLOB} can be published", file.size))
        .collect();
    // All of them are named above.
    let is_known = |error: &ManifestError| matches!(error, ManifestError::TooLarge { .. });
    reasons.extend(manifest.check().err().filter(|error| !is_known(error)).map(|error| error.to_string()));
    reasons.extend(routes.check(manifest).err().map(|error| error.to_string()));
    reasons
}

fn shown(project: &Project, finding: Diagnostic) -> Diagnostic {
    let path = project.show(&finding.path);
    finding.at(path)
}
