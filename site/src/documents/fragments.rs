//! `sources.json` and `graph-index.json`, put together from one fragment for each Source. A fragment is a function of its Source and
//! of what leads there, so it can be kept while they stay.

use super::{BlockRecord, SourceRecord};
use crate::{
    graph::Node,
    source::{Annotation, solution},
    text::json,
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::HashSet};

/// What stands around the fragments of a document.
pub(crate) struct Envelope {
    open: &'static str,
    close: &'static str,
}

/// `sources.json`
pub(crate) const SOURCES: Envelope = Envelope { open: "{\"sources\":{", close: "}}\n" };
/// `graph-index.json`
pub(crate) const GRAPH: Envelope = Envelope { open: "{\"sources\":[", close: "]}\n" };

/// A document of these fragments, which come sorted by Source id.
pub(crate) fn assemble<'a>(around: &Envelope, fragments: impl Iterator<Item = &'a str> + Clone) -> Vec<u8> {
    let size: usize = fragments.clone().map(|fragment| fragment.len() + 1).sum();
    let mut out = Vec::with_capacity(size + around.open.len() + around.close.len());
    out.extend_from_slice(around.open.as_bytes());
    for (at, fragment) in fragments.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(fragment.as_bytes());
    }
    out.extend_from_slice(around.close.as_bytes());
    out
}

/// A Source's part of `sources.json`. `route` is relative to the mount.
pub(crate) fn source_fragment(node: &Node, route: Option<&str>) -> String {
    let blocks = node.source.blocks.iter().map(|block| BlockRecord { id: format!("{}#{}", node.id, block.id) });
    let record = SourceRecord {
        path: node.path.clone(),
        route: route.map(str::to_owned),
        title: node.title(),
        blocks: blocks.collect(),
    };
    let mut out = Vec::with_capacity(256);
    json(&mut out, &node.id);
    out.push(b':');
    json(&mut out, &record);
    text(out)
}

/// What a Source's part of `graph-index.json` is made of.
pub(crate) struct GraphEntry<'a> {
    pub node: &'a Node,
    /// Relative to the mount.
    pub route: Option<&'a str>,
    pub backlinks: &'a [String],
    pub related: &'a [String],
}

/// A Source's part of `graph-index.json`.
pub(crate) fn graph_fragment(entry: &GraphEntry<'_>) -> String {
    let GraphEntry { node, route, backlinks, related } = entry;
    let mut seen = HashSet::new();
    // Keys in alphabetical order, as everywhere.
    let source = GraphSource {
        backlinks,
        blocks: node
            .source
            .blocks
            .iter()
            .map(|block| GraphBlock {
                id: format!("{}#{}", node.id, block.id),
                props: solution::without_key(&block.values),
            })
            .collect(),
        description: node.source.description.as_deref(),
        id: &node.id,
        links: node.linked(false).filter(|id| seen.insert(*id)).collect(),
        props: FragmentProps { written: &node.source.values, annotations: &node.source.annotations },
        related,
        route: *route,
        title: node.title(),
    };
    let mut out = Vec::with_capacity(512);
    json(&mut out, &source);
    text(out)
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_default()
}

#[derive(Serialize)]
struct GraphSource<'a> {
    backlinks: &'a [String],
    blocks: Vec<GraphBlock<'a>>,
    description: Option<&'a str>,
    id: &'a str,
    links: Vec<&'a str>,
    props: FragmentProps<'a>,
    related: &'a [String],
    route: Option<&'a str>,
    title: String,
}

#[derive(Serialize)]
struct GraphBlock<'a> {
    id: String,
    /// Without what is right of a question.
    props: Cow<'a, Map<String, Value>>,
}

/// The frontmatter, with the threads of annotations in their alphabetical place.
struct FragmentProps<'a> {
    written: &'a Map<String, Value>,
    annotations: &'a [Annotation],
}

#[derive(Serialize)]
struct Threads<'a> {
    threads: &'a [Annotation],
}

impl Serialize for FragmentProps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const KEY: &str = "annotations";
        if self.annotations.is_empty() {
            return self.written.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        let others = || self.written.iter().filter(|(key, _)| *key != KEY);
        for (key, value) in others().filter(|(key, _)| key.as_str() < KEY) {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry(KEY, &Threads { threads: self.annotations })?;
        for (key, value) in others().filter(|(key, _)| key.as_str() > KEY) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
