//! `init`, `check`, `mv`, `rm` as a person runs them: exit code, stdout, stderr, and what is on disk afterwards.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground gives way")]

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Runs the command; exit code, stdout, stderr.
fn pmx(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("PMX_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/user"))
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn expect(folder: &Path, args: &[&str], code: i32, stdout: &str, stderr: &str) {
    let (found, out, err) = pmx(folder, args);
    similar_asserts::assert_eq!(format!("{found}\n{out}\n{err}"), format!("{code}\n{stdout}\n{stderr}"));
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every file with its text.
fn disk(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if folder.join(&path).is_dir() {
                open.push(path);
            } else {
                let text = String::from_utf8_lossy(&fs::read(folder.join(&path)).unwrap()).into_owned();
                found.insert(path.to_str().unwrap().to_owned(), text);
            }
        }
    }
    found
}

fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path();
    put(site, "pathmx.config.md", "# C\n\n## Paths\n\n- [Home](./paths/index.path.md)\n");
    put(site, "paths/index.path.md", "---\nrelated: [./a.md]\n---\n\n# Home\n\n[A](./a.md#x) and [B](./sub/b.md).\n");
    put(site, "paths/a.md", "# A\n\n## X\n\n[Home](./index.path.md), ![i](./i.svg)\n");
    put(site, "paths/sub/b.md", "# B\n\n[A](../a.md)\n\n<img src=\"../i.svg\" alt=\"\">\n");
    put(site, "paths/unlinked.md", "# U\n\nSee [[a]] and [A](a.md).\n");
    put(site, "paths/i.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    put(site, "notes.txt", "outside");
    folder
}

#[test]
fn init_writes_a_space_that_builds_without_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let names = "  pathmx.config.md\n  paths/index.path.md\n  paths/first.lesson.md\n  paths/slides.talk.md\n  \
                 paths/parts.guide.md\n  paths/parts.components.md\n  paths/cycle.svg\n  paths/theme.css\n  .gitignore\n";
    let stderr = format!("{names}Wrote 9 files into my space/x.\n\nNext: pmx dev 'my space/x'\n");
    expect(folder.path(), &["init", "my space/x"], 0, "", &stderr);
    let space = folder.path().join("my space/x");
    expect(&space, &["check", "--strict", "--unreachable"], 0, "", "Checked 5 pages: 0 errors, 0 warnings.\n");
}

#[test]
fn init_completes_a_folder_and_overwrites_its_own_files_only_when_told() {
    let folder = site();
    put(folder.path(), ".gitignore", "*.log\r\n/.pathmx\r\n# mine");
    let before = disk(folder.path());
    expect(
        folder.path(),
        &["init"],
        0,
        "",
        "  paths/first.lesson.md\n  paths/slides.talk.md\n  paths/parts.guide.md\n  paths/parts.components.md\n  \
         paths/cycle.svg\n  paths/theme.css\n  .gitignore: .pathmx-cache/, .pathmx-state/ added\n\
         Wrote 6 files into this folder.\n\
         Left as they were: pathmx.config.md, paths/index.path.md (--force overwrites)\n\n\
         Next: pmx dev\n",
    );
    let after = disk(folder.path());
    let kept = |path: &str| path != ".gitignore";
    assert!(before.iter().filter(|(path, _)| kept(path)).all(|(path, text)| after[path] == *text), "{after:?}");
    assert_eq!(after[".gitignore"], "*.log\r\n/.pathmx\r\n# mine\r\n.pathmx-cache/\r\n.pathmx-state/\r\n");

    let (code, stdout, _) = pmx(folder.path(), &["init", "--json"]);
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = events.last().unwrap();
    assert_eq!((code, &last["files"], &last["left"]), (0, &0.into(), &8.into()));
    assert_eq!(events.iter().filter(|event| event["event"] == "left").count(), 8);
    assert_eq!(disk(folder.path()), after, "nothing is left to do");

    let (code, ..) = pmx(folder.path(), &["init", "--force"]);
    assert_eq!(code, 0);
    let after = disk(folder.path());
    assert_ne!(after["paths/index.path.md"], before["paths/index.path.md"]);
    assert_eq!((&after["paths/a.md"], &after["notes.txt"]), (&before["paths/a.md"], &before["notes.txt"]));
    let (code, _, stderr) = pmx(folder.path(), &["init", "notes.txt"]);
    assert_eq!((code, stderr.as_str()), (1, "error: notes.txt is a file\nhint: name a folder\n"));
}

#[test]
fn git_sees_nothing_of_what_pmx_makes_in_a_project() {
    let folder = site();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "-q"]);
    let listed = || git(&["status", "--porcelain", "--untracked-files=all"]);
    let before = listed();
    pmx(folder.path(), &["build"]);
    let mut serve = Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(["serve", "--port", "0", "--json"])
        .current_dir(folder.path())
        .env("PMX_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/user"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serve.stdout.take().unwrap()), &mut line).unwrap();
    serve.kill().unwrap();
    serve.wait().unwrap();
    for made in [".pathmx", ".pathmx-cache", ".pathmx-state"] {
        assert_eq!(fs::read_to_string(folder.path().join(made).join(".gitignore")).unwrap(), "*\n", "{made}");
    }
    assert_eq!(listed(), before);
}

#[test]
fn check_names_everything_and_writes_nothing() {
    let folder = site();
    put(folder.path(), "paths/sub/b.md", "# B\n\n[gone](./gone.md) and [X](../a.md#y)\n");
    let before = disk(folder.path());
    let gone = "paths/sub/b.md:3:1: warning: there is no Source `sub/gone.md` [link/unresolved]\n";
    let anchor = "paths/sub/b.md:3:23: warning: `a.md` has no heading or Block `#y` [link/fragment]\n";
    let summary = "Checked 3 pages: 0 errors, 2 warnings, 1 Source not reached (--unreachable names them).\n";
    expect(folder.path(), &["check"], 0, &format!("{gone}{anchor}"), summary);
    let note = "paths/unlinked.md:1:1: note: no link leads to this Source, so it is not built [source/unreachable]\n";
    let summary = "Checked 3 pages: 0 errors, 2 warnings, 1 Source not reached.\n";
    expect(
        folder.path(),
        &["check", "--strict", "--unreachable"],
        1,
        &format!("{gone}{anchor}{note}"),
        &format!("{summary}error: 2 warnings, and --strict allows none\n"),
    );
    put(folder.path(), "paths/a.md", "---\na: [\n---\n\n# A\n");
    let (code, stdout, _) = pmx(folder.path(), &["check", "--json", "--unreachable"]);
    assert_eq!(code, 1);
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["finding", "finding", "finding", "finding", "finding", "checked", "error"]);
    assert_eq!((&events[0]["severity"], &events[0]["path"]), (&"error".into(), &"paths/a.md".into()));
    assert_eq!(events[4]["severity"], "note");
    // The heading that the start links to is gone with its Source's text.
    assert_eq!((&events[5]["errors"], &events[5]["warnings"]), (&1.into(), &3.into()));
    fs::write(folder.path().join("paths/a.md"), &before["paths/a.md"]).unwrap();
    assert_eq!(disk(folder.path()), before);
}

#[test]
fn mv_shows_what_it_would_do_and_then_does_it() {
    let folder = site();
    let before = disk(folder.path());
    let plan = "move paths/a.md -> paths/deep/er/new a.md\n\
        --- paths/a.md\n+++ paths/deep/er/new a.md\n@@ -5 +5 @@\n\
        -[Home](./index.path.md), ![i](./i.svg)\n+[Home](../../index.path.md), ![i](../../i.svg)\n\
        --- paths/index.path.md\n+++ paths/index.path.md\n@@ -2 +2 @@\n-related: [./a.md]\n+related: [./deep/er/new a.md]\n\
        @@ -7 +7 @@\n-[A](./a.md#x) and [B](./sub/b.md).\n+[A](./deep/er/new%20a.md#x) and [B](./sub/b.md).\n\
        --- paths/sub/b.md\n+++ paths/sub/b.md\n@@ -3 +3 @@\n-[A](../a.md)\n+[A](../deep/er/new%20a.md)\n\
        --- paths/unlinked.md\n+++ paths/unlinked.md\n@@ -3 +3 @@\n-See [[a]] and [A](a.md).\n+See [[a]] and [A](deep/er/new%20a.md).\n";
    let changes = "Would change 6 references in 4 files; nothing was changed.\n";
    expect(folder.path(), &["mv", "paths/a.md", "paths/deep/er/new a.md", "--dry-run"], 0, plan, changes);
    assert_eq!(disk(folder.path()), before);

    let done = "paths/deep/er/new a.md: 2 references\npaths/index.path.md: 2 references\npaths/sub/b.md: 1 reference\n\
        paths/unlinked.md: 1 reference\nMoved paths/a.md to paths/deep/er/new a.md.\nRewrote 6 references in 4 files.\n";
    expect(folder.path(), &["mv", "a", "deep/er/new a"], 0, "", done);
    let (code, _, stderr) = pmx(folder.path(), &["check"]);
    assert!(code == 0 && stderr.starts_with("Checked 3 pages: 0 errors, 0 warnings"), "{stderr}");
    let (code, ..) = pmx(&folder.path().join("paths/deep"), &["mv", "er/new a.md", "../a.md"]);
    assert_eq!(code, 0);
    assert_eq!(disk(folder.path()), before);
}

#[test]
fn mv_takes_folders_assets_and_entries() {
    let folder = site();
    let (code, _, stderr) = pmx(folder.path(), &["mv", "sub", "x/y"]);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = pmx(folder.path(), &["mv", "paths/i.svg", "paths/x/"]);
    assert_eq!(code, 0, "{stderr}");
    let (code, stdout, stderr) = pmx(folder.path(), &["mv", "index.path", "home.path", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["to"]), (&"moved".into(), &"paths/home.path.md".into()));
    let after = disk(folder.path());
    assert_eq!(after["paths/x/y/b.md"], "# B\n\n[A](../../a.md)\n\n<img src=\"../i.svg\" alt=\"\">\n");
    assert_eq!(after["paths/a.md"], "# A\n\n## X\n\n[Home](./home.path.md), ![i](./x/i.svg)\n");
    assert!(after["pathmx.config.md"].contains("(./paths/home.path.md)"));
    let (code, stdout, _) = pmx(folder.path(), &["check", "--strict"]);
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn mv_and_rm_refuse_what_would_break_the_site_and_change_nothing() {
    let folder = site();
    put(folder.path(), "plain/index.path.md", "# P\n");
    let before = disk(folder.path());
    let refused = [
        (
            vec!["mv", "paths/a.md", "paths/sub/b.md"],
            "error: paths/sub/b.md exists already\nhint: choose another name, or remove that one first\n",
        ),
        (
            vec!["mv", "paths/a.md", "a.md"],
            "error: a.md lies outside of the source folder paths\nhint: both places must lie below the source folder\n",
        ),
        (
            vec!["mv", "a.md", "../a.md"],
            "error: a.md lies outside of the source folder paths\nhint: both places must lie below the source folder\n",
        ),
        (
            vec!["mv", "paths/a.md", "paths/b"],
            "error: paths/a.md cannot become paths/b: the extension says what kind of file it is\nhint: did you mean paths/b.md?\n",
        ),
        (vec!["mv", "sub", "sub/deeper"], "error: paths/sub cannot be moved into itself\n"),
        (
            vec!["mv", "paths", "paths2"],
            "error: paths is the source folder itself\nhint: move what is in it, or change `sourceDir` in the config\n",
        ),
        (vec!["mv", "a.md", "a.md"], "error: paths/a.md is there already\n"),
        (
            vec!["mv", "a.md", ".hidden/a.md"],
            "error: paths/.hidden/a.md would not be part of the site\nhint: hidden folders, node_modules and output folders are left out; a path has at most 1024 bytes and no control characters\n",
        ),
        (
            vec!["mv", "sub/bb", "c"],
            "error: there is no file and no Source `sub/bb`\nhint: did you mean paths/sub/b.md?\n",
        ),
        (
            vec!["mv", "notes.txt", "x.txt"],
            "error: notes.txt lies outside of the source folder paths\nhint: both places must lie below the source folder\n",
        ),
        (
            vec!["rm", "sub"],
            "error: paths/sub is a folder\nhint: remove its files one by one, so that each link is looked at\n",
        ),
        (
            vec!["rm", "index.path"],
            "error: paths/index.path.md is the entry of the site\nhint: list the entry under `## Paths` in pathmx.config.md first\n",
        ),
    ];
    for (args, stderr) in refused {
        expect(folder.path(), &args, 1, "", stderr);
        assert_eq!(disk(folder.path()), before, "{args:?}");
    }
    let plain = folder.path().join("plain");
    fs::create_dir(plain.join(".git")).unwrap();
    expect(
        &plain,
        &["mv", "index.path.md", "home.path.md"],
        1,
        "",
        "error: index.path.md is the entry of the site\nhint: list the entry under `## Paths` in pathmx.config.md first\n",
    );
}

#[cfg(unix)]
#[test]
fn init_writes_through_no_link() {
    use std::os::unix::fs::symlink;
    let (folder, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(away.path(), folder.path().join("paths")).unwrap();
    let (code, _, stderr) = pmx(folder.path(), &["init"]);
    assert!(code == 1 && stderr.contains("is a link"), "{stderr}");
    assert_eq!(disk(away.path()), BTreeMap::new());
    put(away.path(), "notes", "mine");
    fs::remove_file(folder.path().join("pathmx.config.md")).unwrap();
    symlink(away.path().join("notes"), folder.path().join("pathmx.config.md")).unwrap();
    assert_eq!(pmx(folder.path(), &["init", "--force"]).0, 1);
    assert_eq!(disk(away.path())["notes"], "mine");
    symlink(away.path(), folder.path().join("worker-bundle")).unwrap();
    assert_eq!(pmx(folder.path(), &["worker", "bundle"]).0, 1);
    assert_eq!(disk(away.path()).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_source_that_a_folder_link_leads_to_is_edited_once_and_through_no_link() {
    let folder = site();
    std::os::unix::fs::symlink("sub", folder.path().join("paths/again")).unwrap();
    let (code, _, stderr) = pmx(folder.path(), &["mv", "a.md", "c.md"]);
    assert!(code == 1 && stderr.contains("paths/again/b.md"), "{stderr}");
    let after = disk(folder.path());
    assert_eq!(after["paths/sub/b.md"], "# B\n\n[A](../c.md)\n\n<img src=\"../i.svg\" alt=\"\">\n");
    assert!(after.contains_key("paths/c.md") && !after.contains_key("paths/a.md"));
    assert!(!after.keys().any(|path| path.contains("/.")), "no copy is left: {after:?}");
}

#[test]
fn rm_leaves_the_words_and_names_what_a_person_must_decide() {
    let folder = site();
    put(folder.path(), "paths/style.css", "a { background: url(i.svg) }\n");
    let done = "paths/index.path.md: 2 references\npaths/sub/b.md: 1 reference\npaths/unlinked.md: 2 references\n\
        Removed paths/a.md.\nTook out 5 references in 3 files.\n";
    expect(folder.path(), &["rm", "a"], 0, "", done);
    let after = disk(folder.path());
    assert_eq!(after["paths/index.path.md"], "---\n---\n\n# Home\n\nA and [B](./sub/b.md).\n");
    assert_eq!(after["paths/unlinked.md"], "# U\n\nSee a and A.\n");
    assert!(!after.contains_key("paths/a.md"));
    expect(
        folder.path(),
        &["rm", "paths/i.svg"],
        1,
        "",
        "paths/style.css:1:21: warning: `i.svg` was not rewritten: only its author can say what a stylesheet should show instead [edit/not-rewritten]\n\
         paths/sub/b.md: 1 reference\nRemoved paths/i.svg.\nTook out 1 reference in 1 file.\n\
         error: 1 place still to be changed by hand\nhint: the warnings above say where\n",
    );
    assert_eq!(disk(folder.path())["paths/sub/b.md"], "# B\n\nA\n\n");
}
