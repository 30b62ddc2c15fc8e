//! Data at the top of a Block: an HTML comment whose body is a YAML mapping, or bare `key: value` lines.

use super::lines::Lines;
use crate::{
    diagnostic::Diagnostic,
    text::{cures, yaml},
};
use comrak::nodes::{AstNode, NodeValue};
use serde_json::{Map, Value};

/// Keys that mean something to PathMX. Bare lines need one of them, so that prose stays prose.
pub(super) const KNOWN: [&str; 12] = [
    "type",
    "id",
    "title",
    "tags",
    "date",
    "styles",
    "play",
    "actions",
    "question",
    "response",
    "submission",
    "componentName",
];

/// Those of them that a comment has for nothing else.
const OF_BLOCKS: [&str; 8] = ["type", "id", "play", "actions", "question", "response", "submission", "componentName"];

/// The topmatter in the first node of a Block. `None`: the node is content.
pub(super) fn topmatter<'a>(
    node: &'a AstNode<'a>,
    lines: &Lines<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Map<String, Value>> {
    let data = node.data();
    let (first, last) = (data.sourcepos.start.line, data.sourcepos.end.line);
    match &data.value {
        NodeValue::HtmlBlock(html) => {
            let body = html.literal.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
            if body.contains("-->") {
                return None;
            }
            // Behind `<!-- `, the first line is one space further in than those below it.
            let read =
                yaml::mapping(body).or_else(|error| yaml::mapping(body.trim_start_matches(' ')).map_err(|_| error));
            match read {
                Ok(map) if !map.is_empty() => Some(map),
                Ok(_) => None,
                Err(error) => {
                    if body.trim_start().split(':').next().is_some_and(|key| KNOWN.contains(&key)) {
                        let start = lines.position(first, 1);
                        let place = error.position.within(start);
                        let message = format!("this comment looks like topmatter but is no YAML: {}", error.message);
                        let finding = Diagnostic::warning("block/topmatter", place, message);
                        findings.push(match cures::cure(body, error.position.line) {
                            Some(cure) => finding.hint(cure),
                            None => finding,
                        });
                    }
                    None
                }
            }
        }
        NodeValue::Paragraph => {
            let text = lines.text(first, last);
            if !text.lines().next().is_some_and(starts_with_key) {
                return None;
            }
            let map = yaml::mapping(&text).ok()?;
            map.keys().any(|key| KNOWN.contains(&key.as_str())).then_some(map)
        }
        _ => None,
    }
}

/// Says that a comment would be topmatter, stood it at the top of its Block.
pub(super) fn late(node: &AstNode<'_>, lines: &Lines<'_>) -> Option<Diagnostic> {
    let data = node.data();
    let NodeValue::HtmlBlock(html) = &data.value else { return None };
    let body = html.literal.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    let key = body.trim_start().split(':').next().filter(|key| OF_BLOCKS.contains(key))?;
    if body.contains("-->") || yaml::mapping(body.trim_start_matches(' ')).is_err() {
        return None;
    }
    let message = format!("`{key}` is not read here: it is not at the top of its Block");
    let hint = "move the comment above the heading; a line `---` begins another Block";
    Some(Diagnostic::warning("block/topmatter", lines.position(data.sourcepos.start.line, 1), message).hint(hint))
}

fn starts_with_key(line: &str) -> bool {
    let Some((key, rest)) = line.split_once(':') else { return false };
    !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && (rest.is_empty() || rest.starts_with([' ', '\t']))
}
