//! Between files: links, assets, styles, routes, includes, and what no deploy could have.

use super::*;

#[test]
fn a_link_that_leads_nowhere_names_what_is_near() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n[a](./labs/lop.md), [b](/nowhere), [c](../../up.md)\n\n[d](./labs/loop.md#ende) [e](#hom) [f](./zip)\n"
            ),
            ("paths/labs/loop.md", "# Loop\n\n## Ende gut\n"),
        ]),
        lines(&[
            "paths/index.path.md:3:1: warning: there is no Source `labs/lop.md` [link/unresolved]",
            "  hint: did you mean `./labs/loop.md`?",
            "paths/index.path.md:3:21: warning: there is no page at `/nowhere` [link/unresolved]",
            "paths/index.path.md:3:36: warning: `../../up.md` leads out of the source folder [link/outside]",
            "paths/index.path.md:5:1: warning: `labs/loop.md` has no heading or Block `#ende` [link/fragment]",
            "  hint: did you mean `#ende-gut`?",
            "paths/index.path.md:5:26: warning: `index.path.md` has no heading or Block `#hom` [link/fragment]",
            "  hint: did you mean `#home`?",
            "paths/index.path.md:5:36: warning: there is no file `zip` [link/unresolved]",
        ])
    );
    assert_eq!(
        said(&[("paths/index.path.md", "# Home\n\n[a](./.env)\n"), ("paths/.env", "TOKEN=x\n")]),
        lines(&[
            "paths/index.path.md:3:1: warning: `.env` is not published: names that begin with a dot are those of settings and secrets [link/private]",
            "  hint: copy what readers may have to a file with another name",
        ])
    );
    let name = "n".repeat(240);
    let long = format!("paths/{0}/{0}/{0}/{0}/{0}.md", &name);
    let link = format!("# Home\n\n[x](./{0}/{0}/{0}/{0}/{0}.md)\n", &name);
    let found = said(&[("paths/index.path.md", &link), (&long, "# Deep\n")]);
    assert_eq!(
        found,
        format!(
            "paths/index.path.md:3:1: warning: `{0}/{0}/{0}/{0}/{0}.md` has a name that cannot be published [link/unusable]\n",
            &name
        )
    );
}

#[test]
fn an_asset_that_is_not_there_is_named_where_it_is_used() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n![x](./img/mark.svg)\n\n<img src=\"img/gone.png\" alt=\"\">\n\n[@styles]: ./a.css\n"
            ),
            ("paths/img/marks.svg", "<svg/>"),
            ("paths/a.css", "@import './b.css';\n.x { background: url(gone.png) }\n"),
            ("paths/b.css", "@import './a.css';\n"),
        ]),
        lines(&[
            "paths/a.css:2:22: warning: there is no file `gone.png` [asset/missing]",
            "paths/b.css:1:9: warning: `a.css` imports itself through this stylesheet [asset/cycle]",
            "paths/index.path.md:3:1: warning: there is no file `img/mark.svg` [asset/missing]",
            "  hint: did you mean `./img/marks.svg`?",
            "paths/index.path.md:5:11: warning: there is no file `img/gone.png` [asset/missing]",
        ])
    );
}

#[test]
fn a_stylesheet_that_cannot_count_is_refused() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n[a](./a.md)\n\n[@styles]: ./gone.css\n[@root.styles]: https://example.org/x.css\n"
            ),
            ("paths/a.md", "# A\n\n[@root.styles]: ./x.css\n[@styles]: ./index.path.md\n"),
            ("paths/x.css", ""),
        ]),
        lines(&[
            "paths/a.md:3:1: warning: `@root.styles` counts in the entry of a Path only, and is ignored here [styles/not-root]",
            "  hint: use `@styles`",
            "paths/a.md:4:1: warning: `./index.path.md` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
            "paths/index.path.md:5:1: warning: `./gone.css` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
            "paths/index.path.md:6:1: warning: `https://example.org/x.css` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
        ])
    );
}

#[test]
fn a_route_that_cannot_be_had_says_who_has_it() {
    assert_eq!(
        said(&[
            ("paths/index.path.md", "# Home\n\n[a](./a.md) [b](./b.md) [c](./c.md) [d](./d.md)\n"),
            ("paths/a.md", "---\nroute: /same\n---\n# A\n"),
            ("paths/b.md", "---\ntitle: B\nroute: /same\n---\n# B\n"),
            ("paths/c.md", "---\nroute: no slash\n---\n# C\n"),
            ("paths/d.md", "---\nroute: /_events\n---\n# D\n"),
        ]),
        lines(&[
            "paths/b.md:3:1: error: the route `/same` belongs to `a.md` already [route/conflict]",
            "paths/c.md:2:1: error: `no slash` is no route: it must start with `/` [route/invalid]",
            "paths/d.md:2:1: error: `/_events` is never reached: the Worker answers /_events itself [route/reserved]",
            "  hint: give the Source another `route`",
        ])
    );
}

#[test]
fn paths_of_one_site_need_names_and_room() {
    assert_eq!(
        said(&[
            (
                "pathmx.config.md",
                "---\nsourceDir: paths\n---\n\n## Paths\n\n- [H](./paths/index.path.md)\n- [A](./paths/a.path.md)\n- [B](./paths/b.path.md)\n- [C](./paths/c.path.md)\n- [D](./paths/d.path.md)\n"
            ),
            ("paths/index.path.md", "# Home\n\n[x](./x.md)\n"),
            ("paths/x.md", "---\nroute: /one/x\n---\n# X\n"),
            ("paths/a.path.md", "---\nhandle: \"@one\"\n---\n# A\n"),
            ("paths/b.path.md", "---\nhandle: \"@one\"\n---\n# B\n"),
            ("paths/c.path.md", "---\nhandle: workshop\n---\n# C\n"),
            ("paths/d.path.md", "# D\n"),
        ]),
        lines(&[
            "paths/b.path.md:2:1: error: another Path is called `one` already [root/duplicate]",
            "paths/c.path.md:2:1: error: `workshop` is no handle: @ and 1 to 64 letters, digits, `.`, `_` or `-` [root/handle]",
            "paths/d.path.md:1:1: warning: a Path beside the default one needs a handle [root/no-handle]",
            r#"  hint: add `handle: "@name"` to its frontmatter"#,
            "paths/x.md:2:1: error: `/one/x` is never reached: another Path is mounted at `/one` [route/shadowed]",
            "  hint: give the Source another `route`",
        ])
    );
}

#[test]
fn a_file_beyond_the_limit_is_refused_where_it_is_named() {
    let (entry, big) = ("paths/index.path.md", "paths/big.bin");
    let folder = site_of(&[(entry, "# Home\n\n![x](./big.bin)\n"), (big, "")]);
    let grow = |path: &str| {
        fs::File::options().write(true).open(folder.path().join(path)).unwrap().set_len(26 * 1024 * 1024).unwrap();
        let build = built(folder.path());
        (build.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>(), build.roots.is_some())
    };
    let finding = "paths/index.path.md:3:1: warning: `big.bin` has 27262976 bytes, at most 26214400 can be published [link/unusable]";
    assert_eq!(grow(big), (vec![finding.to_owned()], true));
    let finding = "paths/index.path.md:1:1: error: the entry `index.path.md` has 27262976 bytes, at most 26214400 can be published [entry/missing]";
    assert_eq!(grow(entry), (vec![finding.to_owned()], false));
}

#[test]
fn an_include_that_cannot_be_taken_in_is_a_warning() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# A\n\n[@include: B](./b.md#frist)\n\n[@include: B](./b.md)\n\n[@include: C](./c.md)\n"
            ),
            ("paths/b.md", "<!-- id: first -->\n\n# B\n\n[@include: B](./b.md)\n"),
        ]),
        lines(&[
            "paths/b.md:5:1: warning: `b.md` includes itself through this [include/cycle]",
            "paths/index.path.md:3:1: warning: `b.md` has no Block `frist` to include [include/missing-block]",
            "  hint: did you mean `#first`?",
            "paths/index.path.md:7:1: warning: there is no Source `c.md` [link/unresolved]"
        ])
    );
    let chain: Vec<(String, String)> = (0..18)
        .map(|n| {
            (
                format!("paths/{n}.md"),
                if n < 17 { format!("[@include: x](./{}.md)\n", n + 1) } else { "# End\n".to_owned() },
            )
        })
        .collect();
    let mut files: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("paths/index.path.md", "# A\n\n[@include: x](./0.md)\n"));
    assert_eq!(
        said(&files),
        lines(&[
            "paths/14.md:1:1: warning: includes nest deeper than 16, or there are too many [include/depth]",
            "paths/15.md:1:1: warning: includes nest deeper than 16, or there are too many [include/depth]",
            "paths/16.md:1:1: warning: includes nest deeper than 16, or there are too many [include/depth]"
        ])
    );
}

#[test]
fn a_look_that_css_would_not_take_is_named() {
    assert_eq!(
        said_of(
            "---\ntheme:\n  color: { accent: red, acent: red }\n  prose: { width: 3rem, size: \"1px; } * { x\" }\n  forceColorScheme: dim\n\
             fonts:\n  - { family: Inter, src: ./gone.woff2 }\n  - { href: \"http://x.y/z.css\" }\n  - 3\n---\n\n# A\n"
        ),
        lines(&[
            "paths/index.path.md:3:3: warning: `theme.color.acent` is no field of a theme [theme/unknown-field]",
            "  hint: did you mean `theme.color.accent`?",
            "paths/index.path.md:4:3: warning: `theme.prose.width` is no field of a theme [theme/unknown-field]",
            "  hint: did you mean `theme.measure`?",
            "paths/index.path.md:4:3: warning: `theme.prose.size` is left out: a CSS value has no place for `;`, braces, `<`, `>`, `\\`, `!`, `@`, comments or `url()` here [theme/value]",
            "paths/index.path.md:5:3: warning: `theme.forceColorScheme` is `light` or `dark`, nothing else [theme/value]",
            "paths/index.path.md:6:1: warning: there is no file `gone.woff2` [asset/missing]",
            "paths/index.path.md:6:1: warning: the font `number 2` has an `href` that is no https address [fonts/value]",
            "paths/index.path.md:6:1: warning: the font `number 3` is no mapping with `href` or `src` [fonts/value]"
        ])
    );
}

#[test]
fn a_page_that_no_deploy_could_have_leaves_no_site() {
    let folder = site_of(&[(
        "paths/index.path.md",
        &format!("---\nnote: {}\n---\n\n# A\n\n{}\n", "x".repeat(60_000), "{{ source.note }}\n".repeat(460)),
    )]);
    let build = built(folder.path());
    let found: Vec<String> = build.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "paths/index.path.md:1:1: error: index.path.html has 27602611 bytes, at most 26214400 can be published [build/unusable]",
            "paths/index.path.md:1:1: error: index.path.md has 27600492 bytes, at most 26214400 can be published [build/unusable]",
        ]
    );
    assert!(build.roots.is_none());
}

#[test]
fn an_entry_that_another_one_keeps_from_being_one_is_told() {
    assert_eq!(
        said(&[("paths/index.path.md", "# Path\n"), ("paths/index.md", "# Page\n")]),
        lines(&[
            "paths/index.md:1:1: warning: `paths/index.md` is not the entry: `paths/index.path.md` comes first, and no link leads here [entry/several]",
            "  hint: link to it, or say which one is the entry: a list of links under `## Paths` in pathmx.config.md, or `pmx build <file>`",
        ])
    );
}

#[test]
fn a_layout_that_cannot_be_one_is_told_where_it_is_chosen() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n[A](./a.md) [B](./b.md)\n\n[@layout]: ./one.layout.md\n[@layout.default]: ./code.layout.md\n[@layout.x]: ./plain.md\n"
            ),
            ("paths/a.md", "# A\n\n[@layout.default]: ./one.layout.md\n"),
            (
                "paths/b.md",
                "# B\n\n[@layout]: ./two.layout.md\n[@layout]: ./one.layout.md\n[@layout.y]: https://x.y/z\n"
            ),
            ("paths/plain.md", "# Plain\n"),
            ("paths/code.layout.md", "`<x-source-content />`\n"),
            ("paths/one.layout.md", "[@layout]: ./two.layout.md\n\n<x-source-content />\n"),
            ("paths/two.layout.md", "<x-source-content />\n\n[@layout]: ./one.layout.md\n"),
        ]),
        lines(&[
            "paths/a.md:3:1: warning: the layouts of a Path are chosen in its entry, and this is ignored here [layout/not-root]",
            "  hint: write `[@layout]: …` to choose one for this Source alone",
            "paths/b.md:4:1: warning: `./one.layout.md` is not used: an earlier definition has this label [layout/twice]",
            "paths/b.md:5:1: warning: `https://x.y/z` is no layout: it must be a Source of this site [layout/target]",
            "paths/code.layout.md:1:1: warning: this layout is not used: `<x-source-content />` stands where no element can be [layout/no-outlet]",
            "paths/index.path.md:7:1: warning: `plain.md` is no layout: it has no `<x-source-content />` where the content comes [layout/target]",
            "paths/one.layout.md:1:1: warning: the layout `two.layout.md` stands in itself through this [layout/cycle]",
            "paths/two.layout.md:3:1: warning: the layout `one.layout.md` stands in itself through this [layout/cycle]",
        ])
    );
}

#[test]
fn a_value_that_ends_at_a_comma_is_told_in_frontmatter_topmatter_and_config() {
    assert_eq!(
        said(&[
            (
                "pathmx.config.md",
                "---\npublish: { provider: cloudflare, workers }\nlang:\noutdir: x\n---\n\n## Paths\n\n- [Home](./paths/index.path.md)\n"
            ),
            (
                "paths/index.path.md",
                "---\nauthor: { name: Ada, Countess of Lovelace }\n---\n\n# Home\n\n---\n\n<!--\nnote: {by: Ada, Charles}\n-->\n\nWords\n"
            ),
        ]),
        lines(&[
            "pathmx.config.md:2:34: warning: `publish.provider` ends at the comma, and `workers` is a key without a value [config/key]",
            "  hint: a value with a comma in it stands in quotes: `provider: \"cloudflare, workers\"`",
            "pathmx.config.md:3:1: warning: `lang` has no value, so it says nothing [config/key]",
            "  hint: write its value behind the colon, or leave the line out",
            "pathmx.config.md:4:1: warning: `outdir` means nothing to pmx [config/key]",
            "  hint: did you mean `outDir`?",
            "paths/index.path.md:2:22: warning: `author.name` ends at the comma, and `Countess of Lovelace` is a key without a value [source/frontmatter-key]",
            "  hint: a value with a comma in it stands in quotes: `name: \"Ada, Countess of Lovelace\"`",
            "paths/index.path.md:10:17: warning: `note.by` ends at the comma, and `Charles` is a key without a value [block/topmatter-key]",
            "  hint: a value with a comma in it stands in quotes: `by: \"Ada, Charles\"`",
        ])
    );
}

#[test]
fn what_would_show_nothing_to_tick_off_is_told() {
    assert_eq!(
        said(&[("paths/index.path.md", "---\ncompletion: [x]\n---\n\n# Home\n\n<x-completion-outline />\n")]),
        lines(&[
            "paths/index.path.md:2:1: warning: `completion` is what a reader ticks off: a text, a mapping with a `label`, or true [source/frontmatter-key]",
            "paths/index.path.md:7:1: warning: `<x-completion-outline />` shows nothing: neither this Source nor one that it links to has `completion` [completion/nothing]",
            "  hint: say in the frontmatter what a reader should tick off: `completion: {label: …}`",
        ])
    );
}

#[test]
fn the_config_of_an_older_pathmx_is_told() {
    assert_eq!(
        said(&[("pathmx.json", "{\"roots\": [\"paths/home.md\"], \"x\": 1}"), ("paths/home.md", "# Home\n")]),
        lines(&[
            "pathmx.json:1:1: warning: pathmx.json is of an older PathMX: `roots` and `subdomain` are read; pmx does not know what to do with `x` [config/pathmx-json]",
            "  hint: write it into pathmx.config.md and delete this file: `roots` as a list of links under `## Paths`",
        ])
    );
}

#[test]
fn a_value_of_a_config_that_is_nearly_one_is_told() {
    assert_eq!(
        said(&[
            (
                "pathmx.config.md",
                "---\nlang: de_DE\noutDir: [x]\nplugins: {mermiad: false}\npmx: {sever: \"https://x.y\"}\n---\n\n## Paths\n\n- [Home](./paths/index.path.md)\n"
            ),
            ("paths/index.path.md", "# Home\n"),
        ]),
        lines(&[
            "pathmx.config.md:2:1: warning: `lang: de_DE` is the code of no language [config/key]",
            "  hint: write `lang: de-DE`",
            "pathmx.config.md:3:1: warning: `outDir` is the path of a folder [config/key]",
            "pathmx.config.md:4:11: warning: `plugins.mermiad` means nothing to pmx [config/key]",
            "  hint: did you mean `mermaid`?",
            "pathmx.config.md:5:7: warning: `pmx.sever` means nothing to pmx [config/key]",
            "  hint: did you mean `server`?",
        ])
    );
}

#[test]
fn an_entry_that_a_config_names_and_that_is_none_is_told_where_it_stands() {
    for (config, text, told, cure) in [
        (
            "pathmx.json",
            "{\"roots\": [\n  \"paths/nope.path.md\"]}",
            "2:3: `paths/nope.path.md` names no file",
            "did you mean `paths/home.path.md`?",
        ),
        ("pathmx.json", "{\"roots\": [\"paths\"]}", "1:12: `paths` is a folder", "did you mean `paths/index.path.md`?"),
        (
            "pathmx.json",
            "{\"roots\": [\"paths\\\\index.path.md\"]}",
            "1:12: `paths\\index.path.md` names no file",
            "did you mean `paths/index.path.md`?",
        ),
        (
            "pathmx.json",
            "{\"roots\": [\"paths/x.txt\"]}",
            "1:12: `paths/x.txt` is no Markdown file",
            "name a Source that is there",
        ),
        (
            "pathmx.config.md",
            "---\nlang: en\n---\n\n## Paths\n\n- [A](./paths/nope.path.md)\n",
            "7:3: `./paths/nope.path.md` names no file",
            "did you mean `./paths/home.path.md`?",
        ),
        (
            "pathmx.config.md",
            "---\nsourceDir: nowhere\n---\n",
            "2:1: `sourceDir: nowhere` names no folder",
            "name a folder that is there",
        ),
        ("pathmx.config.md", "---\nsourceDir: a: b\n---\n", "2:", "put the value into quotes: `sourceDir: \"a: b\"`"),
    ] {
        let files =
            [("paths/index.path.md", "# A\n"), ("paths/home.path.md", "# B\n"), ("paths/x.txt", "x"), (config, text)];
        let folder = site_of(&files);
        let options = pmx_site::Options { cwd: folder.path().to_owned(), entries: Vec::new() };
        let error = pmx_site::locate(&options).unwrap_err();
        let (said, hint) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(said.contains(&format!("{config}:{told}")) && hint.contains(cure), "{text}: {said} / {hint}");
    }
}

#[test]
fn a_second_place_for_the_content_is_named() {
    let files = [
        ("paths/index.path.md", "# A\n\n[@layout]: ./a.layout.md\n"),
        ("paths/a.layout.md", "# Frame\n\n<x-source-content />\n\n| a |\n| --- |\n| <X-Source-Content/> |\n"),
    ];
    assert_eq!(
        said(&files),
        lines(&[
            "paths/a.layout.md:7:3: warning: a second `<x-source-content />` is left out: the content of a page comes once [layout/second-outlet]"
        ])
    );
}

#[test]
fn a_name_in_double_brackets_says_what_it_may_mean_and_what_it_does_not_show() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n[[dup]] ![[cat.png]] ![[a note]] ![[#Home]] ![[nobody]] [[doc.pdx]]\n\n[x](./x/near.md)\n"
            ),
            ("paths/x/dup.md", "# One\n"),
            ("paths/y/dup.md", "# Two\n"),
            ("paths/x/near.md", "[[dup]] ![[cat.png]] [[../y/dup]]\n"),
            ("paths/x/cat.png", "1"),
            ("paths/y/cat.png", "2"),
            ("paths/n/a note.md", "# A note\n"),
            ("paths/n/doc.pdf", "3"),
        ]),
        lines(&[
            "paths/index.path.md:3:1: warning: `dup` may mean `x/dup.md` or `y/dup.md`, and leads to the first [link/ambiguous]",
            "  hint: write the path: `[[x/dup]]`",
            "paths/index.path.md:3:9: warning: `cat.png` may mean `x/cat.png` or `y/cat.png`, and leads to the first [link/ambiguous]",
            "  hint: write the path: `![[x/cat.png]]`",
            "paths/index.path.md:3:22: warning: `![[a note]]` is a link: by name, pictures, sound and films are shown, and no Sources [link/embed]",
            "  hint: to take the Source in, write `[@include: a note](./n/a%20note.md)`",
            "paths/index.path.md:3:34: warning: `![[#Home]]` is a link: by name, pictures, sound and films are shown, and no Sources [link/embed]",
            "  hint: write `[[#Home]]`: a part of the same Source is not taken in",
            "paths/index.path.md:3:45: warning: no Source is called `nobody` [link/unresolved]",
            "paths/index.path.md:3:57: warning: no Source is called `doc.pdx` [link/unresolved]",
        ])
    );
}

#[test]
fn what_a_published_file_names_is_there_or_is_said() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n<script type=module src=./m.js></script> <iframe src=./f.html></iframe>\n"
            ),
            ("paths/m.js", "import './gone.js'\nimport('/dep.js')\nimport './dep.js'\n"),
            ("paths/dep.js", "1"),
            ("paths/f.html", "<img src=./gone.png>\n<script src=\"/dep.js\"></script> <script src=/api.js></script>\n"),
        ]),
        lines(&[
            "paths/f.html:1:10: warning: there is no file `./gone.png` [asset/missing]",
            "paths/f.html:2:14: warning: `/dep.js` begins at the top of the site, where no files are published [asset/missing]",
            "  hint: write it from the folder of this file: `./dep.js`",
            "paths/m.js:1:8: warning: there is no file `./gone.js` [asset/missing]",
            "paths/m.js:2:8: warning: `/dep.js` begins at the top of the site, where no files are published [asset/missing]",
            "  hint: write it from the folder of this file: `./dep.js`",
        ])
    );
}
