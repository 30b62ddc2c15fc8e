//! In one Source: its frontmatter, topmatter, and Markdown.

use super::*;

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
        said_of(
            "# Home\n\n<!--\ntype: question\n-->\n\n- a\n- b\n\n<!-- note: none -->\n\n<!-- id: of a list, say -- -->\n"
        ),
        lines(&[
            "paths/index.path.md:3:1: warning: `type` is not read here: it is not at the top of its Block [block/topmatter]",
            "  hint: move the comment above the heading; a line `---` begins another Block",
            "paths/index.path.md:12:1: warning: `id` is not read here: it is not at the top of its Block [block/topmatter]",
            "  hint: move the comment above the heading; a line `---` begins another Block",
        ])
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
            "paths/index.path.md:16:9: warning: `play.steps` is a mapping [choreographer/steps-invalid]",
            "paths/index.path.md:17:13: warning: `question.type` is not `quiz` but one of `short`, `long`, `fields` [block/topmatter-key]"
        ])
    );
}

#[test]
fn what_is_nearly_a_key_or_its_value_is_named_with_what_was_meant() {
    assert_eq!(
        said_of(
            "---\nroutes: /x\ndesc: words\nlang: de_DE\nplay: {reveal: Items}\nfonts: {own: {herf: \"https://x.y/z.css\", href: \"https://x.y/z.css\"}}\n---\n\n# A\n\n---\n\n\
             <!-- type: questoin\nresponse: {}\nquestion: {options: [{lable: A}]}\n-->\n\n## B\n\n- A\n"
        ),
        lines(&[
            "paths/index.path.md:2:1: warning: `routes` means nothing to pmx [source/frontmatter-key]",
            "  hint: did you mean `route`?",
            "paths/index.path.md:3:1: warning: `desc` means nothing to pmx [source/frontmatter-key]",
            "  hint: did you mean `description`?",
            "paths/index.path.md:4:1: warning: `lang: de_DE` is the code of no language [source/frontmatter-key]",
            "  hint: write `lang: de-DE`",
            "paths/index.path.md:5:8: warning: `play.reveal` is not `Items` but one of `items`, `all` [choreographer/steps-invalid]",
            "  hint: did you mean `items`?",
            "paths/index.path.md:6:15: warning: `fonts.own.herf` means nothing to pmx [source/frontmatter-key]",
            "  hint: did you mean `href`?",
            "paths/index.path.md:13:6: warning: `type: questoin` means nothing to pmx [block/topmatter-key]",
            "  hint: did you mean `question`?",
            "paths/index.path.md:15:23: warning: `question.options.lable` means nothing to pmx [block/topmatter-key]",
            "  hint: did you mean `label`?",
        ])
    );
    let files = [
        (
            "paths/index.path.md",
            "---\nrelated: [./b.md, ./tow.md, nowhere]\n---\n\n# A\n\n[B](./b.md), [two](./two.md)\n",
        ),
        ("paths/b.md", "# B\n"),
        ("paths/two.md", "# Two\n"),
    ];
    assert_eq!(
        said(&files),
        lines(&[
            "paths/index.path.md:2:19: warning: `related` names `./tow.md`, and there is no such Source [related/unresolved]",
            "  hint: did you mean `./two.md`?",
            "paths/index.path.md:2:29: warning: `related` names `nowhere`, and there is no such Source [related/unresolved]",
        ])
    );
}

#[test]
fn frontmatter_that_is_none_is_named_with_its_fault() {
    assert_eq!(
        said_of("\n---\ntitle: A\n---\n\n# B\n"),
        lines(&[
            "paths/index.path.md:2:1: warning: this was meant as frontmatter, but a blank line stands before it, so it is text [source/no-frontmatter]",
            "  hint: delete it: the first line of the Source is `---`",
        ])
    );
    assert_eq!(
        said_of("---\n# of mine\ntitle: A\n----\n\n# B\n"),
        lines(&[
            "paths/index.path.md:1:1: warning: the frontmatter is never closed, so it is text [source/unclosed-frontmatter]",
            "  hint: line 4 is `----`: write `---`",
        ])
    );
    assert_eq!(
        said_of("---\ntitle:A\n---\n\n# B\n"),
        lines(&[
            "paths/index.path.md:2:1: error: the frontmatter is no YAML mapping: expected `key: value` lines [source/frontmatter]",
            "  hint: a space comes behind the colon: `title: A`",
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
fn what_html_and_frontmatter_leave_open_is_named() {
    assert_eq!(
        said_of("# A\n\nThe <title> of a page\n"),
        lines(&[
            "paths/index.path.md:3:5: warning: `<title>` is never closed and hides what follows in its Block [source/unclosed-element]",
            "  hint: end it with `</title>`, or write `&lt;title>` for the words"
        ])
    );
    assert_eq!(
        said_of("---\ntitle: A\n\n# B\n"),
        lines(&[
            "paths/index.path.md:1:1: warning: the frontmatter is never closed, so it is text [source/unclosed-frontmatter]",
            "  hint: end it with a line `---`"
        ])
    );
    assert_eq!(
        said_of("# A\n\n<style>\np { background: url(./a.png) }\n</style>\n"),
        lines(&["paths/index.path.md:4:21: warning: there is no file `a.png` [asset/missing]",])
    );
}

#[test]
fn elements_that_take_what_follows_from_the_reader_are_named_where_they_stand() {
    let said = said_of(
        "# A\n\nfoo <template> bar\n\n> <div>\n> <details>\n\nx <select> y\n\n---\n\n<video src=\"https://example.org/a.mp4\">\n",
    );
    let places: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("[source/unclosed-element]"))
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        places,
        [3, 6, 8, 12].iter().zip([5, 3, 3, 1]).map(|(l, c)| format!("paths/index.path.md:{l}:{c}")).collect::<Vec<_>>()
    );
    assert_eq!(
        said_of(
            "# A\n\n<details open>\n\nx\n\n---\n\n<details>\n<summary>s</summary>\n\n- <svg><title>t</title><path d=\"M0 0\"/></svg>\n\n</details>\n\n<progress value=\"1\"></progress> `<select>`\n\n```html\n<template>\n```\n\n<!-- <dialog> -->\n"
        ),
        ""
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
fn an_icon_that_lucide_does_not_have_is_a_warning_as_a_missing_image_is() {
    assert_eq!(
        said_of("# A :lucide-sparkels:\n\n`:lucide-in-code:` :lucide-nothing-like-it[Label]:\n"),
        lines(&[
            r#"paths/index.path.md:1:5: warning: Unknown Lucide icon "sparkels" [icons-lucide/unknown-icon]"#,
            "  hint: did you mean `sparkles`?",
            r#"paths/index.path.md:3:20: warning: Unknown Lucide icon "nothing-like-it" [icons-lucide/unknown-icon]"#
        ])
    );
}

#[test]
fn formulas_and_diagrams_that_cannot_be_drawn_are_shown_as_text() {
    assert_eq!(
        said_of("# A\n\n$$\n\\frac{1\n$$\n\n```mermaid\nnothing like it\n```\n"),
        lines(&[
            r#"paths/index.path.md:3:1: warning: this formula cannot be set: Expected closing token "}", but reached end of input. [math/invalid]"#,
            "paths/index.path.md:7:1: warning: this diagram is shown as text: Mermaid knows no diagrams of the kind `nothing` [mermaid/invalid]"
        ])
    );
}

#[test]
fn diagrams_that_are_not_drawn_as_they_are_written_are_named() {
    assert_eq!(
        said_of(
            "# A\n\n```mermaid\nvenn-beta\nset A\n```\n\n```mermaid\npie\n  \"a\" : 1\n  \"b\" : x\n```\n\n\
             ```mermaid\nflowchrt LR\n```\n\n```mermaid\nflowchart LR\nA[fa:fa-car Drive]\n```\n"
        ),
        lines(&[
            "paths/index.path.md:3:1: warning: this diagram is left to the reader's browser: diagrams of the kind `venn-beta` are not drawn here [mermaid/browser]",
            "  hint: pages with such a diagram load Mermaid, a script of some megabytes; without scripts they show its text",
            r#"paths/index.path.md:11:3: warning: this diagram is left to the reader's browser: it cannot be read: unexpected pie statement: "b" : x [mermaid/browser]"#,
            "  hint: Mermaid describes its notation on https://mermaid.js.org; the reader's browser shows the text if Mermaid cannot read it either",
            "paths/index.path.md:14:1: warning: this diagram is shown as text: Mermaid knows no diagrams of the kind `flowchrt` [mermaid/invalid]",
            "  hint: did you mean `flowchart`?",
            "paths/index.path.md:18:1: warning: this diagram is drawn, but icons of fonts are left out [mermaid/icon]"
        ])
    );
}

#[test]
fn a_language_that_is_not_known_is_told_and_what_may_be_meant() {
    assert_eq!(
        said_of(
            "# A\n\n```pyhton\na\n```\n\n```erlnag title=\"x\"\na\n```\n\n```klingon\na\n```\n\n```rust,no_run\na\n```\n"
        ),
        lines(&[
            "paths/index.path.md:3:1: warning: no language that is known here is called `pyhton`, so this code has no colours [code/unknown-language]",
            "  hint: did you mean `python`?",
            "paths/index.path.md:7:1: warning: no language that is known here is called `erlnag`, so this code has no colours [code/unknown-language]",
            "  hint: did you mean `erlang`?",
            "paths/index.path.md:11:1: warning: no language that is known here is called `klingon`, so this code has no colours [code/unknown-language]",
            "  hint: `text` behind the fence says that it is meant to have none"
        ])
    );
}

#[test]
fn code_that_a_grammar_would_take_too_long_for_is_shown_plain_and_told() {
    let line = "a".repeat(1_001);
    assert_eq!(
        said_of(&format!("# A\n\n```nim\n{line}\n```\n\n```js\n{line}\n```\n")),
        lines(&[
            "paths/index.path.md:3:1: warning: this code has no colours: in this language a line may have 1000 bytes [code/not-highlighted]",
            "  hint: `text` behind the fence says that it is meant to have none"
        ])
    );
    assert!(said_of(&format!("# A\n\n```nim\n{}```\n", "a\n".repeat(1_501))).contains("code may have 1500 lines"));
    assert!(said_of(&format!("# A\n\n```nim\n{}```\n", "abcdefg\n".repeat(10_000))).contains("code may have 32 KB"));
}

#[test]
fn html_that_reads_addresses_from_elsewhere_is_said() {
    assert_eq!(
        said_of(
            "# Home\n\n<base href=\"./x/\">\n\n<script type=\"module\">\nimport { a } from \"./a.js\"\n</script>\n\n`<base href=x>` <base target=_blank>\n"
        ),
        lines(&[
            "paths/index.path.md:3:13: warning: `<base href>` changes where every link, picture and `#fragment` of the page leads, those of pmx as well [source/base]",
            "  hint: take it out: an address is read from the folder of its own file",
            "paths/index.path.md:6:19: warning: `./a.js` is read from the address of the page, where no file is [script/import]",
            "  hint: put the script into a file, `<script type=\"module\" src=\"./x.js\"></script>`: what a file imports is published beside it",
        ])
    );
}
