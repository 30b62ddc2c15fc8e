use super::*;

fn html(source: &Source) -> Vec<String> {
    let write = |block: &Block| {
        let mut out = String::new();
        fill(&block.html, &mut out, |link| &source.links[link].target);
        out
    };
    source.blocks.iter().map(write).collect()
}

fn ids(text: &str) -> Vec<String> {
    parse(text.as_bytes()).blocks.into_iter().map(|block| block.id).collect()
}

#[test]
fn only_an_isolated_divider_ends_a_block() {
    assert_eq!(ids("# A\n\n---\n\n## B\n\n***\n\ntext\n\n---\n\nlast\n"), ["block:a", "block:b", "block:3"]);
    assert_eq!(ids("A\n---\n\n```\n\n---\n\n```\n\n~~~~md\n\n```\n\n---\n\n```\n\n~~~~\n"), ["block:a"]);
    assert_eq!(ids("- a\n\n  ---\n\n  b\n\n<!--\n\n---\n\n-->\n\n> x\n>\n> ---\n>\n> y\n"), ["block:1"]);
    assert_eq!(ids("a\n\n----\n\nb\n\n- - -\n\nc\n"), ["block:1"]);
    assert_eq!(ids("a\r\n\r\n---\r\n\r\nb\r\n"), ["block:1", "block:2"]);
    assert_eq!(ids(""), ["block:1"]);
    assert_eq!(ids("\n\n---\n\n---\n\n"), ["block:1"]);
}

#[test]
fn topmatter_is_read_and_not_shown() {
    let source = parse(
        b"<!-- id: opening -->\n# A\n\n---\n\n[@styles]: ./x.css\n\n<!--\ntype: note\nstyles:\n  classes: [wide, pmx-no, wide]\n\
          -->\n\nText\n\n---\n\nid: compact\ntitle: T\n\nProse\n\n---\n\nnote: this is prose\n\n---\n\n<!-- just words -->\n\nx\n",
    );
    let ids: Vec<&str> = source.blocks.iter().map(|block| block.id.as_str()).collect();
    assert_eq!(ids, ["opening", "block:2", "compact", "block:4", "block:5"]);
    assert_eq!(source.blocks[1].classes, ["wide"]);
    let html = html(&source);
    assert_eq!(html[0], "<h1 id=\"a\">A</h1>\n");
    assert_eq!(html[1], "<p>Text</p>\n");
    assert_eq!(html[2], "<p>Prose</p>\n");
    assert_eq!(html[3], "<p>note: this is prose</p>\n");
    assert_eq!(source.title.as_deref(), Some("A"));
    assert_eq!(source.description.as_deref(), Some("Text"));
    assert_eq!(source.findings, []);
}

#[test]
fn ids_are_unique_in_a_page() {
    let source = parse(b"<a id=\"again\"></a>\n\n# Again\n\n## Again\n\n---\n\n<!-- id: twice -->\n\nx\n\n---\n\n<!-- id: twice -->\n\n# Twice\n\n# \xc3\x9cber *uns*!\n");
    let html = html(&source).concat();
    for id in ["again-1", "again-2", "twice-2", "über-uns"] {
        assert!(html.contains(&format!(" id=\"{id}\"")), "{id} in {html}");
    }
    assert_eq!(source.findings.len(), 1);
    assert_eq!((source.findings[0].code, source.findings[0].line), ("block/duplicate-id", 15));
}

#[test]
fn markdown_comes_out_as_promised() {
    let source = parse(
        b"| a | b |\n|--:|---|\n| 1 | [x](./x.md \"t\") |\n\n```rust [1|2]\n<x>\n```\n\n- [x] done *it*\n- [ ] \n\n![alt *x*](a.png)  \n<https://x.y/?a=b&c>\n\nnote[^1]\n\n[^1]: Foot.\n",
    );
    let html = html(&source).concat();
    for part in [
        "<div class=\"pmx-table-scroll\">\n<table>",
        "<th style=\"text-align:right\">a</th>",
        "<a href=\"./x.md\" title=\"t\">x</a>",
        "</table>\n</div>",
        "<div class=\"pmx-code-block\"><pre><code class=\"language-rust\">&lt;x&gt;\n</code></pre></div>",
        "<li class=\"task-list-item\"><input type=\"checkbox\" disabled checked aria-label=\"done it\"> done <em>it</em></li>",
        "<img src=\"a.png\" alt=\"alt x\"><br>",
        "<a href=\"https://x.y/?a=b&amp;c\">",
        "<section class=\"footnotes\"",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn addresses_in_raw_html_become_links_and_the_rest_stays() {
    let text = "<project-feature href='./a.md'\n  data-x=\"1\">\n\n<b title=x>and <a href=./b.md#f>b</a></b>\n\n<img srcset=\"a.png 1x, b.png 2x\" src=\"c&amp;d.png\">\n<!-- <a href=\"no.md\"> -->\n\n`<a href=\"no.md\">`\n";
    let source = parse(text.as_bytes());
    let targets: Vec<_> = source.links.iter().map(|l| (l.target.as_str(), l.position.line)).collect();
    assert_eq!(targets, [("./a.md", 1), ("./b.md#f", 4), ("a.png", 6), ("b.png", 6), ("c&d.png", 6)]);
    let html = html(&source).concat();
    assert!(html.contains("<project-feature href='./a.md'\ndata-x=\"1\">"), "{html}");
    assert!(html.contains("<b title=x>and <a href=\"./b.md#f\">b</a></b>"), "{html}");
    assert!(html.contains("srcset=\"a.png 1x, b.png 2x\" src=\"c&amp;d.png\""), "{html}");
}

#[test]
fn an_include_stands_beside_paragraphs() {
    let source = parse(
        b"[@include: A *b*](./a.md#x)\n\none [@include](b.md) two\n\n[Note][@include.note] and [x](x.md)\n\n- [@include: L](l.md)\n\n*[@include: no](c.md)*\n\n[@include.note]: ./n.md\n",
    );
    let tag = |n: usize, target: &str, label: &str| {
        format!("<pmx-include data-link=\"{target}\" data-n=\"{n}\" data-label=\"{label}\"></pmx-include>")
    };
    let html = html(&source).concat();
    for part in [
        &*format!("{}\n<p>one </p>\n{}\n<p> two</p>\n", tag(0, "./a.md#x", "A b"), tag(1, "b.md", "")),
        &format!("{}\n<p> and <a href=\"x.md\">x</a></p>", tag(2, "./n.md", "Note")),
        &format!("<li>\n{}\n</li>", tag(4, "l.md", "L")),
        "<p><em><a href=\"c.md\">@include: no</a></em></p>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
    assert_eq!(source.links.iter().filter(|link| link.place == Place::Include).count(), 4);
}

#[test]
fn definitions_are_links_with_a_label_and_a_place() {
    let source = parse(b"---\ntype: x\n---\n\n[a][b]\n\n[@styles.lab]: ./x.css\n[b]: ./b.md\n");
    let label = |label: &str| Place::Definition { label: label.to_owned() };
    let links: Vec<_> = source.links.iter().map(|l| (l.target.as_str(), &l.place, l.position.line)).collect();
    assert_eq!(
        links,
        [("./b.md", &Place::Anchor, 5), ("./x.css", &label("@styles.lab"), 7), ("./b.md", &label("b"), 8)]
    );
}

#[test]
fn what_cannot_be_read_is_a_finding_and_the_rest_stands() {
    let source = parse(b"---\ntitle: [\n---\n\n# A\n\nb\xff\n");
    let codes: Vec<_> = source.findings.iter().map(|f| (f.code, f.line)).collect();
    assert_eq!(codes[0], ("source/not-utf8", 7));
    assert_eq!(codes[1].0, "source/frontmatter");
    assert_eq!(source.title.as_deref(), Some("A"));
    assert!(html(&source)[0].contains("<p>b\u{fffd}</p>"));
}

#[test]
fn hostile_text_is_only_text() {
    for text in [">".repeat(20_000), "[".repeat(20_000), "*a ".repeat(20_000), "- ".repeat(5_000), "\0".repeat(9)] {
        assert_eq!(parse(text.as_bytes()).blocks.len(), 1);
    }
    let source = parse("# \0-\0\n0\0\n\n![\0](\0.png)\n".as_bytes());
    assert!(!html(&source).concat().contains('\0'));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\n|[-`~#>|\\[\\]():!a-c <\"'=&;0\\u{0}]|---\\n|\\n\\n|<!--|-->|\\[@x\\]: ){0,60}") {
        let source = parse(text.as_bytes());
        proptest::prop_assert!(!source.blocks.is_empty());
        proptest::prop_assert!(!html(&source).concat().contains('\0'));
    }
}
