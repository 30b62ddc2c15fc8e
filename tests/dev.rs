//! `pmx dev` as an author uses it: edit, see, break, mend, restart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{fs, path::Path};
use support::{Events, Pmx, process::pmx, site};

/// A small site on disk with its state beside it.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let author = Self { folder: tempfile::tempdir().unwrap() };
        author.write("index.path.md", "# Home\n\nFirst words, and [a lesson](./one.lesson.md).\n");
        author.write("one.lesson.md", "# One\n\nThe lesson.\n");
        author.write("unlinked.md", "# Not reachable\n");
        author
    }

    fn site(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.site().join("paths").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn dev(&self) -> Pmx {
        Pmx::dev(self.site(), &self.site().join("state"))
    }
}

#[test]
fn the_site_is_at_localhost_and_below_its_own_name() {
    let author = Author::new();
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--site", "my-course"]).arg(author.site());
    let dev = Pmx::start(command);
    for host in ["localhost", "my-course.localhost", "127.0.0.1"] {
        assert_eq!(dev.client.get(host, "/").header("location"), Some("/index.path"), "{host}");
        assert!(dev.client.get(host, "/index.path").text().contains("First words"), "{host}");
    }
    assert_eq!(dev.client.get("localhost", "/one.lesson/").status, 308);
    assert_eq!(dev.client.get("localhost", "/unlinked").status, 404);
    assert_eq!(dev.client.get("evil.example", "/index.path").status, 403);
}

#[test]
fn an_edit_is_published_and_told_as_production_tells_it() {
    let author = Author::new();
    let mut dev = author.dev();
    let deploy = dev.client.get("localhost", "/one.lesson").header("pmx-deploy").unwrap().to_owned();
    let mut page = Events::connect(dev.client, "localhost", &deploy);
    author.write("one.lesson.md", "# One\n\nOther words.\n");
    let (sources, paths) = page.change();
    assert_eq!(sources, ["one.lesson"]);
    assert!(
        paths.contains(&"/one.lesson.html".to_owned()) && !paths.contains(&"/index.path.html".to_owned()),
        "{paths:?}"
    );
    let published = loop {
        let event = dev.event("published");
        if event["sources"] == serde_json::json!(["one.lesson"]) {
            break event;
        }
    };
    let answer = dev.client.get_with("localhost", "/one.lesson", &[("pmx-fresh", "1")]);
    assert!(answer.text().contains("Other words"));
    assert_eq!(answer.header("pmx-deploy"), published["deployId"].as_str());
}

#[test]
fn the_api_of_dev_is_closed_to_everyone_else() {
    let author = Author::new();
    let dev = author.dev();
    assert_eq!(dev.client.get("localhost", "/api/deploys?subdomain=x").status, 401);
    assert_eq!(
        dev.client.api("POST", "/api/publish/begin", &serde_json::json!({ "subdomain": "x", "hashes": [] })).status,
        401
    );
    assert_eq!(dev.client.get("localhost", "/api/health").status, 200);
}

#[test]
fn a_broken_source_keeps_the_last_good_site_up_and_is_named_with_its_line() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("one.lesson.md", "---\ntitle: [unclosed\n---\n\n# One\n\nBroken.\n");
    let built = loop {
        let event = dev.event("error");
        if event["path"].as_str().is_some_and(|path| path.ends_with("one.lesson.md")) {
            break event;
        }
    };
    assert!(built["line"].as_u64().is_some_and(|line| line >= 1), "{built}");
    assert!(dev.client.get("localhost", "/one.lesson").text().contains("The lesson."));
    author.write("one.lesson.md", "# One\n\nMended.\n");
    while !dev.client.get("localhost", "/one.lesson").text().contains("Mended.") {
        dev.event("published");
    }
}

#[test]
fn files_come_and_go_while_it_runs() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("two/index.lesson.md", "# Two\n");
    author.write("index.path.md", "# Home\n\n[two](./two/index.lesson.md)\n");
    while dev.client.get("localhost", "/two/index.lesson").status != 200 {
        dev.event("published");
    }
    assert_eq!(dev.client.get("localhost", "/one.lesson").status, 404, "nothing leads to it any more");
}

#[test]
fn a_restart_finds_its_state_and_publishes_nothing_new() {
    let author = Author::new();
    let deploy = author.dev().client.get("localhost", "/index.path").header("pmx-deploy").unwrap().to_owned();
    let again = author.dev();
    assert_eq!(again.client.get("localhost", "/index.path").header("pmx-deploy"), Some(deploy.as_str()));
}

#[test]
fn what_keeps_it_from_starting_is_said_once_with_a_hint() {
    let author = Author::new();
    let dev = author.dev();
    let port = dev.client.address.port().to_string();
    let empty = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], folder: &Path| {
        let output = pmx().arg("dev").args(arguments).arg(folder).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let other = tempfile::tempdir().unwrap();
    let elsewhere = other.path().to_str().unwrap();
    for (arguments, folder, needle) in [
        (vec!["--port", port.as_str(), "--state", elsewhere], author.site(), "already in use"),
        (vec!["--port", "0"], empty.path(), "index.path.md"),
        (vec!["--port", "0"], Path::new("/nonexistent/site"), "/nonexistent/site"),
        (vec!["--port", "0", "--state", author.site().join("state").to_str().unwrap()], author.site(), "in use"),
        (
            vec!["--port", "0", "--state", author.site().join("paths/one.lesson.md").to_str().unwrap()],
            author.site(),
            "one.lesson.md",
        ),
    ] {
        let (code, stderr) = run(&arguments, folder);
        assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains(needle) && stderr.contains("hint:"), "{arguments:?}: {stderr}");
        assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    }
}

#[test]
fn the_history_of_dev_is_that_of_the_worker() {
    let author = Author::new();
    let mut dev = author.dev();
    author.write("one.lesson.md", "# One\n\nSecond.\n");
    dev.event("published");
    drop(dev);
    // The same state, opened as a server: the deploys of the edit loop are there, and one can be rolled back to.
    let name = fs::read_dir(author.site().join("state/do/SpaceDO")).unwrap().count();
    assert!(name >= 1);
    let serve = Pmx::serve(&author.site().join("state"));
    let folder = author.site().file_name().unwrap().to_str().unwrap().to_lowercase();
    let site_name: String = folder.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let deploys = site::deploys(serve.client, &site_name);
    assert_eq!(deploys.len(), 2);
    site::rollback(serve.client, &site_name, deploys[1]["deployId"].as_str().unwrap());
    assert!(serve.client.get(&format!("{site_name}.localhost"), "/one.lesson").text().contains("The lesson."));
}
