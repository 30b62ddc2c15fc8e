//! Which address a Source has.

use super::*;

#[test]
fn a_route_in_the_frontmatter_wins_and_everything_else_leads_to_it() {
    let build = built(&fixture("tour"));
    let routes = routes_of(&build, "index.path");
    let page = |source: &str| Route::Source { source: source.to_owned(), path: format!("{source}.html") };
    assert_eq!(routes.routes["/"], redirect("/index.path"));
    assert_eq!(routes.routes["/index.path"], page("index.path"));
    assert_eq!(routes.routes["/index.path/"], redirect("/index.path"));
    assert_eq!(routes.routes["/labs/chess"], page("labs/chess/index.demo"));
    assert_eq!(routes.routes["/labs/chess/"], redirect("/labs/chess"));
    assert_eq!(routes.routes["/labs/chess/index.demo"], redirect("/labs/chess"));
    assert_eq!(routes.routes["/with space/"], redirect("/with%20space"));
    assert_eq!(routes.not_found.as_deref(), Some("404.html"));
    assert_eq!(routes.routes.len(), 1 + 2 * 5 + 1);
    let serve = json(&build, "index.path/serve-routes.json");
    assert_eq!(serve["routes"]["/labs/chess"]["artifactPath"], "labs/chess/index.demo.html");
    assert_eq!(serve["routes"]["/labs/chess"]["type"], "document");
    assert_eq!(serve["routes"]["/"]["status"], 308);
}

#[test]
fn the_entry_may_be_the_home_page_itself() {
    let folder = site_of(&[
        ("index.path.md", "---\nroute: /\n---\n\n# Home\n\n[B](./b.md)\n"),
        ("b.md", "[Home](./index.path.md)\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let routes = routes_of(&build, "index.path");
    assert!(matches!(routes.routes["/"], Route::Source { .. }));
    assert_eq!(routes.routes["/index.path"], redirect("/"));
    assert!(text(&build, "index.path/b.html").contains("<a href=\"/\">Home</a>"));
}

#[test]
fn two_sources_with_one_route_are_an_error_and_both_stay_reachable() {
    let folder = site_of(&[
        ("index.path.md", "[A](./a.md) [B](./b.md)\n"),
        ("a.md", "---\nroute: /same\n---\n"),
        ("b.md", "---\ntype: x\nroute: /same\n---\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["route/conflict"]);
    let Diagnostic { path, line, .. } = &build.diagnostics[0];
    assert_eq!((path.as_str(), *line), ("b.md", 3));
    assert!(build.has_errors() && build.roots.is_some());
    let routes = routes_of(&build, "index.path");
    assert!(matches!(&routes.routes["/same"], Route::Source { source, .. } if source == "a"));
    assert!(matches!(&routes.routes["/b"], Route::Source { source, .. } if source == "b"));
}

#[test]
fn a_page_at_a_reserved_address_is_an_error() {
    let folder = site_of(&[
        ("index.path.md", "[A](./_events.md) [B](./api/x.md) [C](./apis.md)\n"),
        ("_events.md", "# E\n"),
        ("api/x.md", "# X\n"),
        ("apis.md", "# Fine\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["route/reserved", "route/reserved"]);
    assert!(build.has_errors());
}

#[test]
fn two_paths_live_under_their_own_mounts() {
    let build = built(&fixture("two"));
    assert_eq!(build.diagnostics, []);
    let roots = build.roots.as_ref().unwrap();
    assert_eq!(roots.default, "index.path");
    assert_eq!(roots.roots.keys().collect::<Vec<_>>(), ["index.path", "workshop"]);
    assert_eq!(roots.roots["workshop"].entry, "workshop.path.md");
    assert!(text(&build, "index.path/index.path.html").contains("<a href=\"/together\">Shared</a>"));
    let page = text(&build, "workshop/workshop.path.html");
    assert!(page.contains("data-pmx-artifact=\"/workshop/workshop.path.html\""), "{page}");
    assert!(page.contains("<a href=\"/workshop/together\">Shared</a>"), "{page}");
    let picture = page.split("<img src=\"/workshop/").nth(1).unwrap().split('"').next().unwrap();
    assert!(build.outputs.contains_key(&format!("workshop/{picture}")), "{picture}");
    assert!(!build.outputs.contains_key(&format!("index.path/{picture}")), "an asset belongs to who uses it");
    assert!(page.contains("href=\"/workshop/assets/base."), "{page}");
    assert_eq!(routes_of(&build, "workshop").routes["/"], redirect("/workshop.path"));
    let shared = text(&build, "workshop/shared.html");
    assert!(shared.contains("<a href=\"/workshop/workshop.path\">Top</a>"), "{shared}");
    let paths = json(&build, "paths.json");
    assert_eq!(paths["defaultPath"], "index.path");
    assert_eq!(paths["paths"]["workshop"]["routesPath"], "workshop/serve-routes.json");
    assert_eq!(build.pages, 4);
}

#[test]
fn a_path_beside_the_default_one_needs_a_usable_handle_of_its_own() {
    let config = "## Paths\n\n- [A](./a.path.md)\n- [B](./b.path.md)\n- [C](./c.path.md)\n- [D](./d.path.md)\n";
    let folder = site_of(&[
        ("pathmx.config.md", config),
        ("a.path.md", "# A\n"),
        ("b.path.md", "# B\n"),
        ("c.path.md", "---\nhandle: nested/index.path\n---\n"),
        ("d.path.md", "---\nhandle: \"@b.path\"\n---\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["root/no-handle", "root/handle", "root/duplicate"]);
    assert_eq!(build.roots.unwrap().roots.keys().collect::<Vec<_>>(), ["a.path", "b.path", "c.path"]);
}

#[test]
fn a_route_below_the_mount_of_another_path_is_warned_about() {
    let folder = site_of(&[
        ("pathmx.config.md", "## Paths\n\n- [A](./a.path.md)\n- [B](./b.path.md)\n"),
        ("a.path.md", "[W](./w.md)\n"),
        ("b.path.md", "---\nhandle: \"@work\"\n---\n"),
        ("w.md", "---\nroute: /work/shop\n---\n"),
    ]);
    assert_eq!(codes(&built(folder.path())), ["route/shadowed"]);
}

#[test]
fn no_other_path_takes_the_place_of_a_default_one_that_is_gone() {
    let project = located(&fixture("two"));
    let workshop = ("workshop.path.md".to_owned(), b"# W\n".to_vec());
    let build = pmx_site::build(&project, &pmx_site::Snapshot::of([workshop]), &mut Cache::default());
    assert_eq!(codes(&build)[0], "entry/missing");
    assert!(build.roots.is_none());
}
