use super::*;

fn html(source: &Source) -> Vec<String> {
    let write = |block: &Block| {
        let mut out = String::new();
        fill(&block.html, &mut out, |link| &source.links[link].target);
        out
    };
    source.blocks.iter().map(write).collect()
}

fn parse(bytes: &[u8]) -> Source {
    super::parse("x.md", bytes, &Settings::default())
}

fn shown(text: &str) -> String {
    html(&parse(text.as_bytes())).concat()
}

fn codes(source: &Source) -> Vec<&str> {
    source.findings.iter().map(|finding| finding.code).collect()
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
    assert_eq!(codes(&source), ["block/topmatter-key"]);
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
        b"| a | b |\n|--:|---|\n| 1 | [x](./x.md \"t\") |\n\n```rust\n<x>\n```\n\n- [x] done *it*\n- [ ] \n\n![alt *x*](a.png)  \n<https://x.y/?a=b&c>\n\n![@image.wide: a wide \\*one\\*](b.png \"t\")\n\nnote[^1]\n\n[^1]: Foot.\n",
    );
    let html = html(&source).concat();
    for part in [
        "<div class=\"pmx-table-scroll\">\n<table>",
        "<th style=\"text-align:right\">a</th>",
        "<a href=\"./x.md\" title=\"t\">x</a>",
        "</table>\n</div>",
        "<div class=\"pmx-code-block\" data-language=\"rust\"><pre class=\"shiki\"><code class=\"language-rust\"><span class=\"line\">&lt;x&gt;</span></code></pre></div>",
        "<li class=\"task-list-item\"><input type=\"checkbox\" disabled checked aria-label=\"done it\"> done <em>it</em></li>",
        "<img src=\"a.png\" alt=\"alt x\"><br>",
        "<img src=\"b.png\" alt=\"a wide *one*\" data-pathmx-image=\"wide\" title=\"t\">",
        "<a href=\"https://x.y/?a=b&amp;c\">",
        "<section class=\"footnotes\"",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn heads_of_tables_with_long_texts_say_how_long_their_columns_are() {
    let text = "| n | a |\n|--:|---|\n| 1 | *Words* `that` are read in lines |\n| 12 | x |\n\n| n | a |\n|--:|---|\n| 1 | short |\n";
    let html = html(&parse(text.as_bytes())).concat();
    assert!(
        html.contains("<th style=\"text-align:right;--pmx-column:2\">n</th>\n<th style=\"--pmx-column:28\">a</th>"),
        "{html}"
    );
    assert_eq!(html.matches("--pmx-column").count(), 2, "{html}");
}

#[test]
fn addresses_in_raw_html_become_links_and_the_rest_stays() {
    let text = "<project-feature href='./a.md'\n  data-x=\"1\">\n\n<b title=x>and <a href=./b.md#f>b</a></b>\n\n<img srcset=\"a.png 1x, b.png 2x\" src=\"c&amp;d.png\">\n<!-- <a href=\"no.md\"> -->\n\n`<a href=\"no.md\">`\n";
    let source = parse(text.as_bytes());
    let targets: Vec<_> = source.links.iter().map(|l| (l.target.as_str(), l.position.line)).collect();
    assert_eq!(targets, [("./a.md", 1), ("./b.md#f", 4), ("a.png", 6), ("b.png", 6), ("c&d.png", 6)]);
    let html = html(&source).concat();
    assert!(html.contains("<project-feature href=\"./a.md\"\n  data-x=\"1\">"), "{html}");
    assert!(html.contains("<b title=x>and <a href=\"./b.md#f\">b</a></b>"), "{html}");
    assert!(html.contains("srcset=\"a.png 1x, b.png 2x\" src=\"c&amp;d.png\""), "{html}");
}

#[test]
fn an_include_stands_beside_paragraphs() {
    assert!(
        shown("[>embed: Old](./o.md)")
            .starts_with("<pmx-include data-link=\"./o.md\" data-n=\"0\" data-label=\"Old\">")
    );
    let source = parse(
        b"[@include: A *b*](./a.md#x)\n\none [@include](b.md) two\n\n[Note][@include.note] and [x](x.md)\n\n- [@include: L](l.md)\n\n*[@include: no](c.md)*\n\n[@include.note]: ./n.md\n",
    );
    let tag = |n: usize, target: &str, label: &str| {
        format!("<pmx-include data-link=\"{target}\" data-n=\"{n}\" data-label=\"{label}\"></pmx-include>")
    };
    let html = html(&source).concat();
    for part in [
        &*format!("{}\n<p>one</p>\n{}\n<p> two</p>\n", tag(0, "./a.md#x", "A b"), tag(1, "b.md", "")),
        &format!("{}\n<p> and <a href=\"x.md\">x</a></p>", tag(2, "./n.md", "Note")),
        &format!("<li>\n{}</li>", tag(4, "l.md", "L")),
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

#[test]
fn soft_breaks_are_spaces_unless_the_site_says_otherwise() {
    assert_eq!(shown("a\nb  \nc\n"), "<p>a\nb<br>\nc</p>\n");
    let settings = Settings { hard_breaks: true, ..Settings::default() };
    assert_eq!(html(&super::parse("x.md", b"a\nb\n", &settings)).concat(), "<p>a<br>\nb</p>\n");
}

#[test]
fn callouts_have_a_kind_a_title_and_a_fold() {
    let html = shown(
        "> [!NOTE]\n> Body\n\n> [!my kind]- A *title*\n>\n> - x\n\n> [!tip]+\n> y\n>\n> > [!warning] In\n> > z\n\n> [!note](x.md) no\n",
    );
    for part in [
        "<aside class=\"pmx-callout\" role=\"note\" data-pathmx-callout=\"note\">\n<p class=\"pmx-callout-title\">Note</p>\n<p>Body</p>\n</aside>\n",
        "<details class=\"pmx-callout\" data-pathmx-callout=\"my-kind\">\n<summary class=\"pmx-callout-title\">A <em>title</em></summary>\n<ul>",
        "<details class=\"pmx-callout\" open data-pathmx-callout=\"tip\">\n<summary class=\"pmx-callout-title\">Tip</summary>\n<p>y</p>\n<aside",
        "<p class=\"pmx-callout-title\">In</p>\n<p>z</p>\n</aside>\n</details>",
        "<blockquote>\n<p><a href=\"x.md\">!note</a> no</p>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn tasks_are_open_done_or_pending() {
    let html = shown("- [ ] a\n- [x] b\n- [~] c\n- [?] d\n");
    for part in [
        "<ul class=\"contains-task-list\">\n<li class=\"task-list-item\"><input type=\"checkbox\" disabled aria-label=\"a\"> a</li>",
        "disabled checked aria-label=\"b\"> b",
        "disabled data-pathmx-task=\"pending\" aria-label=\"c\"> c",
        "<li>[?] d</li>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn math_marks_and_prices_are_told_apart() {
    let html = shown("$a_1$, ==very *much*== ~~no~~ $5 and $6, \\$x, a == b\n\n$$\nx\n$$\n\nso $$y$$ on\n\n# $$z$$\n");
    for part in [
        "<span class=\"pmx-math\"><math",
        "<mark>very <em>much</em></mark> <del>no</del> $5 and $6, $x, a == b</p>",
        "</p>\n<div class=\"pmx-math\" data-pathmx-math=\"display\"><math display=\"block\"",
        "<p>so</p>\n<div class=\"pmx-math\" data-pathmx-math=\"display\">",
        "</div>\n<p> on</p>",
        "<span class=\"pmx-math\" data-pathmx-math=\"display\">",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
    assert!(!html.contains("<p></p>"), "{html}");
    let html = shown("so\n$$\na\n\n- b\n= c\n$$\nthen\n");
    assert_eq!(html.matches("<div class=\"pmx-math\"").count(), 1, "{html}");
    assert!(html.starts_with("<p>so</p>\n<div") && html.ends_with("</div>\n<p>then</p>\n"), "{html}");
}

#[test]
fn a_wikilink_is_a_link_by_name() {
    let source = parse(b"[[Loops]] [[a b|the label]] [[x#Some Heading]] [[#Here now]] `[[no]]` [[]]\n\n# Here now\n");
    let links: Vec<(&str, bool)> =
        source.links.iter().map(|l| (l.target.as_str(), l.place.is_link_by_name())).collect();
    assert_eq!(links, [("Loops", true), ("a b", true), ("x#Some Heading", true), ("#here-now", false)]);
    let html = html(&source).concat();
    assert!(html.contains("<a class=\"pmx-wikilink\" href=\"a b\">the label</a>"), "{html}");
    assert!(shown("[[1]](./x.md)").contains("<a href=\"./x.md\">[1]</a>"));
    let settings = Settings { wikilinks: false, ..Settings::default() };
    assert!(super::parse("x.md", b"[[x]]", &settings).links.is_empty());
}

#[test]
fn a_fence_has_lines_steps_flags_and_a_title() {
    let source = parse(
        b"```js [1,3 | 2-3] no-copy no-select title=\"a.js\"\na <b>\n\nc\n```\n\n> ```js [9]\n> x\n> ```\n\n    indented\n\n~~~\n",
    );
    let html = html(&source).concat();
    for part in [
        "<div class=\"pmx-code-block\" data-language=\"js\" data-pathmx-code-steps=\"1,3|2-3\" data-pathmx-copy=\"false\" data-pathmx-select=\"false\"><p class=\"pmx-code-title\">a.js</p><pre class=\"shiki\"><code class=\"language-js\"><span class=\"line\">a &lt;b&gt;</span>\n<span class=\"line\"></span>\n<span class=\"line\">c</span></code></pre></div>",
        "<div class=\"pmx-code-block\"><pre class=\"shiki\"><code><span class=\"line\">indented</span>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
    let findings: Vec<_> = source.findings.iter().map(|f| (f.code, f.line, f.column)).collect();
    assert_eq!(findings, [("source/unclosed-fence", 13, 1), ("choreographer/code-steps-invalid", 7, 9)]);
}

#[test]
fn annotations_leave_the_footnotes_and_become_threads() {
    let source = parse(
        b"The idea is {==worth *revisiting*==}[^c2]. A note[^n], again[^n].\n\n[^c2]: **@learner** (2026-07-20 10:35 -04:00): Connect this.\n\n    \xe2\x9c\x93 @learner 2026-07-20\n\n[^c2.a]: **@agent** (later): Done.\n\n[^n]: A **note**.\n\n[^c9.a]: **@x**: lost\n\n[^c3]: **@y**: Nowhere.\n\n---\n\nplain {==x==}[^n]\n",
    );
    let html = html(&source).concat();
    for part in [
        "The idea is <mark data-pathmx-annotation-text=\"c2\" data-pathmx-annotation-status=\"resolved\">worth <em>revisiting</em></mark><sup class=\"pmx-annotation-marker\"><a href=\"#annotation:c2\" id=\"annotation-text:c2\"",
        "A note<sup class=\"footnote-ref\"><a href=\"#fn:1\" id=\"fnref:1\" data-footnote-ref>1</a></sup>, again<sup class=\"footnote-ref\"><a href=\"#fn:1\" id=\"fnref:1-2\"",
        "<li id=\"fn:1\" value=\"1\">\n<p>A <strong>note</strong>. <a href=\"#fnref:1\"",
        "<li class=\"pmx-annotation\" id=\"annotation:c2\" data-pathmx-annotation-thread=\"c2\" data-pathmx-annotation-status=\"resolved\">",
        "<strong>@learner</strong> <span class=\"pmx-annotation-time\">2026-07-20 10:35 -04:00</span>",
        "<p>Connect this.</p>\n<ol class=\"pmx-annotation-replies\">\n<li>\n<p class=\"pmx-annotation-author\"><strong>@agent</strong>",
        "plain {<mark>x</mark>}<sup class=\"footnote-ref\">",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
    assert!(!html.contains('✓'), "{html}");
    assert_eq!(html.matches("<section class=\"footnotes\"").count(), 1);
    let threads = serde_json::to_value(&source.annotations).unwrap();
    assert_eq!(threads[0]["quote"], "worth revisiting");
    assert_eq!((&threads[0]["status"], &threads[0]["block"]), (&"resolved".into(), &"block:1".into()));
    assert_eq!(
        threads[0]["messages"][1],
        serde_json::json!({"id": "c2.a", "author": "@agent", "time": "later", "text": "Done."})
    );
    assert_eq!((threads.as_array().unwrap().len(), threads[1]["status"].as_str()), (2, Some("open")));
    assert_eq!(codes(&source), ["annotations/no-thread"]);
}

#[test]
fn a_response_field_is_an_input_where_its_blank_was() {
    let source = parse(
        b"<!-- id: q -->\n\nIt took **___**<!-- @response.field id=minutes label=\"Minutes &amp; more\" placeholder=\"0\" required=false --> minutes\nand **__**\n<!-- @response.field id=b -->\n\n<!-- @response.field -->\n",
    );
    let html = html(&source).concat();
    for part in [
        "It took <input class=\"pmx-response-field\" type=\"text\" name=\"question.q.minutes\" data-pathmx-response-field=\"minutes\" aria-label=\"Minutes &amp; more\" maxlength=\"300\" placeholder=\"0\"><!-- @response.field id=minutes label=\"Minutes &amp; more\" placeholder=\"0\" required=false --> minutes",
        "<p><input class=\"pmx-response-field\" type=\"text\" name=\"question.q.b\" data-pathmx-response-field=\"b\" aria-label=\"b\" maxlength=\"300\" required><!-- @response.field id=b --></p>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
    assert_eq!(codes(&source), ["question/field-id"]);
}

#[test]
fn each_part_can_be_switched_off() {
    let text = "==a== $b$ {==c==}[^d]\n\n> [!note] e\n\n```js\nlet f = 1\n```\n\n```mermaid\ngraph TD\nA --> B\n```\n\n[^d]: **@g**: h\n";
    let all = ["annotations", "callouts", "highlight", "marks", "math", "mermaid"];
    let signs = ["pmx-annotations", "pmx-callout", "<span class=\"line\"><span", "<mark>a", "<math", "<svg"];
    for (off, _) in all.iter().zip(signs).map(|(name, sign)| (Some(*name), sign)).chain([(None, "")]) {
        let plugins = off.map(|name| (name.to_owned(), false)).into_iter().collect();
        let shown = html(&super::parse("x.md", text.as_bytes(), &Settings { plugins, ..Settings::default() })).concat();
        for (name, sign) in all.iter().zip(signs) {
            assert!(shown.contains(sign) != (off == Some(*name)), "{sign} without {off:?} in\n{shown}");
        }
    }
}

#[test]
fn what_hides_the_rest_of_a_source_is_said() {
    assert_eq!(codes(&parse(b"a\n\n```js\n\n---\n\nb\n")), ["source/unclosed-fence"]);
    assert_eq!(codes(&parse(b"a\n\n<!-- note\n\n---\n\nb\n")), ["source/unclosed-comment"]);
    assert_eq!(codes(&parse(b"\x89PNG\r\n\0\0\xff\xfe")), ["source/binary"]);
    assert_eq!(codes(&parse("x[^1]\n\n[^1]: y\n\n[^2]: z\n".as_bytes())), ["footnote/unused"]);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\n|[-`~#>|\\[\\]():!a-c <\"'=&;0\\u{0}$*_{}^é\t+.\\\\]|---\\n|\\n\\n|<!--|-->|\\[@x\\]: |\\[@include: |```|\\$\\$|\\[\\[|\\]\\]|> \\[!a\\]- |- \\[~\\] |\\[\\^1\\]|\\[\\^1\\]: |\\*\\*@a\\*\\*: |==|    |<!-- @response\\.field id=a -->|<a href='|\\| - \\|\\n){0,60}") {
        let source = parse(text.as_bytes());
        proptest::prop_assert!(!source.blocks.is_empty());
        let mut last = 0;
        for (index, part) in source.blocks.iter().flat_map(|block| {
            assert_eq!(block.html.matches('\0').count() % 2, 0);
            block.html.split('\0').enumerate()
        }) {
            if index % 2 == 1 {
                last = last.max(part.parse::<usize>().unwrap() + 1);
            }
        }
        proptest::prop_assert!(last <= source.links.len());
        let lines: Vec<&str> = text.split(['\n', '\r']).collect();
        let places = source.links.iter().map(|link| link.position);
        let places = places.chain(source.findings.iter().map(|f| Position { line: f.line, column: f.column }));
        for place in places {
            let line = lines.get(place.line - 1);
            proptest::prop_assert!(line.is_some_and(|line| place.column <= line.chars().count() + 1), "{place:?}");
        }
        for block in &source.blocks {
            proptest::prop_assert!(block.line >= 1 && block.line <= lines.len() + 1);
        }
    }
}

mod grammar;
mod sections;
mod warnings;

#[test]
fn the_size_of_a_medium_is_no_word_of_a_title_or_a_description() {
    let of = |text: &str| {
        let source = parse(text.as_bytes());
        (source.title.unwrap_or_default(), source.description.unwrap_or_default())
    };
    assert_eq!(
        of(
            "# ![[a.png|20]] Media\n\n![[song.mp3]] ![[film.mp4|400]] ![[a.png|A red picture|300x100]] ![[a.png|100x]] and\n"
        ),
        ("Media".into(), "A red picture 100x and".into())
    );
    assert_eq!(of("# A\n\n![[a.png|300]]\n\nText of [[b]] and [[c|see]]\n").1, "Text of b and see");
    assert_eq!(of("# A\n\n![[doc.pdf|100]] x\n").1, "100 x");
}
