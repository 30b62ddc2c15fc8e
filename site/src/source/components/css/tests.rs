use super::*;
use proptest::prelude::*;
use serde_json::Map;
use std::borrow::Cow;

struct NoFiles;

impl DefinitionFiles for NoFiles {
    fn address(&self, link: usize) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(format!("./asset-{link}.png")))
    }

    fn text(&self, link: usize) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(format!(".file-{link} {{}}")))
    }
}

fn definition(name: &str, css: Vec<Chunk>) -> Definition {
    Definition {
        name: name.to_owned(),
        template: String::new(),
        css,
        script: Vec::new(),
        values: Map::new(),
        resources: Vec::new(),
        position: crate::diagnostic::Position::START,
    }
}

fn sheet(css: &str) -> String {
    stylesheet("lib/x", &[definition("card", vec![Chunk::Text(css.to_owned())])], &NoFiles)
}

const ROOT: &str = "[data-pathmx-component~=\"card\"][data-pathmx-component-source~=\"lib/x\"]";

/// Without differences of white space.
fn flat(css: &str) -> String {
    css.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn rules_are_scoped_and_self_is_the_root() {
    let css = sheet(":self, .a:SELF > b:not(:self)::before { content: ':self'; --x: a:self; &:self-x, ::self {} }");
    let inner = ":scope, .a:scope > b:not(:scope)::before{ content: ':self'; --x: a:self; &:self-x, ::self{}}";
    let bare = |css: &str| css.replace([' ', '\n'], "");
    assert_eq!(bare(&css), bare(&format!("@scope ({ROOT}) {{ {inner} }}")));
    assert_eq!(sheet(" \n"), "");
}

#[test]
fn what_no_scope_can_hold_comes_first() {
    let css =
        sheet("@import 'a.css';\n.a { b: c }\n@keyframes x { from { top: 0 } }\n@font-face { font-family: f }\n.d {}");
    let expected = format!(
        "@import 'a.css'; @keyframes x {{ from {{ top: 0 }} }} @font-face {{ font-family: f }} @scope ({ROOT}) {{ .a {{ b: c }} .d {{}} }}"
    );
    assert_eq!(flat(&css), flat(&expected));
}

#[test]
fn a_scheme_follows_the_system_and_the_choice() {
    let css = sheet("a{} @dark { :self { c: d } } b{}");
    let system = ":where(:not([data-pathmx-color-scheme=\"dark\"] *, [data-pathmx-color-scheme=\"light\"] *))";
    let chosen = ":where([data-pathmx-color-scheme=\"dark\"] *):where(:not([data-pathmx-color-scheme=\"dark\"] [data-pathmx-color-scheme=\"light\"] *))";
    let expected = format!(
        "@scope ({ROOT}) {{ a{{}} }} @media (prefers-color-scheme: dark) {{ @scope ({ROOT}{system}) {{ :scope {{ c: d }} }} }} \
         @scope ({ROOT}{chosen}) {{ :scope {{ c: d }} }} @scope ({ROOT}) {{ b{{}} }}"
    );
    assert_eq!(flat(&css), flat(&expected));
    let nested = flat(&sheet(":self { a: b; @light { c: d } e: f }"));
    assert!(nested.contains("{ a: b;@media (prefers-color-scheme: light) { &:where("), "{nested}");
    assert!(nested.contains(" *)) { c: d } } &:where("), "{nested}");
    let group = flat(&sheet("@media print { a{} @dark { b{} } }"));
    assert!(
        group.starts_with(&format!("@media print {{ @scope ({ROOT}) {{ a{{}} }} @media (prefers-color-scheme: dark)"))
    );
}

#[test]
fn schemes_in_schemes_do_not_multiply() {
    let css = sheet(&format!("{}b{{}}{}", "@dark{".repeat(40), "}".repeat(40)));
    assert_eq!(css.matches("b{}").count(), 2);
    let css = sheet(&format!("a{{{}b:c;{}}}", "@dark{".repeat(40), "}".repeat(40)));
    assert_eq!(css.matches("b:c").count(), 2);
    assert!(!sheet("@dark { @light { a{} } }").contains("a{}"));
}

#[test]
fn addresses_and_files_are_put_in_in_order() {
    let chunks = vec![Chunk::File(4), Chunk::Text("a { b: url(\"\u{0}2\u{0}\") }".to_owned())];
    let css = stylesheet("lib/x", &[definition("card", chunks)], &NoFiles);
    assert!(css.find(".file-4").unwrap() < css.find("url(\"./asset-2.png\")").unwrap());
}

#[test]
fn one_components_mistake_stays_its_own() {
    for broken in [
        "a {",
        "}} a { b: c }",
        "a { b: \"x",
        "a { b: (c }",
        "/* a",
        "a { b: url(x",
        "a \\",
        "a { b: 'x\\",
        "@dark { a {",
        "/* /",
    ] {
        let all = [
            definition("card", vec![Chunk::Text(broken.to_owned())]),
            definition("next", vec![Chunk::Text("n{}".to_owned())]),
        ];
        let css = stylesheet("x", &all, &NoFiles);
        let top = items(&css);
        let last = top.iter().rev().find(|item| !item.text.trim().is_empty()).unwrap();
        assert!(last.prelude.contains("~=\"next\""), "{broken} swallowed what follows: {css}");
        assert!(matches!(closed(&css), Cow::Borrowed(_)), "{broken} left something open: {css}");
    }
}

#[test]
fn white_space_that_is_escaped_stays() {
    for css in ["\"\\ ", "\"\\ \n", "a{b:c} \\ \n"] {
        let out = sheet(css);
        assert!(matches!(closed(&out), Cow::Borrowed(_)), "{css:?}: {out}");
    }
}

proptest! {
    #[test]
    fn any_css_stays_in_its_scope(css in "(@dark|@media|@import|:self|url\\(|[\"'\\\\/*(){}\\[\\]; \na-cü:;@]){0,60}") {
        let out = sheet(&css);
        prop_assert!(matches!(closed(&out), Cow::Borrowed(_)), "{}", out);
    }

    #[test]
    fn plain_rules_are_copied_as_they_are(
        rules in prop::collection::vec("[a-c.#>~ ]{1,8}\\{ ?([a-c-]{1,5}:('[a-c:;{}]{0,5}'|[a-c0-9 ]{1,5});){0,3}\\}|/\\*[a-c'\"{}]{0,6}\\*/", 0..6),
    ) {
        let css: String = rules.concat();
        let out = sheet(&css);
        prop_assert!(out.contains(css.trim()), "{}", out);
    }
}
