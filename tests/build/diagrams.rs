//! Diagrams of all kinds, from `tests/diagrams`: each is drawn, or left to the reader's browser with a warning, or shown as text with one.

use super::*;
use std::collections::HashSet;

/// What readers' browsers draw, by the Source and the heading: kinds and features that only Mermaid itself has, and what cannot be read.
const LEFT: [(&str, &str); 16] = [
    ("errors", "A date that is none"),
    ("errors", "A link to nowhere"),
    ("errors", "A word that is reserved"),
    ("errors", "Group without end"),
    ("errors", "No end"),
    ("errors", "Numbers that are none"),
    ("flowchart", "A shape that is none"),
    ("flowchart", "Another layout"),
    ("flowchart", "Comments and blank lines"),
    ("flowchart", "Drawn by hand"),
    ("others", "A map of components"),
    ("others", "A tree of files"),
    ("others", "Causes"),
    ("others", "Circles that overlap"),
    ("others", "Which version"),
    ("sequence", "A mistake"),
];
/// What nothing draws.
const REFUSED: [(&str, &str); 5] = [
    ("errors", "An unknown kind"),
    ("errors", "Nothing in it"),
    ("flowchart", "A picture"),
    ("flowchart", "Markup that should not get through"),
    ("others", "A script of messages"),
];
/// How many are drawn, but without their icons.
const LACKING: usize = 3;

fn corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagrams/paths")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        put(folder.path(), &format!("paths/{name}"), &fs::read_to_string(&path).unwrap());
    }
    folder
}

/// The HTML of each diagram, by the Source and the heading that it stands under.
fn diagrams(build: &Build) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for path in build.outputs.keys() {
        let Some(source) = path.strip_prefix("index.path/").and_then(|path| path.strip_suffix(".html")) else {
            continue;
        };
        for part in text(build, path).split("<h2").skip(1) {
            let title = part.split_once('>').unwrap().1.split('<').next().unwrap();
            found.push((source.to_owned(), title.replace("&amp;", "&"), part.to_owned()));
        }
    }
    found
}

/// The attributes of this name, in their order.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Whether every tag of a drawing is closed where it must be.
fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let Some((tag, _)) = tag.split_once('>') else { return false };
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split([' ', '\n']).next().unwrap());
        }
    }
    open.is_empty()
}

#[test]
fn every_diagram_is_drawn_or_told_about() {
    let folder = corpus();
    let build = built(folder.path());
    let found = diagrams(&build);
    assert!(found.len() >= 60, "{}", found.len());
    let (mut left, mut refused) = (Vec::new(), Vec::new());
    for (source, title, html) in &found {
        let entry = (source.as_str(), title.as_str());
        match html.split_once("<svg class=\"pmx-mermaid-svg\"") {
            Some((_, rest)) => {
                let (svg, _) = rest.split_once("</figure>").unwrap();
                assert!(is_well_formed(&format!("<svg{svg}")), "{entry:?}: {svg}");
                assert!(svg.contains("<title id=") && !attributes(svg, "width").is_empty(), "{entry:?}");
                assert!(!svg.contains("NaN") && !svg.contains("<script") && !svg.contains("<image"), "{entry:?}");
            }
            None if html.contains("data-pmx-diagram") => left.push(entry),
            None => refused.push(entry),
        }
    }
    left.sort_unstable();
    refused.sort_unstable();
    assert_eq!((left, refused), (LEFT.to_vec(), REFUSED.to_vec()));
    let told: Vec<&str> = codes(&build).into_iter().filter(|code| code.starts_with("mermaid/")).collect();
    assert_eq!(told.len(), LEFT.len() + REFUSED.len() + LACKING, "{:#?}", build.diagnostics);
}

#[test]
fn ids_are_unique_in_a_page_also_where_diagrams_are_taken_in() {
    let folder = site_of(&[
        (
            "paths/index.path.md",
            "# A\n\n```mermaid\nflowchart LR\na --> b\n```\n\n[@include: B](./b.md)\n\n[@include: B](./b.md)\n",
        ),
        ("paths/b.md", "# B\n\n```mermaid\nflowchart LR\nc --> d\n```\n\n```mermaid\npie\n\"x\" : 1\n```\n"),
    ]);
    let page = text(&built(folder.path()), "index.path/index.path.html");
    let ids = attributes(&page, "id");
    assert_eq!(ids.len(), ids.iter().collect::<HashSet<_>>().len(), "{ids:?}");
    assert_eq!(page.matches("<svg class=\"pmx-mermaid-svg\"").count(), 5);
    for (reference, _) in page.match_indices("url(#") {
        let id = page[reference + 5..].split(')').next().unwrap();
        assert!(ids.contains(&id), "{id}");
    }
    for name in attributes(&page, "aria-labelledby") {
        assert!(ids.contains(&name), "{name}");
    }
}

#[test]
fn mermaid_comes_with_the_pages_that_need_it_and_with_no_others() {
    let folder = site_of(&[
        ("paths/index.path.md", "# A\n\n[B](./b.md) [C](./c.md)\n\n```mermaid\npie\n\"x\" : 1\n```\n"),
        ("paths/b.md", "# B\n\n```mermaid\nvenn-beta\nset X\n```\n"),
        ("paths/c.md", "# C\n\n[@include: B](./b.md)\n"),
    ]);
    let build = built(folder.path());
    let loads = |page: &str| text(&build, &format!("index.path/{page}.html")).contains("/assets/mermaid.");
    assert_eq!((loads("index.path"), loads("b"), loads("c")), (false, true, true));
    let script = asset(&text(&build, "index.path/b.html"), "mermaid").to_owned();
    let script = text(&build, &format!("index.path{}", &script[script.find("/assets/").unwrap()..]));
    assert!(
        script.starts_with("/*! Mermaid 1") && script.contains("Permission is hereby granted"),
        "its licence goes with it"
    );
    assert!(script.contains("data-pmx-diagram"));
    let without = site_of(&[("paths/index.path.md", "# A\n\n```mermaid\npie\n\"x\" : 1\n```\n")]);
    assert!(!built(without.path()).outputs.keys().any(|path| path.contains("mermaid")), "nothing of it is published");
}

#[test]
fn what_is_left_to_the_browser_is_its_text_until_then() {
    let folder = site_of(&[("paths/index.path.md", "# A\n\n```mermaid\nvenn-beta\nset A[\"<b>\"]\n```\n")]);
    let build = built(folder.path());
    let page = text(&build, "index.path/index.path.html");
    assert!(page.contains("<figure class=\"pmx-mermaid\" data-pmx-diagram"), "{page}");
    assert!(page.contains("venn-beta</span>") && page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
    let said: Vec<String> = build.diagnostics.iter().filter_map(|finding| finding.lines().next()).collect();
    assert_eq!(
        said,
        [
            "paths/index.path.md:3:1: warning: this diagram is left to the reader's browser: diagrams of the kind `venn-beta` are not drawn here [mermaid/browser]"
        ]
    );
}

#[test]
fn a_diagram_that_comes_or_goes_leaves_what_a_clean_build_makes() {
    let folder = site_of(&[("paths/index.path.md", "# A\n\n[B](./b.md)\n"), ("paths/b.md", "# B\n")]);
    let project = located(folder.path());
    let mut cache = Cache::default();
    for body in [
        "# B\n",
        "# B\n\n```mermaid\nvenn-beta\nset A\n```\n",
        "# B\n\n```mermaid\npie\n\"x\" : 1\n```\n",
        "# B\n\n```mermaid\nvenn-beta\nset B\n```\n",
    ] {
        put(folder.path(), "paths/b.md", body);
        let warm = pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut cache);
        let clean = built(folder.path());
        assert_eq!((&warm.outputs, &warm.diagnostics), (&clean.outputs, &clean.diagnostics), "{body}");
        for file in warm.outputs.values() {
            assert!(clean.blobs.get(&file.hash).is_some());
        }
    }
}

#[test]
fn links_in_diagrams_are_links_of_the_site() {
    let folder = site_of(&[
        (
            "paths/index.path.md",
            "# A\n\n```mermaid\nflowchart LR\na --> b --> c\nclick a \"./b.md\"\nclick b \"./none.md\"\nclick c \"javascript:alert(1)\"\n```\n",
        ),
        ("paths/b.md", "# B\n"),
    ]);
    let build = built(folder.path());
    let page = text(&build, "index.path/index.path.html");
    assert!(attributes(&page, "href").contains(&"/b"), "{page}");
    assert!(!page.contains("javascript:"));
    assert_eq!(codes(&build), ["link/unresolved"]);
}
