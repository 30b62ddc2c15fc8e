use crate::{
    diagnostic::{Diagnostic, Position},
    documents::{self, PathRecord},
    files::blobs::Blobs,
    graph,
    memory::{Cache, Memory},
    path::{self, NamedRoot, Site, UNUSABLE, shared_parts::SharedParts},
    project::Project,
    scan::Snapshot,
};
use pmx_model::{File, Root, Roots};
use std::{collections::BTreeMap, sync::Arc};

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
/// Each step is a function of what it is given, and looks up in its memory what it need not do again; from nothing, that is nothing. What is wrong
/// in a Source is a diagnostic, and everything else is built.
pub fn build(project: &Project, snapshot: &Snapshot, cache: &mut Cache) -> Build {
    cache.reopen(project);
    cache.adopt(&project.settings);
    let blobs = cache.blobs.clone();
    let Memory { graph, shared_parts, paths, outputs } = &mut cache.memory;
    let (graph, bodies) = graph::build(project, snapshot, graph);
    let shared_parts = SharedParts::build(project, snapshot, graph, &blobs, shared_parts);
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
        digest: shared_parts.digest,
    };

    let known = outputs.take().filter(|(digest, _)| *digest == site.digest);
    let mut all = known.map(|(_, files)| files).unwrap_or_default();
    let mut build = Build { blobs: blobs.clone(), ..Build::default() };
    paths.retain(|id, _| site.roots.iter().any(|root| root.id == *id));
    for root in site.roots {
        let changed = path::build(&site, root, paths.entry(root.id.clone()).or_default());
        let files = changed.files.into_iter().map(|(path, file)| (format!("{}/{path}", root.id), file));
        Arc::make_mut(&mut all).extend(files);
        build.sources_built.extend(changed.made);
    }
    if let Some(roots) = roots(&site, paths) {
        let files = Arc::make_mut(&mut all);
        files.insert("roots.json".to_owned(), blobs.put(documents::bytes(&roots)));
        fn record(root: &NamedRoot) -> PathRecord<'_> {
            PathRecord { id: &root.id, entry: &root.entry, entry_id: &root.entry_id }
        }
        let records: Vec<PathRecord<'_>> = site.roots.iter().map(record).collect();
        files.insert("paths.json".to_owned(), blobs.put(documents::bytes(&documents::paths(&records, &roots.default))));
        build.roots = Some(roots);
    }
    build.outputs = Arc::clone(&all);
    *outputs = Some((site.digest, all));

    let refused = build.roots.as_ref().and_then(|roots| roots.check().err()).map(|error| {
        let entry = site.roots.iter().find(|root| root.mount.is_empty()).map_or("", |root| &root.entry);
        Diagnostic::error(UNUSABLE, Position::START, error.to_string()).at(project.show(entry))
    });
    let findings = project.config_findings.iter().chain(graph.findings()).chain(&shared_parts.findings);
    let findings = findings.chain(paths.values().flat_map(path::Memory::findings)).cloned();
    build.diagnostics = findings.chain(refused).collect();
    build.diagnostics.sort();
    build.diagnostics.dedup();
    if build.diagnostics.iter().any(|finding| finding.code == UNUSABLE) {
        build.roots = None;
    }
    build.pages = paths.values().map(path::Memory::pages).sum();
    build.sources_built.sort();
    build.sources_built.dedup();
    let titled = build.sources_built.iter().filter_map(|id| Some((id.clone(), graph.nodes.get(id)?.title())));
    build.titles = titled.collect();
    build
}

/// What is served: all Paths, if there is one at the top.
fn roots(site: &Site<'_>, paths: &BTreeMap<String, path::Memory>) -> Option<Roots> {
    let default = site.roots.iter().find(|root| root.mount.is_empty())?;
    let root = |root: &NamedRoot| {
        let (routes, manifest) = paths.get(&root.id)?.documents()?;
        Some((root.id.clone(), Root { entry: root.entry.clone(), routes, manifest }))
    };
    Some(Roots { roots: site.roots.iter().filter_map(root).collect(), default: default.id.clone() })
}
