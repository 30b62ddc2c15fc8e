//! What a reader ticks off.

use super::*;

#[test]
fn a_source_lists_what_it_asks_for_and_a_path_what_it_leads_through() {
    let folder = site_of(&[
        (
            "index.path.md",
            "# Home\n\n1. [One](./one.lesson.md)\n2. [Two](./two.lesson.md) and [again](./one.lesson.md)\n3. [Free](./free.md)\n\n\
             <x-completion-outline />\n<x-completion-progress />\n",
        ),
        (
            "one.lesson.md",
            "---\ncompletion:\n  label: I can <explain> it.\n---\n\n# One\n\n---\n\n<!--\nid: practice\ncompletion: I tried & checked\n-->\n\n## Practice\n\n\
             <x-completion-outline class=\"mine\" />\n\nText <x-completion-progress/>\n",
        ),
        ("two.lesson.md", "---\ncompletion: true\n---\n\n# Two\n"),
        ("free.md", "# Free\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(build.diagnostics, []);
    let one = text(&build, "index.path/one.lesson.html");
    for part in [
        "<ul class=\"pmx-completion-outline mine\"",
        "<label><input type=\"checkbox\" data-pathmx-completion-key=\"one.lesson\" hidden=\"\" disabled=\"\"> I can &lt;explain&gt; it.</label>",
        "data-pathmx-completion-key=\"one.lesson#practice\" hidden=\"\" disabled=\"\"> I tried &amp; checked</label>",
        "<progress max=\"2\" value=\"0\" aria-label=\"Completed\"></progress> <span role=\"status\"></span>",
        "data-pathmx-completion-groups=\"[[&quot;one.lesson&quot;],[&quot;one.lesson#practice&quot;]]\"",
    ] {
        assert!(one.contains(part), "{part} in {one}");
    }
    let home = text(&build, "index.path/index.path.html");
    assert!(home.contains("<ol class=\"pmx-completion-outline\""), "{home}");
    assert!(home.contains("<a href=\"/one.lesson\">One</a> <span class=\"pmx-completion-state\" data-pathmx-completion-of=\"[[&quot;one.lesson&quot;,&quot;one.lesson#practice&quot;]]\">"), "{home}");
    assert!(home.contains("<progress max=\"2\"") && !home.contains(">Free</a> <span"), "{home}");
    let script = asset(&home, "completion");
    assert!(build.outputs.contains_key(&format!("index.path{script}")), "{script}");
    assert!(!text(&build, "index.path/free.html").contains("completion."), "only pages that show it load it");
}

#[test]
fn a_path_shows_what_its_sources_ask_for_now() {
    let folder = site_of(&[("index.path.md", "")]);
    let project = located(folder.path());
    let snapshot = |front: &str| {
        let files = [
            ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md)\n\n[@layout.default]: ./x.layout.md\n".to_owned()),
            ("a.md", format!("---\n{front}\n---\n\n# A\n")),
            ("b.md", "# B\n".to_owned()),
            ("x.layout.md", "<x-source-content/>\n\n<x-completion-progress/>\n".to_owned()),
        ];
        pmx_site::Snapshot::of(files.map(|(path, text)| (path.to_owned(), text.into_bytes())))
    };
    let mut cache = Cache::default();
    let before = pmx_site::build(&project, &snapshot("x: 1"), &mut cache);
    assert!(!text(&before, "index.path/index.path.html").contains("<progress"));
    assert_eq!(codes(&before), ["completion/nothing"], "on the page of the layout, and on no other");
    let after = pmx_site::build(&project, &snapshot("completion: Done"), &mut cache);
    let clean = pmx_site::build(&project, &snapshot("completion: Done"), &mut Cache::default());
    assert_eq!(after.outputs, clean.outputs);
    for page in ["index.path", "a"] {
        assert!(text(&clean, &format!("index.path/{page}.html")).contains("<progress max=\"1\""), "{page}");
    }
    assert!(!text(&clean, "index.path/b.html").contains("<progress"));
}
