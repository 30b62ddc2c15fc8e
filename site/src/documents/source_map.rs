//! `source-maps/<source id>.json`: where in the Source a Block stands, and which Beats it has. For editors and checks; not published.

use super::bytes;
use crate::{graph::Node, render::beats::Beat};
use serde::Serialize;

/// A Beat, as [`source_map`] writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MappedBeat<'a> {
    pub id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// The container's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<&'a str>,
    #[serde(rename = "type")]
    pub kind: &'a str,
}

impl<'a> MappedBeat<'a> {
    pub(crate) fn of(beat: &'a Beat) -> Self {
        Self { id: &beat.id, label: Some(&beat.label), parent: beat.parent.as_deref(), kind: beat.kind.name() }
    }
}

#[derive(Serialize)]
struct SourceMap<'a> {
    blocks: Vec<MappedBlock<'a>>,
    id: &'a str,
    path: &'a str,
    version: u32,
}

#[derive(Serialize)]
struct MappedBlock<'a> {
    beats: &'a [MappedBeat<'a>],
    /// The last line, from 1.
    end: usize,
    id: String,
    /// The first line, from 1.
    start: usize,
}

/// The file of a Source's map, below the Path's folder: its id as one name (JavaScript's `encodeURIComponent`).
pub(crate) fn source_map_file(id: &str) -> String {
    let mut name = String::with_capacity(id.len() + 16);
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                name.push(char::from(byte));
            }
            byte => name.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("source-maps/{name}.json")
}

/// A Source's map. `beats`: those of each Block, in order.
pub(crate) fn source_map(node: &Node, beats: &[Vec<MappedBeat<'_>>]) -> Vec<u8> {
    let last = node.bytes.split(|byte| *byte == b'\n').count() - usize::from(node.bytes.ends_with(b"\n"));
    let blocks = &node.source.blocks;
    let block = |(at, block): (usize, &crate::source::Block)| MappedBlock {
        beats: beats.get(at).map_or(&[], Vec::as_slice),
        // Between two Blocks is the divider.
        end: blocks.get(at + 1).map_or(last, |next| next.line.saturating_sub(2)).max(block.line),
        id: format!("{}#{}", node.id, block.id),
        start: block.line,
    };
    let blocks = blocks.iter().enumerate().map(block).collect();
    bytes(&SourceMap { blocks, id: &node.id, path: &node.path, version: super::VERSION })
}

#[cfg(test)]
mod tests {
    use super::source_map_file;

    #[test]
    fn a_map_is_called_by_its_source_in_one_segment() {
        assert_eq!(source_map_file("labs/chess/index.demo"), "source-maps/labs%2Fchess%2Findex.demo.json");
        assert_eq!(source_map_file("a b/é#(1)"), "source-maps/a%20b%2F%C3%A9%23(1).json");
    }
}
