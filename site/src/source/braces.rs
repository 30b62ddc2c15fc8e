//! Braces that are no expression: of `\\{{ name }}` the backslash says that they stand for themselves.

use super::lines::Lines;
use comrak::{
    Arena,
    nodes::{Ast, AstNode, LineColumn, NodeValue},
};

/// What an expression begins with.
const OPEN: &str = "{{";

/// Parts texts between two braces of which one has a backslash before it: what looks for expressions looks at one text at a time.
pub(super) fn apart<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, body: &str) {
    if !body.contains("\\{") {
        return;
    }
    let lines = Lines::of(body, 1);
    let is_text = |node: &&'a AstNode<'a>| node.data().value.text().is_some_and(|text| text.contains(OPEN));
    for node in root.descendants().filter(is_text).collect::<Vec<_>>() {
        let (text, at) = match &*node.data() {
            Ast { value: NodeValue::Text(text), sourcepos, .. } => (text.clone().into_owned(), *sourcepos),
            _ => continue,
        };
        let (line, mut start) = (lines.get(at.start.line), at.start.column.saturating_sub(1));
        // The parser counts a backslash at the beginning of a text to what is before.
        if text.starts_with('{') && line.get(..start).is_some_and(|before| before.ends_with('\\')) {
            start -= 1;
        }
        let written = line.get(start..at.end.column);
        let Some(cuts) = written.filter(|_| at.start.line == at.end.line).and_then(|written| cuts(written, &text))
        else {
            continue;
        };
        let mut rest = (0, at.start);
        for (cut, column) in cuts {
            let middle = LineColumn { line: at.start.line, column: start + 1 + column };
            let mut before = at;
            (before.start, before.end) = (rest.1, LineColumn { column: middle.column.saturating_sub(1), ..middle });
            let value = NodeValue::Text(text[rest.0..cut].to_owned().into());
            node.insert_before(arena.alloc(Ast::new_with_sourcepos(value, before).into()));
            rest = (cut, middle);
        }
        let mut data = node.data_mut();
        data.value = NodeValue::Text(text[rest.0..].to_owned().into());
        data.sourcepos.start = rest.1;
    }
}

/// Where a text is parted, and the byte of what was written that this is; nothing, if it was written in yet another way.
fn cuts(written: &str, text: &str) -> Option<Vec<(usize, usize)>> {
    let mut plain = String::with_capacity(text.len());
    let mut cuts = Vec::new();
    // Whether the character before is a brace, and whether it had a backslash.
    let mut before = None;
    let mut characters = written.char_indices().peekable();
    while let Some((start, mut c)) = characters.next() {
        let escaped = c == '\\' && characters.peek().is_some_and(|(_, next)| next.is_ascii_punctuation());
        if escaped && let Some((_, next)) = characters.next() {
            c = next;
        }
        if c == '{' && before.is_some_and(|before| before || escaped) {
            cuts.push((plain.len(), start));
        }
        before = (c == '{').then_some(escaped);
        plain.push(c);
    }
    (plain == text && !cuts.is_empty()).then_some(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_where_a_backslash_stands() {
        for (written, text, expected) in [
            ("a \\{{ x }}", "a {{ x }}", Some(vec![(3, 4)])),
            ("{\\{ x }} {{ y }}", "{{ x }} {{ y }}", Some(vec![(1, 1)])),
            ("\\\\{{ x }}", "\\{{ x }}", None),
            ("{{ x }} \\* \\{ y", "{{ x }} * { y", None),
            ("&#123;\\{ x", "{{ x", None),
            ("é\\{\\{", "é{{", Some(vec![(3, 4)])),
        ] {
            assert_eq!(cuts(written, text), expected, "{written}");
        }
    }
}
