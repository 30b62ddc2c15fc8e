//! The Sources of a build with what is known of each, read back from its documents.

use crate::{build::Build, project::Project, text::address};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether a file could be a Source: a Markdown file that is no config.
#[must_use]
pub fn is_text(path: &str) -> bool {
    path.ends_with(".md") && !path.ends_with(".config.md")
}

/// The type of a Source whose name says none.
const DOCUMENT: &str = "document";

/// A Source in one of the Paths that reach it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Its path as a person in the working directory names it.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The Path.
    pub path_id: String,
    /// Its address on the site, encoded, with the mount of the Path. A Source that lost its route to another has none.
    pub route: Option<String>,
    /// What its name says of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// Ids of its Blocks.
    pub blocks: Vec<String>,
    /// Ids of the Sources that it links to.
    pub links: Vec<String>,
    /// Ids of the Sources whose text links to it.
    pub backlinks: Vec<String>,
    /// Ids of the related Sources.
    pub related: Vec<String>,
    /// Its frontmatter.
    pub props: Map<String, Value>,
}

/// A Source as `graph-index.json` has it.
#[derive(Deserialize)]
struct IndexNode {
    id: String,
    title: String,
    description: Option<String>,
    route: Option<String>,
    blocks: Vec<IndexBlock>,
    links: Vec<String>,
    backlinks: Vec<String>,
    related: Vec<String>,
    props: Map<String, Value>,
}

#[derive(Deserialize)]
struct IndexBlock {
    id: String,
}

#[derive(Deserialize)]
struct GraphIndex {
    sources: Vec<IndexNode>,
}

/// Every Source of a build, sorted by path; one that several Paths reach is there once for each, that of the default Path first.
#[must_use]
pub fn inventory(project: &Project, build: &Build) -> Vec<Item> {
    let mut items = BTreeMap::new();
    let roots = build.roots.iter().flat_map(|roots| roots.mounts().map(|(mount, _)| mount).zip(roots.roots.keys()));
    for (mount, path_id) in roots {
        let file = build.outputs.get(&format!("{path_id}/graph-index.json"));
        let bytes = file.and_then(|file| build.blobs.get(&file.hash));
        let graph: Option<GraphIndex> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        for node in graph.map(|graph| graph.sources).unwrap_or_default() {
            let item = Item {
                path: project.show(&format!("{}.md", node.id)),
                path_id: path_id.clone(),
                route: node.route.map(|route| format!("{mount}{}", address::encode_path(&route))),
                kind: address::kind(&node.id).unwrap_or(DOCUMENT).to_owned(),
                title: node.title,
                description: node.description,
                blocks: node.blocks.into_iter().map(|block| block.id).collect(),
                links: node.links,
                backlinks: node.backlinks,
                related: node.related,
                props: node.props,
                id: node.id,
            };
            items.insert((item.path.clone(), !mount.is_empty(), path_id.clone()), item);
        }
    }
    items.into_values().collect()
}
