//! An open page in a real browser: it follows edits, publishes and rollbacks in place, and never ends on the old text.
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
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};
use support::{Pmx, SECRET, node::can_run, process::pmx, site};

const FOLDER: &str = "tests/browser";

fn script(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(name));
    command
}

fn write_site(folder: &Path, words: &str) {
    fs::create_dir_all(folder.join("paths")).unwrap();
    fs::write(folder.join("paths/index.path.md"), format!("# Home\n\n{words}\n\n[next](./next.md)\n")).unwrap();
    fs::write(folder.join("paths/next.md"), "# Next\n\nNever changes.\n").unwrap();
}

/// Publishes a folder with the real command; the id of its deploy.
fn publish(server: &Pmx, folder: &Path) -> String {
    let output = pmx()
        .args(["publish", "--json", "--no-git", "-s", "alpha", "--server", &server.url, "--outdir"])
        .arg(folder.join("out"))
        .arg(folder)
        .env("PATHMX_PUBLISH_TOKEN", SECRET)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
    serde_json::from_str::<Value>(&last).unwrap()["deployId"].as_str().unwrap().to_owned()
}

/// A browser with one page open.
struct Page {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Page {
    fn open(url: &str, texts: &[&str]) -> Self {
        let mut child = script("watch.mjs").arg(url).args(texts).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut page = Self { child, lines };
        assert_eq!(page.line()["open"], url);
        page
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the browser said {line:?}: {error}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.wait();
    }
}

#[test]
fn an_edit_in_dev_reaches_the_open_page_in_place() {
    if !can_run(FOLDER, &["node", "chromium"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_site(folder.path(), "First words.");
    let dev = Pmx::dev(folder.path(), &folder.path().join("state"));
    let output = script("site-edit.mjs")
        .arg(format!("{}/index.path", dev.url))
        .arg(folder.path().join("paths/index.path.md"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One open page through a publish, a rollback and a publish again.
fn follows(arguments: &[&str]) {
    if !can_run(FOLDER, &["node", "chromium"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve_with(&folder.path().join("state"), arguments);
    write_site(folder.path(), "First words.");
    let first = publish(&server, folder.path());
    let url = format!("http://alpha.localhost:{}/index.path", server.client.address.port());
    let mut page = Page::open(&url, &["Second words.", "First words.", "Third words."]);
    write_site(folder.path(), "Second words.");
    publish(&server, folder.path());
    assert_eq!(page.line()["shown"], "Second words.");
    site::rollback(server.client, "alpha", &first);
    assert_eq!(page.line()["shown"], "First words.");
    write_site(folder.path(), "Third words.");
    publish(&server, folder.path());
    assert_eq!(page.line()["shown"], "Third words.");
    let end = page.line();
    assert_eq!((&end["stays"], &end["sameWindow"]), (&true.into(), &true.into()));
}

#[test]
fn a_publish_and_a_rollback_reach_the_open_page_without_a_reload() {
    follows(&[]);
}

#[test]
fn an_open_page_is_on_the_new_text_and_stays_there_although_kv_lags_behind() {
    follows(&["--kv-lag", "60"]);
}

#[test]
fn an_open_page_shows_that_its_site_was_taken_down_and_comes_back_with_it() {
    if !can_run(FOLDER, &["node", "chromium"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve_with(&folder.path().join("state"), &["--kv-lag", "60"]);
    write_site(folder.path(), "First words.");
    publish(&server, folder.path());
    let url = format!("http://alpha.localhost:{}/index.path", server.client.address.port());
    let mut page = Page::open(&url, &["no longer published", "Second words.", "Space not found", "Third words."]);
    for (status, gone, back) in
        [(410, "no longer published", "Second words."), (404, "Space not found", "Third words.")]
    {
        let body = serde_json::json!({ "subdomain": "alpha", "status": status });
        assert_eq!(server.client.api("POST", "/api/unpublish", &body).status, 200);
        assert_eq!(page.line()["shown"], gone);
        write_site(folder.path(), back);
        publish(&server, folder.path());
        assert_eq!(page.line()["shown"], back);
    }
    let end = page.line();
    assert_eq!((&end["stays"], &end["sameWindow"]), (&true.into(), &true.into()));
}

#[test]
fn the_live_client_and_the_look_hold_their_promises() {
    if !can_run(FOLDER, &["node", "chromium"]) {
        return;
    }
    let output = script("run.mjs").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// A file of tests that starts servers of its own.
fn passes(file: &str) {
    if !can_run(FOLDER, &["node", "chromium"]) {
        return;
    }
    let mut command = script(file);
    command
        .env("PMX_BINARY", env!("CARGO_BIN_EXE_pmx"))
        .env("PMX_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/user"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_open_page_is_after_random_edits_what_a_fresh_load_shows() {
    passes("edits.test.mjs");
}

#[test]
fn a_built_site_is_searched_and_takes_answers_only_where_it_is_told_to() {
    passes("searched.test.mjs");
}

#[test]
fn errors_show_over_the_page_and_the_state_of_the_server_in_its_corner() {
    passes("overlay.test.mjs");
}

#[test]
fn the_frame_gives_way_to_the_text_at_every_width() {
    passes("frame.test.mjs");
}

#[test]
fn pages_are_listed_under_the_headings_of_their_path_and_mirrored_from_right_to_left() {
    passes("pages.test.mjs");
}

#[test]
fn a_course_of_many_kinds_of_content_is_set_well_and_nothing_lies_over_it() {
    passes("layout.test.mjs");
}

#[test]
fn what_readers_tick_off_stays_in_their_browser() {
    passes("completion.test.mjs");
}

#[test]
fn no_page_of_the_examples_has_a_serious_finding_of_axe() {
    passes("axe.test.mjs");
}

#[test]
fn the_console_follows_what_happens_and_no_site_reaches_it() {
    passes("console.test.mjs");
}

#[test]
fn what_has_no_reading_place_is_loaded_again_and_a_static_site_asks_nothing_of_a_server() {
    passes("reload.test.mjs");
}

#[test]
fn full_bleed_and_the_steps_of_the_starter_are_what_is_promised() {
    passes("built.test.mjs");
}
