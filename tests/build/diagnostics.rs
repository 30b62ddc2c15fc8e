//! Every finding that a build can have: the whole line as the command prints it, on a site that has nothing else wrong.

use super::*;
use std::fmt::Write as _;

/// What is said about a site, one finding per line, hints below theirs.
fn said(files: &[(&str, &str)]) -> String {
    let folder = site_of(files);
    let mut out = String::new();
    for finding in &built(folder.path()).diagnostics {
        writeln!(out, "{finding}").unwrap();
    }
    out
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A site of one Source.
fn said_of(source: &str) -> String {
    said(&[("paths/index.path.md", source)])
}

#[test]
fn a_source_that_cannot_be_read_says_from_where() {
    assert_eq!(
        said_of("---\ntitle: x\nlist: [1\n---\n\n# Home\n"),
        "paths/index.path.md:3:7: error: the frontmatter is no YAML mapping: unclosed bracket '[' [source/frontmatter]\n"
    );
    let folder = site_of(&[]);
    fs::create_dir_all(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), b"# Home\n\nab\xff\xfe\n").unwrap();
    let found: Vec<String> = built(folder.path()).diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["paths/index.path.md:3:3: error: the Source is not UTF-8 from here on [source/not-utf8]"]);
}

#[test]
fn topmatter_that_says_nothing_usable_is_named() {
    assert_eq!(
        said_of("# Home\n\n---\n\n<!--\nid: x\nplay: [\n-->\n\n## Two\n"),
        "paths/index.path.md:7:7: warning: this comment looks like topmatter but is no YAML: unclosed bracket '[' [block/topmatter]\n"
    );
    assert_eq!(
        said_of("<!-- id: two words -->\n\n# Home\n"),
        "paths/index.path.md:1:6: warning: the `id` of a Block is a word without spaces [block/id]\n"
    );
    assert_eq!(
        said_of("<!-- id: a -->\n\n# Home\n\n---\n\n<!-- id: a -->\n\n## Two\n"),
        "paths/index.path.md:7:6: warning: the id `a` is used twice in this Source [block/duplicate-id]\n"
    );
}

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
    let name = "n".repeat(240);
    let long = format!("paths/{0}/{0}/{0}/{0}/{0}.md", &name);
    let link = format!("# Home\n\n[x](./{0}/{0}/{0}/{0}/{0}.md)\n", &name);
    let found = said(&[("paths/index.path.md", &link), (&long, "# Deep\n")]);
    assert_eq!(
        found,
        format!(
            "paths/index.path.md:3:1: error: `{0}/{0}/{0}/{0}/{0}.md` has a name that cannot be published [link/unusable]\n",
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
            "paths/a.md:4:1: error: `./index.path.md` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
            "paths/index.path.md:5:1: error: `./gone.css` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
            "paths/index.path.md:6:1: error: `https://example.org/x.css` is no stylesheet of this site: it must be an existing local .css file [styles/target]",
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
            "paths/d.md:2:1: warning: `/_events` is never reached: the Worker answers /_events itself [route/reserved]",
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
            "paths/x.md:2:1: warning: `/one/x` is never reached: another Path is mounted at `/one` [route/shadowed]",
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
    let finding = "paths/index.path.md:3:1: error: `big.bin` has 27262976 bytes, at most 26214400 can be published [link/unusable]";
    assert_eq!(grow(big), (vec![finding.to_owned()], true));
    let finding = "paths/index.path.md:1:1: error: the entry `index.path.md` has 27262976 bytes, at most 26214400 can be published [entry/missing]";
    assert_eq!(grow(entry), (vec![finding.to_owned()], false));
}

#[test]
fn keys_of_the_wrong_shape_are_named_where_they_stand() {
    assert_eq!(
        said_of(
            "---\ntitle: [a]\nplay:\n  steps:\n    table: rows\n    code: all\n---\n\n# A\n\n---\n\n<!--\nid: b\n\
             styles: { classes: [pmx-x] }\nplay: { steps: 3 }\nquestion: { type: quiz }\n-->\n\n## B\n"
        ),
        lines(&[
            "paths/index.path.md:2:1: warning: `title` is a line of text [source/frontmatter-key]",
            "paths/index.path.md:5:5: warning: `play.steps` knows no `table` [choreographer/steps-invalid]",
            "  hint: did you mean `tables`?",
            "paths/index.path.md:6:5: warning: `play.steps.code` is not `all` but one of `single`, `none` [choreographer/steps-invalid]",
            "paths/index.path.md:15:11: warning: the class `pmx-x` is left out: `pmx-` is the prefix of PathMX's own classes [block/topmatter-key]",
            "paths/index.path.md:16:1: warning: `play.steps` is a mapping [choreographer/steps-invalid]",
            "paths/index.path.md:17:13: warning: `question.type` is not `quiz` but one of `short`, `long`, `fields` [block/topmatter-key]"
        ])
    );
}

#[test]
fn what_is_never_closed_is_named_where_it_starts() {
    assert_eq!(
        said_of("# A\n\n````js\nx\n```\n"),
        lines(&[
            "paths/index.path.md:3:1: warning: this code fence is never closed [source/unclosed-fence]",
            "  hint: end it with a line ``````"
        ])
    );
    assert_eq!(
        said_of("# A\n\n<!-- a\n\n## B\n"),
        lines(&[
            "paths/index.path.md:3:1: warning: this comment is never closed and hides the rest of the Source [source/unclosed-comment]",
            "  hint: end it with `-->`"
        ])
    );
    let folder = site_of(&[]);
    fs::create_dir_all(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), b"\x7fELF\0\0\xff\xfe").unwrap();
    let found: Vec<String> = built(folder.path()).diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["paths/index.path.md:1:1: error: this is no text, so there is nothing to read in it [source/binary]"]
    );
}

#[test]
fn focus_steps_that_point_nowhere_are_left_out() {
    assert_eq!(
        said_of("# A\n\n```js [1|4]\nx\n```\n\n```js [a]\nx\n```\n\n```js [2-1]\nx\n```\n"),
        lines(&[
            "paths/index.path.md:3:7: warning: the steps `[1|4]` are left out: there is no line 4, the code has 1 [choreographer/code-steps-invalid]",
            "paths/index.path.md:7:7: warning: the steps `[a]` are left out: `a` is no line and no range of lines, like `3` or `2-4` [choreographer/code-steps-invalid]",
            "paths/index.path.md:11:7: warning: the steps `[2-1]` are left out: the range `2-1` runs backwards [choreographer/code-steps-invalid]"
        ])
    );
}

#[test]
fn notes_that_nobody_sees_are_named() {
    assert_eq!(
        said_of(
            "# A\n\nText[^1].\n\n[^1]: Seen.\n\n[^2]: Unseen.\n\n[^c.a]: **@agent** (2026-07-20 10:42 -04:00): Done.\n"
        ),
        lines(&[
            "paths/index.path.md:7:1: warning: nothing refers to the footnote `2`, so it is not shown [footnote/unused]",
            "paths/index.path.md:9:1: warning: `c.a` replies to `c`, but there is no such annotation [annotations/no-thread]"
        ])
    );
}

#[test]
fn response_fields_have_ids_of_their_own() {
    let field = "**___**<!-- @response.field label=\"M\" -->";
    let question = "<!--\nid: q\nactions: { submit: questions.submitFields }\n-->";
    let named = "**___**<!-- @response.field id=a -->";
    assert_eq!(
        said_of(&format!("{question}\n\n# A\n\nx {field} y {named}\n\n{named}\n")),
        lines(&[
            "paths/index.path.md:1:1: warning: the response field `a` occurs twice in this question [question/duplicate-field]",
            "paths/index.path.md:8:10: warning: a response field needs an `id` of letters, digits, `-` and `_` [question/field-id]"
        ])
    );
}

/// A site of one Source beside a family of components.
fn said_with(parts: &str, source: &str) -> String {
    said(&[("paths/index.path.md", source), ("paths/parts.components.md", parts)])
}

/// A family of components: name and template of each.
fn parts(components: &[(&str, &str)]) -> String {
    let part = |(name, html): &(&str, &str)| format!("\n\n---\n\n## {name}\n\n```html\n{html}\n```");
    format!("# Parts{}\n", components.iter().map(part).collect::<String>())
}

#[test]
fn a_component_that_does_not_exist_or_gets_nothing_is_named() {
    let parts = parts(&[
        ("Card", "<article title=\"{{ label }}\">{{ label }}<slot name=\"head\" /><yield /></article>"),
        ("Loop", "<div><loop-b /></div>"),
        ("Loop b", "<p><loop /></p>"),
    ]);
    let page = "# A\n\n<card>x</card>\n\n<crad label=\"x\">x</crad>\n\n<my-card>x</my-card>\n\n\
                <card label=\"x\"><slot name=\"foot\">x</slot></card>\n\n<loop></loop>\n\n[@c]: ./parts.components.md\n";
    assert_eq!(
        said_with(&parts, page),
        lines(&[
            "paths/index.path.md:3:1: warning: `card` has no value for `{{ label }}` [literate/unresolved-value]",
            r#"  hint: write `<card label="…">`, or `{{ label: a fallback }}` in its template"#,
            "paths/index.path.md:5:1: warning: no component is called `crad` [literate/unresolved-component]",
            "  hint: there is `card`",
            "paths/index.path.md:7:1: warning: no component is called `my-card` [literate/unresolved-component]",
            "paths/index.path.md:9:1: warning: `card` has no slot `foot` [literate/unknown-slot]",
            "paths/index.path.md:11:1: error: the component `loop` contains itself: loop → loop-b → loop [literate/component-cycle]"
        ])
    );
    let elsewhere = "# A\n\n[parts](./parts.components.md)\n\n<flip-note>x</flip-note>\n";
    assert_eq!(
        said_with(&self::parts(&[("Flip note", "<p><yield /></p>"), ("Other", "<p>o</p>")]), elsewhere),
        lines(&[
            "paths/index.path.md:5:1: warning: no component is called `flip-note` [literate/unresolved-component]",
            "  hint: `./parts.components.md` defines it; import it with `[@components]: ./parts.components.md`"
        ])
    );
}

#[test]
fn a_definition_that_defines_nothing_is_named() {
    let family = "# Parts\n\n---\n\n## Card\n\n```html\n<p>a</p>\n```\n\n---\n\n## Card\n\n```html\n<p>b</p>\n```\n\n---\n\n## Two\n\n```html\n<p>a</p>\n```\n\n\
                  ```html\n<p>b</p>\n```\n\n---\n\n<!-- componentName: \"a b!\" -->\n\n```html\n<p>c</p>\n```\n\n---\n\n## Files\n\n```html\n<p>d</p>\n```\n\n\
                  [@script.x]: ./gone.js\n[@asset.y]: https://example.org/y.png\n";
    assert_eq!(
        said_with(family, "# A\n\n<card>x</card>\n\n[@c]: ./parts.components.md\n"),
        lines(&[
            "paths/parts.components.md:13:1: error: the component `card` is defined twice in this Source [literate/duplicate-component]",
            "  hint: the first is in the Block at line 5",
            "paths/parts.components.md:28:1: warning: a Block defines one component, and this one has two `html` fences [literate/html-fences]",
            "  hint: divide the Block with `---`, or call the fence of an example `text`",
            "paths/parts.components.md:47:1: warning: there is no file `gone.js` [asset/missing]",
            "paths/parts.components.md:48:1: error: `[@asset.y]` must lead to a file of the site [literate/resource]"
        ])
    );
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# A\n\n<card></card>\n\n[@c]: ./parts.components.md\n[@d]: ./other.components.md\n"
            ),
            ("paths/parts.components.md", &parts(&[("Card", "<p>a</p>"), ("Other", "<p>o</p>")])),
            ("paths/other.components.md", &parts(&[("Card", "<p>b</p>"), ("Third", "<p>o</p>")])),
        ]),
        lines(&[
            "paths/index.path.md:6:1: error: the component `card` comes from ./parts.components.md and from `./other.components.md` [literate/duplicate-component]",
            "  hint: rename one of the two, or import one Source only"
        ])
    );
}

#[test]
fn states_that_no_component_can_have_are_named() {
    let parts = parts(&[("Card", "<p>x</p>"), ("Other", "<p>o</p>")]);
    let page = "# A\n\n<card states=\"a | b, c\"></card>\n\n<card states=\"a | a\"></card>\n\n<card states=\"1 | b\"></card>\n\n\
                <card states=\"a\"></card>\n\n<card states=\"a | b\" initial-state=\"c\"></card>\n\n[@c]: ./parts.components.md\n";
    assert_eq!(
        said_with(&parts, page),
        lines(&[
            "paths/index.path.md:3:1: warning: the states of `card` are divided by `|` and by `,`: `|` is for an order, `,` for a choice [literate/states-mixed]",
            "paths/index.path.md:5:1: warning: the state `a` of `card` is listed twice [literate/states-duplicate]",
            "paths/index.path.md:5:1: warning: `card` has one state only, `a` [literate/states-single]",
            "paths/index.path.md:7:1: warning: a state of `card` is a number, `1`: states have names [literate/states-numeric]",
            "paths/index.path.md:9:1: warning: `card` has one state only, `a` [literate/states-single]",
            "paths/index.path.md:11:1: warning: `c` is no state of `card` [literate/state-initial-out-of-domain]"
        ])
    );
}

#[test]
fn components_that_grow_without_end_are_cut_off() {
    let nested: Vec<(String, String)> = (0..20)
        .map(|n| (format!("d{n}"), format!("<div>{}</div>", format!("<d{0}><yield /></d{0}>", n + 1).repeat(4))))
        .collect();
    let nested: Vec<(&str, &str)> = nested.iter().map(|(name, html)| (name.as_str(), html.as_str())).collect();
    assert_eq!(
        said_with(&parts(&nested), "# A\n\n<d0>x</d0>\n\n[@c]: ./parts.components.md\n"),
        lines(&[
            "paths/index.path.md:3:1: error: the components of this Block make more than 2 MiB of HTML [literate/component-size]"
        ])
    );
    let deep = "<div>".repeat(60) + "<yield />" + &"</div>".repeat(60);
    let page = format!("# A\n\n{}x{}\n\n[@c]: ./parts.components.md\n", "<deep>".repeat(8), "</deep>".repeat(8));
    assert_eq!(
        said_with(&parts(&[("Deep", &deep), ("Other", "<p>o</p>")]), &page),
        lines(&["paths/index.path.md:3:7: error: `deep` makes elements too deep to show [literate/component-depth]"])
    );
}

#[test]
fn a_value_that_nobody_gave_is_named() {
    assert_eq!(
        said_of("---\nauthor: A\n---\n\n# A {{ source.author }}\n\n{{ source.autor }} {{ block.x }} {{ y: z }}\n"),
        lines(&[
            "paths/index.path.md:7:1: warning: `{{ source.autor }}` has no value here [values/unresolved]",
            "  hint: there is `source.author`",
            "paths/index.path.md:7:20: warning: `{{ block.x }}` has no value here [values/unresolved]",
            "  hint: give it a fallback: `{{ name: fallback }}`"
        ])
    );
}

#[test]
#[ignore = "not drawn yet"]
fn an_icon_that_lucide_does_not_have_is_an_error() {
    assert_eq!(said_of("# A :lucide-sparkels:\n\n`:lucide-nothing-like-it:` :lucide-nothing-like-it[Label]:\n"), "?");
}

#[test]
fn an_include_that_cannot_be_taken_in_is_an_error() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# A\n\n[@include: B](./b.md#frist)\n\n[@include: B](./b.md)\n\n[@include: C](./c.md)\n"
            ),
            ("paths/b.md", "<!-- id: first -->\n\n# B\n\n[@include: B](./b.md)\n"),
        ]),
        lines(&[
            "paths/b.md:5:1: error: `b.md` includes itself through this [include/cycle]",
            "paths/index.path.md:3:1: error: `b.md` has no Block `frist` to include [include/missing-block]",
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
            "paths/14.md:1:1: error: includes nest deeper than 16, or there are too many [include/depth]",
            "paths/15.md:1:1: error: includes nest deeper than 16, or there are too many [include/depth]",
            "paths/16.md:1:1: error: includes nest deeper than 16, or there are too many [include/depth]"
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
            "paths/index.path.md:6:1: warning: `fonts` is no mapping of names to fonts [fonts/value]"
        ])
    );
}

#[test]
fn a_question_that_cannot_be_asked_says_why() {
    let question = |action: &str, more: &str| {
        format!("<!--\ntype: question\nid: q\nactions: {{ submit: questions.{action} }}\n{more}-->")
    };
    let choice = question("submitSingleChoice", "");
    assert_eq!(
        said_of(&format!("# A\n\n---\n\n{choice}\n\n## Q\n\n- one\n")),
        lines(&[
            "paths/index.path.md:5:1: warning: a question with a single choice needs a list of two options or more [question/no-choices]"
        ])
    );
    assert_eq!(
        said_of(&format!("# A\n\n---\n\n{choice}\n\n- one\n- two\n- one\n")),
        lines(&[
            "paths/index.path.md:5:1: warning: two options of this question read `one` [question/duplicate-option]",
            "paths/index.path.md:5:1: warning: a question needs a heading that asks it [question/no-heading]"
        ])
    );
    let answered = question("submitSingleChoice", "response: { choice: three }\n");
    assert_eq!(
        said_of(&format!("{answered}\n\n# Q\n\n- one\n- two\n")),
        lines(&[
            "paths/index.path.md:1:1: warning: the recorded choice `three` is none of the options [question/response]"
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitSinglChoice", ""))),
        lines(&[
            "paths/index.path.md:1:1: warning: no question has the Action `questions.submitSinglChoice` [question/unknown-action]",
            "  hint: did you mean `questions.submitSingleChoice`?"
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitFields", ""))),
        lines(&[
            r#"paths/index.path.md:1:1: warning: a question with fields needs a field: `**___**<!-- @response.field id=… label="…" -->` [question/no-fields]"#
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitText", "question: { type: fields }\n"))),
        lines(&[
            "paths/index.path.md:1:1: warning: a question with `question.type: fields` is submitted by `questions.submitFields` [question/type]"
        ])
    );
}

#[test]
fn table_steps_that_name_no_part_of_the_table_say_which() {
    let page = |steps: &str, tables: &str| {
        format!("# A\n\n---\n\n<!--\nid: t\nplay: {{ table: {{ steps: {steps} }} }}\n-->\n\n## T\n\n{tables}")
    };
    let table = "| a | b |\n| - | - |\n| 1 | 2 |\n\n";
    assert_eq!(
        said_of(&page("[{ rows: 1 }, { columns: 3 }]", table)),
        lines(&[
            "paths/index.path.md:5:1: warning: step 2 of `play.table.steps` names column 3 of a table that has 2 [choreographer/table-steps-invalid]",
            "  hint: the rows of the table are the steps until this is mended"
        ])
    );
    assert_eq!(
        said_of(&page("[{ rows: 1 }]", &table.repeat(2))),
        lines(&[
            "paths/index.path.md:5:1: warning: `play.table.steps` needs exactly one table, this Block has 2 [choreographer/table-steps-invalid]",
            "  hint: the rows of the table are the steps until this is mended"
        ])
    );
}

#[test]
fn focus_steps_beyond_all_measure_are_left_out() {
    let steps = vec!["1-2000"; 50].join("|");
    assert_eq!(
        said_of(&format!("# A\n\n```text [{steps}]\n{}```\n", "x\n".repeat(2_000))),
        lines(&[
            "paths/index.path.md:1:1: warning: the focus steps of this Block name more than 50000 lines or cells [choreographer/too-many-members]"
        ])
    );
}

#[test]
#[ignore = "not drawn yet"]
fn formulas_and_diagrams_that_cannot_be_drawn_are_shown_as_text() {
    assert_eq!(
        said_of("# A\n\n$$\n\\frac{1\n$$\n\n```mermaid\nnothing like it\n```\n"),
        lines(&[
            "paths/index.path.md:7:1: warning: this diagram is shown as text: diagrams are not drawn [mermaid/unsupported]"
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
            "paths/index.path.md:1:1: error: index.path.html has 27602406 bytes, at most 26214400 can be published [build/unusable]"
        ]
    );
    assert!(build.roots.is_none());
}
