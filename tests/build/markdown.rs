//! What Markdown becomes in a page, and what the config may switch.

use super::*;

#[test]
fn a_wikilink_leads_to_the_source_of_that_name_and_a_wrong_one_is_a_warning() {
    let folder = site_of(&[
        (
            "index.md",
            "# Home\n\n[[Loops]] [[all about while|while]] [[week]] [[loops#A Heading]] [[loops#nothing]] [[Lops]]\n",
        ),
        ("labs/loops.lab.md", "# Loops and such\n\n## A heading\n"),
        ("labs/w.md", "---\ntitle: All about while\n---\n"),
        ("week/index.path.md", "# The week\n"),
    ]);
    let build = built(folder.path());
    let page = text(&build, "index/index.html");
    for part in [
        "<a class=\"pmx-wikilink\" href=\"/labs/loops.lab\">Loops</a>",
        "<a class=\"pmx-wikilink\" href=\"/labs/w\">while</a>",
        "<a class=\"pmx-wikilink\" href=\"/week/index.path\">week</a>",
        "<a class=\"pmx-wikilink\" href=\"/labs/loops.lab#a-heading\">",
        "<a class=\"pmx-wikilink\" href=\"#\">Lops</a>",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    let found: Vec<(&str, Option<&str>)> = build.diagnostics.iter().map(|d| (d.code, d.hint.as_deref())).collect();
    assert_eq!(found, [("link/fragment", None), ("link/unresolved", Some("did you mean `[[loops]]`?"))]);
    assert_eq!(source_ids(&build, "index"), ["index", "labs/loops.lab", "labs/w", "week/index.path"]);
}

#[test]
fn values_are_in_ids_of_headings_numbers_stay_as_written_and_a_backslash_keeps_braces() {
    let folder = site_of(&[(
        "index.md",
        "---\ntitle: 010\nowner: Ada L.\nversion: 1.10\n---\n\n# {{ source.title }}\n\n\\{{ source.owner }} and {\\{ source.owner }}, {{ source.version }}\n\n\
         ## By {{ source.owner }}\n\n## \\{{ source.owner }}\n\n[to](#by-ada-l)\n",
    )]);
    let build = built(folder.path());
    let page = text(&build, "index/index.html");
    for part in [
        "<title>010</title>",
        "<meta name=\"description\" content=\"{{ source.owner }} and {{ source.owner }}, 1.10\">",
        ">{&#123; source.owner }} and {&#123; source.owner }}, 1.10</p>",
        "<h2 id=\"by-ada-l\"",
        ">By Ada L.</h2>",
        "<h2 id=\"-sourceowner-\"",
        ">{&#123; source.owner }}</h2>",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    assert_eq!(codes(&build), [""; 0]);
    assert!(text(&build, "index/index.md").contains("\\{{ source.owner }} and {\\{ source.owner }}, 1.10"));
}

#[test]
fn an_included_source_is_built_and_reached() {
    let folder =
        site_of(&[("index.md", "# A\n\n[@include: Note](./note#x)\n"), ("note.md", "<!-- id: x -->\n\nText\n")]);
    assert_eq!(source_ids(&built(folder.path()), "index"), ["index", "note"]);
}

#[test]
fn the_config_chooses_line_breaks_and_switches_parts_off() {
    let config = "---\nsourceDir: .\nmarkdown:\n  hardBreaks: true\n  wikilinks: false\nplugins:\n  math: false\n---\n\n## Paths\n\n- [A](./index.md)\n";
    let folder = site_of(&[("pathmx.config.md", config), ("index.md", "one\ntwo $x$ [[three]]\n")]);
    let build = built(folder.path());
    let page = text(&build, "index/index.html");
    assert!(page.contains(">one<br>\ntwo $x$ [[three]]</p>"), "{page}");
    assert_eq!(codes(&build), [""; 0]);
}

#[test]
fn a_setting_of_the_wrong_shape_stops_the_build_with_its_line() {
    let folder =
        site_of(&[("pathmx.config.md", "---\nsourceDir: .\nmarkdown: {hardBreak: true}\n---\n"), ("index.md", "x")]);
    let options = Options { cwd: folder.path().to_owned(), entries: Vec::new() };
    let Err(SiteError::Config { position, message, .. }) = pmx_site::locate(&options) else { panic!("no error") };
    assert_eq!((position.line, position.column), (3, 1));
    assert!(message.contains("`markdown.hardBreak`"), "{message}");
}

#[test]
fn a_change_of_settings_reads_every_source_anew() {
    let folder = site_of(&[("index.md", "one\ntwo\n")]);
    let project = located(folder.path());
    let snapshot = pmx_site::scan(&project, None).unwrap();
    let mut cache = Cache::default();
    assert!(text(&pmx_site::build(&project, &snapshot, &mut cache), "index/index.html").contains(">one\ntwo</p>"));
    let mut hard = project.clone();
    hard.settings.hard_breaks = true;
    assert!(text(&pmx_site::build(&hard, &snapshot, &mut cache), "index/index.html").contains(">one<br>\ntwo</p>"));
}

#[test]
fn what_is_wrong_with_a_source_is_said_where_it_stands() {
    let folder = site_of(&[(
        "index.md",
        "---\ntitle: [a]\nplay:\n  steps: {lists: all}\n---\n\n# A\n\n```js [3]\nx\n```\n\n---\n\n<!--\nid: b\nstyles: {classes: [pmx-x]}\n-->\n\nText\n\n---\n\n<!-- id: b -->\n\n```js\nnever closed\n",
    )]);
    let build = built(folder.path());
    let mut found: Vec<(usize, &str)> = build.diagnostics.iter().map(|d| (d.line, d.code)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (2, "source/frontmatter-key"),
            (4, "choreographer/steps-invalid"),
            (9, "choreographer/code-steps-invalid"),
            (17, "block/topmatter-key"),
            (24, "block/duplicate-id"),
            (26, "source/unclosed-fence"),
        ]
    );
    assert!(build.diagnostics.iter().all(|d| !d.is_error()));
}

#[test]
fn a_file_that_is_no_text_is_an_error_and_the_rest_stands() {
    let folder = site_of(&[("index.md", "[x](./x.md)\n")]);
    fs::write(folder.path().join("x.md"), b"\x7fELF\0\0\xff\xfe").unwrap();
    let build = built(folder.path());
    assert_eq!(codes(&build), ["source/binary"]);
    assert!(text(&build, "index/index.html").contains("<a href=\"/x\">x</a>"));
}
