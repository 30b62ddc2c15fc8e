//! What the components of a Source bring to the pages that use them: one stylesheet, and a script for each that has one.

use super::{
    Graph, Node, Target,
    asset::Asset,
    assets::{Assets, generated},
};
use crate::{
    diagnostic::{Diagnostic, Positions},
    files::blobs::Blobs,
    project::Project,
    source::{
        components::{self, Chunk},
        decode,
    },
    text::address,
};
use std::{borrow::Cow, collections::BTreeMap};

/// The files of one Source's components.
#[derive(Debug)]
pub(crate) struct ComponentFiles {
    pub style: Option<Asset>,
    /// By the component's name.
    pub scripts: BTreeMap<String, Asset>,
}

impl ComponentFiles {
    /// Of every Source that defines components, by its id.
    pub(crate) fn of_all(graph: &Graph, assets: &Assets, blobs: &Blobs) -> BTreeMap<String, Self> {
        let defining = graph.nodes.values().filter(|node| !node.source.definitions.is_empty());
        defining.map(|node| (node.id.clone(), Self::of(node, assets, blobs))).collect()
    }

    fn of(node: &Node, assets: &Assets, blobs: &Blobs) -> Self {
        let files = NodeFiles { node, assets, blobs };
        let definitions = &node.source.definitions;
        let style = components::stylesheet(&node.id, definitions, &files);
        let script = |definition: &components::Definition| {
            let text = components::script(&node.id, definition, &files)?;
            let name = format!("{}.js", definition.name);
            Some((definition.name.clone(), generated(&name, text.into_bytes(), blobs)))
        };
        Self {
            style: (!style.is_empty()).then(|| generated(&format!("{}.css", node.id), style.into_bytes(), blobs)),
            scripts: definitions.iter().filter_map(script).collect(),
        }
    }

    /// Says of the files that are scripts of components what none can have.
    pub(crate) fn unfit(project: &Project, graph: &Graph, assets: &Assets, blobs: &Blobs) -> Vec<Diagnostic> {
        let mut found = BTreeMap::new();
        for node in graph.nodes.values() {
            let files = NodeFiles { node, assets, blobs };
            for link in node.source.definitions.iter().flat_map(|definition| definition.script.iter()) {
                if let Chunk::File(link) = link
                    && let Some(Target::Asset { path, .. }) = node.targets.get(*link)
                    && let Some(text) = components::DefinitionFiles::text(&files, *link)
                {
                    let shown = project.show(path);
                    let mut positions = Positions::of(&text);
                    let all = components::unfit(&text, |at| positions.at(at)).into_iter();
                    found.insert(path, all.map(|finding| finding.at(&*shown)).collect::<Vec<_>>());
                }
            }
        }
        found.into_values().flatten().collect()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Asset> {
        self.style.iter().chain(self.scripts.values())
    }
}

/// The files that a Source's definitions name.
struct NodeFiles<'a> {
    node: &'a Node,
    assets: &'a Assets,
    blobs: &'a Blobs,
}

impl NodeFiles<'_> {
    fn asset(&self, link: usize) -> Option<(&Asset, &str)> {
        match self.node.targets.get(link)? {
            Target::Asset { path, suffix } => Some((self.assets.get(path)?, suffix)),
            _ => None,
        }
    }
}

impl components::DefinitionFiles for NodeFiles<'_> {
    fn address(&self, link: usize) -> Option<Cow<'_, str>> {
        let (asset, suffix) = self.asset(link)?;
        let name = asset.file.strip_prefix("assets/").unwrap_or(&asset.file);
        Some(Cow::Owned(format!("./{}{suffix}", address::encode_path(name))))
    }

    fn text(&self, link: usize) -> Option<Cow<'_, str>> {
        let bytes = self.blobs.get(&self.asset(link)?.0.content.hash)?;
        Some(Cow::Owned(decode(&bytes).into_owned()))
    }
}
