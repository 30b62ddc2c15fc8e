//! The documents of a build that scripts and agents read. All keys are sorted, nothing depends on time or machine.

mod agents;
mod crawlers;
mod fragments;
mod manifest;
mod relations;
mod source_map;

pub(super) use agents::{Listed, llms};
pub(super) use crawlers::{robots, sitemap};
pub(super) use fragments::{GRAPH, GraphEntry, SOURCES, assemble, graph_fragment, source_fragment};
pub(super) use manifest::ManifestText;
pub(super) use relations::Relations;
pub(super) use source_map::{MappedBeat, source_map, source_map_file};

use pmx_model::{Route, Routes};
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

/// Its bytes are `serve-routes.json`.
pub(super) fn serve_routes(routes: &Routes) -> impl Serialize {
    // Keys in alphabetical order, as everywhere; written as they come, since there are many.
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Served<'a> {
        Document {
            #[serde(rename = "artifactPath")]
            path: &'a str,
            #[serde(rename = "type")]
            kind: &'static str,
        },
        Redirect {
            status: u16,
            to: &'a str,
            #[serde(rename = "type")]
            kind: &'static str,
        },
    }
    #[derive(Serialize)]
    struct ServeRoutes<'a> {
        routes: BTreeMap<&'a str, Served<'a>>,
        version: u32,
    }
    fn value(route: &Route) -> Served<'_> {
        match route {
            Route::Source { path, .. } => Served::Document { path, kind: "document" },
            Route::Redirect { to, status } => Served::Redirect { status: *status, to, kind: "redirect" },
        }
    }
    let routes = routes.routes.iter().map(|(path, route)| (path.as_str(), value(route))).collect();
    ServeRoutes { routes, version: VERSION }
}

/// Its bytes are `artifacts.json`. `files`: every file of the root, and whether its name bears its hash.
pub(super) fn artifacts<'a>(files: &'a BTreeMap<&'a str, bool>) -> impl Serialize + 'a {
    struct ArtifactFiles<'a>(&'a BTreeMap<&'a str, bool>);
    impl Serialize for ArtifactFiles<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(file, hashed)| {
                let mode = if *hashed { "immutable" } else { "revalidate" };
                (format!("/{file}"), ArtifactEntry { path: file, policy: Policy { mode } })
            }))
        }
    }
    #[derive(Serialize)]
    struct ArtifactEntry<'a> {
        #[serde(rename = "artifactPath")]
        path: &'a str,
        #[serde(rename = "cachePolicy")]
        policy: Policy,
    }
    #[derive(Serialize)]
    struct Policy {
        mode: &'static str,
    }
    #[derive(Serialize)]
    struct Artifacts<'a> {
        artifacts: ArtifactFiles<'a>,
        version: u32,
    }
    Artifacts { artifacts: ArtifactFiles(files), version: VERSION }
}
