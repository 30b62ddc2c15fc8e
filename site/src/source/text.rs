//! The words of a node, as a reader sees them.

use comrak::nodes::AstNode;

/// Text without markup and without icons, spaces collapsed.
pub(super) fn of<'a>(node: &'a AstNode<'a>) -> String {
    let text = node.collect_text();
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
        let after = &rest[at + ICON.len()..];
        let name = after.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')).unwrap_or(0);
        let label = after[name..].strip_prefix('[').and_then(|rest| {
            let end = rest.find(['[', ']']).filter(|end| rest[*end..].starts_with("]:"))?;
            Some((&rest[..end], &rest[end + 2..]))
        });
        rest = if name > 0 && after[name..].starts_with(':') {
            &after[name + 1..]
        } else if name > 0
            && let Some((label, rest)) = label
        {
            out.push_str(label);
            rest
        } else {
            out.push_str(ICON);
            after
        };
    }
    out.push_str(rest);
    out
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
