//! Layouts: what surrounds the content of a Source.

use super::*;

/// A page from its body on.
fn body(build: &Build, path: &str) -> String {
    let page = text(build, path);
    page.split_once("</head>").unwrap().1.to_owned()
}

#[test]
fn a_layout_surrounds_its_sources_and_takes_the_place_of_the_frame() {
    let folder = site_of(&[
        (
            "paths/index.md",
            "[@layout.default]: ./site.layout.md\n\n# Welcome\n\n[About](./about.md) [Other](./other.md)\n",
        ),
        ("paths/about.md", "# About\n\n---\n\n## Part\n"),
        ("paths/other.md", "# Other\n\n[About](./about.md)\n"),
        (
            "paths/site.layout.md",
            "[@styles]: ./site.css\n\n<div class=\"workspace\">\n  <a href=\"./about.md\">About {{ source.title }}</a>\n  \
             <main><x-source-content /></main>\n  <x-source-references />\n</div>\n<x-source-overlay />\n",
        ),
        ("paths/site.css", ".workspace { color: red }\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let page = text(&build, "index/about.html");
    assert!(page.contains("data-pathmx-style=\"source\" data-pathmx-style-source=\"site.css\""), "{page}");
    let body = body(&build, "index/about.html");
    let order = [
        "<div class=\"pmx-layout\" data-pathmx-layout=\"site.layout\">",
        "<a href=\"/about.page\">About About</a>",
        "<main><article class=\"pmx-document\" data-pathmx-source=\"about\" id=\"pmx-main\">",
        "data-pathmx-block=\"about#block:part\"",
        "</article>\n</main>",
        "<aside class=\"pmx-links\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|part| body.find(part).unwrap_or_else(|| panic!("{part} in {body}"))).collect();
    assert!(places.is_sorted(), "{places:?} in {body}");
    assert!(!body.contains("href=\"/site.layout\""), "what every page has is no link from one to the other: {body}");
    for part in ["pmx-site-header", "pmx-pager", "<x-source", "pmx-site-footer", "\0"] {
        assert!(!body.contains(part), "{part} in {body}");
    }
    assert!(text(&build, "index/404.html").contains("pmx-site-header"), "what is not there has no layout");
    assert!(!text(&build, "index/about.md").contains("workspace"), "agents read the Source");
}

#[test]
fn a_source_chooses_for_itself_before_its_type_and_before_the_default() {
    let layout = |name: &str| format!("<main class=\"{name}\"><x-source-content/></main>\n");
    let (own, lesson, default) = (layout("own"), layout("lesson"), layout("default"));
    let folder = site_of(&[
        (
            "index.path.md",
            "# Home\n\n[A](./a.md) [B](./b.lesson.md) [C](./c.lesson.md)\n\n[@layout.default]: ./default.layout.md\n[@layout.lesson]: ./lesson.layout.md\n",
        ),
        ("a.md", "# A\n"),
        ("b.lesson.md", "# B\n"),
        ("c.lesson.md", "[@layout]: ./own.layout.md\n\n# C\n"),
        ("own.layout.md", &own),
        ("lesson.layout.md", &lesson),
        ("default.layout.md", &default),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    for (page, class) in [("index.path", "default"), ("a", "default"), ("b.lesson", "lesson"), ("c.lesson", "own")] {
        let body = body(&build, &format!("index.path/{page}.html"));
        assert!(body.contains(&format!("<main class=\"{class}\"><article")), "{page}: {body}");
    }
    assert!(
        body(&build, "index.path/own.layout.html").contains("pmx-site-header"),
        "a layout is shown in none of them"
    );
}

#[test]
fn a_layout_may_stand_in_another_and_uses_components_of_its_own() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[@layout]: ./inner.layout.md\n"),
        (
            "inner.layout.md",
            "[@layout]: ./outer.layout.md\n[@c]: ./box.components.md\n\n<my-box><x-source-content/></my-box>\n",
        ),
        ("outer.layout.md", "<header>H</header>\n\n<x-source-content></x-source-content>\n\n:lucide-star: end\n"),
        (
            "box.components.md",
            "<!-- componentName: my-box -->\n\n```html\n<section class=\"box\"><yield/></section>\n```\n\n```css\n:self { color: red }\n```\n",
        ),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let page = text(&build, "index.path/index.path.html");
    assert!(page.contains("box.components."), "the style of its component: {page}");
    let body = body(&build, "index.path/index.path.html");
    let order = [
        "<header>H</header>",
        "<section class=\"box\"",
        "<main id=\"pmx-main\">",
        "<article",
        "</article>",
        "</main>",
        "</section>",
        "pmx-icon__svg",
    ];
    let mut at = 0;
    for part in order {
        at += body[at..].find(part).unwrap_or_else(|| panic!("{part} after {at} in {body}"));
    }
    assert_eq!(body.matches("<main").count(), 1);
}

#[test]
fn loops_and_what_is_no_layout_are_told_and_the_page_stands() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md) [C](./c.md) [D](./d.md) [E](./e.md) [F](./f.md)\n"),
        ("a.md", "# A\n\n[@layout]: ./one.layout.md\n"),
        ("b.md", "# B\n\n[@layout]: ./plain.md\n"),
        ("c.md", "# C\n\n[@layout]: ./gone.layout.md\n"),
        ("d.md", "# D\n\n[@layout.default]: ./three.layout.md\n"),
        ("e.md", "# E\n\n[@layout]: ./code.layout.md\n"),
        ("f.md", "# F\n\n[@layout]: ./s.css\n\n[@layout]: ./three.layout.md\n"),
        ("one.layout.md", "[@layout]: ./two.layout.md\n\n<i>1</i><x-source-content/>\n"),
        ("two.layout.md", "[@layout]: ./one.layout.md\n\n<i>2</i><x-source-content/><x-source-content/>\n"),
        ("three.layout.md", "<x-source-content/>\n"),
        ("plain.md", "# Plain\n"),
        ("code.layout.md", "`<x-source-content/>`\n"),
        ("s.css", ""),
    ]);
    let build = built(folder.path());
    let mut told: Vec<(&str, &str)> =
        build.diagnostics.iter().map(|finding| (finding.path.as_str(), finding.code)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("b.md", "layout/target"),
            ("c.md", "link/unresolved"),
            ("code.layout.md", "layout/no-outlet"),
            ("d.md", "layout/not-root"),
            ("f.md", "layout/target"),
            ("one.layout.md", "layout/cycle"),
            ("two.layout.md", "layout/cycle"),
            ("two.layout.md", "layout/second-outlet"),
        ]
    );
    assert!(!build.has_errors());
    let a = body(&build, "index.path/a.html");
    assert_eq!(
        (a.matches("<i>2</i>").count(), a.matches("<i>1</i>").count(), a.matches("<article").count()),
        (1, 1, 1)
    );
    for page in ["b", "c", "d", "e"] {
        assert!(body(&build, &format!("index.path/{page}.html")).contains("pmx-site-header"), "{page}");
    }
    assert!(body(&build, "index.path/f.html").contains("data-pathmx-layout=\"three.layout\""));
}

#[test]
fn the_same_label_imports_components() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n<hstack>x</hstack>\n\n[@layout]: ./layout.components.md\n"),
        (
            "layout.components.md",
            "<!-- componentName: hstack -->\n\n```html\n<div class=\"hstack\"><yield/></div>\n```\n",
        ),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let body = body(&build, "index.path/index.path.html");
    assert!(body.contains("class=\"hstack\"") && body.contains("pmx-site-header"), "{body}");
}

#[test]
fn an_edit_of_a_layout_makes_the_pages_that_stand_in_it_and_no_others() {
    let folder = site_of(&[("index.path.md", "")]);
    let project = located(folder.path());
    let snapshot = |layout: &str| {
        let files = [
            ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md) [C](./c.md)\n"),
            ("a.md", "# A\n\n[@layout]: ./one.layout.md\n"),
            ("b.md", "# B\n\n[@layout]: ./two.layout.md\n"),
            ("c.md", "# C\n"),
            ("one.layout.md", layout),
            ("two.layout.md", "[@layout]: ./one.layout.md\n\n<x-source-content/>\n"),
        ];
        pmx_site::Snapshot::of(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())))
    };
    let mut cache = Cache::default();
    pmx_site::build(&project, &snapshot("<p>1</p><x-source-content/>\n"), &mut cache);
    let edited = pmx_site::build(&project, &snapshot("<p>2</p><x-source-content/>\n"), &mut cache);
    assert_eq!(edited.sources_built, ["a", "b", "one.layout", "two.layout"]);
    assert!(text(&edited, "index.path/b.html").contains("<p>2</p>"));
    let without = pmx_site::build(&project, &snapshot("<p>2</p>\n"), &mut cache);
    assert!(text(&without, "index.path/a.html").contains("pmx-site-header"));
    let again = pmx_site::build(&project, &snapshot("<p>2</p><x-source-content/>\n"), &mut cache);
    assert_eq!(again.outputs, edited.outputs);
}
