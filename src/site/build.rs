use super::{
    assets::{Assets, ThemeAssets, asset_path},
    blobs::Blobs,
    cache::{Cache, CachedPage, Steady},
    component_files::ComponentFiles,
    diagnostic::{Diagnostic, Position},
    documents::{self, PathRecord},
    graph,
    path::{self, BuiltPath, NamedRoot, Site},
    project::Project,
    scan::Snapshot,
};
use pmx_worker::model::{File, Hash, MAX_DOCUMENT, Root, Roots};
use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::Arc,
};

/// The bytes of a file, shared.
pub type Blob = Arc<[u8]>;

/// What a build gives. All but `sources_built` follows from the snapshot alone.
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
    let mut build = Build { blobs: cache.blobs.clone(), ..Build::default() };
    let blobs = build.blobs.clone();
    let graph = graph::grow(project, snapshot, cache);
    build.diagnostics.extend(graph.findings().cloned());
    let used = graph.nodes.values().flat_map(|node| &node.targets).filter_map(asset_path);
    let mut assets = Assets::gather(project, snapshot, &blobs, used);
    build.diagnostics.append(&mut assets.findings);

    let theme = ThemeAssets::new(&blobs);
    let named = path::name_roots(project, &graph, &mut build.diagnostics);
    let bodies = mem::take(&mut cache.bodies);
    let components = ComponentFiles::of_all(&graph, &assets, &blobs);
    let defined = graph.components();
    let site = Site {
        project,
        graph: &graph,
        assets: &assets,
        theme: &theme,
        roots: &named,
        bodies: &bodies,
        components: &components,
        defined: &defined,
        blobs: &blobs,
        making: path::making(project, &defined),
    };
    let digest = site.digest(cache.shape);
    let is_steady = |steady: &Steady| {
        steady.site == digest
            && graph.changed.as_ref().is_some_and(|ids| !named.iter().any(|root| ids.contains(&root.entry_id)))
    };
    let before = cache.steady.take();
    let steady = match (before, &graph.changed) {
        (Some(before), Some(changed)) if is_steady(&before) => update(&mut build, cache, &site, before, changed),
        (before, _) => anew(&mut build, cache, &site, digest, before.as_ref()),
    };
    build.diagnostics.extend(steady.paths.values().flat_map(path::Kept::findings).cloned());
    build.outputs = Arc::clone(&steady.outputs);
    cache.steady = Some(steady);
    cache.bodies = bodies;
    if build.diagnostics.iter().any(|finding| finding.code == UNUSABLE) {
        build.roots = None;
        cache.steady = None;
    }
    cache.graph = cache.shape.map(|shape| graph::Kept::new(graph, shape));
    build.diagnostics.sort();
    build.diagnostics.dedup();
    build.sources_built.sort();
    build.sources_built.dedup();
    build
}

/// The code of findings that no deploy could have: a document that breaks its rules, a file beyond the limit.
pub(super) const UNUSABLE: &str = "build/unusable";

/// Builds every Path; pages whose inputs are the same are kept, and what did not change of the search of `before`.
fn anew(build: &mut Build, cache: &mut Cache, site: &Site<'_>, digest: Hash, before: Option<&Steady>) -> Steady {
    let known = mem::take(&mut cache.pages);
    let mut steady = Steady { site: digest, paths: BTreeMap::new(), outputs: Arc::default() };
    let outputs = Arc::make_mut(&mut steady.outputs);
    for named in site.roots {
        let BuiltPath { mut kept, routes, pages, made, unpublished } = {
            let shards = before.and_then(|before| before.paths.get(&named.id)).map(|kept| &kept.shards);
            path::build(site, named, &known, shards)
        };
        build.pages += pages.len();
        build.sources_built.extend(made);
        cache.pages.extend(pages);
        let routes = document(site, named, "routes.json", documents::bytes(&routes), &mut kept.findings);
        kept.routes = routes.hash;
        outputs.insert(format!("{}/routes.json", named.id), routes);
        let files = kept.manifest.files.iter().map(|(path, file)| (path, *file));
        let unpublished = unpublished.iter().map(|(path, file)| (path, *file));
        outputs.extend(files.chain(unpublished).map(|(path, file)| (format!("{}/{path}", named.id), file)));
        steady.paths.insert(named.id.clone(), kept);
    }
    finish(build, site, &mut steady);
    steady
}

/// Takes in the Sources whose text changed.
fn update(build: &mut Build, cache: &mut Cache, site: &Site<'_>, mut steady: Steady, changed: &[String]) -> Steady {
    let outputs = Arc::make_mut(&mut steady.outputs);
    for named in site.roots {
        let Some(kept) = steady.paths.get_mut(&named.id) else { continue };
        let updated = kept.update(site, named, changed, &mut cache.pages);
        build.pages += kept.manifest.sources.len();
        build.sources_built.extend(updated.made);
        outputs.extend(updated.files.into_iter().map(|(path, file)| (format!("{}/{path}", named.id), file)));
    }
    finish(build, site, &mut steady);
    steady
}

/// Writes the manifests and what names them.
fn finish(build: &mut Build, site: &Site<'_>, steady: &mut Steady) {
    let outputs = Arc::make_mut(&mut steady.outputs);
    let (mut roots, mut records) = (BTreeMap::new(), Vec::new());
    for named in site.roots {
        let Some(kept) = steady.paths.get_mut(&named.id) else { continue };
        let bytes = documents::bytes(&kept.manifest);
        let manifest = document(site, named, "manifest.json", bytes, &mut kept.findings);
        outputs.insert(format!("{}/manifest.json", named.id), manifest);
        let root = Root { entry: named.entry.clone(), routes: kept.routes, manifest: manifest.hash };
        roots.insert(named.id.clone(), root);
        records.push(PathRecord { id: &named.id, entry: &named.entry, entry_id: &named.entry_id });
    }
    let Some(default) = site.roots.iter().find(|named| named.mount.is_empty()) else { return };
    let roots = Roots { roots, default: default.id.clone() };
    outputs.insert("roots.json".to_owned(), site.blobs.put(documents::bytes(&roots)));
    let paths = documents::bytes(&documents::paths(&records, &default.id));
    outputs.insert("paths.json".to_owned(), site.blobs.put(paths));
    if let Err(error) = roots.check() {
        let finding = Diagnostic::error(UNUSABLE, Position::START, error.to_string());
        build.diagnostics.push(finding.at(site.project.show(&default.entry)));
    }
    build.roots = Some(roots);
}

fn document(site: &Site<'_>, named: &NamedRoot, name: &str, bytes: Vec<u8>, findings: &mut Vec<Diagnostic>) -> File {
    let file = site.blobs.put(bytes);
    if file.size > MAX_DOCUMENT {
        let message = format!("{name} of this Path has {} bytes, at most {MAX_DOCUMENT} are allowed", file.size);
        findings.push(Diagnostic::error(UNUSABLE, Position::START, message).at(&*named.shown));
    }
    file
}

/// Pages by their output path.
pub(super) type Pages = HashMap<String, CachedPage>;
