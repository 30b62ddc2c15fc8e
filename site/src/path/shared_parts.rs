//! What a site has besides its Sources. It stays as it is while nothing changes but the texts of Sources.

use super::NamedRoot;
use crate::{
    diagnostic::Diagnostic,
    files::{blobs::Blobs, portable},
    graph::{
        Graph, Node,
        asset::BesideSources,
        assets::{Assets, ThemeAssets, asset_path},
        component_files::ComponentFiles,
        routes::{self, Addressing},
    },
    project::Project,
    scan::Snapshot,
    source::EXTENSION,
    text::address,
};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};
use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
};

/// Assets, the theme's files, what components bring, and the roots.
#[derive(Debug)]
pub(crate) struct SharedParts {
    pub assets: Assets,
    pub theme: ThemeAssets,
    /// By the id of the Source that defines them.
    pub components: BTreeMap<String, ComponentFiles>,
    pub roots: Vec<NamedRoot>,
    pub findings: Vec<Diagnostic>,
    /// What all of it was made from.
    made_from: (Option<Hash>, Option<Hash>),
    /// The hash of everything that pages depend on but the texts of Sources.
    pub digest: Hash,
}

/// A Path, and the ids of its Sources.
type Reached<'a> = (&'a NamedRoot, BTreeSet<&'a str>);

/// The address of the page of a Source, in the first Path that has it.
fn page(project: &Project, graph: &Graph, paths: &[Reached<'_>], path: &str) -> Option<String> {
    let node = graph.nodes.get(path.strip_suffix(EXTENSION)?)?;
    let (root, _) = paths.iter().find(|(_, reached)| reached.contains(node.id.as_str()))?;
    let route = routes::wanted(node, Addressing::of(project));
    Some(format!("{}{}", root.prefix, address::encode_path(&project.hosting.page(&route))))
}

impl SharedParts {
    fn of(project: &Project, snapshot: &Snapshot, graph: &Graph, blobs: &Blobs) -> Self {
        let mut findings = Vec::new();
        let roots = super::roots::name_roots(project, graph, &mut findings);
        let used = graph.nodes.values().flat_map(|node| &node.targets).filter_map(asset_path);
        let links = graph.nodes.values().flat_map(|node| node.source.links.iter().zip(&node.targets));
        let paths: LazyCell<Vec<Reached<'_>>, _> =
            LazyCell::new(|| roots.iter().map(|root| (root, graph.reach([root.entry_id.as_str()]))).collect());
        let sources = BesideSources {
            page: &|path| page(project, graph, &paths, path),
            shown: links
                .filter(|(link, _)| link.place.is_shown())
                .filter_map(|(_, target)| asset_path(target))
                .collect(),
            have_import_map: graph.nodes.values().any(|node| node.source.has_import_map),
        };
        let mut assets = Assets::gather(project, snapshot, blobs, &sources, used);
        findings.append(&mut assets.findings);
        let theme = ThemeAssets::new(blobs);
        let sources = graph.nodes.values().map(|node| node.path.as_str());
        let names = portable::findings(sources.chain(assets.paths()));
        findings.extend(names.into_iter().map(|finding| {
            let shown = project.show(&finding.path);
            finding.at(shown)
        }));
        // A root's id is a folder of the output.
        let names = portable::findings(roots.iter().map(|root| &*root.id));
        findings.extend(names.into_iter().filter_map(|finding| {
            let root = roots.iter().find(|root| root.id == finding.path)?;
            Some(finding.at(&*root.shown))
        }));
        let components = ComponentFiles::of_all(graph, &assets, blobs);
        findings.extend(ComponentFiles::unfit(project, graph, &assets, blobs));
        let mut hasher = Sha256::new();
        hasher.update(format!("{:?}\n", graph.outlines));
        let made = components.values().flat_map(ComponentFiles::all);
        for file in assets.files().chain(made).chain(theme.all(project.player, project.hosting.is_live())) {
            hasher.update(&file.file);
            hasher.update("\n");
        }
        let digest = Hash::from_bytes(hasher.finalize().into());
        Self { assets, theme, components, roots, findings, made_from: (graph.outlines, graph.other_files), digest }
    }

    /// The one of the build before, if it was made from the same, else a new one. What components bring is part of the outlines.
    pub(crate) fn build<'m>(
        project: &Project,
        snapshot: &Snapshot,
        graph: &Graph,
        blobs: &Blobs,
        memory: &'m mut Option<Self>,
    ) -> &'m Self {
        let known = memory.take().filter(|known| known.made_from == (graph.outlines, graph.other_files));
        memory.insert(known.unwrap_or_else(|| Self::of(project, snapshot, graph, blobs)))
    }

    /// The first Source that defines a component, by the component's name.
    pub(crate) fn defined<'g>(&self, graph: &'g Graph) -> BTreeMap<&'g str, &'g Node> {
        let mut defined = BTreeMap::new();
        for node in self.components.keys().filter_map(|id| graph.nodes.get(id)) {
            for definition in &node.source.definitions {
                defined.entry(definition.name.as_str()).or_insert(node);
            }
        }
        defined
    }
}
