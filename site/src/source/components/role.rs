//! What may stand in `role`. Authors call props so, too: the role of a person in a team is none of an element.

use crate::text::dom::Element;

/// What a root says instead of `role` when a usage gives a prop of this name that is no role; the component's script reads it.
const PROP: &str = "data-pathmx-prop-role";

/// The roles that authors may use: WAI-ARIA 1.2 §5.4 without the abstract ones, those that its 1.3 draft adds, WAI-ARIA Graphics
/// 1.0. Those of DPUB-ARIA 1.1 all begin with `doc-`.
const ROLES: &[&str] = &[
    "alert",
    "alertdialog",
    "application",
    "article",
    "banner",
    "blockquote",
    "button",
    "caption",
    "cell",
    "checkbox",
    "code",
    "columnheader",
    "combobox",
    "comment",
    "complementary",
    "contentinfo",
    "definition",
    "deletion",
    "dialog",
    "directory",
    "document",
    "emphasis",
    "feed",
    "figure",
    "form",
    "generic",
    "graphics-document",
    "graphics-object",
    "graphics-symbol",
    "grid",
    "gridcell",
    "group",
    "heading",
    "image",
    "img",
    "insertion",
    "link",
    "list",
    "listbox",
    "listitem",
    "log",
    "main",
    "mark",
    "marquee",
    "math",
    "menu",
    "menubar",
    "menuitem",
    "menuitemcheckbox",
    "menuitemradio",
    "meter",
    "navigation",
    "none",
    "note",
    "option",
    "paragraph",
    "presentation",
    "progressbar",
    "radio",
    "radiogroup",
    "region",
    "row",
    "rowgroup",
    "rowheader",
    "scrollbar",
    "search",
    "searchbox",
    "sectionfooter",
    "sectionheader",
    "separator",
    "slider",
    "spinbutton",
    "status",
    "strong",
    "subscript",
    "suggestion",
    "superscript",
    "switch",
    "tab",
    "table",
    "tablist",
    "tabpanel",
    "term",
    "textbox",
    "time",
    "timer",
    "toolbar",
    "tooltip",
    "tree",
    "treegrid",
    "treeitem",
];
/// With `doc-` before them, the roles of DPUB-ARIA 1.1.
const PUBLISHING: &[&str] = &[
    "abstract",
    "acknowledgments",
    "afterword",
    "appendix",
    "backlink",
    "biblioentry",
    "bibliography",
    "biblioref",
    "chapter",
    "colophon",
    "conclusion",
    "cover",
    "credit",
    "credits",
    "dedication",
    "endnote",
    "endnotes",
    "epigraph",
    "epilogue",
    "errata",
    "example",
    "footnote",
    "foreword",
    "glossary",
    "glossref",
    "index",
    "introduction",
    "noteref",
    "notice",
    "pagebreak",
    "pagefooter",
    "pageheader",
    "pagelist",
    "part",
    "preface",
    "prologue",
    "pullquote",
    "qna",
    "subtitle",
    "tip",
    "toc",
];

/// Takes the role of a root away that is none. What it was stays as a prop.
pub(super) fn check(root: &mut Element<'_>) {
    if root.attr("role").is_some_and(|role| !is_role(role))
        && let Some(role) = root.remove("role")
    {
        root.set(PROP, role.value.unwrap_or_default());
    }
}

/// Whether all words are roles; there may be several, of which a browser takes the first that it knows.
fn is_role(value: &str) -> bool {
    let mut words = value.split_ascii_whitespace().map(str::to_ascii_lowercase).peekable();
    words.peek().is_some()
        && words.all(|word| match word.strip_prefix("doc-") {
            Some(word) => PUBLISHING.contains(&word),
            None => ROLES.contains(&&*word),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_those_of_the_standards() {
        for role in ["button", "List", "none presentation", "doc-noteref", "graphics-symbol img"] {
            assert!(is_role(role), "{role}");
        }
        // `widget` and `command` are abstract.
        for no in
            ["", " ", "Lead developer", "teacher", "button teacher", "widget", "command", "doc-", "doc-x", "&quot;"]
        {
            assert!(!is_role(no), "{no}");
        }
    }
}
