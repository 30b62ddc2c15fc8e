//! The words of a node, as a reader sees them.

use super::media::{Caption, Medium};
use comrak::{
    arena_tree::NodeEdge,
    nodes::{AstNode, NodeValue},
};

/// Text without markup and without icons, spaces collapsed.
pub(super) fn of<'a>(node: &'a AstNode<'a>) -> String {
    with(node, |_| None)
}

/// The same with something else for each run of text that is no code.
pub(super) fn with<'a>(node: &'a AstNode<'a>, shown: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut edges = node.traverse();
    while let Some(edge) = edges.next() {
        let NodeEdge::Start(inner) = edge else { continue };
        match &inner.data().value {
            NodeValue::Text(text) => out.push_str(shown(text).as_deref().unwrap_or(text)),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::Math(math) => out.push_str(&math.literal),
            NodeValue::LineBreak | NodeValue::SoftBreak => out.push(' '),
            NodeValue::WikiLink(link) if link.embed && Medium::of(&link.url).is_some() => {
                out.push_str(Caption::of(&label(inner), &link.url).words);
                // What stands in it is its caption.
                edges.by_ref().find(|edge| matches!(edge, NodeEdge::End(end) if end.same_node(inner)));
            }
            _ => {}
        }
    }
    plain(out)
}

/// What stands behind the bar of `![[name|words]]`, its size too.
pub(super) fn label<'a>(medium: &'a AstNode<'a>) -> String {
    plain(medium.collect_text())
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
