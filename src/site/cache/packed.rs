//! A parsed Source as bytes. What is rare in Sources (components, annotations, findings, fractions) is not written: such a Source
//! is parsed again.

use crate::site::{
    diagnostic::Position,
    source::{Block, Link, Source},
};
use pmx_worker::model::Hash;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Serialize, Deserialize)]
struct Packed {
    /// As JSON: this format cannot hold a value of any type.
    values: String,
    route: Option<(String, Position)>,
    handle: Option<(String, Position)>,
    title: Option<String>,
    description: Option<String>,
    classes: Vec<String>,
    blocks: Vec<PackedBlock>,
    links: Vec<Link>,
    anchors: Vec<String>,
    body: usize,
    outline: Hash,
}

#[derive(Serialize, Deserialize)]
struct PackedBlock {
    id: String,
    values: String,
    classes: Vec<String>,
    line: usize,
}

/// The bytes of a Source; none, if it has something that they could not say.
pub(super) fn pack(source: &Source) -> Option<Vec<u8>> {
    let Source {
        values,
        route,
        handle,
        title,
        description,
        classes,
        blocks,
        links,
        anchors,
        annotations,
        definitions,
        findings,
        body,
        outline: _,
    } = source;
    if !annotations.is_empty() || !definitions.is_empty() || !findings.is_empty() {
        return None;
    }
    let block = |block: &Block| {
        let Block { id, values, classes, html: _, line } = block;
        Some(PackedBlock { id: id.clone(), values: text(values)?, classes: classes.clone(), line: *line })
    };
    let mut anchors: Vec<String> = anchors.iter().cloned().collect();
    anchors.sort_unstable();
    let packed = Packed {
        values: text(values)?,
        route: route.clone(),
        handle: handle.clone(),
        title: title.clone(),
        description: description.clone(),
        classes: classes.clone(),
        blocks: blocks.iter().map(block).collect::<Option<_>>()?,
        links: links.clone(),
        anchors,
        body: *body,
        outline: source.outline(),
    };
    postcard::to_allocvec(&packed).ok()
}

/// The Source of these bytes, without the HTML of its Blocks.
pub(super) fn unpack(bytes: &[u8]) -> Option<Source> {
    let packed: Packed = postcard::from_bytes(bytes).ok()?;
    let block = |block: PackedBlock| {
        let PackedBlock { id, values, classes, line } = block;
        Some(Block { id, values: map(&values)?, classes, html: String::new(), line })
    };
    Some(Source {
        values: map(&packed.values)?,
        route: packed.route,
        handle: packed.handle,
        title: packed.title,
        description: packed.description,
        classes: packed.classes,
        blocks: packed.blocks.into_iter().map(block).collect::<Option<_>>()?,
        links: packed.links,
        anchors: packed.anchors.into_iter().collect(),
        annotations: Vec::new(),
        definitions: Vec::new(),
        findings: Vec::new(),
        body: packed.body,
        outline: packed.outline.into(),
    })
}

/// Fractions do not always read back as the number that they were.
fn text(values: &Map<String, Value>) -> Option<String> {
    if values.is_empty() {
        return Some(String::new());
    }
    let mut open: Vec<&Value> = values.values().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Number(number) if number.is_f64() => return None,
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    serde_json::to_string(values).ok()
}

fn map(text: &str) -> Option<Map<String, Value>> {
    if text.is_empty() { Some(Map::new()) } else { serde_json::from_str(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::source::{self, Settings};

    fn round(text: &str) -> Option<(String, String)> {
        let mut source = source::parse("a/b.md", text.as_bytes(), &Settings::default());
        source.take_body();
        let again = unpack(&pack(&source)?).unwrap();
        assert_eq!(again.outline(), source.outline());
        let sorted = |source: &Source| {
            let mut anchors: Vec<&String> = source.anchors.iter().collect();
            anchors.sort();
            let Source { values, route, handle, title, description, classes, blocks, links, body, .. } = source;
            format!(
                "{values:?}{route:?}{handle:?}{title:?}{description:?}{classes:?}{blocks:?}{links:?}{body}{anchors:?}"
            )
        };
        Some((sorted(&source), sorted(&again)))
    }

    #[test]
    fn a_source_reads_back_as_it_was_parsed() {
        let text = "---\nroute: /x\ntags: [a, b]\nother: [a, {b: 1, c: null}]\nbig: 123456789012\nok: true\n---\n\n# T {#id}\n\nWords [a](./a.md#f)\n\n\
                    ---\n\n<!--\nid: two\ntype: question\n-->\n\n![p](./p.svg) [w](../w.md)\n\n[@include: L](./c.md)\n\n[@styles]: ./s.css\n";
        let (before, after) = round(text).unwrap();
        assert_eq!(before, after);
        for small in ["", "# A\n", "---\na: \"\"\n---\n"] {
            let (before, after) = round(small).unwrap();
            assert_eq!(before, after, "{small}");
        }
    }

    #[test]
    fn what_would_not_read_back_is_left_out() {
        assert!(round("---\nfraction: 0.1\n---\n\n# A\n").is_none());
        assert!(round("---\ndeep: [{x: [1.5]}]\n---\n").is_none());
        assert!(round("---\nbroken: [\n---\n").is_none(), "it has a finding");
        assert!(unpack(b"\xff\xff\xff").is_none());
    }
}
