//! Components and values.

use super::*;

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
            "  hint: import the Source that defines it, or write `&lt;my-card>` for the words",
            "paths/index.path.md:9:1: warning: `card` has no slot `foot` [literate/unknown-slot]",
            "paths/index.path.md:11:1: warning: the component `loop` contains itself: loop → loop-b → loop [literate/component-cycle]"
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
        said_with(family, "# A\n\n<card></card>\n\n[@c]: ./parts.components.md\n"),
        lines(&[
            "paths/parts.components.md:13:1: error: the component `card` is defined twice in this Source [literate/duplicate-component]",
            "  hint: the first is in the Block at line 5",
            "paths/parts.components.md:47:1: warning: there is no file `gone.js` [asset/missing]",
            "paths/parts.components.md:48:1: warning: `[@asset.y]` must lead to a file of the site [literate/resource]"
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
            "paths/index.path.md:6:1: error: the component `card` comes from `./parts.components.md` and from `./other.components.md` [literate/duplicate-component]",
            "  hint: rename one of the two, or import one Source only"
        ])
    );
}

#[test]
fn a_component_without_a_name_is_left_out_with_a_warning() {
    let page = "# A\n\n[@c]: ./parts.components.md\n";
    assert_eq!(
        said_with(&parts(&[("???", "<p>a</p>"), ("Other", "<p>o</p>")]), page),
        lines(&[
            "paths/parts.components.md:5:1: warning: a component cannot be called `???` [literate/component-name]",
            "  hint: `componentName` of the Block: a letter, then letters, digits and dashes"
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
    let last = [("d20".to_owned(), "<p><yield /></p>".to_owned())];
    let nested: Vec<(String, String)> = nested.into_iter().chain(last).collect();
    let nested: Vec<(&str, &str)> = nested.iter().map(|(name, html)| (name.as_str(), html.as_str())).collect();
    assert_eq!(
        said_with(&parts(&nested), "# A\n\n<d0>x</d0>\n\n[@c]: ./parts.components.md\n"),
        lines(&[
            "paths/index.path.md:3:1: warning: the components of this Block make more than 2 MiB of HTML [literate/component-size]"
        ])
    );
    let deep = "<div>".repeat(60) + "<yield />" + &"</div>".repeat(60);
    let page = format!("# A\n\n{}x{}\n\n[@c]: ./parts.components.md\n", "<deep>".repeat(8), "</deep>".repeat(8));
    assert_eq!(
        said_with(&parts(&[("Deep", &deep), ("Other", "<p>o</p>")]), &page),
        lines(&["paths/index.path.md:3:7: warning: `deep` makes elements too deep to show [literate/component-depth]"])
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
fn what_is_lost_or_left_open_is_named() {
    let parts = parts(&[("Card", "<b><yield /></b>"), ("Tick", "<i>t</i>"), ("Odd", "<section><nope-in /></section>")]);
    let page = "# A\n\n<tick>x</tick>\n\n<note>\n\nx\n\n</note>\n\n<odd></odd>\n\n<card>\n\nx\n\n[@c]: ./parts.components.md\n";
    assert_eq!(
        said_with(&parts, page),
        lines(&[
            "paths/index.path.md:3:1: warning: what stands in `tick` is not shown: its template has no place for it [literate/lost-content]",
            "  hint: `<yield />` in the template of `tick` is one",
            "paths/index.path.md:5:1: warning: no component is called `note` [literate/unresolved-component]",
            "  hint: import the Source that defines it, or write `&lt;note>` for the words",
            "paths/index.path.md:11:1: warning: the template of `odd` uses `nope-in`, which its Source does not import [literate/unresolved-component]",
            "  hint: import the Source that defines it where `odd` is defined",
            "paths/index.path.md:13:1: warning: `<card>` is never closed and takes in what follows [literate/unclosed-component]",
            "  hint: end it with `</card>`"
        ])
    );
}

#[test]
fn a_block_that_nearly_defines_a_component_is_named() {
    let family = "# Parts\n\n---\n\n<!-- componentName: notempl -->\n\n```css\n:self { color: red }\n```\n\n---\n\n## Other\n\n```html\n<b></b>\n```\n\n---\n\n## Card\n\n```html\n<b></b>\n```\n\n\
                  ```scss\na { b { c: d } }\n```\n\n```ts\nlet a: number\n```\n";
    assert_eq!(
        said_with(family, "# A\n\n<card></card>\n\n[@c]: ./parts.components.md\n"),
        lines(&[
            "paths/parts.components.md:5:1: warning: `notempl` is no component: its Block has no `html` fence [literate/no-template]",
            "  hint: its template is the first `html` fence",
            "paths/parts.components.md:27:1: warning: a fence `scss` is no part of a component, so it is shown only [literate/fence]",
            "  hint: write it as `css`",
            "paths/parts.components.md:31:1: warning: a fence `ts` is no part of a component, so it is shown only [literate/fence]",
            "  hint: write it as `js`"
        ])
    );
}

#[test]
fn a_module_is_no_script_of_a_component() {
    let hint = "  hint: name the module in the Block, `[@asset.x]: ./x.js`, and write `const { a } = await import(ctx.assets.x.url)`";
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# Home\n\n<note-card></note-card> <old-card></old-card>\n\n[@c]: ./c.components.md\n"
            ),
            (
                "paths/c.components.md",
                "<!-- componentName: note-card -->\n\n```html\n<b>x</b>\n```\n\n```js\nel.title = 1\nimport('./a.js')\n```\n\n[@asset.a]: ./a.js\n\n---\n\n\
                 <!-- componentName: old-card -->\n\n```html\n<i>x</i>\n```\n\n[@script.s]: ./s.js\n"
            ),
            ("paths/a.js", "export const a = 1\n"),
            ("paths/s.js", "let a\nexport default a\n"),
        ]),
        lines(&[
            "paths/c.components.md:9:8: warning: `./a.js` is not read from the folder of the Source [literate/module]",
            hint,
            "paths/s.js:2:1: warning: a component's script is the body of a function, so `import` and `export` end all of it [literate/module]",
            hint,
        ])
    );
}
