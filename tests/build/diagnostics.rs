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
    let named = "**___**<!-- @response.field id=a -->";
    assert_eq!(
        said_of(&format!("# A\n\nx {field} y {named}\n\n{named}\n")),
        lines(&[
            "paths/index.path.md:3:10: warning: a response field needs an `id` of letters, digits, `-` and `_` [question/field-id]"
        ])
    );
}
