use super::*;
use crate::{diagnostic::Diagnostic, source};
use proptest::prelude::*;

fn read(front: &str) -> (Theme, Vec<Diagnostic>) {
    let text = format!("---\n{front}\n---\n");
    let front = source::frontmatter(&text);
    assert_eq!(front.error, None, "{text}");
    theme(&front.values, text.as_bytes())
}

fn css(front: &str) -> String {
    let (mut theme, findings) = read(front);
    assert_eq!(findings, [], "{front}");
    theme.serve_fonts(|file| Some(format!("/assets/{file}")));
    theme.head("index.path")
}

#[test]
fn every_field_sets_its_property() {
    let css = css(
        "theme:\n  color: {accent: \"#c2410c\", link: red, accentContrast: white}\n  font: {body: 'Inter, \"X Y\"'}\n  \
                   prose: {leading: 1.65, size: 1rem}\n  measure: 72ch\n  shape: {radius: 0.8rem}\n  code: {bg: oklch(0.18 0.02 250)}",
    );
    assert_eq!(
        css,
        "<style data-pathmx-theme-source=\"index.path\">\n:where(:root) {\n  --pmx-color-link: red;\n  --pmx-color-accent: #c2410c;\n  \
         --pmx-color-accent-contrast: white;\n  --pmx-font-body: Inter, \"X Y\";\n  --pmx-prose-size: 1rem;\n  --pmx-prose-leading: 1.65;\n  \
         --pmx-document-measure: 72ch;\n  --pmx-radius: 0.8rem;\n  --pmx-shape-radius: 0.8rem;\n  --pmx-code-bg: oklch(0.18 0.02 250);\n}\n</style>\n"
    );
    assert_eq!(self::css("title: x"), "");
}

#[test]
fn an_accent_alone_gives_what_must_be_readable_with_it() {
    let css = css("theme: {color: {accent: \"#c2410c\"}}");
    assert!(css.contains("--pmx-color-accent: #c2410c;\n"), "{css}");
    assert!(css.contains("--pmx-color-accent-contrast: color(from var(--pmx-color-accent) xyz-d65 "), "{css}");
    assert!(css.contains("--pmx-color-link: light-dark(oklch(from var(--pmx-color-accent) "), "{css}");
}

#[test]
fn branches_follow_the_scheme_wherever_it_is_set() {
    let css = css("theme:\n  color: {accent: red}\n  light: {color: {surface: \"#eee\"}, prose: {size: 1rem}}\n  \
                   dark: {color: {surface: \"#222\", accent: pink, fg: white}}");
    for part in [
        "--pmx-color-surface: light-dark(#eee, #222);",
        "--pmx-color-accent: light-dark(red, pink);",
        // The other side is what it would be without a theme.
        "--pmx-color-fg: light-dark(#1b2324, white);",
        "@media (prefers-color-scheme: light) {\n:where(:root:not([data-pathmx-color-scheme=\"dark\"])) {\n  --pmx-prose-size: 1rem;\n}\n}\n",
        ":where(:root[data-pathmx-color-scheme=\"light\"]) {\n  --pmx-prose-size: 1rem;\n}\n",
    ] {
        assert!(css.contains(part), "{part} in {css}");
    }
    assert!(!css.contains("color-scheme: light }"), "{css}");
}

#[test]
fn one_background_for_both_schemes_makes_one_scheme() {
    let scheme = |front: &str| read(front).0.scheme();
    assert_eq!(scheme("theme: {color: {bg: oklch(0.985 0.006 95)}}"), Some(ColorScheme::Light));
    assert_eq!(scheme("theme: {color: {bg: \"#101415\"}}"), Some(ColorScheme::Dark));
    assert_eq!(scheme("theme: {color: {bg: \"#fffff8\"}, dark: {color: {bg: \"#151513\"}}}"), None);
    assert_eq!(scheme("theme: {color: {bg: var(--mine)}}"), None);
    assert_eq!(scheme("theme: {color: {bg: \"#fff\"}, forceColorScheme: dark}"), Some(ColorScheme::Dark));
    assert_eq!(scheme("theme: {color: {accent: red}}"), None);
    assert!(
        css("theme: {forceColorScheme: dark}").contains("@media not print {\n:where(:root) { color-scheme: dark }\n}")
    );
    let forced = css("theme: {forceColorScheme: dark, prose: {size: 1rem}, dark: {prose: {size: 2rem}}}");
    assert!(forced.contains("--pmx-prose-size: 2rem;") && !forced.contains("1rem"), "{forced}");
}

#[test]
fn a_source_wins_over_its_path_token_by_token() {
    let root = read("theme: {color: {accent: red, bg: white}, measure: 60ch, dark: {color: {bg: black}}}").0;
    let own = read("theme: {color: {bg: beige}}").0.over(&root);
    let css = own.head("a");
    assert!(css.contains("--pmx-color-bg: beige;") && css.contains("--pmx-color-accent: red;"), "{css}");
    assert!(css.contains("--pmx-document-measure: 60ch;") && !css.contains("black"), "{css}");
    assert_eq!(own.scheme(), Some(ColorScheme::Light));
    let dark = read("theme: {dark: {color: {bg: navy}}}").0.over(&root).head("a");
    assert!(dark.contains("--pmx-color-bg: light-dark(white, navy);"), "{dark}");
}

#[test]
fn the_rest_of_a_list_of_fonts_that_became_a_key_is_named() {
    let (theme, findings) =
        read("theme: {font: { heading: Georgia, serif }, dark: {color: {bg: , fg: , x: }}, light: }");
    let found: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    let message = |field: &str| format!("`theme.{field}` is no field of a theme, and has no value");
    assert_eq!(found, [message("font.serif"), message("dark.color.x")]);
    assert!(findings.iter().all(|finding| finding.hint.as_deref().is_some_and(|hint| hint.contains("quotes"))));
    assert!(theme.head("a").contains("--pmx-font-heading: Georgia;"), "what has a value counts");
}

#[test]
fn unknown_fields_are_named_with_their_line_and_the_nearest_one() {
    let (_, findings) = read(
        "title: T\ntheme:\n  prose:\n    width: 78rem\n    lineHeight: 1.5\n    blockGap: 1rem\n  color:\n    acent: red\n  dark:\n    colour: {bg: red}",
    );
    let found: Vec<_> =
        findings.iter().map(|f| (f.line, f.column, f.code, f.message.as_str(), f.hint.as_deref())).collect();
    let unknown = "theme/unknown-field";
    assert!(
        found.contains(&(
            5,
            5,
            unknown,
            "`theme.prose.width` is no field of a theme",
            Some("did you mean `theme.measure`?")
        )),
        "{found:?}"
    );
    assert!(found.contains(&(
        6,
        5,
        unknown,
        "`theme.prose.lineHeight` is no field of a theme",
        Some("did you mean `theme.prose.leading`?")
    )));
    assert!(found.contains(&(
        9,
        5,
        unknown,
        "`theme.color.acent` is no field of a theme",
        Some("did you mean `theme.color.accent`?")
    )));
    assert!(found.iter().any(|f| f.0 == 11 && f.3 == "`theme.dark.colour` is no field of a theme"), "{found:?}");
    assert_eq!(found.len(), 5);
}

#[test]
fn a_value_that_would_leave_its_declaration_is_refused() {
    for bad in [
        "red; } body { display: none",
        "red</style><script>",
        "url(https://x.y/z)",
        "expression(1",
        "red /* x",
        "'open",
        "a\\b",
        "x)",
        "red !important",
    ] {
        let front = format!("theme:\n  color:\n    bg: {}", serde_json::to_string(bad).unwrap());
        let (theme, findings) = read(&front);
        assert!(theme.is_empty(), "{bad}");
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["theme/value"], "{bad}");
    }
    assert_eq!(read("theme: {color: {bg: [1]}}").1.len(), 1);
    assert_eq!(read("theme: dark").1.len(), 1);
    assert_eq!(read("theme: {forceColorScheme: sepia}").1.len(), 1);
}

#[test]
fn fonts_are_sheets_of_others_or_files_of_the_site() {
    let front = "fonts:\n  inter: {href: \"https://fonts.example/css?family=Inter&x=1\"}\n  \
                 courseSans: {family: Course Sans, src: ./a.woff2, weight: 400 700, display: block}\n  b: {src: b.otf}";
    let head = css(front);
    assert!(
        head.starts_with("<link rel=\"stylesheet\" href=\"https://fonts.example/css?family=Inter&amp;x=1\">\n<style "),
        "{head}"
    );
    assert!(head.contains("@font-face {\n  font-family: \"Course Sans\";\n  src: url(\"/assets/./a.woff2\") format(\"woff2\");\n  font-weight: 400 700;\n  font-display: block;\n}\n"), "{head}");
    assert!(
        head.contains(
            "font-family: \"b\";\n  src: url(\"/assets/b.otf\") format(\"opentype\");\n  font-display: swap;\n"
        )
    );
    let text = format!("---\n{front}\n---\n");
    let values = source::frontmatter(&text).values;
    assert_eq!(local_files(&values).collect::<Vec<_>>(), ["./a.woff2", "b.otf"]);
    let listed = css("fonts:\n  - {family: F, src: f.ttf}");
    assert!(listed.contains("font-family: \"F\";\n  src: url(\"/assets/f.ttf\") format(\"truetype\");"), "{listed}");
    let bad = "fonts:\n  a: {href: http://x.y/z}\n  b: {src: https://x.y/z.woff2}\n  c: {src: x.exe}\n  d: 1\n  e: {}\n  f: {src: f.ttf, family: \"x\\\"y\"}";
    let (theme, findings) = read(bad);
    assert!(theme.is_empty());
    assert_eq!(findings.len(), 6);
    assert_eq!((findings[0].line, findings[0].column), (3, 3));
}

#[test]
fn luminance_is_known_for_every_common_notation() {
    for (color, expected) in [
        ("#fff", 1.0),
        ("#000000", 0.0),
        ("#ff0000", 0.2126),
        ("rgb(255 0 0 / 50%)", 0.2126),
        ("rgb(100%, 0%, 0%)", 0.2126),
        ("hsl(120deg 100% 50%)", 0.7152),
        ("hwb(240 0% 0%)", 0.0722),
        ("oklch(1 0 0)", 1.0),
        ("oklch(62.8% 0.2577 29.23)", 0.2126),
        ("oklab(0.452 -0.032 -0.312)", 0.0722),
        ("lab(50% 0 0)", 0.1842),
    ] {
        let found = color::luminance(color).unwrap_or_else(|| panic!("{color}"));
        assert!((found - expected).abs() < 0.01, "{color}: {found}");
    }
    for color in ["var(--x)", "blurple", "#12", "rgb(1 2)", "oklch(x y z)", "rgb(1 2 3", "", "rgb(1e999 0 0)"] {
        assert_eq!(color::luminance(color), None, "{color}");
    }
}

proptest! {
    #[test]
    fn whatever_is_written_stays_in_its_declaration(value in "[a-z0-9#(),.%'\" ;{}<>/*\\\\!@-]{1,30}") {
        let mut values = serde_json::Map::new();
        values.insert("theme".to_owned(), serde_json::json!({ "color": { "bg": value }, "dark": { "font": { "body": value } } }));
        let head = theme(&values, b"").0.head("x");
        prop_assert_eq!(head.matches("</style").count(), usize::from(!head.is_empty()));
        prop_assert_eq!(head.matches('{').count(), head.matches('}').count());
        let _ = color::luminance(&value);
    }
}
