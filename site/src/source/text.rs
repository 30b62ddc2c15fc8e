//! The words of a node, as a reader sees them.

use comrak::nodes::{AstNode, NodeValue};

/// Text without markup and without icons, spaces collapsed.
pub(super) fn of<'a>(node: &'a AstNode<'a>) -> String {
    plain(node.collect_text())
}

/// The same with something else for each run of text that is no code.
pub(super) fn with<'a>(node: &'a AstNode<'a>, shown: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for inner in node.descendants() {
        match &inner.data().value {
            NodeValue::Text(text) => out.push_str(shown(text).as_deref().unwrap_or(text)),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::Math(math) => out.push_str(&math.literal),
            NodeValue::LineBreak | NodeValue::SoftBreak => out.push(' '),
            _ => {}
        }
    }
    plain(out)
}

/// Without icons, and with single spaces.
fn plain(text: String) -> String {
    let text = if text.contains(ICON) { without_icons(&text) } else { text };
    if text.contains(['\n', '\t']) || text.contains("  ") || text.starts_with(' ') || text.ends_with(' ') {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

const ICON: &str = ":lucide-";

/// Drops `:lucide-name:`; of `:lucide-name[Label]:` the label stays.
fn without_icons(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ICON) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, label) = icon(rest).unwrap_or((ICON.len(), ICON));
        out.push_str(label);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The icon that a text begins with: its length, and its label.
pub(crate) fn icon(text: &str) -> Option<(usize, &str)> {
    let after = text.strip_prefix(ICON)?;
    let name = after.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')).unwrap_or(0);
    let rest = after.get(name..).filter(|_| name > 0)?;
    if rest.starts_with(':') {
        return Some((ICON.len() + name + 1, ""));
    }
    let inside = rest.strip_prefix('[')?;
    let end = inside.find(['[', ']']).filter(|end| inside[*end..].starts_with("]:"))?;
    Some((ICON.len() + name + end + 3, &inside[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_no_words() {
        assert_eq!(without_icons(":lucide-a-b: One :lucide-x[Info]: two :lucide-no"), " One Info two :lucide-no");
        assert_eq!(without_icons(":lucide-a[b[c]: :lucide-é"), ":lucide-a[b[c]: :lucide-é");
    }
}
