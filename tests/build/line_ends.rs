//! A site is the same whatever ends the lines of its files, and whether a byte order mark stands before them.

use super::*;
use pmx_site::Snapshot;
use proptest::prelude::*;

const CONFIG: &str =
    "---\nsourceDir: paths\nlang: de\nurl: https://x.org\n---\n\n## Paths\n\n- [Home](./paths/index.path.md)\n";

/// What is read as text, each in every place where line ends could be seen.
const FILES: [(&str, &str); 4] = [
    (
        "index.path.md",
        "---\ntitle: Home\ntheme:\n  color:\n    accent: \"#c2410c\"\ntext: |\n  one\n  two\n---\n\n<!--\nid: first\nnote: |\n  a\n  b\n-->\n\n\
         # Home\n\nSoft\nbreak and hard\\\nbreak  \nhere, [A](./a.md), [[A]] and `code\nspan`.\n\n```js\nlet a = 1\n\nlet b = `x\ny`\n```\n\n\
         ---\n\n## Part\n\n$$\na\n\n- b\n$$\n\n<div\n  title=\"a\nb\">\n\n<note-card label=\"x\">\n\ny\n\n</note-card>\n</div>\n\n\
         | a | b |\n| - | - |\n| 1 | 2 |\n\n> [!note]\n> x\n\n```mermaid\ngraph LR\n  a --> b\n```\n\n[@styles]: ./s.css\n[@cards]: ./c.components.md\n",
    ),
    (
        "a.md",
        "id: compact\ntitle: T\n\nProse[^1].\n\n[^1]: **@ann**: why?\n\n    so\n\n<pre>\na\n\nb\n</pre>\n\n<!-- a\nb -->\n\n    indented\n\n    code\n",
    ),
    (
        "c.components.md",
        "<!--\ncomponentName: note-card\n-->\n\n```html\n<aside\n  class=\"a\">{{ label: x }}\n<yield /></aside>\n```\n\n```css\n:self {\n  color: red;\n}\n```\n\n```js\nel.textContent = `a\nb`\n```\n",
    ),
    ("s.css", "/* a\nb */\na {\n  background: url(p.svg);\n}\n"),
];

/// The text with other ends of lines; `ends` chooses one for each.
fn written(text: &str, mark: bool, ends: &[u8]) -> String {
    let mut out = String::from(if mark { "\u{feff}" } else { "" });
    for (number, line) in text.split_inclusive('\n').enumerate() {
        out.push_str(line.trim_end_matches('\n'));
        if line.ends_with('\n') {
            let end = ["\n", "\r\n", "\r"][usize::from(ends[number % ends.len()] % 3)];
            // The two would be one end.
            out.push_str(if end == "\n" && out.ends_with('\r') { "\r" } else { end });
        }
    }
    out
}

/// What came out, and what was said.
fn outcome(mark: bool, ends: &[u8]) -> (pmx_model::Roots, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "pathmx.config.md", &written(CONFIG, mark, ends));
    for (path, text) in FILES {
        put(folder.path(), &format!("paths/{path}"), &written(text, mark, ends));
    }
    put(folder.path(), "paths/p.svg", "<svg/>\r\n");
    let build = built(folder.path());
    (
        build.roots.unwrap(),
        build.diagnostics.iter().map(|d| format!("{}:{}:{} {}", d.path, d.line, d.column, d.message)).collect(),
    )
}

#[test]
fn a_site_with_other_line_ends_and_a_mark_is_the_same_to_the_byte() {
    let expected = outcome(false, &[0]);
    for mark in [false, true] {
        for ends in [&[1][..], &[2], &[0], &[1, 1, 0]] {
            assert_eq!(outcome(mark, ends), expected, "{mark} {ends:?}");
        }
    }
}

#[test]
fn a_config_with_a_mark_is_obeyed() {
    let folder = site_of(&[
        (
            "pathmx.config.md",
            "\u{feff}---\r\nsourceDir: texts\r\n---\r\n\r\n## Paths\r\n\r\n- [Home](./texts/start.path.md)\r\n",
        ),
        ("texts/start.path.md", "\u{feff}# Start\r\n"),
    ]);
    assert_eq!(source_ids(&built(folder.path()), "start.path"), ["start.path"]);
}

#[test]
fn a_file_that_only_got_other_line_ends_is_no_change() {
    let of = |text: &str| Snapshot::of([("index.md".to_owned(), text.as_bytes().to_vec())]);
    let (old, new) = (of("# A\n\nb\n"), of("\u{feff}# A\r\n\r\nb\r\n"));
    assert_eq!(new.changes(&old), [""; 0]);
    assert_eq!(
        new.files()["index.md"].written(),
        Some("\u{feff}# A\r\n\r\nb\r\n".as_bytes()),
        "it can be written back"
    );
}

#[test]
fn a_file_that_is_no_text_keeps_its_bytes() {
    let folder = site_of(&[("index.md", "[a](./a.txt) [b](./b.css)\n"), ("a.txt", "\u{feff}a\r\nb\r")]);
    fs::write(folder.path().join("b.css"), b"a\r\n\xff").unwrap();
    let build = built(folder.path());
    for bytes in ["\u{feff}a\r\nb\r".as_bytes(), b"a\r\n\xff"] {
        assert!(build.blobs.get(&Hash::of(bytes)).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn every_mixture_of_line_ends_builds_the_same(mark: bool, ends in prop::collection::vec(any::<u8>(), 1..9)) {
        prop_assert_eq!(outcome(mark, &ends), outcome(false, &[0]));
    }
}
