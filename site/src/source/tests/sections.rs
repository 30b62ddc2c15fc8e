//! Which links stand under which heading.

use super::parse;

/// The sections, each indented by its depth, with the targets of the links that stand in it; first those before all sections.
fn sections(text: &str) -> String {
    let source = parse(text.as_bytes());
    let end = |next: usize| source.sections.get(next).map_or(source.links.len(), |section| section.first);
    let links = |from: usize, to: usize| {
        source.links[from..to]
            .iter()
            .map(|link| format!(" {}", link.target.trim_start_matches("./")))
            .collect::<String>()
    };
    let mut out = format!("-{}\n", links(0, end(0)));
    for (index, section) in source.sections.iter().enumerate() {
        let (indent, mark) = ("  ".repeat(section.depth.into()), if section.is_link { "@" } else { "" });
        out += &format!("{indent}{mark}{}:{}\n", section.title, links(section.first, end(index + 1)));
    }
    out
}

#[test]
fn links_stand_under_the_heading_before_them() {
    for (text, expected) in [
        ("Only [a](./a.md) and [b](./b.md)\n", "- a.md b.md\n"),
        (
            "# Title\n\n[a](./a.md)\n\n## One\n\n- [b](./b.md)\n\n## Two\n\n- [c](./c.md)\n",
            "- a.md\nOne: b.md\nTwo: c.md\n",
        ),
        // Blocks do not matter, and neither does how a heading is written.
        ("# Title\n\n---\n\nOne\n---\n\n[a](./a.md)\n\n---\n\n## Two ##\n\n[b](./b.md)\n", "-\nOne: a.md\nTwo: b.md\n"),
        // Levels nest, also where some are left out, and what is deeper than the list shows belongs to what is around it.
        (
            "# T\n\n## A\n\n#### A1\n\n[a](./a.md)\n\n##### A2\n\n[b](./b.md)\n\n###### A3\n\n[c](./c.md)\n\n### B\n\n[d](./d.md)\n",
            "-\nA:\n  A1: a.md\n    A2: b.md c.md\n  B: d.md\n",
        ),
        // What holds no link is no section.
        ("# T\n\n## Words\n\nNone.\n\n### Below\n\nNone.\n\n## A\n\n[a](./a.md)\n\n## End\n", "-\nA: a.md\n"),
        ("# T\n\n## A\n\n![a](./a.png)\n\n[@styles]: ./x.css\n", "- a.png x.css\n"),
        // Only the one heading of the highest rank names the whole.
        ("# One\n\n[a](./a.md)\n\n# Two\n\n[b](./b.md)\n", "-\nOne: a.md\nTwo: b.md\n"),
        ("---\ntitle: Course\n---\n\n## Weeks\n\n[a](./a.md)\n", "-\nWeeks: a.md\n"),
        ("---\ntitle: Course\n---\n\n# Welcome\n\n[a](./a.md)\n", "- a.md\n"),
        ("## Weeks\n\n[a](./a.md)\n\n### One\n\n[b](./b.md)\n", "- a.md\nOne: b.md\n"),
        // A heading may be the link itself, have icons and markup, or be no heading of the text.
        (
            "# T\n\n## [Week *one*](./a.md)\n\n[b](./b.md)\n\n## [c](./c.md) or [d](./d.md)\n",
            "-\n@Week one: a.md b.md\nc or d: c.md d.md\n",
        ),
        ("# T\n\n## :lucide-book: Read `it`\n\n[a](./a.md)\n", "-\nRead it: a.md\n"),
        ("# T\n\n> ## Said\n>\n> [a](./a.md)\n\n- ## Listed\n\n  [b](./b.md)\n", "- a.md b.md\n"),
        ("# T\n\n## A\n\n> ## [x](./x.md)\n\n[a](./a.md)\n", "-\nA: x.md a.md\n"),
        ("# T\n\n##\n\n[a](./a.md)\n\n## ![A picture](./p.png)\n\n[[b]]\n", "- a.md\nA picture: p.png b\n"),
    ] {
        assert_eq!(sections(text), expected, "{text}");
    }
}

#[test]
fn a_long_heading_is_cut_in_lists() {
    let text = format!("# T\n\n## {}\n\n[a](./a.md)\n", "Donaudampfschifffahrt ".repeat(100));
    let source = parse(text.as_bytes());
    let title = &source.sections[0].title;
    assert!(title.chars().count() <= 120 && title.ends_with('…'), "{title}");
}

#[test]
fn pages_depend_on_a_heading_that_only_lists_show_otherwise() {
    let of = |heading: &str| parse(format!("# T\n\n## {heading}\n\n[a](./a.md)\n").as_bytes());
    let (before, after) = (of("Weeks"), of("Weeks!"));
    assert_eq!(before.anchors, after.anchors);
    assert_ne!(before.outline(), after.outline());
}
