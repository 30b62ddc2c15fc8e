//! What is on a page, and which pages there are.

use super::*;
use pmx_site::Snapshot;

#[test]
fn what_body_links_and_definitions_reach_is_built_and_nothing_else() {
    let build = built(&fixture("tour"));
    assert_eq!(
        source_ids(&build, "index.path"),
        ["guides/first.guide", "index.path", "labs/cards.components", "labs/chess/index.demo", "with space"]
    );
    assert_eq!(build.pages, 5);
    assert_eq!(build.diagnostics, []);
}

#[test]
fn links_are_rewritten_everywhere_but_in_code() {
    let build = built(&fixture("tour"));
    let page = text(&build, "index.path/index.path.html");
    let mark = asset(&page, "mark").to_owned();
    for part in [
        "<a href=\"/guides/first.guide#the-end\" title=\"First\">guide</a>",
        "<a href=\"/labs/chess?play=1#board\">chess</a>",
        "<a href=\"/labs/chess\">More</a>",
        "data-pathmx-component=\"project-feature\"",
        "Inline <a href=\"/guides/first.guide\">works</a>",
        "<code>[code](./guides/first.guide.md)</code>",
        "<a href=\"/guides/first.guide\">by reference</a>",
        "<a href=\"https://example.com/a.md\">elsewhere</a>",
        "<a href=\"#opening\">here</a>",
        &format!("<img src=\"{mark}\" alt=\"a mark\" width=\"1\" height=\"1\">"),
        &format!("<img src=\"{mark}\" srcset=\"{mark} 1x, {mark} 2x\" alt=\"\" width=\"1\" height=\"1\">"),
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    assert!(!page.contains("@root.styles") && !page.contains("opening\nstyles"), "{page}");
    let chess = text(&build, "index.path/labs/chess/index.demo.html");
    assert!(chess.contains("<a href=\"/index.path\">Home</a>"), "{chess}");
    assert!(chess.contains(&format!("<a href=\"{mark}?v=2\">pieces</a>")), "{chess}");
    let guide = text(&build, "index.path/guides/first.guide.html");
    assert!(guide.contains("<a href=\"/with%20space\">"), "{guide}");
}

#[test]
fn blocks_are_the_direct_children_of_the_document() {
    let page = text(&built(&fixture("tour")), "index.path/index.path.html");
    let article = page.split("<article ").nth(1).unwrap().split("</article>").next().unwrap();
    assert!(
        article.starts_with("class=\"pmx-document tour\" data-pathmx-source=\"index.path\">\n<section "),
        "{article}"
    );
    let sections: Vec<&str> = article.split("</section>\n").collect();
    assert_eq!(sections.len(), 4, "three Blocks and nothing after them");
    assert!(sections[0].contains(
        "<section class=\"pmx-block pmx-prose hero\" data-pathmx-block=\"index.path#opening\" id=\"opening\">"
    ));
    assert!(
        sections[1]
            .starts_with("<section class=\"pmx-block pmx-prose\" data-pathmx-block=\"index.path#block:raw-html\"")
    );
    assert_eq!(sections[3], "");
    // The divider in a fence is code.
    assert_eq!(text(&built(&fixture("tour")), "index.path/labs/cards.components.html").matches("<section ").count(), 2);
}

#[test]
fn a_page_is_a_whole_document_with_its_place_in_the_site() {
    let build = built(&fixture("tour"));
    let page = text(&build, "index.path/labs/chess/index.demo.html");
    for part in [
        "<!doctype html>\n<html lang=\"en\" data-pmx-artifact=\"/labs/chess/index.demo.html\" data-pmx-mount=\"\">",
        "<title>Chess · The tour</title>",
        "<meta name=\"description\" content=\"A board.\">",
        "<a class=\"pmx-site-title\" dir=\"auto\" href=\"/index.path\">The tour</a>",
        "<li><a href=\"/guides/first.guide\">The first guide</a></li>\n<li><a href=\"/labs/chess\" aria-current=\"page\">Chess</a></li>",
        "<a rel=\"prev\" href=\"/guides/first.guide\"><bdi>The first guide</bdi></a></nav>",
        "<h1 id=\"chess--more\" data-pathmx-beat=",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    let home = text(&build, "index.path/index.path.html");
    assert!(home.contains("<title>The tour</title>"));
    let base = asset(&home, "base");
    let order = [
        format!(
            "<link rel=\"stylesheet\" href=\"{base}\" data-pathmx-style=\"root\" data-pathmx-style-source=\"base.css\">"
        ),
        "data-pathmx-style=\"root\" data-pathmx-style-source=\"styles/theme.css\">".to_owned(),
        "data-pathmx-style=\"source\" data-pathmx-style-source=\"styles/lab.css\" data-pathmx-style-name=\"lab\">"
            .to_owned(),
        "<script src=\"/assets/live.".to_owned(),
    ];
    let places: Vec<usize> =
        order.iter().map(|part| home.find(part.as_str()).unwrap_or_else(|| panic!("{part} in {home}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    let missing = text(&build, "index.path/404.html");
    assert!(
        missing.contains("data-pmx-artifact=\"/404.html\"") && missing.contains("<a href=\"/index.path\">The tour</a>")
    );
}

#[test]
fn stylesheets_carry_their_own_assets() {
    let build = built(&fixture("tour"));
    let page = text(&build, "index.path/index.path.html");
    let theme = text(&build, &format!("index.path{}", asset(&page, "theme")));
    let lab = asset(&page, "lab").trim_start_matches("/assets/");
    let mark = asset(&page, "mark").trim_start_matches("/assets/");
    assert_eq!(
        theme,
        format!("@import \"{lab}\" screen;\nbody {{ background: url(\"{mark}\") }}\n/* url(nothing.png) */\n")
    );
}

#[test]
fn stylesheets_that_import_each_other_are_named_and_left_alone() {
    let folder = site_of(&[
        ("index.path.md", "# A\n\n[@styles]: ./a.css\n[@styles.b]: ./b.css\n"),
        ("a.css", "@import 'b.css';\n"),
        ("b.css", "@import 'a.css';\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["asset/cycle"]);
    assert!(build.roots.is_some());
}

#[test]
fn styles_must_be_local_stylesheets_and_root_styles_belong_to_the_entry() {
    let folder = site_of(&[
        ("index.path.md", "# A\n\n[B](./b.md)\n\n[@styles]: https://x.y/z.css\n[@styles.print]: ./gone.css\n"),
        ("b.md", "# B\n\n[@root.styles]: ./s.css\n[@styles.print]: ./s.css\n"),
        ("s.css", "a {}"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["styles/not-root", "styles/target", "styles/target"]);
    assert!(!build.has_errors());
    let page = text(&build, "index.path/b.html");
    assert!(page.contains("data-pathmx-style-source=\"s.css\" media=\"print\">"), "{page}");
    assert_eq!(page.matches("<link rel=\"stylesheet\"").count(), 2);
}

#[test]
fn the_graph_says_what_a_source_is_and_what_it_links_to() {
    let graph = json(&built(&fixture("tour")), "index.path/graph-index.json");
    let home = graph["sources"].as_array().unwrap().iter().find(|source| source["id"] == "index.path").unwrap();
    assert_eq!(home["props"]["related"][0], "./unlinked.md");
    assert_eq!(home["blocks"][0]["id"], "index.path#opening");
    assert_eq!(home["blocks"][0]["props"]["styles"]["classes"][0], "hero");
    assert_eq!(
        home["links"],
        serde_json::json!(["guides/first.guide", "labs/chess/index.demo", "labs/cards.components"])
    );
}

#[test]
fn a_broken_source_is_an_error_with_its_line_and_the_rest_is_built() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md)\n"),
        ("a.md", "---\ntitle: A\nroute: [\n---\n\n# Still here\n"),
    ]);
    fs::write(folder.path().join("b.md"), b"# B\n\nbad \xff byte\n").unwrap();
    let build = built(folder.path());
    let found: Vec<_> = build.diagnostics.iter().map(|d| (d.path.as_str(), d.line, d.column, d.code)).collect();
    assert_eq!(found[0].0, "a.md");
    assert_eq!(found[0].3, "source/frontmatter");
    assert!((3..=4).contains(&found[0].1), "{found:?}");
    assert_eq!(found[1], ("b.md", 3, 5, "source/not-utf8"));
    assert!(build.roots.is_some());
    assert!(text(&build, "index.path/a.html").contains("Still here"));
    assert!(text(&build, "index.path/b.html").contains("bad \u{fffd} byte"));
}

#[test]
fn a_missing_entry_leaves_nothing_to_serve() {
    let folder = site_of(&[("index.path.md", "# Home\n")]);
    let project = located(folder.path());
    let build = pmx_site::build(&project, &Snapshot::default(), &mut Cache::default());
    assert_eq!(codes(&build), ["entry/missing"]);
    assert!(build.roots.is_none());
}

#[test]
fn a_file_beyond_the_limit_of_a_blob_is_a_warning_however_it_is_linked() {
    let folder =
        site_of(&[("index.path.md", "# A\n\n[film](./film.mp4) ![](film.mp4) ![[big.png]]\n"), ("other.mp4", "")]);
    let limit = pmx_model::MAX_BLOB;
    for name in ["film.mp4", "big.png"] {
        fs::File::create(folder.path().join(name)).unwrap().set_len(limit + 1).unwrap();
    }
    fs::File::create(folder.path().join("unlinked.mp4")).unwrap().set_len(limit + 1).unwrap();
    let build = built(folder.path());
    assert_eq!(codes(&build), ["link/unusable"; 3]);
    assert!(!build.has_errors());
    assert!(build.diagnostics[0].message.contains(&limit.to_string()), "{}", build.diagnostics[0]);
    assert!(build.roots.is_some());
}

#[test]
fn a_source_called_404_is_the_page_for_what_is_not_found() {
    let folder = site_of(&[("index.path.md", "[Lost](./404.md)\n"), ("404.md", "# Lost at sea\n")]);
    let build = built(folder.path());
    assert_eq!(routes_of(&build, "index.path").not_found.as_deref(), Some("404.html"));
    assert!(text(&build, "index.path/404.html").contains("Lost at sea"));
}

#[test]
fn a_link_to_a_folder_leads_to_its_index() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./one/) [B](./one?x#deep) [C](./two/) [D](./none/) [E](./gone/) [F](./)\n"),
        ("one/index.lesson.md", "# One\n\n[up](..)\n\n## Deep\n"),
        ("one/index.lesson/other.md", "# Other\n"),
        ("two/index.demo.md", "# Two\n"),
        ("two/index.path.md", "# Two\n"),
        ("none/a.md", "# A\n"),
    ]);
    let build = built(folder.path());
    let page = text(&build, "index.path/index.path.html");
    for address in ["/one/index.lesson", "/one/index.lesson?x#deep", "./two/", "./none/", "./gone/", "/index.path"] {
        assert!(page.contains(&format!("href=\"{address}\"")), "{address} in\n{page}");
    }
    assert!(text(&build, "index.path/one/index.lesson.html").contains("<a href=\"/index.path\">up</a>"));
    let said: Vec<(&str, &str)> =
        build.diagnostics.iter().map(|d| (d.message.as_str(), d.hint.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        said,
        [
            ("the folder `two` has 2 Sources `index.*.md`", "did you mean `./two/index.path.md`?"),
            (
                "the folder `none` has no `index.*.md` to which a link to it could lead",
                "add `none/index.path.md`, or link to a Source of the folder"
            ),
            ("there is no file `gone`", ""),
        ]
    );
}

#[test]
fn files_that_a_style_element_names_go_with_the_page() {
    let folder = site_of(&[
        (
            "index.path.md",
            "# A\n\n<style>\n@import url(./a.css);\np { background: url(sub/x.svg?a=1&b=2#c) }\n</style>\n\n[@include: B](./sub/b.md)\n",
        ),
        ("sub/b.md", "Words\n\n<style>q { background: image-set('x.svg' 1x) }</style>\n"),
        ("a.css", "a { color: red }"),
        ("sub/x.svg", "<svg/>"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0]);
    let page = text(&build, "index.path/index.path.html");
    let picture = asset(&page, "x");
    let sheet = asset(&page, "a");
    assert!(page.contains(&format!("@import url(\"{sheet}\");")), "{page}");
    assert!(page.contains(&format!("p {{ background: url(\"{picture}?a=1\\26 b=2#c\") }}")), "{page}");
    assert!(page.contains(&format!("q {{ background: image-set(\"{picture}\" 1x) }}")), "{page}");
}

/// The beginning of a PNG of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"]
        .concat()
}

#[test]
fn pictures_have_their_size_and_what_an_author_says_of_it_stands() {
    let folder = site_of(&[
        (
            "index.path.md",
            "# A\n\n![a](./a.png) ![[a.png|50]]\n\n<img src=a.png alt=b width=100> <img src=a.png alt=c height=\"10\"> <img src=a.png alt=d width=1 height=2>\n\n\
             <img src=a.png alt=e style=\"width: 3em\"> <img src=a.png srcset=\"a.png 200w, b.svg 400w\" alt=f> ![g](./b.svg) ![h](./broken.png) <img src=a.png width=50% alt=i>\n\n\
             [@include: B](./sub/b.md)\n",
        ),
        ("sub/b.md", "![in](./c.svg)\n"),
        ("b.svg", "<svg viewBox='0 0 30 20'/>"),
        ("sub/c.svg", "<svg width='12' height='13'/>"),
        ("broken.png", "no picture"),
    ]);
    fs::write(folder.path().join("a.png"), png(200, 100)).unwrap();
    let page = text(&built(folder.path()), "index.path/index.path.html");
    let sizes = |alt: &str| {
        let at = page.find(&format!("alt=\"{alt}\"")).unwrap();
        let tag = &page[page[..at].rfind('<').unwrap()..at + page[at..].find('>').unwrap()];
        let value = |name: &str| {
            let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            Some(tag[start..].split('"').next().unwrap().to_owned())
        };
        (value("width").unwrap_or_default(), value("height").unwrap_or_default())
    };
    let expected = [
        ("a", "200", "100"),
        ("", "50", "25"),
        ("b", "100", "50"),
        ("c", "20", "10"),
        ("d", "1", "2"),
        ("e", "", ""),
        ("f", "", ""),
        ("g", "30", "20"),
        ("h", "", ""),
        ("i", "50%", ""),
        ("in", "12", "13"),
    ];
    for (alt, width, height) in expected {
        assert_eq!(sizes(alt), (width.to_owned(), height.to_owned()), "{alt}: {page}");
    }
}

#[test]
fn a_picture_of_another_size_changes_the_pages_that_show_it_and_no_others() {
    let folder = site_of(&[("index.path.md", "# A\n\n![a](./a.png) [b](./b.md)\n"), ("b.md", "# B\n")]);
    // One that is kept in memory and one that is not.
    for padding in [0, 100_000] {
        let picture = |width| [png(width, 10), vec![0; padding]].concat();
        fs::write(folder.path().join("a.png"), picture(20)).unwrap();
        let project = located(folder.path());
        let mut cache = Cache::default();
        let before = pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut cache);
        assert!(text(&before, "index.path/index.path.html").contains("width=\"20\" height=\"10\""));
        fs::write(folder.path().join("a.png"), picture(30)).unwrap();
        let after = pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut cache);
        assert!(text(&after, "index.path/index.path.html").contains("width=\"30\" height=\"10\""));
        assert_eq!(before.outputs["index.path/b.html"], after.outputs["index.path/b.html"]);
    }
}

#[test]
fn a_link_can_be_a_button_and_a_picture_that_is_still_missing_has_its_room() {
    let folder = site_of(&[
        (
            "index.path.md",
            "# A\n\n[>button: Go *on*](./b.md#x) [>button: :lucide-play: Run](https://x.y/) [>buttons: no](./b.md) [>button:](./b.md) [>button: Ref][r]\n\n[r]: ./b.md\n\n\
             ![Harbour](./no.png)<!-- @spaceholder prompt=\"A map\" ar=4:3 -->\n",
        ),
        ("b.md", "# B\n\n## X\n"),
    ]);
    let build = built(folder.path());
    let page = text(&build, "index.path/index.path.html");
    for part in [
        "<a class=\"pmx-button\" href=\"/b#x\">Go <em>on</em></a>",
        "<a class=\"pmx-button\" href=\"https://x.y/\"><span class=\"pmx-icon\"",
        "<a href=\"/b\">&gt;buttons: no</a>",
        "<a href=\"/b\">&gt;button:</a>",
        "<a class=\"pmx-button\" href=\"/b\">Ref</a>",
        "<span class=\"pmx-spaceholder\" style=\"aspect-ratio: 4 / 3\" role=\"img\" aria-label=\"Harbour\">A map</span>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("spaceholder prompt"));
    assert_eq!(codes(&build), ["asset/missing"]);
}
