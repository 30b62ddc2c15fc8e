//! The documents of a build that scripts and agents read. All keys are sorted, nothing depends on time or machine.

mod agents;
mod crawlers;
mod fragments;
mod relations;
mod source_map;

pub(super) use agents::{Listed, is_definition, llms};
pub(super) use crawlers::{robots, site_url, sitemap};
pub(super) use fragments::{GRAPH, GraphEntry, SOURCES, assemble, graph_fragment, source_fragment};
pub(super) use relations::Relations;
pub(super) use source_map::{MappedBeat, source_map, source_map_file};

use pmx_worker::model::{Route, Routes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The version that existing deploy scripts expect in `paths.json`, `serve-routes.json` and `artifacts.json`.
const VERSION: u32 = 1;

/// `sources.json` of one root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesDocument {
    /// By Source id.
    pub sources: BTreeMap<String, SourceRecord>,
}

/// A Source of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Its path below the source root.
    pub path: String,
    /// Its address, relative to the mount of its root. A Source that lost its route to another has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Its title.
    pub title: String,
    /// Its Blocks, in order.
    pub blocks: Vec<BlockRecord>,
}

/// A Block of a Source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// `<source id>#<block id>`
    pub id: String,
}

/// One root, for `paths.json`.
pub(super) struct PathRecord<'a> {
    pub id: &'a str,
    pub entry: &'a str,
    pub entry_id: &'a str,
}

/// A document's bytes: JSON and a line end.
pub(super) fn bytes(document: &impl Serialize) -> Vec<u8> {
    // Maps with text keys and plain values: serialising them cannot fail.
    let mut bytes = serde_json::to_vec(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Appends a value as JSON.
pub(super) fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Text keys and plain values, written to memory: it cannot fail.
    let _ = serde_json::to_writer(out, value);
}

pub(super) fn paths(roots: &[PathRecord<'_>], default: &str) -> Value {
    let record = |root: &PathRecord<'_>| {
        let id = root.id;
        let value = json!({
            "entry": root.entry,
            "entrySourceId": root.entry_id,
            "outputPath": id,
            "artifactsPath": format!("{id}/artifacts.json"),
            "routesPath": format!("{id}/serve-routes.json"),
        });
        (id.to_owned(), value)
    };
    let paths: Map<String, Value> = roots.iter().map(record).collect();
    json!({ "version": VERSION, "defaultPath": default, "paths": paths })
}

pub(super) fn serve_routes(routes: &Routes) -> Value {
    let value = |route: &Route| match route {
        Route::Source { path, .. } => json!({ "type": "document", "artifactPath": path }),
        Route::Redirect { to, status } => json!({ "type": "redirect", "to": to, "status": status }),
    };
    let routes: Map<String, Value> = routes.routes.iter().map(|(path, route)| (path.clone(), value(route))).collect();
    json!({ "version": VERSION, "routes": routes })
}

/// `files`: every file of the root, and whether its name bears its hash.
pub(super) fn artifacts<'a>(files: impl Iterator<Item = (&'a str, bool)>) -> Value {
    let value = |(file, hashed): (&str, bool)| {
        let mode = if hashed { "immutable" } else { "revalidate" };
        (format!("/{file}"), json!({ "artifactPath": file, "cachePolicy": { "mode": mode } }))
    };
    let artifacts: Map<String, Value> = files.map(value).collect();
    json!({ "version": VERSION, "artifacts": artifacts })
}
