//! At the end of a page: what is related to it, and where it is linked from.

use super::{NavItem, push};
use crate::text::html;

/// The most links that are shown at once.
const SHOWN: usize = 20;
/// The most links of one list; further ones are only counted.
const MAX_LINKS: usize = 200;

/// The lists, or nothing if both are empty.
pub(crate) fn links(related: &[NavItem], backlinks: &[NavItem]) -> String {
    let mut out = String::new();
    if related.is_empty() && backlinks.is_empty() {
        return out;
    }
    out.push_str("<aside class=\"pmx-links\" aria-label=\"Related pages\">\n");
    for (title, items) in [("Related", related), ("Linked from", backlinks)] {
        if !items.is_empty() {
            push(&mut out, &["<section><h2>", title, "</h2>"]);
            let (first, more) = items.split_at(items.len().min(SHOWN));
            list(&mut out, first);
            if !more.is_empty() {
                push(&mut out, &["<details><summary>", &more.len().to_string(), " more</summary>"]);
                list(&mut out, &more[..more.len().min(MAX_LINKS - SHOWN)]);
                out.push_str("</details>");
            }
            out.push_str("</section>\n");
        }
    }
    out.push_str("</aside>\n");
    out
}

fn list(out: &mut String, items: &[NavItem]) {
    out.push_str("<ul>");
    for item in items {
        push(out, &["<li><a href=\"", &html::escape(&item.address), "\">", &html::escape(&item.title), "</a></li>"]);
    }
    out.push_str("</ul>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_links_are_folded_and_too_many_counted() {
        let items: Vec<NavItem> = (0..500)
            .map(|n| NavItem { id: n.to_string(), title: format!("<{n}>"), address: format!("/{n}") })
            .collect();
        assert_eq!(links(&[], &[]), "");
        let one = links(&items[..1], &[]);
        assert!(
            one.contains("<section><h2>Related</h2><ul><li><a href=\"/0\">&lt;0&gt;</a></li></ul></section>"),
            "{one}"
        );
        assert!(!one.contains("Linked from") && !one.contains("<details>"));
        let many = links(&[], &items);
        assert!(many.contains("</ul><details><summary>480 more</summary><ul><li><a href=\"/20\">"), "{many}");
        assert_eq!(many.matches("<li>").count(), MAX_LINKS);
    }
}
