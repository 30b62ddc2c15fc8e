//! A parsed Source as bytes.

use super::{
    Block, Link, NoTag, Section, Source, Standing, TagPlace,
    components::{Chunk, Definition, Resource},
    standard::Standard,
};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::plain::{self, ValueTokens},
};
use pmx_model::Hash;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Packed {
    values: ValueTokens,
    route: Option<(String, Position)>,
    handle: Option<(String, Position)>,
    title: Option<String>,
    description: Option<String>,
    classes: Vec<String>,
    blocks: Vec<PackedBlock>,
    links: Vec<Link>,
    listed: Vec<(usize, Standing)>,
    sections: Vec<Section>,
    anchors: Vec<String>,
    /// As JSON, of which they leave parts out; empty if there are none.
    annotations: String,
    definitions: Vec<PackedDefinition>,
    draws_in_browser: bool,
    has_import_map: bool,
    #[serde(with = "plain::findings")]
    findings: Vec<Diagnostic>,
    no_tags: Vec<NoTag>,
    body: usize,
    code: Vec<(usize, usize)>,
    standard: Standard,
    outline: Hash,
}

#[derive(Serialize, Deserialize)]
struct PackedBlock {
    id: String,
    values: ValueTokens,
    classes: Vec<String>,
    line: usize,
    tags: Vec<TagPlace>,
}

#[derive(Serialize, Deserialize)]
struct PackedDefinition {
    name: String,
    template: String,
    css: Vec<Chunk>,
    script: Vec<Chunk>,
    values: ValueTokens,
    resources: Vec<Resource>,
    position: Position,
}

/// The bytes of a Source; none, if it cannot be written.
pub(crate) fn pack(source: &Source) -> Option<Vec<u8>> {
    let Source {
        values,
        route,
        handle,
        title,
        description,
        classes,
        blocks,
        links,
        listed,
        sections,
        anchors,
        annotations,
        definitions,
        draws_in_browser,
        has_import_map,
        findings,
        no_tags,
        body,
        code,
        standard,
        outline: _,
    } = source;
    let block = |block: &Block| {
        let Block { id, values, classes, html: _, line, tags } = block;
        let (classes, tags) = (classes.clone(), tags.clone());
        PackedBlock { id: id.clone(), values: plain::members(values), classes, line: *line, tags }
    };
    let mut anchors: Vec<String> = anchors.iter().cloned().collect();
    anchors.sort_unstable();
    let annotations = if annotations.is_empty() { String::new() } else { serde_json::to_string(annotations).ok()? };
    let packed = Packed {
        values: plain::members(values),
        route: route.clone(),
        handle: handle.clone(),
        title: title.clone(),
        description: description.clone(),
        classes: classes.clone(),
        blocks: blocks.iter().map(block).collect(),
        links: links.clone(),
        listed: listed.clone(),
        sections: sections.clone(),
        anchors,
        annotations,
        definitions: definitions.iter().map(packed_definition).collect(),
        draws_in_browser: *draws_in_browser,
        has_import_map: *has_import_map,
        findings: findings.clone(),
        no_tags: no_tags.clone(),
        body: *body,
        code: code.clone(),
        standard: *standard,
        outline: source.outline(),
    };
    postcard::to_allocvec(&packed).ok()
}

fn packed_definition(definition: &Definition) -> PackedDefinition {
    let Definition { name, template, css, script, values, resources, position } = definition.clone();
    PackedDefinition { name, template, css, script, values: plain::members(&values), resources, position }
}

/// The Source of these bytes, without the HTML of its Blocks; none, if they are those of no Source.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Source> {
    let packed: Packed = postcard::from_bytes(bytes).ok()?;
    let block = |block: PackedBlock| {
        let PackedBlock { id, values, classes, line, tags } = block;
        Some(Block { id, values: plain::map(values)?, classes, html: String::new(), line, tags })
    };
    let definition = |definition: PackedDefinition| {
        let PackedDefinition { name, template, css, script, values, resources, position } = definition;
        Some(Definition { name, template, css, script, values: plain::map(values)?, resources, position })
    };
    let annotations = match &*packed.annotations {
        "" => Vec::new(),
        json => serde_json::from_str(json).ok()?,
    };
    Some(Source {
        values: plain::map(packed.values)?,
        route: packed.route,
        handle: packed.handle,
        title: packed.title,
        description: packed.description,
        classes: packed.classes,
        blocks: packed.blocks.into_iter().map(block).collect::<Option<_>>()?,
        links: packed.links,
        listed: packed.listed,
        sections: packed.sections,
        anchors: packed.anchors.into_iter().collect(),
        annotations,
        definitions: packed.definitions.into_iter().map(definition).collect::<Option<_>>()?,
        draws_in_browser: packed.draws_in_browser,
        has_import_map: packed.has_import_map,
        findings: packed.findings,
        no_tags: packed.no_tags,
        body: packed.body,
        code: packed.code,
        standard: packed.standard,
        outline: packed.outline.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{self, Settings};

    fn round(path: &str, text: &str) -> (String, String) {
        let mut source = source::parse(path, text.as_bytes(), &Settings::default());
        source.take_body();
        let again = unpack(&pack(&source).unwrap()).unwrap();
        assert_eq!(again.outline(), source.outline());
        let sorted = |source: &Source| {
            let mut anchors: Vec<&String> = source.anchors.iter().collect();
            anchors.sort();
            let Source { values, route, handle, title, description, classes, blocks, links, body, .. } = source;
            let Source { annotations, code, definitions, findings, listed, sections, standard, .. } = source;
            format!(
                "{values:?}{route:?}{handle:?}{title:?}{description:?}{classes:?}{blocks:?}{links:?}{body}{anchors:?}\
                 {annotations:?}{code:?}{listed:?}{definitions:?}{findings:?}{sections:?}{standard:?}"
            )
        };
        (sorted(&source), sorted(&again))
    }

    #[test]
    fn a_source_reads_back_as_it_was_parsed() {
        let text = "---\nroute: /x\ntags: [a, b]\nother: [a, {b: 1, c: null}]\nbig: 123456789012\nok: true\n---\n\n# T {#id}\n\n- [l](./l.md)\n\nWords [a](./a.md#f)\n\n\
                    ---\n\n<!--\nid: two\ntype: question\n-->\n\n![p](./p.svg) [w](../w.md)\n\n[@include: L](./c.md)\n\n[@styles]: ./s.css\n\n```\ncode\n```\n";
        for text in [text, "", "# A\n", "---\na: \"\"\n---\n"] {
            let (before, after) = round("a/b.md", text);
            assert_eq!(before, after, "{text}");
        }
    }

    #[test]
    fn what_is_rare_in_sources_reads_back_too() {
        for text in [
            "---\nfraction: 0.1\nother: [{x: [1.5e-300, -3, 18446744073709551615]}]\n---\n\n# A\n",
            "---\nbroken: [\n---\n\n# It has a finding\n\n<!--\nid: [\n-->\n",
            "<x-source-content/> <x-completion-outline/>",
            "A ==passage=={[^c1]} here.\n\n[^c1]: @ann: why?\n[^c2]: @bob (2026-01-02): because\n",
        ] {
            let (before, after) = round("a/b.md", text);
            assert_eq!(before, after, "{text}");
        }
        let component = "# Card {#card}\n\n<!--\ncomponentName: my-card\nsize: 1.5\n-->\n\n```html\n<p><slot></slot></p>\n```\n\n```css\np { color: red; background: url(./x.png) }\n```\n\n```js\nexport default () => {}\n```\n";
        let source = source::parse("a.components.md", component.as_bytes(), &Settings::default());
        assert!(!source.definitions.is_empty() && !source.definitions[0].css.is_empty());
        let (before, after) = round("a.components.md", component);
        assert_eq!(before, after);
        assert!(unpack(b"\xff\xff\xff").is_none());
    }

    #[test]
    fn values_that_nest_without_end_are_no_source() {
        let mut source = source::parse("a.md", b"# A", &Settings::default());
        source.take_body();
        let good = pack(&source).unwrap();
        // The values of a Source come first: a mapping of one, whose value nests.
        let nested = |depth: usize| {
            let empty = postcard::to_allocvec(&plain::members(&serde_json::Map::new())).unwrap();
            assert!(good.starts_with(&empty), "{good:?}");
            let mut bytes = postcard::to_allocvec(&(depth + 3)).unwrap();
            bytes.extend([7, 1, 5, 1, b'a']);
            bytes.extend([6, 1].repeat(depth));
            bytes.push(0);
            bytes.extend(&good[empty.len()..]);
            bytes
        };
        assert_eq!(unpack(&nested(10)).unwrap().values["a"].to_string(), "[[[[[[[[[[null]]]]]]]]]]");
        assert!(unpack(&nested(1_000_000)).is_none());
    }
}
