//! `pmx new` as a person runs it: exit code, stdout, stderr, and what is on disk afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where its ground gives way"
)]

mod support;

use serde_json::Value;
use std::{fs, path::Path};
use support::{process::run, put};
use tempfile::TempDir;

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "pathmx.config.md", "## Paths\n\n- [Course](./paths/index.path.md)\n");
    put(folder.path(), "paths/index.path.md", "# Course\r\n\r\n1. [A](./a.md)\r\n\r\nThe end.\r\n");
    put(folder.path(), "paths/a.md", "# A\n");
    put(folder.path(), "paths/week 1/b.md", "# B\n");
    folder
}

const KINDS: [&str; 15] = [
    "lesson",
    "guide",
    "path",
    "project",
    "lab",
    "assessment",
    "quiz",
    "component",
    "components",
    "talk",
    "demo",
    "reference",
    "notes",
    "page",
    "workshop-plan",
];

#[test]
fn a_source_of_every_kind_is_linked_and_builds_without_a_finding() {
    let site = site();
    for kind in KINDS {
        let title = format!("A first & <best> {kind}");
        let (code, stdout, stderr) = run(site.path(), &["new", kind, &title, "--link", "paths/index.path.md"]);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(stdout, format!("paths/a-first-best-{kind}.{kind}.md\n"));
        assert_eq!(stderr, "paths/index.path.md links to it.\n");
    }
    // The one that is not linked yet.
    put(site.path(), "paths/a.md", "# A\n\n[B](<./week 1/b.md>)\n");
    let (code, stdout, stderr) = run(site.path(), &["check", "--strict", "--unreachable"]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    let index = read(site.path(), "paths/index.path.md");
    assert!(
        index.starts_with(
            "# Course\r\n\r\n1. [A](./a.md)\r\n2. [A first & \\<best> lesson](./a-first-best-lesson.lesson.md)\r\n3. [A"
        ),
        "{index}"
    );
    assert!(index.ends_with("\r\n\r\nThe end.\r\n") && !index.replace("\r\n", "").contains('\n'), "{index:?}");
    let lesson = read(site.path(), "paths/a-first-best-lesson.lesson.md");
    assert!(
        lesson.starts_with("---\ntitle: \"A first & <best> lesson\"\n---\n\n# A first & \\<best> lesson\n\n"),
        "{lesson}"
    );
}

#[test]
fn it_lands_where_one_is_or_says_and_the_link_leads_there_from_anywhere() {
    let site = site();
    let (paths, week) = (site.path().join("paths"), site.path().join("paths/week 1"));
    assert_eq!(run(&week, &["new", "lesson", "Über Größe", "--link", "../index.path.md"]).1, "uber-grosse.lesson.md\n");
    assert!(read(site.path(), "paths/index.path.md").contains("2. [Über Größe](./week%201/uber-grosse.lesson.md)\r\n"));
    assert_eq!(
        run(&paths, &["new", "lab", "日本語", "--in", "labs/first", "--link", "week 1/b"]).1,
        "labs/first/日本語.lab.md\n"
    );
    assert_eq!(read(site.path(), "paths/week 1/b.md"), "# B\n\n- [日本語](../labs/first/日本語.lab.md)\n");
    assert_eq!(run(site.path(), &["new", "guide", "Two", "--in", "week 1"]).1, "paths/week 1/two.guide.md\n");
    let (code, stdout, stderr) =
        run(site.path(), &["new", "guide", "Three", "--json", "--in", "paths/week 1", "--link", "a"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let created: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&created["sourceId"], &created["linkedFrom"]), (&"week 1/three.guide".into(), &"paths/a.md".into()));
    let (code, _, stderr) = run(site.path(), &["check", "--strict"]);
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn nothing_is_overwritten_and_what_is_refused_changes_nothing() {
    let site = site();
    assert_eq!(run(site.path(), &["new", "lesson", "Loops"]).0, 0);
    put(site.path(), "paths/open.md", "```\nnever closed\n");
    let before = read(site.path(), "paths/index.path.md");
    for (args, code, words) in [
        (&["new", "lesson", "LOOPS!", "--link", "index.path"][..], 1, "paths/loops.lesson.md exists already"),
        (&["new", "lesson", "?!"], 2, "`?!` gives no name for a file"),
        (&["new", "lesson", "  "], 2, "gives no name for a file"),
        (&["new", "leson", "X"], 2, "hint: did you mean lesson?"),
        (&["new", "Lesson", "X"], 2, "hint: did you mean lesson?"),
        (&["new", "config", "X"], 2, "`config` is no kind of Source"),
        (&["new", "a/b", "X"], 2, "is no kind of Source"),
        (&["new", "../x", "X"], 2, "is no kind of Source"),
        (&["new", "lesson", "X", "--in", "../elsewhere"], 1, "outside of the source folder"),
        (&["new", "lesson", "X", "--in", ".hidden"], 1, "would not be part of the site"),
        (&["new", "lesson", "X", "--link", "b.md"], 1, "there is no file and no Source `b.md`"),
        (&["new", "lesson", "X", "--link", "paths/week 1"], 1, "is a folder"),
        (&["new", "lesson", "X", "--link", "open.md"], 1, "has no place where a link would be read as one"),
    ] {
        let (found, stdout, stderr) = run(site.path(), args);
        assert!(found == code && stdout.is_empty() && stderr.contains(words), "{args:?}: {found} {stderr}");
    }
    assert_eq!(read(site.path(), "paths/index.path.md"), before);
    assert!(!site.path().join("paths/x.lesson.md").exists() && !site.path().join("elsewhere").exists());
    let long = "a ".repeat(300);
    assert_eq!(run(site.path(), &["new", "lesson", &long]).0, 2);
}

#[cfg(unix)]
#[test]
fn a_link_on_the_way_out_of_the_site_is_not_followed() {
    let (site, elsewhere) = (site(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), site.path().join("paths/out")).unwrap();
    let (code, _, stderr) = run(site.path(), &["new", "lesson", "X", "--in", "paths/out/sub"]);
    assert!(code == 1 && stderr.contains("outside of the source folder"), "{stderr}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
