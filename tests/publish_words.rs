//! What publishing says to a person: real projects, published to `pmx serve`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use support::{Server, process::pmx};

/// A project, a server, and what pmx keeps for the user.
struct Course {
    folder: tempfile::TempDir,
    server: Server,
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Course {
    fn new() -> Self {
        let course = Self { folder: tempfile::tempdir().unwrap(), server: Server::new() };
        course.write("paths/index.path.md", "# Start\n\n[Notes](./notes.md), [More](./more.md) ![p](./p.svg)\n");
        course.write("paths/notes.md", "# Notes\n\nOne.\n");
        course.write("paths/more.md", "# More\n\nOne.\n");
        course.write("paths/p.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
        course
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("course")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_as("user", arguments)
    }

    /// As a user of this name.
    fn run_as(&self, user: &str, arguments: &[&str]) -> Ran {
        let output = pmx()
            .args(arguments)
            .args(["-s", "course", "--server", &self.server.pmx.url])
            .current_dir(self.project())
            .env("PATHMX_PUBLISH_TOKEN", support::SECRET)
            .env("PMX_DATA_DIR", self.folder.path().join(user))
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn publish(&self, more: &[&str]) -> String {
        let ran = self.run(&[&["publish"], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran.err
    }

    /// The deploys as the server has them, newest first.
    fn deploys(&self) -> Vec<Value> {
        let ran = self.run(&["deploys", "--json"]);
        if ran.code == Some(0) { serde_json::from_str(&ran.out).unwrap() } else { Vec::new() }
    }

    fn commit(&self) -> String {
        self.deploys()[0]["meta"]["commit"].as_str().unwrap().to_owned()
    }

    fn git(&self, arguments: &[&str]) {
        let settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let ran = Command::new("git").current_dir(self.project()).args(settings).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn a_publish_and_the_list_of_deploys_say_what_changed_by_the_titles_of_pages() {
    let course = Course::new();
    let said = course.publish(&[]);
    assert!(said.contains("Published 3 pages: Start, More, Notes; "), "{said}");
    course.write("paths/notes.md", "# Notes\n\nTwo.\n");
    course.write("paths/index.path.md", "# Start\n\nOther. [Notes](./notes.md), [New](./new.md) ![p](./p.svg)\n");
    course.write("paths/new.md", "# The new one\n");
    course.write("paths/p.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>\n");
    let change = "4 pages: Start, More (gone), The new one (new), Notes; 1 asset";
    let planned = course.run(&["publish", "--dry-run"]);
    assert!(planned.out.starts_with(&format!("would publish {change} (")), "{}", planned.out);
    let ran = course.run(&["publish"]);
    assert!(ran.err.contains(&format!("\nPublished {change}\n  deploy ")), "{}", ran.err);
    let url = format!("http://course.localhost:{}\n", course.server.client().address.port());
    assert_eq!(ran.out, url, "stdout is the address alone");
    for word in ["hash", "blob", "~"] {
        assert!(!ran.err.contains(word), "{}", ran.err);
    }
    let listed = course.run(&["deploys"]).out;
    assert!(listed.lines().nth(1).unwrap().ends_with(change), "{listed}");
    assert_eq!(course.deploys()[0]["meta"]["changed"], change);
    // Nothing changed: no deploy, and the same address.
    let again = course.run(&["publish"]);
    assert!(
        again.code == Some(0) && again.err.contains("Already live: nothing changed since deploy "),
        "{}",
        again.err
    );
    assert_eq!((again.out, course.deploys().len()), (url, 2));
    // A rollback is told by title, too.
    let change = "4 pages: Start, More (new), The new one (gone), Notes; 1 asset";
    let planned = course.run(&["rollback", "-n"]);
    assert!(planned.out.ends_with(&format!("; that would change {change}\n")), "{}", planned.out);
    let elsewhere = course.run_as("somebody", &["rollback", "-n"]);
    assert!(elsewhere.out.ends_with(" ago)\n"), "what nobody knows here is not told: {}", elsewhere.out);
    let back = course.run(&["rollback"]);
    assert!(back.err.contains(&format!("\n  changed {change}\n")), "{}", back.err);
    assert!(back.err.contains("1 behind the newest; back to the newest: pmx rollback "), "{}", back.err);
    let newest = course.deploys()[0]["deployId"].as_str().unwrap().to_owned();
    let forward = course.run_as("somebody", &["rollback", &newest]);
    assert!(forward.err.contains("\n  changed "), "by what the server tells: {}", forward.err);
    assert!(!forward.err.contains("behind"), "{}", forward.err);
    course.run(&["rollback"]);
    let said = course.publish(&[]);
    assert!(said.contains("; the same as "), "what was published before is named: {said}");
}

#[test]
fn who_publishes_for_the_first_time_from_a_machine_is_told_what_is_new_on_the_server() {
    let course = Course::new();
    course.publish(&[]);
    course.write("paths/notes.md", "# Notes\n\nTwo.\n");
    let planned = course.run_as("somebody", &["publish", "-n"]);
    assert!(planned.out.starts_with("would publish 1 page: Notes ("), "{}", planned.out);
    let ran = course.run_as("somebody", &["publish"]);
    assert!(ran.err.contains("Published 1 page: Notes\n"), "{}", ran.err);
    assert_eq!(course.deploys()[0]["meta"]["changed"], "1 page: Notes");
}

#[test]
fn a_long_list_of_pages_is_cut_and_fits_into_the_deploy() {
    let course = Course::new();
    let long = |n: usize| format!("# Page \"{n:02}\" {}\n", "ä\"\\".repeat(60));
    let links: String = (0..20).map(|n| format!("- [x](./p{n:02}.md)\n")).collect();
    course.write("paths/index.path.md", &format!("# Start\n\n{links}"));
    (0..20).for_each(|n| course.write(&format!("paths/p{n:02}.md"), &long(n)));
    let commit = "c".repeat(3000);
    let said = course.publish(&["--commit", &commit]);
    assert!(said.contains("Published 21 pages: Start, Page \"00\" ") && said.contains(" and 13 more; "), "{said}");
    let changed = course.deploys()[0]["meta"]["changed"].as_str().unwrap().to_owned();
    assert!(changed.starts_with("21 pages: Start") && changed.contains(" and "), "{changed}");
}

#[test]
fn a_commit_is_marked_when_what_is_built_differs_from_it() {
    let course = Course::new();
    course.write("paths/draft.md", "# Nobody links here\n");
    course.write("README.md", "beside the Sources\n");
    course.write("paths/.gitignore", "*.log\n");
    course.git(&["init", "-q", "-b", "main"]);
    course.git(&["add", "."]);
    course.git(&["commit", "-q", "-m", "first"]);
    let clean = |course: &Course, why: &str| {
        course.publish(&["--force"]);
        assert_eq!(course.commit().len(), 40, "{why}: {}", course.commit());
    };
    let marked = |course: &Course, why: &str| {
        course.publish(&["--force"]);
        assert!(course.commit().ends_with("+changes") && course.commit().len() == 48, "{why}: {}", course.commit());
        course.git(&["checkout", "-q", "--", "."]);
        course.git(&["reset", "-q", "--hard"]);
    };
    clean(&course, "as committed; the output is not part of it");
    course.write("README.md", "edited\n");
    course.write("paths/draft.md", "# Edited, and not built\n");
    course.write("paths/another.md", "# New, and not built\n");
    course.write("paths/x.log", "ignored\n");
    clean(&course, "nothing of it is built");
    course.write("paths/notes.md", "# Notes\n\nEdited.\n");
    marked(&course, "a Source");
    course.write("paths/notes.md", "# Notes\n\nEdited.\n");
    course.git(&["add", "."]);
    marked(&course, "a Source that is staged");
    course.write("paths/p.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>\n");
    marked(&course, "a picture");
    course.write("pathmx.config.md", "---\ntitle: Course\n---\n\n## Paths\n\n- [Start](./paths/index.path.md)\n");
    marked(&course, "a config that Git does not have");
    fs::remove_file(course.project().join("pathmx.config.md")).unwrap();
    course.write("paths/fresh.md", "# Fresh\n");
    course.write("paths/more.md", "# More\n\n[Fresh](./fresh.md)\n");
    course.git(&["add", "paths/more.md"]);
    course.git(&["commit", "-q", "-m", "a link to what is not committed"]);
    course.publish(&[]);
    assert!(course.commit().ends_with("+changes"), "a linked Source that Git does not have: {}", course.commit());
    let listed = course.run(&["deploys"]).out;
    let short = course.commit()[..7].to_owned();
    assert!(listed.contains(&format!("  {short}+changes  main  ")), "{listed}");
    course.publish(&["--force", "--commit", "abc"]);
    assert_eq!(course.commit(), "abc", "what is asked for stays as it is");
    course.publish(&["--force", "--no-git"]);
    assert_eq!(course.deploys()[0].get("meta"), None);
}

#[test]
fn a_name_that_was_never_published_is_an_error_with_a_hint() {
    let course = Course::new();
    for command in ["deploys", "rollback"] {
        let ran = course.run(&[command]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{command}: {}", ran.err);
        assert!(
            ran.err.contains("`course` was never published to http://") && ran.err.contains("hint: "),
            "{}",
            ran.err
        );
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_is_told_in_one_screen_without_an_escape_where_no_colour_is_wanted() {
    let course = Course::new();
    let said = course.publish(&[]);
    assert!(!said.contains('\u{1b}'), "{said:?}");
    assert!(said.lines().count() <= 4 && said.lines().all(|line| line.chars().count() < 110), "{said}");
}

/// What pmx remembers of publishes is for its user only.
#[cfg(unix)]
#[test]
fn what_is_remembered_of_a_publish_is_the_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let course = Course::new();
    course.publish(&[]);
    let folder = course.folder.path().join("user/published");
    let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!((mode(&files[0]), mode(&folder)), (0, 0));
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(!text.contains(support::SECRET) && text.contains("Notes"));
    // What somebody wrote over it is not believed, and does no harm.
    fs::write(&files[0], "{").unwrap();
    course.write("paths/notes.md", "# Notes\n\nTwo.\n");
    assert!(course.publish(&[]).contains("Published 1 page: Notes\n"));
}

/// What was wrong before a publish is no way back from it: a step back leads to what readers saw before, as the server counts it.
#[test]
fn a_rollback_after_a_rollback_and_a_publish_leads_to_what_was_live_before() {
    let course = Course::new();
    let ids: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|words| {
            course.write("paths/notes.md", &format!("# Notes\n\n{words}\n"));
            course.publish(&[]);
            course.deploys()[0]["deployId"].as_str().unwrap().to_owned()
        })
        .collect();
    let live = || {
        let deploys = course.deploys();
        deploys.iter().find(|deploy| deploy["isActive"] == true).unwrap()["deployId"].as_str().unwrap().to_owned()
    };
    let ran = course.run(&["rollback", &ids[0]]);
    assert_eq!((ran.code, live()), (Some(0), ids[0].clone()), "{}", ran.err);
    course.write("paths/notes.md", "# Notes\n\nd\n");
    course.publish(&[]);
    let seqs: Vec<u64> = course.deploys().iter().map(|deploy| deploy["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [5, 3, 2, 4], "each deploy says when it last became active");
    let ran = course.run(&["rollback"]);
    assert_eq!((ran.code, live()), (Some(0), ids[0].clone()), "{}", ran.err);
}

#[test]
fn another_start_page_than_before_is_said_before_it_is_live() {
    let course = Course::new();
    course.publish(&[]);
    course.write("paths/notes.md", "# Notes\n\nTwo.\n");
    assert!(!course.publish(&[]).contains("start page"));
    let warning = "warning: the start page changes from index.path.md to notes.md; pages may have other addresses\n";
    for dry in [&["-n"][..], &[]] {
        let said = course.publish(&[&["paths/notes.md"], dry].concat());
        assert!(said.contains(warning), "{said}");
        assert_eq!(course.deploys().len(), if dry.is_empty() { 3 } else { 2 });
    }
}

#[test]
fn what_is_the_same_as_before_is_told_by_the_first_of_its_kind() {
    let course = Course::new();
    let page = |words: &str| course.write("paths/notes.md", &format!("# Notes\n\n{words}\n"));
    course.publish(&[]);
    let first = course.deploys()[0]["deployId"].as_str().unwrap()[..8].to_owned();
    for round in 0..2 {
        page("Two.");
        course.publish(&[]);
        page("One.");
        course.publish(&[]);
        assert_eq!(course.deploys()[0]["meta"]["changed"], format!("the same as {first}"), "{round}");
    }
}
