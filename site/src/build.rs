use crate::{
    diagnostic::{Diagnostic, Position},
    documents::{self, PathRecord},
    files::blobs::Blobs,
    graph,
    memory::{Cache, LastBuild},
    path::{self, BuiltPath, NamedRoot, Site, UNUSABLE, shared_parts::SharedParts},
    project::Project,
    scan::Snapshot,
};
use pmx_model::{File, MAX_DOCUMENT, Root, Roots};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

/// What a build gives. All but `sources_built` and `titles` follows from the snapshot alone.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// `roots.json`; none if there is nothing that could be served.
    pub roots: Option<Roots>,
    /// The bytes of the files by their hash. Pages that were kept from the build before are not among them: who took that one has
    /// them. Bytes of earlier builds that nobody took are.
    pub blobs: Blobs,
    /// Every file by its path below the output folder.
    pub outputs: Arc<BTreeMap<String, File>>,
    /// What authors should know, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many pages there are, over all roots.
    pub pages: usize,
    /// Ids of the Sources whose page was made in this build rather than kept from the one before, sorted.
    pub sources_built: Vec<String>,
    /// Their titles, by id.
    pub titles: BTreeMap<String, String>,
}

impl Build {
    /// Whether a finding fails the build.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The files of every root: all but what only this machine reads.
    pub fn published(&self) -> impl Iterator<Item = &File> {
        self.outputs.iter().filter(|(path, _)| path.contains('/')).map(|(_, file)| file)
    }
}

/// Builds the site: no disk, no clock; the same snapshot gives the same bytes, whatever the cache holds.
///
/// What is wrong in a Source is a diagnostic, and everything else is built.
pub fn build(project: &Project, snapshot: &Snapshot, cache: &mut Cache) -> Build {
    cache.reopen(project);
    let mut build = Build { blobs: cache.blobs.clone(), ..Build::default() };
    let blobs = build.blobs.clone();
    cache.adopt(&project.settings);
    let mut memory = mem::take(&mut cache.graph);
    let (graph, bodies) = graph::build(project, snapshot, &mut memory);
    build.diagnostics.extend(project.config_findings.iter().cloned());
    build.diagnostics.extend(graph.findings().cloned());
    let (shared_parts, kept) = cache
        .last_build
        .take()
        .map(|LastBuild { shared_parts, paths, outputs }| (shared_parts, (paths, outputs)))
        .unzip();
    let digest = shared_parts.as_ref().map(|shared_parts| shared_parts.digest);
    let shared_parts = shared_parts
        .filter(|shared_parts| shared_parts.is_of(graph))
        .unwrap_or_else(|| SharedParts::of(project, snapshot, graph, &blobs));
    build.diagnostics.extend(shared_parts.findings.iter().cloned());
    let defined = shared_parts.defined(graph);
    let site = Site {
        project,
        graph,
        assets: &shared_parts.assets,
        theme: &shared_parts.theme,
        roots: &shared_parts.roots,
        bodies: &bodies,
        components: &shared_parts.components,
        defined: &defined,
        blobs: &blobs,
        making: path::making(project, &defined),
    };
    let is_same = digest == Some(shared_parts.digest);
    let (paths, outputs) = match kept {
        Some(kept) if is_same && path::PathMemory::stay(&kept.0, &site, &graph.visited) => {
            update(&mut build, cache, &site, kept, &graph.visited)
        }
        kept => anew(&mut build, cache, &site, kept.map(|(paths, _)| paths)),
    };
    let last_build = LastBuild { shared_parts, paths, outputs };
    build.diagnostics.extend(last_build.paths.values().flat_map(path::PathMemory::findings).cloned());
    build.outputs = Arc::clone(&last_build.outputs);
    cache.last_build = Some(last_build);
    if build.diagnostics.iter().any(|finding| finding.code == UNUSABLE) {
        build.roots = None;
        cache.last_build = None;
    }
    build.sources_built.sort();
    build.sources_built.dedup();
    let titled = build.sources_built.iter().filter_map(|id| Some((id.clone(), graph.nodes.get(id)?.title())));
    build.titles = titled.collect();
    cache.graph = memory;
    build.diagnostics.sort();
    build.diagnostics.dedup();
    build
}

/// The Paths by their ids, and all files of the build.
type Outputs = (BTreeMap<String, path::PathMemory>, Arc<BTreeMap<String, File>>);

/// Builds every Path; pages whose inputs are the same are kept, and what did not change of the search of `before`.
fn anew(
    build: &mut Build,
    cache: &mut Cache,
    site: &Site<'_>,
    mut before: Option<BTreeMap<String, path::PathMemory>>,
) -> Outputs {
    let known = mem::take(&mut cache.pages);
    let (mut paths, mut outputs) = (BTreeMap::new(), BTreeMap::new());
    for named in site.roots {
        let shards = before.as_mut().and_then(|before| before.remove(&named.id)).map(|kept| kept.shards);
        let left = cache.shards.remove(&named.id);
        let BuiltPath { mut kept, routes, pages, made, unpublished } =
            path::build(site, named, &known, (shards.as_ref(), left));
        build.pages += pages.len();
        build.sources_built.extend(made);
        cache.pages.extend(pages);
        let routes = document(site, named, "routes.json", documents::bytes(&routes), &mut kept.findings);
        kept.routes = routes.hash;
        outputs.insert(format!("{}/routes.json", named.id), routes);
        let files = kept.manifest.files.iter().map(|(path, file)| (path, *file));
        let unpublished = unpublished.iter().map(|(path, file)| (path, *file));
        outputs.extend(files.chain(unpublished).map(|(path, file)| (format!("{}/{path}", named.id), file)));
        paths.insert(named.id.clone(), kept);
    }
    finish(build, site, (paths, Arc::new(outputs)))
}

/// Takes in the Sources whose text changed.
fn update(
    build: &mut Build,
    cache: &mut Cache,
    site: &Site<'_>,
    (mut paths, mut outputs): Outputs,
    changed: &BTreeSet<String>,
) -> Outputs {
    for named in site.roots {
        let Some(kept) = paths.get_mut(&named.id) else { continue };
        let updated = kept.update(site, named, changed, &mut cache.pages);
        build.pages += kept.manifest.sources.len();
        build.sources_built.extend(updated.made);
        let files = updated.files.into_iter().map(|(path, file)| (format!("{}/{path}", named.id), file));
        Arc::make_mut(&mut outputs).extend(files);
    }
    finish(build, site, (paths, outputs))
}

/// Writes the manifests and what names them.
fn finish(build: &mut Build, site: &Site<'_>, (mut paths, mut all): Outputs) -> Outputs {
    let outputs = Arc::make_mut(&mut all);
    let (mut roots, mut records) = (BTreeMap::new(), Vec::new());
    for named in site.roots {
        let Some(kept) = paths.get_mut(&named.id) else { continue };
        let bytes = kept.manifest_text.bytes(&kept.manifest);
        let manifest = document(site, named, "manifest.json", bytes, &mut kept.findings);
        outputs.insert(format!("{}/manifest.json", named.id), manifest);
        let root = Root { entry: named.entry.clone(), routes: kept.routes, manifest: manifest.hash };
        roots.insert(named.id.clone(), root);
        records.push(PathRecord { id: &named.id, entry: &named.entry, entry_id: &named.entry_id });
    }
    let Some(default) = site.roots.iter().find(|named| named.mount.is_empty()) else { return (paths, all) };
    let roots = Roots { roots, default: default.id.clone() };
    outputs.insert("roots.json".to_owned(), site.blobs.put(documents::bytes(&roots)));
    let document = documents::bytes(&documents::paths(&records, &default.id));
    outputs.insert("paths.json".to_owned(), site.blobs.put(document));
    if let Err(error) = roots.check() {
        let finding = Diagnostic::error(UNUSABLE, Position::START, error.to_string());
        build.diagnostics.push(finding.at(site.project.show(&default.entry)));
    }
    build.roots = Some(roots);
    (paths, all)
}

fn document(site: &Site<'_>, named: &NamedRoot, name: &str, bytes: Vec<u8>, findings: &mut Vec<Diagnostic>) -> File {
    let file = site.blobs.put(bytes);
    if file.size > MAX_DOCUMENT {
        let message = format!("{name} of this Path has {} bytes, at most {MAX_DOCUMENT} are allowed", file.size);
        findings.push(Diagnostic::error(UNUSABLE, Position::START, message).at(&*named.shown));
    }
    file
}
