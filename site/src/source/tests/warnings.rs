//! What an author nearly meant is said, and what is meant stays.

use super::*;

/// Codes, messages and hints of what is wrong with a text.
fn said(text: &str) -> Vec<(&'static str, String, Option<String>)> {
    parse(text.as_bytes()).findings.into_iter().map(|finding| (finding.code, finding.message, finding.hint)).collect()
}

fn hints(text: &str) -> Vec<String> {
    said(text).into_iter().filter_map(|(_, _, hint)| hint).collect()
}

#[test]
fn only_a_list_of_tasks_is_one() {
    assert!(shown("- [ ] a\n- b\n").contains("<ul class=\"contains-task-list\">"));
    assert!(shown("1. [~] a\n").contains("<ol class=\"contains-task-list\">"));
    for none in ["- [!] a\n- [?] b\n", "- a\n- b\n", "- [a](https://x.y)\n"] {
        assert!(!shown(none).contains("task-list"), "{}", shown(none));
    }
}

#[test]
fn a_frontmatter_that_is_never_closed_is_said() {
    assert_eq!(said("---\ntitle: A\n\n# B\n")[0].0, "source/unclosed-frontmatter");
    for none in ["---\n\n# B\n", "---\ntitle: A\n---\n", "# A\n\n---\na: 1\n", "---\nhttps://x.y\n"] {
        assert!(said(none).iter().all(|(code, ..)| *code != "source/unclosed-frontmatter"), "{none}");
    }
}

#[test]
fn an_element_that_hides_the_rest_is_said() {
    for (text, name) in
        [("A <title> in prose\n\nmore\n", "title"), ("<script>\nlet a\n", "script"), ("x <textarea>\n", "textarea")]
    {
        let found = said(text);
        assert!(
            found.iter().any(|(code, message, _)| *code == "source/unclosed-element" && message.contains(name)),
            "{text}: {found:?}"
        );
    }
    for none in [
        "<title>x</title>\n",
        "<style>\na {}\n\nb {}\n</style>\n",
        "<textarea>\n\nx\n\n</textarea>\n",
        "`<title>`\n",
        "<!-- <title> -->\n",
        "<svg><title>x</title></svg>\n",
    ] {
        assert!(said(none).iter().all(|(code, ..)| *code != "source/unclosed-element"), "{none}: {:?}", said(none));
    }
}

#[test]
fn signs_in_prose_stay() {
    for (text, html) in [
        ("if a==1 and b==2\n", "<p>if a==1 and b==2</p>\n"),
        ("a == b and c == d\n", "<p>a == b and c == d</p>\n"),
        ("==marked== and (==also *this*==).\n", "<p><mark>marked</mark> and (<mark>also <em>this</em></mark>).</p>\n"),
    ] {
        assert_eq!(shown(text), html);
    }
}

#[test]
fn a_key_that_is_nearly_one_is_named() {
    assert_eq!(
        hints("---\ntitel: A\ndesciption: b\nstyle: {}\n---\n"),
        ["did you mean `title`?", "did you mean `description`?", "did you mean `styles`?"]
    );
    assert_eq!(
        hints("---\ntitle: A\nowner: b\nimages: []\ndate: 1\nslug: x\nstate: y\nroutes: []\nrole: z\n---\n"),
        [""; 0]
    );
    for (text, known) in [
        ("Lang: ar", "lang"),
        ("TITLE: X", "title"),
        ("tag: a", "tags"),
        ("tgas: [a]", "tags"),
        ("component-name: x", "componentName"),
        ("completion: {lable: x}", "label"),
        ("styles: {class: [a]}", "classes"),
    ] {
        assert_eq!(hints(&format!("---\n{text}\n---\n")), [format!("did you mean `{known}`?")], "{text}");
    }
    let found = said("---\npresentation: slide\n---\n");
    assert_eq!(found[0].1, "`presentation` is not `slide` but one of `slides`, `grid`, `flow`");
    assert_eq!(found[0].2.as_deref(), Some("did you mean `slides`?"));
    assert_eq!(said("---\npresentation: grid\n---\n"), []);
}

#[test]
fn what_yaml_leaves_out_of_a_value_is_said() {
    let found = said("---\ntheme:\n  color:\n    accent: #ff0000\n---\n");
    assert_eq!(found[0].2.as_deref(), Some("put the value into quotes: `accent: \"#ff0000\"`"));
    assert_eq!(said("---\ndescription: learn #C\n---\n")[0].0, "source/frontmatter-key");
    assert_eq!(said("---\ndescription: !x\n---\n").len(), 1);
    assert_eq!(said("---\ntitle:\n---\n")[0].1, "`title` has no value, so it says nothing");
    assert_eq!(said("<!--\nid: x\ntitle: learn #C\n-->\n\n# A\n")[0].0, "block/topmatter-key");
    assert_eq!(said("---\ntitle: ~\nimage: null # none\nother:\n---\n"), []);
}

#[test]
fn every_value_that_wants_quotes_gets_its_cure() {
    for value in ["@home", "`code`", "*bold*", "\"a\" b", "'it's'", "{{ x }}", "[x](y) z", "| text", "%x", "foo:"] {
        let found = said(&format!("---\ntitle: A\ndescription: {value}\n---\n"));
        assert!(
            found[0].2.as_deref().is_some_and(|hint| hint.contains("quotes: `description: ")),
            "{value}: {found:?}"
        );
    }
    assert!(said("---\na: 1\na: 2\n---\n")[0].1.ends_with("`a` stands here twice"));
}

#[test]
fn a_colon_in_a_value_gets_its_cure() {
    let found = said("---\ntitle: A\ndescription: a: b\n---\n");
    assert_eq!(found[0].0, "source/frontmatter");
    assert_eq!(found[0].2.as_deref(), Some("put the value into quotes: `description: \"a: b\"`"));
    assert_eq!(said("---\na: [\n---\n")[0].2, None);
}
