//! Link reference definitions. The Markdown parser keeps those that are used and drops their places; PathMX gives the
//! others a meaning (`[@styles]: ./x.css`), so they are read here, from the lines that the tree leaves to paragraphs.

use super::lines::Lines;
use crate::diagnostic::Position;
use comrak::nodes::{AstNode, NodeValue};

/// `[label]: target`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DefinitionLine {
    pub label: String,
    pub target: String,
    pub position: Position,
}

/// All definitions at the start of a paragraph of the document itself, in order.
pub(super) fn definitions<'a>(root: &'a AstNode<'a>, lines: &Lines<'_>) -> Vec<DefinitionLine> {
    let mut taken = vec![false; lines.count() + 2];
    for node in root.children() {
        let data = node.data();
        if !matches!(data.value, NodeValue::Paragraph) {
            let end = data.sourcepos.end.line.min(lines.count());
            for line in &mut taken[data.sourcepos.start.line.min(end)..=end] {
                *line = true;
            }
        }
    }
    let mut found = Vec::new();
    let mut may_start = true;
    let mut number = 1;
    while number <= lines.count() {
        let mut used = 1;
        if taken[number] || lines.is_blank(number) {
            may_start = true;
        } else if may_start {
            match definition(lines, number) {
                Some((definition, length)) => {
                    used = length;
                    found.extend(definition);
                }
                None => may_start = false,
            }
        }
        number += used;
    }
    found
}

/// The definition at this line and how many lines it takes; a footnote's is none of ours, but no paragraph either.
fn definition(lines: &Lines<'_>, number: usize) -> Option<(Option<DefinitionLine>, usize)> {
    let line = lines.get(number);
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    if indent > 3 {
        return None;
    }
    let end = label_end(text)?;
    let label = &text[1..end];
    let rest = text[end + 1..].strip_prefix(':')?.trim();
    let (rest, used) = if rest.is_empty() { (lines.get(number + 1).trim(), 2) } else { (rest, 1) };
    let target = match rest.strip_prefix('<') {
        Some(inside) => inside.split_once('>')?.0,
        None => rest.split([' ', '\t']).next().filter(|target| !target.is_empty())?,
    };
    let definition = (!label.starts_with('^')).then(|| DefinitionLine {
        label: label.trim().to_owned(),
        target: target.to_owned(),
        position: lines.position(number, indent + 1),
    });
    Some((definition, used))
}

fn label_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.strip_prefix('[')?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => return None,
            ']' => return (!text[1..=at].trim().is_empty()).then_some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use comrak::Arena;

    fn found(body: &str) -> Vec<(String, String, usize)> {
        let arena = Arena::new();
        let root = comrak::parse_document(&arena, body, &super::super::options(&crate::Settings::default()));
        let all = definitions(root, &Lines::of(body, 1));
        all.into_iter().map(|d| (d.label, d.target, d.position.line)).collect()
    }

    #[test]
    fn a_definition_starts_a_paragraph_and_stands_in_no_code() {
        let body = "# T\n[@a]: ./a.md\n[@b]: <./b c.md> \"t\"\ntext\n[@no]: ./no.md\n\n```\n\n[@no]: x\n```\n\n\
                    [@c]:\n  ./c.md\n\n[^1]: note\n\n<div>\n[@no]: x\n</div>\n\n   [@d.e]: d.css\n\n    [@no]: x\n";
        let expected = [("@a", "./a.md", 2), ("@b", "./b c.md", 3), ("@c", "./c.md", 12), ("@d.e", "d.css", 21)];
        assert_eq!(found(body), expected.map(|(l, t, n)| (l.to_owned(), t.to_owned(), n)));
    }
}
