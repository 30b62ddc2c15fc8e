//! The documents beside the pages: for agents, for scripts, for crawlers.

use super::*;

#[test]
fn agents_get_a_source_with_its_address_its_links_and_who_links_to_it() {
    let build = built(&fixture("tour"));
    assert_eq!(
        text(&build, "index.path/with space.md"),
        "# With space\n\n> Source URL: /with%20space\n\nNo heading here, and no frontmatter.\n\n\
         ## Backlinks\n\n- [The first guide](/guides/first.guide)\n"
    );
    let home = text(&build, "index.path/index.path.md");
    for part in [
        "](/guides/first.guide#the-end \"First\")",
        "<project-feature href=\"/labs/chess\" icon=\"x\">",
        "`[code](./guides/first.guide.md)`",
    ] {
        assert!(home.contains(part), "{part} in\n{home}");
    }
    assert!(!home.contains("theme.css") && !home.contains("\ntype:"), "{home}");
    let chess = text(&build, "index.path/labs/chess/index.demo.md");
    assert!(chess.starts_with("# Chess & more\n\n> Source URL: /labs/chess\n\n<a id=\"board\"></a>\n"), "{chess}");
    let page = text(&build, "index.path/labs/chess/index.demo.html");
    let alternate = "<link rel=\"alternate\" type=\"text/markdown\" href=\"/labs/chess/index.demo.md\">";
    assert!(page.contains(alternate), "{page}");
}

#[test]
fn the_list_for_agents_names_every_source() {
    let list = text(&built(&fixture("two")), "workshop/llms.txt");
    assert!(list.starts_with("# ") && list.contains("](/workshop/shared.md)"), "{list}");
    let list = text(&built(&fixture("tour")), "index.path/llms.txt");
    assert!(list.contains("\n## Optional\n\n- ["), "{list}");
    assert!(list.contains("](/labs/chess/index.demo.md): A board.\n"), "{list}");
}

#[test]
fn a_page_says_what_is_related_and_what_links_to_it() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md) [C](./sub/c.md)\n"),
        ("a.md", "---\nrelated: [./sub/c.md, ./gone.md]\n---\n\n# A\n\n[B](./b.md) and [B](./b.md) and [me](./a.md)\n"),
        ("b.md", "# B\n"),
        ("sub/c.md", "---\nrelated: a\n---\n\n# C\n"),
    ]);
    let build = built(folder.path());
    let aside = |page: &str| {
        let page = text(&build, page);
        page.split("<aside class=\"pmx-links\"").nth(1).map(|rest| rest.split("</aside>").next().unwrap().to_owned())
    };
    assert!(aside("index.path/index.path.html").is_none());
    assert!(aside("index.path/a.html").unwrap().contains("<h2>Related</h2><ul><li><a href=\"/sub/c\">C</a></li></ul>"));
    let b = aside("index.path/b.html").unwrap();
    assert!(b.contains("<h2>Linked from</h2><ul><li><a href=\"/a\">A</a></li></ul>"), "{b}");
    assert!(aside("index.path/sub/c.html").unwrap().contains("href=\"/a\""));
    let graph = json(&build, "index.path/graph-index.json");
    let of = |id: &str| graph["sources"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap().clone();
    assert_eq!(of("b")["backlinks"], serde_json::json!(["a", "index.path"]));
    assert_eq!(of("a")["related"], serde_json::json!(["sub/c"]));
    assert_eq!(of("sub/c")["related"], serde_json::json!(["a"]));
    let keys: Vec<String> = of("a").as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["backlinks", "blocks", "description", "id", "links", "props", "related", "route", "title"]);
}

#[test]
fn a_theme_is_on_every_page_of_its_path_and_a_source_has_its_own() {
    let folder = site_of(&[
        ("index.path.md", "---\ntheme: {color: {accent: \"#c2410c\"}}\n---\n\n[A](./a.md) [B](./b.md)\n"),
        ("a.md", "---\ntheme:\n  color: {bg: \"#111\"}\n  prose: {width: 1rem}\n---\n"),
        ("b.md", "# B\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["theme/unknown-field"]);
    assert_eq!((build.diagnostics[0].path.as_str(), build.diagnostics[0].line), ("a.md", 4));
    let a = text(&build, "index.path/a.html");
    assert!(a.contains("<style data-pathmx-theme-source=\"a\">"), "{a}");
    assert!(a.contains("--pmx-color-bg: #111;") && a.contains("--pmx-color-accent: #c2410c;"), "{a}");
    assert!(a.contains("data-pmx-mount=\"\" data-pathmx-color-scheme=\"dark\" data-pmx-one-scheme>"), "{a}");
    assert!(a.contains("data-pathmx-source=\"a\" data-pathmx-color-scheme=\"dark\">"), "{a}");
    for page in ["index.path/b.html", "index.path/404.html"] {
        let page = text(&build, page);
        let theme = page.find("<style data-pathmx-theme-source=\"index.path\">").unwrap();
        assert!(page.find("/assets/base.").unwrap() < theme, "after the base, so that it counts: {page}");
        assert!(!page.contains("#111") && !page.contains(" data-pathmx-color-scheme=\""), "{page}");
    }
}

#[test]
fn previews_and_crawlers_are_told_what_a_page_is() {
    let folder = site_of(&[
        ("index.path.md", "---\nlang: de\n---\n\n# Home\n\nAll <b>about</b> it.\n\n[A](./a.md)\n"),
        ("a.md", "# A \"quoted\"\n"),
    ]);
    let build = built(folder.path());
    let home = text(&build, "index.path/index.path.html");
    for part in ["<html lang=\"de\" ", "<meta property=\"og:title\" content=\"Home\">", "og:type\" content=\"website\""]
    {
        assert!(home.contains(part), "{part} in {home}");
    }
    let a = text(&build, "index.path/a.html");
    assert!(a.contains("<meta property=\"og:title\" content=\"A &quot;quoted&quot;\">"), "{a}");
    assert!(a.contains("<meta property=\"og:site_name\" content=\"Home\">") && !a.contains("canonical"), "{a}");
    assert!(text(&build, "index.path/404.html").contains("<meta name=\"robots\" content=\"noindex\">"));
    assert!(!build.outputs.contains_key("index.path/sitemap.xml"), "no origin, no sitemap");
}

#[test]
fn a_site_that_knows_its_address_says_it_in_full() {
    let folder = site_of(&[
        ("pathmx.config.md", "---\nurl: https://course.path.app/\n---\n\n## Paths\n\n- [A](./paths/index.path.md)\n"),
        ("paths/index.path.md", "---\nimage: ./cover.png\n---\n\n# Home\n\n[B](./b.md)\n\n[@c]: ./c.components.md\n"),
        ("paths/b.md", "---\nroute: /größe\nimage: https://x.y/z.png\n---\n\n# B\n"),
        ("paths/c.components.md", "# C\n"),
        ("paths/cover.png", "picture"),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let home = text(&build, "index.path/index.path.html");
    let cover = asset(&home, "cover");
    for part in [
        "<meta property=\"og:url\" content=\"https://course.path.app/index.path\">".to_owned(),
        "<link rel=\"canonical\" href=\"https://course.path.app/index.path\">".to_owned(),
        format!("<meta property=\"og:image\" content=\"https://course.path.app{cover}\">"),
    ] {
        assert!(home.contains(&part), "{part} in {home}");
    }
    let map = text(&build, "index.path/sitemap.xml");
    assert_eq!(map.matches("<loc>").count(), 2, "{map}");
    assert!(map.contains("<loc>https://course.path.app/gr%C3%B6%C3%9Fe</loc>"), "{map}");
    assert!(text(&build, "index.path/robots.txt").ends_with("Sitemap: https://course.path.app/sitemap.xml\n"));
    assert!(text(&build, "index.path/llms.txt").contains("](https://course.path.app/b.md)"));
    assert!(text(&build, "index.path/b.html").contains("<meta property=\"og:image\" content=\"https://x.y/z.png\">"));
}

#[test]
fn the_search_finds_a_page_by_its_tags() {
    let folder = site_of(&[
        ("index.path.md", "---\ntags: [Zebra, two words]\n---\n\n# Home\n\n[A](./a.md)\n"),
        ("a.md", "---\ntags: yak, gnu ,\n---\n\n# A\n\n---\n\n<!-- tags: x, y -->\n\nb\n"),
    ]);
    let build = built(folder.path());
    let index = json(&build, "index.path/search/index.json");
    let terms = json(&build, "index.path/search/1/0.json");
    for (id, tag) in [("index.path", "zebra5"), ("index.path", "words5"), ("a", "yak5"), ("a", "gnu5")] {
        let source = index["sources"].as_array().unwrap().iter().find(|source| source[1] == id).unwrap();
        let found = terms[source[0].as_str().unwrap()].as_str().unwrap();
        assert!(found.split(' ').any(|term| term == tag), "{tag} in {found}");
    }
    let graph = text(&build, "index.path/graph-index.json");
    assert!(graph.contains("\"tags\":[\"yak\",\"gnu\"]") && graph.contains("\"tags\":[\"x\",\"y\"]"), "{graph}");
}

#[test]
fn the_search_finds_words_of_a_page_at_its_address() {
    let build = built(&fixture("two"));
    let index = json(&build, "workshop/search/index.json");
    assert_eq!((index["version"].as_u64(), index["shards"].as_u64()), (Some(1), Some(1)));
    let shared = index["sources"].as_array().unwrap().iter().find(|source| source[1] == "shared").unwrap();
    assert_eq!((shared[2].as_str(), shared[3].as_str()), (Some("/workshop/together"), Some("Shared")));
    let terms = json(&build, "workshop/search/1/0.json");
    let found = terms[shared[0].as_str().unwrap()].as_str().unwrap();
    assert!(found.split(' ').any(|term| term.starts_with("shared")), "{found}");
}
