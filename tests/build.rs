//! What `pmx build` promises: through its library interface, and through the command itself.

use pmx::site::{self, Build, Cache, Diagnostic, Options, Project, SiteError, Snapshot};
use pmx_worker::model::{Hash, Manifest, Route, Routes};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A site in a folder of its own.
fn site_of(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    folder
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites").join(name)
}

fn located(folder: &Path) -> Project {
    site::locate(&Options { cwd: folder.to_owned(), entries: Vec::new() }).unwrap()
}

fn built(folder: &Path) -> Build {
    let project = located(folder);
    site::build(&project, &site::scan(&project, None).unwrap(), &mut Cache::default())
}

fn text(build: &Build, path: &str) -> String {
    let hash = build.outputs.get(path).unwrap_or_else(|| panic!("{path} in {:?}", build.outputs.keys()));
    String::from_utf8(build.blobs[hash].to_vec()).unwrap()
}

fn json(build: &Build, path: &str) -> Value {
    serde_json::from_str(&text(build, path)).unwrap()
}

fn source_ids(build: &Build, root: &str) -> Vec<String> {
    json(build, &format!("{root}/sources.json"))["sources"].as_object().unwrap().keys().cloned().collect()
}

fn routes(build: &Build, root: &str) -> Routes {
    serde_json::from_str(&text(build, &format!("{root}/routes.json"))).unwrap()
}

fn redirect(to: &str) -> Route {
    Route::Redirect { to: to.to_owned(), status: 308 }
}

fn codes(build: &Build) -> Vec<&str> {
    build.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// The file of an asset in a page: what follows `assets/` up to the quote.
fn asset<'a>(page: &'a str, stem: &str) -> &'a str {
    let start = page.find(&format!("/assets/{stem}.")).unwrap_or_else(|| panic!("{stem} in {page}"));
    page[start..].split('"').next().unwrap().split('?').next().unwrap()
}

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
fn the_same_files_give_the_same_bytes_wherever_they_lie() {
    let first = built(&fixture("tour"));
    let copy = tempfile::tempdir().unwrap();
    let mut open = vec![PathBuf::new()];
    let mut files = Vec::new();
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(fixture("tour").join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if fixture("tour").join(&path).is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    for path in files.iter().rev() {
        fs::create_dir_all(copy.path().join(path).parent().unwrap()).unwrap();
        fs::copy(fixture("tour").join(path), copy.path().join(path)).unwrap();
    }
    let second = built(copy.path());
    assert_eq!((first.roots, first.outputs, first.blobs), (second.roots, second.outputs, second.blobs));
}

#[test]
fn a_rebuild_from_the_cache_equals_a_clean_build_after_every_edit() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md) [C](./sub/c.md)\n"),
        ("a.md", "# A\n\n[B](./b.md#b) ![p](./p.svg)\n\n[@styles]: ./s.css\n"),
        ("b.md", "# B\n\n[A](./a.md)\n"),
        ("sub/c.md", "# C\n"),
        ("s.css", "a { background: url(p.svg) }\n"),
        ("p.svg", "<svg/>"),
    ]);
    type Edit = (&'static str, Option<&'static str>, &'static [&'static str]);
    let all: &[&str] = &["a", "b", "d", "index.path", "sub/c"];
    let edits: [Edit; 8] = [
        ("none", None, &[]),
        ("b.md", Some("# B\n\nnew text [A](./a.md)\n"), &["b"]),
        ("b.md", Some("# Renamed\n\n[A](./a.md)\n"), all),
        ("a.md", Some("---\nroute: /first\n---\n\n# A\n"), all),
        ("p.svg", Some("<svg></svg>"), &[]),
        ("a.md", Some("# A\n\n![p](./p.svg) [D](./d.md)\n\n[@styles]: ./s.css\n"), all),
        ("d.md", Some("# D\n"), &["a", "d"]),
        ("sub/c.md", None, all),
    ];
    let project = located(folder.path());
    let mut cache = Cache::default();
    let mut snapshot = site::scan(&project, None).unwrap();
    assert_eq!(site::build(&project, &snapshot, &mut cache).sources_built.len(), 4);
    for (path, content, rebuilt) in edits {
        match content {
            Some(content) => put(folder.path(), path, content),
            None => drop(fs::remove_file(folder.path().join(path))),
        }
        snapshot = site::scan(&project, Some(&snapshot)).unwrap();
        let warm = site::build(&project, &snapshot, &mut cache);
        let clean = built(folder.path());
        let expected: Vec<&str> =
            rebuilt.iter().copied().filter(|id| clean.outputs.contains_key(&format!("index.path/{id}.html"))).collect();
        assert_eq!(warm.sources_built, expected, "after {path}");
        assert_eq!(warm.roots, clean.roots, "after {path}");
        assert_eq!(warm.outputs, clean.outputs, "after {path}");
        assert_eq!(warm.blobs, clean.blobs, "after {path}");
        assert_eq!(warm.diagnostics, clean.diagnostics, "after {path}");
    }
}

#[test]
fn a_snapshot_knows_what_changed() {
    let of = |files: &[(&str, &str)]| Snapshot::of(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())));
    let before = of(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let after = of(&[("a", "1"), ("b", "two"), ("d", "4")]);
    assert_eq!(after.changes(&before), ["b", "c", "d"]);
    assert_eq!(before.changes(&before), Vec::<&str>::new());
}

#[test]
fn links_are_rewritten_everywhere_but_in_code() {
    let build = built(&fixture("tour"));
    let page = text(&build, "index.path/index.path.html");
    let mark = asset(&page, "mark").to_owned();
    for part in [
        "<a href=\"/guides/first.guide#the-end\" title=\"First\">guide</a>",
        "<a href=\"/labs/chess?play=1#board\">chess</a>",
        "<project-feature href=\"/labs/chess\" icon=\"x\">",
        "Inline <a href=\"/guides/first.guide\">works</a>",
        "<code>[code](./guides/first.guide.md)</code>",
        "<a href=\"/guides/first.guide\">by reference</a>",
        "<a href=\"https://example.com/a.md\">elsewhere</a>",
        "<a href=\"#opening\">here</a>",
        &format!("<img src=\"{mark}\" alt=\"a mark\">"),
        &format!("<img src='{mark}' srcset=\"{mark} 1x, {mark} 2x\" alt=\"\">"),
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
    assert_eq!(text(&built(&fixture("tour")), "index.path/labs/cards.components.html").matches("<section ").count(), 1);
}

#[test]
fn a_page_is_a_whole_document_with_its_place_in_the_site() {
    let build = built(&fixture("tour"));
    let page = text(&build, "index.path/labs/chess/index.demo.html");
    for part in [
        "<!doctype html>\n<html lang=\"en\" data-pmx-artifact=\"/labs/chess/index.demo.html\">",
        "<title>Chess · The tour</title>",
        "<meta name=\"description\" content=\"A board.\">",
        "<a class=\"pmx-site-title\" href=\"/index.path\">The tour</a>",
        "<li><a href=\"/guides/first.guide\">The first guide</a></li>\n<li><a href=\"/labs/chess\" aria-current=\"page\">Chess</a></li>",
        "<a rel=\"prev\" href=\"/guides/first.guide\">The first guide</a></nav>",
        "<h1 id=\"chess--more\">Chess &amp; more</h1>",
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
    assert_eq!(text(&build, "index.path/with space.md"), "# With space\n\nNo heading here, and no frontmatter.\n");
    assert!(text(&build, "index.path/labs/chess/index.demo.md").starts_with("<!-- id: board -->\n\n# Chess & more\n"));
}

#[test]
fn a_route_in_the_frontmatter_wins_and_everything_else_leads_to_it() {
    let build = built(&fixture("tour"));
    let routes = routes(&build, "index.path");
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
    let routes = routes(&build, "index.path");
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
    let routes = routes(&build, "index.path");
    assert!(matches!(&routes.routes["/same"], Route::Source { source, .. } if source == "a"));
    assert!(matches!(&routes.routes["/b"], Route::Source { source, .. } if source == "b"));
}

#[test]
fn reserved_addresses_are_warned_about() {
    let folder = site_of(&[
        ("index.path.md", "[A](./_events.md) [B](./api/x.md) [C](./apis.md)\n"),
        ("_events.md", "# E\n"),
        ("api/x.md", "# X\n"),
        ("apis.md", "# Fine\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["route/reserved", "route/reserved"]);
    assert!(!build.has_errors());
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
    assert_eq!(routes(&build, "workshop").routes["/"], redirect("/workshop.path"));
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
    assert!(build.has_errors());
    let page = text(&build, "index.path/b.html");
    assert!(page.contains("data-pathmx-style-source=\"s.css\" media=\"print\">"), "{page}");
    assert_eq!(page.matches("<link rel=\"stylesheet\"").count(), 2);
}

#[test]
fn every_listed_file_has_the_hash_that_the_manifest_says() {
    for name in ["tour", "two"] {
        let build = built(&fixture(name));
        for (id, root) in &build.roots.as_ref().unwrap().roots {
            let manifest_text = text(&build, &format!("{id}/manifest.json"));
            assert_eq!(Hash::of(manifest_text.as_bytes()), root.manifest);
            assert_eq!(Hash::of(text(&build, &format!("{id}/routes.json")).as_bytes()), root.routes);
            let manifest: Manifest = serde_json::from_str(&manifest_text).unwrap();
            manifest.check().unwrap();
            routes(&build, id).check(&manifest).unwrap();
            let on_disk: Vec<&str> =
                build.outputs.keys().filter_map(|path| path.strip_prefix(&format!("{id}/"))).collect();
            let listed = on_disk.iter().filter(|path| !matches!(**path, "manifest.json" | "routes.json"));
            assert_eq!(
                manifest.files.keys().map(String::as_str).collect::<Vec<_>>(),
                listed.copied().collect::<Vec<_>>()
            );
            for (path, file) in &manifest.files {
                let blob = &build.blobs[&build.outputs[&format!("{id}/{path}")]];
                assert_eq!((Hash::of(blob), u64::try_from(blob.len()).unwrap()), (file.hash, file.size), "{path}");
                if let Some(name) = path.strip_prefix("assets/") {
                    assert!(name.contains(&format!(".{}", file.hash.short(16))), "{name} bears its hash");
                }
            }
            for (source, entry) in &manifest.sources {
                let folder = fixture(name).join("paths");
                assert_eq!(entry.hash, Hash::of(&fs::read(folder.join(format!("{source}.md"))).unwrap()));
            }
            let artifacts = json(&build, &format!("{id}/artifacts.json"));
            assert_eq!(artifacts["artifacts"].as_object().unwrap().len(), manifest.files.len());
        }
    }
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
    let build = site::build(&project, &Snapshot::default(), &mut Cache::default());
    assert_eq!(codes(&build), ["entry/missing"]);
    assert!(build.roots.is_none());
}

#[test]
fn what_is_written_reads_back_and_is_not_written_twice() {
    let build = built(&fixture("two"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let all = build.outputs.len();
    let first = site::write(&build, &out, false).unwrap();
    assert_eq!((first.written, first.deleted), (all, 0));
    let second = site::write(&build, &out, false).unwrap();
    assert_eq!((second.written, second.deleted), (0, 0));
    let output = site::read_output(&out).unwrap();
    assert_eq!(Some(&output.roots), build.roots.as_ref());
    for (hash, path) in &output.files {
        assert_eq!(Hash::of(&fs::read(path).unwrap()), *hash);
    }
    let documents = ["paths.json", "roots.json"];
    let published: std::collections::BTreeSet<Hash> =
        build.outputs.iter().filter(|(path, _)| !documents.contains(&path.as_str())).map(|(_, hash)| *hash).collect();
    assert_eq!(output.files.keys().copied().collect::<std::collections::BTreeSet<_>>(), published);
}

#[test]
fn reading_back_names_a_file_that_is_missing_or_was_changed() {
    let build = built(&fixture("two"));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(site::read_output(folder.path()), Err(SiteError::NotBuilt(_))));
    site::write(&build, folder.path(), false).unwrap();
    let page = folder.path().join("workshop/shared.html");
    fs::write(&page, "changed").unwrap();
    match site::read_output(folder.path()) {
        Err(SiteError::ChangedFile { hash, path, .. }) => {
            assert_eq!((hash, path), (build.outputs["workshop/shared.html"], page.clone()));
        }
        other => panic!("{other:?}"),
    }
    fs::remove_file(&page).unwrap();
    match site::read_output(folder.path()) {
        Err(SiteError::MissingFile { hash, path }) => {
            assert_eq!((hash, path), (build.outputs["workshop/shared.html"], page));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn writing_removes_what_an_earlier_build_left_and_nothing_else() {
    let folder = site_of(&[("index.path.md", "[A](./sub/a.md)\n"), ("sub/a.md", "# A\n")]);
    let out = folder.path().join("out");
    site::write(&built(folder.path()), &out, false).unwrap();
    put(&out, "mine.txt", "keep me");
    put(folder.path(), "index.path.md", "# No links\n");
    let written = site::write(&built(folder.path()), &out, false).unwrap();
    assert_eq!(written.deleted, 2, "the page and the Markdown of a");
    assert!(!out.join("index.path/sub").exists());
    assert_eq!(fs::read_to_string(out.join("mine.txt")).unwrap(), "keep me");
    let again = built(folder.path());
    let cleaned = site::write(&again, &out, true).unwrap();
    assert_eq!((cleaned.written, cleaned.deleted), (again.outputs.len(), again.outputs.len()));
    assert!(out.join("mine.txt").exists());
}

#[test]
fn the_output_and_hidden_folders_are_no_sources() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n"),
        (".git/x.md", "no"),
        ("node_modules/x/y.md", "no"),
        ("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"),
        ("cache/x.md", "no"),
    ]);
    site::write(&built(folder.path()), &folder.path().join("public"), false).unwrap();
    let snapshot = site::scan(&located(folder.path()), None).unwrap();
    assert_eq!(snapshot.files().keys().collect::<Vec<_>>(), ["index.path.md"]);
    let hidden = site_of(&[("paths/.fixtures/x.path.md", "# X\n")]);
    let entry = PathBuf::from("paths/.fixtures/x.path.md");
    let project = site::locate(&Options { cwd: hidden.path().to_owned(), entries: vec![entry] }).unwrap();
    let build = site::build(&project, &site::scan(&project, None).unwrap(), &mut Cache::default());
    assert_eq!(build.roots.unwrap().default, ".fixtures-x.path");
}

#[test]
fn a_site_is_found_by_config_by_convention_or_by_name() {
    let configured = site_of(&[
        ("pathmx.config.md", "---\nsourceDir: src\noutDir: public\n---\n\n## Paths\n\n- [E](./src/e.path.md)\n"),
        ("src/e.path.md", "# E\n"),
        ("deep/down/x.txt", ""),
    ]);
    let project = located(&configured.path().join("deep/down"));
    assert_eq!(project.roots[0].path, "e.path.md");
    assert!(project.out_dir(configured.path(), Path::new(".pathmx")).unwrap().ends_with("public"));
    assert!(project.out_dir(configured.path(), Path::new("other")).unwrap().ends_with("other"));

    let nested = site_of(&[
        ("paths/config/index.config.md", "---\nsourceDir: paths\n---\n\n## Paths\n\n- [Home](../home.path.md)\n"),
        ("paths/home.path.md", "# H\n"),
    ]);
    assert_eq!(located(nested.path()).shown, "paths");
    assert_eq!(located(nested.path()).roots[0].path, "home.path.md");

    let plain = site_of(&[("My Site/index.md", "# Home\n"), ("paths/a.md", "# A\n")]);
    let named =
        |entry: &str| site::locate(&Options { cwd: plain.path().to_owned(), entries: vec![entry.into()] }).unwrap();
    assert_eq!((named("My Site").name.as_str(), named("My Site").shown.as_str()), ("my-site", "My Site"));
    assert_eq!((named("paths/a.md").shown.as_str(), named("paths/a.md").roots[0].path.as_str()), ("paths", "a.md"));
    assert_eq!(
        (named("My Site/index.md").shown.as_str(), named("My Site/index.md").roots[0].path.as_str()),
        (".", "My Site/index.md")
    );
}

#[test]
fn where_no_site_is_the_error_says_what_was_looked_for() {
    let folder = site_of(&[("readme.txt", "")]);
    let error = site::locate(&Options { cwd: folder.path().to_owned(), entries: Vec::new() }).unwrap_err();
    let hint = error.hint().unwrap();
    for name in ["pathmx.config.md", "paths/index.path.md", "index.path.md", "index.md"] {
        assert!(hint.contains(name), "{hint}");
    }
    let misspelt = Options { cwd: fixture("tour"), entries: vec!["paths/index.pth.md".into()] };
    assert!(site::locate(&misspelt).unwrap_err().hint().unwrap().contains("paths/index.path.md"));
    let project = located(&fixture("tour"));
    assert!(matches!(project.out_dir(&fixture("tour"), Path::new("paths")), Err(SiteError::OutputOverSources(_))));
}

/// Runs the command; exit code, stdout, stderr.
fn pmx(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pmx")).args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_says_what_scripts_wait_for_and_where_the_trouble_is() {
    let folder = site_of(&[
        ("paths/index.path.md", "# Home\n\nSee ä [A](./ab.md),\n![x](./gone.png) and [C](./sub/c.md#the-ned).\n"),
        ("paths/a.md", "# A\n"),
        ("paths/abc.md", "# ABC\n"),
        ("paths/sub/c.md", "# C\n\n## The end\n\n[out](../../../x.md)\n"),
    ]);
    let (code, stdout, stderr) = pmx(folder.path(), &["build"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout, "Built 1 path from paths to .pathmx.\nArtifacts: 16 written, 0 deleted.\n");
    assert_eq!(
        stderr,
        "paths/index.path.md:3:7: warning: there is no Source `ab.md` [link/unresolved]\n  hint: did you mean `./abc.md`?\n\
         paths/index.path.md:4:1: warning: there is no file `gone.png` [asset/missing]\n\
         paths/index.path.md:4:22: warning: `sub/c.md` has no heading or Block `#the-ned` [link/fragment]\n  hint: did you mean `#the-end`?\n\
         paths/sub/c.md:5:1: warning: `../../../x.md` leads out of the source folder [link/outside]\n"
    );
    let (code, stdout, _) = pmx(folder.path(), &["build"]);
    assert_eq!((code, stdout.as_str()), (0, "Built 1 path from paths to .pathmx.\nArtifacts: 0 written, 0 deleted.\n"));
}

#[test]
fn an_error_in_a_source_fails_the_command_after_everything_is_written() {
    let folder = site_of(&[("index.path.md", "---\na: [\n---\n\n# Home\n")]);
    let (code, stdout, stderr) = pmx(folder.path(), &["build", "-o", "out", "--json"]);
    assert_eq!(code, 1);
    let built: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&built["paths"], &built["pages"], &built["out"]), (&1.into(), &1.into(), &"out".into()));
    assert_eq!(built["diagnostics"][0]["code"], "source/frontmatter");
    assert!(stderr.contains("index.path.md:") && stderr.ends_with("error: 1 error; the rest was built\n"), "{stderr}");
    assert!(folder.path().join("out/index.path/index.path.html").exists());
    let (code, _, stderr) = pmx(&folder.path().join("out"), &["build"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("is no site\nhint: none of these exists: pathmx.config.md"), "{stderr}");
}

#[test]
fn the_route_command_answers_both_ways() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let (code, ..) = pmx(&fixture("two"), &["build", "-o", folder]);
    assert_eq!(code, 0);
    let route = |query: &str| pmx(&fixture("two"), &["route", query, "-o", folder]).1;
    assert_eq!(route("shared"), "/together\n");
    assert_eq!(route("paths/shared.md"), "/together\n");
    assert_eq!(route("/together"), "shared.md\n");
    assert_eq!(route("/shared/"), "shared.md\n");
    assert_eq!(route("/"), "index.path.md\n");
    assert_eq!(route("workshop.path"), "/workshop/workshop.path\n");
    let (_, stdout, _) =
        pmx(&fixture("two"), &["route", "shared", "-o", folder, "--json", "--base-url", "https://x.y/"]);
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(answer["url"], "https://x.y/together");
    assert_eq!((&answer["pathId"], &answer["sourceId"]), (&"index.path".into(), &"shared".into()));
    let (code, _, stderr) = pmx(&fixture("two"), &["route", "shard", "-o", folder]);
    assert_eq!(code, 1);
    assert!(stderr.contains("hint: did you mean shared?"), "{stderr}");
}
