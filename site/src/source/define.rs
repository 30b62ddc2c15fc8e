//! The components that a Source defines: what [`components::define`] is told of each Block.

use super::{
    Link,
    blocks::Block,
    components::{self, Definition, DefinitionBlock, Fence},
    definitions,
    lines::Lines,
};
use crate::diagnostic::{Diagnostic, Position};
use comrak::nodes::{AstNode, NodeValue};
use serde_json::{Map, Value};

/// Endings of files that define components.
const ENDINGS: [&str; 2] = [".component.md", ".components.md"];

/// What a Block holds besides its HTML.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// The text of its first heading.
    heading: Option<String>,
    /// Language, text, and the line of the Source at which the text starts.
    fences: Vec<(String, String, usize)>,
}

/// Whether a Source defines components: its name says so, or `parseComponents`.
pub(crate) fn defines(path: &str, values: &Map<String, Value>) -> bool {
    let says = values.get("parseComponents").and_then(Value::as_bool);
    says.unwrap_or_else(|| ENDINGS.iter().any(|ending| path.ends_with(ending)))
}

impl Code {
    pub(super) fn of<'a>(nodes: &[&'a AstNode<'a>], lines: &Lines<'_>) -> Self {
        let mut code = Self::default();
        for node in nodes {
            let data = node.data();
            match &data.value {
                NodeValue::Heading(_) if code.heading.is_none() => {
                    code.heading = Some(node.collect_text().trim().to_owned()).filter(|text| !text.is_empty());
                }
                NodeValue::CodeBlock(block) if block.fenced => {
                    let language = block.info.split_whitespace().next().unwrap_or_default().to_owned();
                    let line = lines.position(data.sourcepos.start.line + 1, 1).line;
                    code.fences.push((language, block.literal.clone(), line));
                }
                _ => {}
            }
        }
        code
    }
}

/// The definitions of a Source. What they link to joins `links`.
pub(super) fn define(
    path: &str,
    values: &Map<String, Value>,
    blocks: &[(Block, Code)],
    listed: &[definitions::DefinitionLine],
    links: &mut Vec<Link>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Definition> {
    let file_name = path.rsplit('/').next().unwrap_or(path);
    let is_template = |(language, ..): &(String, String, usize)| language.eq_ignore_ascii_case("html");
    let templates = blocks.iter().filter(|(_, code)| code.fences.iter().any(is_template)).count();
    let mut defined = Vec::new();
    for (at, (block, code)) in blocks.iter().enumerate() {
        let until = blocks.get(at + 1).map_or(usize::MAX, |(next, _)| next.line);
        let fences: Vec<Fence<'_>> =
            code.fences.iter().map(|(language, text, line)| Fence { language, text, line: *line }).collect();
        let resources: Vec<(&str, &str, Position)> = listed
            .iter()
            .filter(|definition| (block.line..until).contains(&definition.position.line))
            .map(|definition| (definition.label.as_str(), definition.target.as_str(), definition.position))
            .collect();
        let told = DefinitionBlock {
            values: &block.values,
            source_values: values,
            heading: code.heading.as_deref(),
            file_name,
            only: templates == 1,
            fences: &fences,
            resources: &resources,
            line: block.line,
        };
        defined.extend(components::define(&told, links, findings));
    }
    findings.extend(components::duplicates(&defined));
    defined
}
