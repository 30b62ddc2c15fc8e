//! One walk over the tree for everything that must be known before it is written.

use super::{lines::Lines, text};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::{dom::is_raw_text, html},
};
use comrak::nodes::{AstNode, NodeHeading, NodeValue};

/// The longest name of an element whose content is no markup, in bytes: `plaintext`.
const LONGEST_RAW: usize = 9;

/// What the tree holds.
#[derive(Default)]
pub(super) struct Survey<'a> {
    /// Line, level and text of every heading, in order.
    pub headings: Vec<(usize, u8, String)>,
    /// Ids in raw HTML.
    pub ids: Vec<String>,
    /// Definitions of footnotes, in order.
    pub footnotes: Vec<&'a AstNode<'a>>,
    /// First and last line of each block of code.
    pub code: Vec<(usize, usize)>,
}

/// Walks the tree. What is left open is said: it hides the rest of the Source.
pub(super) fn survey<'a>(root: &'a AstNode<'a>, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) -> Survey<'a> {
    let mut survey = Survey::default();
    // An element whose content is no markup, that was not closed yet.
    let mut raw: Option<(String, Position)> = None;
    for node in root.descendants() {
        let data = node.data();
        let start = data.sourcepos.start;
        if matches!(data.value, NodeValue::CodeBlock(_)) {
            let line = |number: usize| lines.position(number, 1).line;
            survey.code.push((line(start.line), line(data.sourcepos.end.line)));
        }
        match &data.value {
            NodeValue::Heading(NodeHeading { level, .. }) => {
                survey.headings.push((start.line, *level, text::of(node)));
            }
            NodeValue::FootnoteDefinition(_) => survey.footnotes.push(node),
            NodeValue::HtmlBlock(block) => {
                ids(&block.literal, &mut survey.ids);
                raw_text(&block.literal, || lines.position(start.line, start.column), &mut raw);
                let literal = block.literal.trim_start();
                if literal.starts_with("<!--") && !literal.contains("-->") {
                    let position = lines.position(start.line, start.column);
                    let message = "this comment is never closed and hides the rest of the Source";
                    findings.push(
                        Diagnostic::warning("source/unclosed-comment", position, message).hint("end it with `-->`"),
                    );
                }
            }
            NodeValue::HtmlInline(literal) => {
                ids(literal, &mut survey.ids);
                raw_text(literal, || lines.position(start.line, start.column), &mut raw);
            }
            NodeValue::CodeBlock(code) if code.fenced && !code.closed => {
                let fence = char::from(code.fence_char).to_string().repeat(code.fence_length.min(20));
                let position = lines.position(start.line, start.column);
                let finding = Diagnostic::warning("source/unclosed-fence", position, "this code fence is never closed");
                findings.push(finding.hint(format!("end it with a line `{fence}`")));
            }
            _ => {}
        }
    }
    if let Some((name, position)) = raw {
        let message = format!("`<{name}>` is never closed and hides what follows in its Block");
        let finding = Diagnostic::warning("source/unclosed-element", position, message);
        findings.push(finding.hint(format!("end it with `</{name}>`, or write `&lt;{name}>` for the words")));
    }
    survey
}

/// Looks which element with other content than markup a piece of HTML leaves open, or closes.
fn raw_text(html: &str, position: impl Fn() -> Position, open: &mut Option<(String, Position)>) {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--").filter(|_| open.is_none()) {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        let (ends, tag) = rest.strip_prefix('/').map_or((false, rest), |tag| (true, tag));
        let length = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        if length > LONGEST_RAW {
            continue;
        }
        let name = tag[..length].to_ascii_lowercase();
        match open {
            Some((opened, _)) if ends && *opened == name => *open = None,
            None if !ends && is_raw_text(&name) => *open = Some((name, position())),
            _ => {}
        }
    }
}

fn ids(text: &str, found: &mut Vec<String>) {
    // Most tags have neither, and the scan is not free.
    if !text.contains("id") && !text.contains("ID") && !text.contains("name") && !text.contains("Id") {
        return;
    }
    for attribute in html::attributes(text) {
        let anchor = attribute.tag.eq_ignore_ascii_case("a") && attribute.name.eq_ignore_ascii_case("name");
        if anchor || attribute.name.eq_ignore_ascii_case("id") {
            found.push(html::unescape(&text[attribute.value]).into_owned());
        }
    }
}
