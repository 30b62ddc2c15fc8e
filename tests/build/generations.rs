//! What differs between the generations of PathMX: entries, addresses, configs.

use super::*;

fn page(source: &str) -> Route {
    Route::Source { source: source.to_owned(), path: format!("{source}.html") }
}

#[test]
fn an_entry_that_is_an_index_is_the_home_page_and_sources_without_a_type_are_pages() {
    let folder = site_of(&[
        ("package.json", "{\"pathmx\": {\"plugins\": {}}}\n"),
        (
            "paths/index.md",
            "# Home\n\n[About](./about.md#us) [By route](/contact.page) [L](./fractions.lesson.md) [Agents](/docs/agents) [Typed](/world/house.page)\n",
        ),
        ("paths/about.md", "# About\n\n## Us\n\n[Home](./index.md) [Home](/)\n"),
        ("paths/contact.md", "# Contact\n"),
        ("paths/fractions.lesson.md", "# Fractions\n\n[agents](./docs/agents/index.md)\n"),
        ("paths/docs/agents/index.md", "# Agents\n"),
        ("paths/world/house.page.md", "# House\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    assert_eq!(build.roots.as_ref().unwrap().default, "index");
    let routes = routes_of(&build, "index").routes;
    for (route, source) in [
        ("/", "index"),
        ("/about.page", "about"),
        ("/contact.page", "contact"),
        ("/fractions.lesson", "fractions.lesson"),
        ("/docs/agents", "docs/agents/index"),
        ("/world/house.page", "world/house.page"),
    ] {
        assert_eq!(routes[route], page(source), "{route}");
    }
    for (from, to) in [
        ("/index", "/"),
        ("/about", "/about.page"),
        ("/about.page/", "/about.page"),
        ("/docs/agents/index", "/docs/agents"),
        ("/docs/agents/", "/docs/agents"),
    ] {
        assert_eq!(routes[from], redirect(to), "{from}");
    }
    let home = text(&build, "index/index.html");
    for link in ["<a href=\"/about.page#us\">", "<a href=\"/contact.page\">", "<a href=\"/docs/agents\">"] {
        assert!(home.contains(link), "{link} in {home}");
    }
    assert!(text(&build, "index/about.html").matches("<a href=\"/\">Home</a>").count() >= 2);
}

#[test]
fn an_entry_with_a_type_keeps_the_addresses_of_its_ids() {
    let folder = site_of(&[
        ("paths/index.path.md", "# Home\n\n[About](./about.md) [Docs](./docs/index.md)\n"),
        ("paths/about.md", "# About\n"),
        ("paths/docs/index.md", "# Docs\n"),
    ]);
    let routes = routes_of(&built(folder.path()), "index.path").routes;
    assert_eq!(routes["/"], redirect("/index.path"));
    let plain = site_of(&[("index.md", "# Home\n\n[About](./about.md)\n"), ("about.md", "# About\n")]);
    let plain = routes_of(&built(plain.path()), "index").routes;
    assert_eq!((&plain["/"], &plain["/about"]), (&redirect("/index"), &page("about")), "a folder of any Markdown");
    assert_eq!((&routes["/about"], &routes["/docs/index"]), (&page("about"), &page("docs/index")));
}

#[test]
fn a_route_in_the_frontmatter_wins_over_the_address_of_a_page() {
    let folder = site_of(&[
        ("paths/index.md", "# Home\n\n[A](./a.md) [B](./a.page.md) [C](./c.md)\n"),
        ("paths/a.md", "# A\n"),
        ("paths/a.page.md", "# B\n"),
        ("paths/c.md", "---\nroute: /chapters/c\n---\n\n# C\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), ["route/conflict"]);
    let routes = routes_of(&build, "index").routes;
    assert_eq!((&routes["/a.page"], &routes["/chapters/c"]), (&page("a"), &page("c")));
    assert_eq!(routes["/c"], redirect("/chapters/c"));
}

#[test]
fn of_several_entries_the_first_by_convention_wins_and_the_others_are_told() {
    let folder =
        site_of(&[("paths/index.path.md", "# Path\n"), ("paths/index.md", "# Page\n"), ("index.md", "# Outside\n")]);
    let build = built(folder.path());
    assert_eq!(build.roots.as_ref().unwrap().default, "index.path");
    let told: Vec<(&str, &str)> =
        build.diagnostics.iter().map(|finding| (finding.code, finding.path.as_str())).collect();
    assert_eq!(told, [("entry/several", "index.md"), ("entry/several", "paths/index.md")]);
    assert!(build.diagnostics[1].message.contains("`paths/index.path.md` comes first"), "{:?}", build.diagnostics);
    assert!(!build.has_errors());

    let linked = site_of(&[("index.path.md", "# Path\n\n[Page](./index.md)\n"), ("index.md", "# Page\n")]);
    assert_eq!(built(linked.path()).diagnostics, [], "a Source as any other");

    let only = site_of(&[("paths/index.md", "# Page\n"), ("index.path.md", "# Outside\n")]);
    let build = built(only.path());
    assert_eq!(build.roots.as_ref().unwrap().roots["index"].entry, "index.md");
    assert_eq!(codes(&build), ["entry/several"]);

    let named = Options { cwd: folder.path().to_owned(), entries: vec!["paths/index.md".into()] };
    let project = pmx_site::locate(&named).unwrap();
    let build = pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut Cache::default());
    assert_eq!((build.roots.unwrap().default, build.diagnostics), ("index".to_owned(), vec![]));

    let configured = site_of(&[
        ("pathmx.config.md", "## Paths\n\n- [P](./paths/index.md)\n"),
        ("paths/index.path.md", "# Path\n"),
        ("paths/index.md", "# Page\n"),
    ]);
    let build = built(configured.path());
    assert_eq!((build.roots.unwrap().default, build.diagnostics), ("index".to_owned(), vec![]));
}

#[test]
fn entries_on_the_command_line_need_no_handle() {
    let folder = site_of(&[("a.md", "# A\n"), ("refs/b.md", "# B\n")]);
    let named = |entries: [&str; 2]| {
        let entries = entries.map(PathBuf::from).to_vec();
        let project = pmx_site::locate(&Options { cwd: folder.path().to_owned(), entries }).unwrap();
        pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut Cache::default())
    };
    let build = named(["a.md", "refs/b.md"]);
    assert_eq!(build.diagnostics, []);
    assert_eq!(build.roots.unwrap().roots.keys().collect::<Vec<_>>(), ["a", "refs-b"]);
    put(folder.path(), "pathmx.config.md", "## Paths\n\n- [A](./a.md)\n- [B](./refs/b.md)\n");
    assert_eq!(codes(&built(folder.path())), ["root/no-handle"], "one that stays has an address to give");
}

#[test]
fn what_scripts_of_existing_sites_look_for_is_there() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n:lucide-sparkles: [Q](./index.quiz.md)\n"),
        (
            "index.quiz.md",
            "<!--\ntype: question\nid: study-plan\nquestion: {type: fields}\nactions: {submit: questions.submitFields}\n-->\n\n\
             ## Plan\n\nFor **___**<!-- @response.field id=minutes label=\"Minutes\" --> minutes.\n",
        ),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    assert!(text(&build, "index.path/index.path.html").contains("data-pathmx-icons=\"lucide\""));
    let quiz = text(&build, "index.path/index.quiz.html");
    assert!(!quiz.contains("data-pathmx-icons"), "{quiz}");
    for part in
        ["name=\"question.study-plan.minutes\"", "<!-- @response.field id=minutes label=\"Minutes\" --> minutes."]
    {
        assert!(quiz.contains(part), "{part} in {quiz}");
    }
    assert!(!quiz.contains("For ___<") && !quiz.contains("<strong>___"), "{quiz}");
}

#[test]
fn the_markdown_of_a_page_has_nothing_that_the_page_does_not_show() {
    let folder = site_of(&[
        ("index.path.md", "---\nsecret: a1\n---\n\n# Home\n\n[A](./a.md)\n"),
        (
            "a.md",
            "<!--\nid: one\nnote: secret-a2\nresponse: {choice: secret-a3}\n-->\n\n# A\n\n---\n\n<!-- owner: secret-a4 -->\n\nText.\n",
        ),
        ("draft.md", "# Nobody links here\n"),
    ]);
    let build = built(folder.path());
    for path in ["index.path/index.path.md", "index.path/a.md"] {
        assert!(!text(&build, path).contains("secret"), "{}", text(&build, path));
    }
    assert!(text(&build, "index.path/a.md").contains("<a id=\"one\"></a>\n"));
    assert!(!build.outputs.keys().any(|path| path.contains("draft")));
}

#[test]
fn the_config_of_the_first_generation_is_read_and_told() {
    let folder = site_of(&[
        (
            "pathmx.json",
            "{\"subdomain\": \"csc-343\", \"roots\": [\"paths/home.path.md\", \"paths/csc-343.spec.md\"]}\n",
        ),
        ("paths/home.path.md", "# Home\n"),
        ("paths/csc-343.spec.md", "# Spec\n"),
    ]);
    let project = located(folder.path());
    assert_eq!(project.link.site.as_deref(), Some("csc-343"));
    let build = built(folder.path());
    assert_eq!(build.roots.as_ref().unwrap().roots.keys().collect::<Vec<_>>(), ["csc-343.spec", "home.path"]);
    assert_eq!(codes(&build), ["config/pathmx-json"], "its roots need no handles");
    let finding = &build.diagnostics[0];
    assert_eq!(finding.path, "pathmx.json");
    assert!(finding.hint.as_ref().unwrap().contains("`## Paths`"), "{finding:?}");

    put(
        folder.path(),
        "pathmx.config.md",
        "---\npmx: {site: other}\n---\n\n## Paths\n\n- [S](./paths/csc-343.spec.md)\n",
    );
    let project = located(folder.path());
    assert_eq!((project.link.site.as_deref(), project.roots.len()), (Some("other"), 1));
    assert!(built(folder.path()).diagnostics[0].message.contains("only what pathmx.config.md does not say"));

    let broken = site_of(&[("pathmx.json", "{\n \"roots\": [\n"), ("paths/index.path.md", "# Home\n")]);
    let build = built(broken.path());
    assert_eq!((codes(&build), build.has_errors()), (vec!["config/pathmx-json"], false));
    let away =
        site_of(&[("in/pathmx.json", "{\"roots\": [\"../out.md\"]}"), ("in/.git/HEAD", ""), ("out.md", "# Out\n")]);
    let options = Options { cwd: away.path().join("in"), entries: Vec::new() };
    assert!(matches!(pmx_site::locate(&options), Err(SiteError::LeadsOut { .. })));
}
