//! The commands themselves: exit code, stdout, stderr.

use super::*;
use std::process::Command;

/// Runs the command; exit code, stdout, stderr.
fn pmx(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(args)
        .current_dir(folder)
        .env("PMX_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/user"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_says_what_scripts_wait_for_and_where_the_trouble_is() {
    let folder = site_of(&[
        ("paths/index.path.md", "# Home\n\nSee ä [A](./ab.md),\n![x](./gone.png) and [C](./sub/c.md#the-ned).\n"),
        ("paths/a.md", "# A\n"),
        ("paths/abc.md", "# ABC\n"),
        ("paths/sub/c.md", "# C\n\n## The end\n\n[out](../../../x.md)\n"),
    ]);
    let (code, stdout, stderr) = pmx(folder.path(), &["build"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout, "Built 1 path from paths to .pathmx.\nArtifacts: 23 written, 0 deleted.\n");
    assert_eq!(
        stderr,
        "paths/index.path.md:3:7: warning: there is no Source `ab.md` [link/unresolved]\n  hint: did you mean `./abc.md`?\n\
         paths/index.path.md:4:1: warning: there is no file `gone.png` [asset/missing]\n\
         paths/index.path.md:4:22: warning: `sub/c.md` has no heading or Block `#the-ned` [link/fragment]\n  hint: did you mean `#the-end`?\n\
         paths/sub/c.md:5:1: warning: `../../../x.md` leads out of the source folder [link/outside]\n"
    );
    let (code, stdout, _) = pmx(folder.path(), &["build"]);
    assert_eq!((code, stdout.as_str()), (0, "Built 1 path from paths to .pathmx.\nArtifacts: 0 written, 0 deleted.\n"));
}

#[test]
fn an_error_in_a_source_fails_the_command_after_everything_is_written() {
    let folder = site_of(&[("index.path.md", "---\na: [\n---\n\n# Home\n")]);
    let (code, stdout, stderr) = pmx(folder.path(), &["build", "-o", "out", "--json"]);
    assert_eq!(code, 1);
    let built: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&built["paths"], &built["pages"], &built["out"]), (&1.into(), &1.into(), &"out".into()));
    assert_eq!(built["diagnostics"][0]["code"], "source/frontmatter");
    assert!(stderr.contains("index.path.md:") && stderr.ends_with("error: 1 error; the rest was built\n"), "{stderr}");
    assert!(folder.path().join("out/index.path/index.path.html").exists());
    let (code, _, stderr) = pmx(&folder.path().join("out"), &["build"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("is no site\nhint: none of these exists: pathmx.config.md"), "{stderr}");
}

#[test]
fn the_route_command_answers_both_ways() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let site = copied("two");
    let (code, ..) = pmx(site.path(), &["build", "-o", folder]);
    assert_eq!(code, 0);
    let route = |query: &str| pmx(site.path(), &["route", query, "-o", folder]).1;
    assert_eq!(route("shared"), "/together\n");
    assert_eq!(route("paths/shared.md"), "/together\n");
    assert_eq!(route("/together"), "shared.md\n");
    assert_eq!(route("/shared/"), "shared.md\n");
    assert_eq!(route("/"), "index.path.md\n");
    assert_eq!(route("workshop.path"), "/workshop/workshop.path\n");
    let (_, stdout, _) = pmx(site.path(), &["route", "shared", "-o", folder, "--json", "--base-url", "https://x.y/"]);
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(answer["url"], "https://x.y/together");
    assert_eq!((&answer["pathId"], &answer["sourceId"]), (&"index.path".into(), &"shared".into()));
    let (code, _, stderr) = pmx(site.path(), &["route", "shard", "-o", folder]);
    assert_eq!(code, 1);
    assert!(stderr.contains("hint: did you mean shared?"), "{stderr}");
}
