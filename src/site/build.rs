use super::{
    assets::{Assets, ThemeAssets, asset_path},
    blobs::Blobs,
    cache::{Cache, CachedPage},
    component_files::ComponentFiles,
    diagnostic::{Diagnostic, Position},
    documents::{self, PathRecord},
    graph,
    path::{self, BuiltPath, Site},
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
    pub outputs: BTreeMap<String, File>,
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

    fn put(&mut self, path: String, bytes: Vec<u8>) -> Hash {
        let file = self.blobs.put(bytes);
        self.outputs.insert(path, file);
        file.hash
    }
}

/// Builds the site: no disk, no clock; the same snapshot gives the same bytes, whatever the cache holds.
///
/// What is wrong in a Source is a diagnostic, and everything else is built.
pub fn build(project: &Project, snapshot: &Snapshot, cache: &mut Cache) -> Build {
    let mut build = Build { blobs: cache.blobs.clone(), ..Build::default() };
    let mut graph = graph::grow(project, snapshot, cache);
    build.diagnostics.append(&mut graph.findings);
    let used = graph.nodes.values().flat_map(|node| &node.targets).filter_map(asset_path);
    let mut assets = Assets::gather(project, snapshot, &build.blobs, used);
    build.diagnostics.append(&mut assets.findings);

    let theme = ThemeAssets::new(&build.blobs);
    let known = mem::take(&mut cache.pages);
    let shards = mem::take(&mut cache.shards);
    let mut roots = BTreeMap::new();
    let mut records = Vec::new();
    let named = path::name_roots(project, &graph, &mut build.diagnostics);
    let blobs = build.blobs.clone();
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
    };
    for named in &named {
        let built = path::build(&site, named, &known, shards.get(&named.id));
        roots.insert(named.id.clone(), take_in(&mut build, cache, named, built));
        records.push(PathRecord { id: &named.id, entry: &named.entry, entry_id: &named.entry_id });
    }
    cache.bodies = bodies;
    if let Some(default) = named.iter().find(|named| named.mount.is_empty()) {
        let roots = Roots { roots, default: default.id.clone() };
        build.put("roots.json".to_owned(), documents::bytes(&roots));
        build.put("paths.json".to_owned(), documents::bytes(&documents::paths(&records, &default.id)));
        if let Err(error) = roots.check() {
            let finding = Diagnostic::error(UNUSABLE, Position::START, error.to_string());
            build.diagnostics.push(finding.at(project.show(&default.entry)));
        }
        build.roots = Some(roots);
    }
    if build.diagnostics.iter().any(|finding| finding.code == UNUSABLE) {
        build.roots = None;
    }
    build.diagnostics.sort();
    build.diagnostics.dedup();
    build.sources_built.sort();
    build.sources_built.dedup();
    build
}

/// The code of findings that no deploy could have: a document that breaks its rules, a file beyond the limit.
pub(super) const UNUSABLE: &str = "build/unusable";

/// Adds a built Path's files, manifest and routes, and keeps its pages for the next build.
fn take_in(build: &mut Build, cache: &mut Cache, named: &path::NamedRoot, built: BuiltPath) -> Root {
    let BuiltPath { manifest, routes, pages, shards, made, unpublished, mut findings } = built;
    let mut document = |name: &str, bytes: Vec<u8>| {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > MAX_DOCUMENT {
            let message = format!("{name} of this Path has {size} bytes, at most {MAX_DOCUMENT} are allowed");
            findings.push(Diagnostic::error(UNUSABLE, Position::START, message).at(&*named.shown));
        }
        build.put(format!("{}/{name}", named.id), bytes)
    };
    let root = Root {
        entry: named.entry.clone(),
        routes: document("routes.json", documents::bytes(&routes)),
        manifest: document("manifest.json", documents::bytes(&manifest)),
    };
    build.diagnostics.append(&mut findings);
    build.pages += pages.len();
    build.sources_built.extend(made);
    build.outputs.extend(manifest.files.into_iter().map(|(path, file)| (format!("{}/{path}", named.id), file)));
    build.outputs.extend(unpublished.into_iter().map(|(path, file)| (format!("{}/{path}", named.id), file)));
    cache.pages.extend(pages);
    cache.shards.insert(named.id.clone(), shards);
    root
}

/// Pages by their output path.
pub(super) type Pages = HashMap<String, CachedPage>;
