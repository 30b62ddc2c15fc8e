//! Literate Components from the Markdown that defines them to the page that uses them.

use super::*;

const LIBRARY: &str = r#"# Parts

Prose defines nothing.

---

# Flip Note

```html
<article states="front | back" aria-label="{{ label: Note }}">
  <slot name="front">nothing</slot><yield />
  <a href="{{ more: ./guide.md }}">more</a>
</article>
```

```css
:self { background: url("./pic.svg"); }
@dark { :self { color: white; } }
```

```js
el.dataset.n = (await ctx.data.moves.json()).n
```

[@data.moves]: ./moves.json
[@asset.pic]: ./pic.svg
[@script.rest]: ./rest.js
[@styles.rest]: ./rest.css

---

<!--
componentName: badge
-->

```html
<span data-tone="{{ tone: calm }}"><yield /></span>
```
"#;

fn library(page: &str) -> Build {
    let folder = site_of(&[
        ("index.md", &format!("---\ntitle: Home\n---\n\n# Home\n\n[@parts]: ./lib/parts.components.md\n\n{page}\n")),
        ("lib/parts.components.md", LIBRARY),
        ("lib/guide.md", "# Guide\n"),
        ("lib/pic.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("lib/moves.json", "{\"n\": 7}"),
        ("lib/rest.js", "el.dataset.rest = 'yes'"),
        ("lib/rest.css", "b { background: url(pic.svg) }"),
    ]);
    built(folder.path())
}

#[test]
fn a_usage_becomes_the_template_with_addresses_of_the_defining_source() {
    let build = library(
        "<flip-note label=\"{{ source.title }}\">\n<slot name=\"front\">Front</slot>\n\n**Body**\n\n</flip-note>\n\nSee <badge>one</badge>, two.",
    );
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    for part in [
        "<article aria-label=\"Home\" label=\"Home\" data-pathmx-component=\"flip-note\" data-pathmx-component-source=\"lib/parts.components\" data-pathmx-states=\"front | back\" data-state=\"front\"",
        "Front",
        "<strong>Body</strong>",
        "<a href=\"/lib/guide\"",
        "<span data-tone=\"calm\" data-pathmx-component=\"badge\"",
        ">one</span>, two.",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    for gone in ["nothing", "<yield", "<slot", "flip-note label", "states=\"front", "\0"] {
        assert!(
            !page.replace("data-pathmx-states=", "").contains(gone) || gone == "states=\"front",
            "{gone} in\n{page}"
        );
    }
}

#[test]
fn a_page_loads_the_styles_and_scripts_of_what_it_uses() {
    let build = library("<flip-note></flip-note>");
    let page = text(&build, "index/index.html");
    let style = text(&build, &format!("index{}", asset(&page, "parts.components")));
    for part in [
        "@scope ([data-pathmx-component~=\"flip-note\"]",
        ":scope { background: url(\"./pic.",
        "prefers-color-scheme: dark",
        "b { background: url(\"pic.",
    ] {
        assert!(style.contains(part), "{part} in\n{style}");
    }
    let script = text(&build, &format!("index{}", asset(&page, "flip-note")));
    assert!(
        script.starts_with(
            "pmxRuntime.define(\"flip-note\", {\"source\":\"lib/parts.components\",\"assets\":{\"pic\":\"./pic."
        ),
        "{script}"
    );
    assert!(
        script.contains("async function (el, $, $$, on, state, ctx)") && script.contains("dataset.rest"),
        "{script}"
    );
    assert!(page.find(asset(&page, "runtime")).unwrap() < page.find(asset(&page, "flip-note")).unwrap());
    let plain = text(&library("<badge>x</badge>"), "index/index.html");
    assert!(!plain.contains("/assets/flip-note."), "a page loads the scripts of what it uses");
}

#[test]
fn mistakes_are_named_where_they_were_written() {
    let build = library(
        "<flip-nte></flip-nte>\n\n<badge></badge>\n\n<flip-note states=\"1, b | c\">\n\n{{ block.none }}\n\n</flip-note>",
    );
    let mut found: Vec<_> = build.diagnostics.iter().map(|d| (d.line, d.code, d.hint.as_deref())).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (9, "literate/unresolved-component", Some("there is `flip-note`")),
            (13, "literate/states-mixed", None),
            (15, "values/unresolved", Some("give it a fallback: `{{ name: fallback }}`")),
        ]
    );
}

#[test]
fn a_name_given_twice_is_an_error_and_a_component_in_itself_a_warning() {
    let folder = site_of(&[
        ("index.md", "# A\n\n[@one]: ./one.components.md\n\n<ring></ring>\n"),
        ("one.components.md", "# Ring\n\n```html\n<b><ring/></b>\n```\n\n---\n\n# ring\n\n```html\n<i></i>\n```\n"),
    ]);
    let build = built(folder.path());
    let found: Vec<_> = build.diagnostics.iter().map(|d| (d.path.as_str(), d.line, d.code, d.is_error())).collect();
    assert_eq!(
        found,
        [
            ("index.md", 5, "literate/component-cycle", false),
            ("one.components.md", 9, "literate/duplicate-component", true),
        ]
    );
    assert!(text(&build, "index/index.html").contains("<b data-pathmx-component=\"ring\""));
}

#[test]
fn an_included_block_uses_the_components_of_its_own_source() {
    let part = |html: &str| format!("# Part\n\n```html\n{html}\n```\n");
    let folder = site_of(&[
        ("index.md", "# A\n\n[@p]: ./page.component.md\n\n<part></part>\n\n[@include: N](./note.md)\n"),
        ("note.md", "# Note\n\n[@p]: ./note.component.md\n\n<part></part>\n\n{{ source.title }}: {{ source.id }}\n"),
        ("page.component.md", &part("<b>of the page</b>").replace("# Part", "<!-- componentName: part -->\n\n# Part")),
        ("note.component.md", &part("<i>of the note</i>").replace("# Part", "<!-- componentName: part -->\n\n# Part")),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    assert!(page.contains(">of the page</b>") && page.contains(">of the note</i>"), "{page}");
    assert!(page.contains(">Note: note</p>"), "{page}");
    assert!(!page.contains("<part"));
}
