//! One walk over the tree for everything that must be known before it is written.

use super::{
    blocks::is_divider,
    lines::{Lines, Walked},
    markup::{self, NoTag, OpenElements},
};
use crate::{
    diagnostic::Diagnostic,
    text::html::{self, Form, Scanned},
};
use comrak::nodes::{AstNode, LineColumn, NodeHeading, NodeValue};

/// Elements whose text shows tags, if it has any.
const VERBATIM: [&str; 4] = ["code", "kbd", "pre", "samp"];

/// What the tree holds.
#[derive(Default)]
pub(super) struct Survey<'a> {
    /// Line, level and node of every heading, in order.
    pub headings: Vec<(usize, u8, &'a AstNode<'a>)>,
    /// Ids in raw HTML.
    pub ids: Vec<String>,
    /// Definitions of footnotes, in order.
    pub footnotes: Vec<&'a AstNode<'a>>,
    /// What begins like a tag and is none.
    pub no_tags: Vec<NoTag>,
    /// First and last line of each block of code.
    pub code: Vec<(usize, usize)>,
}

/// Walks the tree. What is left open is said: it hides what follows.
pub(super) fn survey<'a>(root: &'a AstNode<'a>, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) -> Survey<'a> {
    let mut survey = Survey::default();
    let mut open = OpenElements::default();
    // How many elements of code the text stands in that are written as HTML.
    let mut verbatim = 0_usize;
    for node in root.descendants() {
        let data = node.data();
        let start = data.sourcepos.start;
        if matches!(data.value, NodeValue::CodeBlock(_)) {
            let line = |number: usize| lines.position(number, 1).line;
            survey.code.push((line(start.line), line(data.sourcepos.end.line)));
        }
        match &data.value {
            NodeValue::Heading(NodeHeading { level, .. }) => {
                survey.headings.push((start.line, *level, node));
            }
            NodeValue::FootnoteDefinition(_) => survey.footnotes.push(node),
            NodeValue::HtmlBlock(block) => {
                let found = html::scan(&block.literal);
                open.read(&block.literal, &found.tags, start, lines);
                survey.attributes(&block.literal, found, start, lines, findings);
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
                let found = html::scan(literal);
                open.read(literal, &found.tags, start, lines);
                for tag in found.tags.iter().filter(|tag| VERBATIM.contains(&tag.name)) {
                    verbatim = if tag.form == Form::Start { verbatim + 1 } else { verbatim.saturating_sub(1) };
                }
                survey.attributes(literal, found, start, lines, findings);
            }
            NodeValue::Text(text) if verbatim == 0 && text.contains('<') => {
                markup::no_tags(lines, start, data.sourcepos.end, &mut survey.no_tags);
            }
            NodeValue::Paragraph => verbatim = 0,
            NodeValue::ThematicBreak if is_divider(node, lines) => open.end(findings),
            NodeValue::CodeBlock(code) if code.fenced && !code.closed => {
                let fence = char::from(code.fence_char).to_string().repeat(code.fence_length.min(20));
                let position = lines.position(start.line, start.column);
                let finding = Diagnostic::warning("source/unclosed-fence", position, "this code fence is never closed");
                findings.push(finding.hint(format!("end it with a line `{fence}`")));
            }
            _ => {}
        }
    }
    open.end(findings);
    survey
}

impl Survey<'_> {
    /// Looks at the attributes of a piece of HTML that begins at a place.
    fn attributes(
        &mut self,
        html: &str,
        scanned: Scanned<'_>,
        start: LineColumn,
        lines: &Lines<'_>,
        findings: &mut Vec<Diagnostic>,
    ) {
        let mut place = Walked::from(start);
        findings.extend(markup::imports(html, &scanned.parts, |at| {
            let (line, column) = place.to(lines, html, at);
            lines.position(line, column)
        }));
        let mut place = Walked::from(start);
        for attribute in scanned.attributes() {
            findings.extend(markup::base(&attribute, || {
                let (line, column) = place.to(lines, html, attribute.value.start);
                lines.position(line, column)
            }));
            let anchor = attribute.tag.eq_ignore_ascii_case("a") && attribute.name.eq_ignore_ascii_case("name");
            if anchor || attribute.name.eq_ignore_ascii_case("id") {
                self.ids.push(html::unescape(&html[attribute.value]).into_owned());
            }
        }
    }
}
