//! `pmx dev --multi-site`: many sites, each at its own host; they come, go and break alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use support::{Answer, Events, Pmx, process::pmx};

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// A folder of sites.
struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    fn new(sites: &[&str]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        for site in sites {
            workspace.site(site, &format!("Words of {site}."));
        }
        workspace
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the entry of a site.
    fn site(&self, name: &str, text: &str) -> PathBuf {
        self.write(&format!("{name}/paths/index.path.md"), &format!("# Home of {name}\n\n{text}\n"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn dev(&self) -> Pmx {
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--multi-site"]).arg(self.path());
        Pmx::start(command)
    }
}

/// Asks until the answer is as it should be.
#[track_caller]
fn until(dev: &Pmx, host: &str, path: &str, is: impl Fn(&Answer) -> bool) -> Answer {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = dev.client.get(host, path);
        if is(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{host}{path}: {} {}", answer.status, answer.text());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn says<'a>(text: &'a str) -> impl Fn(&Answer) -> bool + 'a {
    move |answer| answer.text().contains(text)
}

#[test]
fn every_site_is_at_its_own_host_and_the_bare_host_lists_them() {
    let workspace = Workspace::new(&["alpha", "courses/beta"]);
    let dev = workspace.dev();
    for (host, words) in [("alpha.localhost", "Words of alpha."), ("beta.localhost", "Words of courses/beta.")] {
        let page = dev.client.get(host, "/index.path");
        assert!(page.status == 200 && page.text().contains(words), "{host}: who comes first waits: {}", page.text());
    }
    let port = dev.client.address.port();
    let list = until(&dev, "localhost", "/", |answer| answer.text().matches(">up<").count() == 2);
    for name in ["alpha", "beta"] {
        assert!(list.text().contains(&format!("href=\"http://{name}.localhost:{port}\"")), "{}", list.text());
    }
    assert!(list.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert_eq!(dev.client.get("localhost", "/api/health").status, 200, "the publish API is the Worker's");
    for (host, path) in [("gamma.localhost", "/"), ("x.alpha.localhost", "/"), ("localhost", "/index.path")] {
        let nothing = dev.client.get(host, path);
        assert!(nothing.status == 404 && nothing.text().contains("alpha.localhost"), "{host}: {}", nothing.text());
    }
    assert_eq!(dev.client.get("evil.example", "/").status, 403);
}

#[test]
fn an_edit_reaches_the_pages_of_its_own_site_only() {
    let workspace = Workspace::new(&["a", "b"]);
    let dev = workspace.dev();
    let connect = |host: &str| {
        let deploy = dev.client.get(host, "/index.path").header("pmx-deploy").unwrap().to_owned();
        Events::connect(dev.client, host, &deploy)
    };
    let (mut of_a, mut of_b) = (connect("a.localhost"), connect("b.localhost"));
    workspace.write("b/paths/two.lesson.md", "# Two\n");
    workspace.site("b", "[Two](./two.lesson.md)");
    let told = of_b.change().0;
    assert!(told.contains(&"index.path".to_owned()), "{told:?}");
    workspace.site("a", "Other words.");
    // The first that the page of `a` hears is its own edit: nothing of `b` came before.
    assert_eq!(of_a.change().0, ["index.path"]);
    until(&dev, "a.localhost", "/index.path", says("Other words."));
    assert_eq!(dev.client.get("a.localhost", "/two.lesson").status, 404);
}

#[test]
fn sites_come_and_go_while_it_runs() {
    let workspace = Workspace::new(&["a", "b"]);
    let mut dev = workspace.dev();
    dev.client.get("a.localhost", "/index.path");
    workspace.site("later/c", "New here.");
    let added = dev.event_of("site-added", "c");
    assert!(added["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{added}");
    until(&dev, "c.localhost", "/index.path", says("New here."));
    workspace.site("later/c", "Edited here.");
    until(&dev, "c.localhost", "/index.path", says("Edited here."));

    fs::remove_dir_all(workspace.path().join("a")).unwrap();
    dev.event_of("site-removed", "a");
    let gone = until(&dev, "a.localhost", "/index.path", |answer| answer.status == 404);
    assert!(gone.text().contains("There is no site a here") && gone.text().contains("b.localhost"), "{}", gone.text());
    assert!(!dev.client.get("localhost", "/").text().contains("a.localhost"));
    until(&dev, "b.localhost", "/index.path", says("Words of b."));

    workspace.site("a", "Back again.");
    dev.event_of("site-added", "a");
    until(&dev, "a.localhost", "/index.path", says("Back again."));
}

#[test]
fn a_broken_site_harms_no_other() {
    let workspace = Workspace::new(&["good"]);
    workspace.site("unread", "Words.");
    workspace.write("unread/pathmx.config.md", "---\nmarkdown: 3\n---\n");
    workspace.write("wrong/paths/index.path.md", "---\ntitle: [unclosed\n---\n\n# Wrong\n");
    let mut dev = workspace.dev();
    until(&dev, "good.localhost", "/index.path", says("Words of good."));
    workspace.site("good", "Edited.");
    until(&dev, "good.localhost", "/index.path", says("Edited."));
    let list = until(&dev, "localhost", "/", |answer| answer.text().matches(">has errors<").count() == 2);
    assert!(list.text().contains("wrong/paths/index.path.md:") && list.text().contains("markdown"), "{}", list.text());

    workspace.write("unread/pathmx.config.md", "---\nmarkdown: {}\n---\n");
    until(&dev, "unread.localhost", "/index.path", says("Words."));
    workspace.write("wrong/paths/index.path.md", "# Mended\n");
    until(&dev, "wrong.localhost", "/index.path", says("Mended"));
    workspace.site("good", "Edited once more.");
    dev.event_of("published", "good");
}

#[test]
fn two_folders_of_one_name_are_both_served_and_both_named_in_a_warning() {
    let workspace = Workspace::new(&["x/intro", "y/intro"]);
    let dev = workspace.dev();
    until(&dev, "intro.localhost", "/index.path", says("Words of x/intro."));
    until(&dev, "intro-2.localhost", "/index.path", says("Words of y/intro."));
    let stderr = dev.kill();
    assert!(stderr.contains("x/intro and y/intro have the same name; the second is at intro-2.localhost"), "{stderr}");
}

#[test]
fn a_list_in_the_config_says_which_folders_are_sites() {
    let workspace = Workspace::new(&["courses/one", "courses/two", "drafts/three"]);
    workspace.write("plain/index.md", "# Plain\n\nNo mark.\n");
    workspace.write("pathmx.config.md", "---\nworkspace:\n  - courses/*\n  - ./plain\n---\n\n# All\n");
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0"]).arg(workspace.path());
    let dev = Pmx::start(command);
    until(&dev, "one.localhost", "/index.path", says("Words of courses/one."));
    until(&dev, "plain.localhost", "/index", says("No mark."));
    assert_eq!(dev.client.get("three.localhost", "/").status, 404);
}

#[test]
fn after_a_restart_nobody_reads_what_was_edited_meanwhile() {
    let workspace = Workspace::new(&["a", "b"]);
    let dev = workspace.dev();
    until(&dev, "a.localhost", "/index.path", says("Words of a."));
    until(&dev, "b.localhost", "/index.path", says("Words of b."));
    dev.kill();
    workspace.site("a", "Edited in the night.");
    let dev = workspace.dev();
    assert!(dev.client.get("a.localhost", "/index.path").text().contains("Edited in the night."));
    assert!(dev.client.get("b.localhost", "/index.path").text().contains("Words of b."));
}

#[test]
fn a_folder_without_sites_is_said_with_what_would_be_one() {
    let empty = tempfile::tempdir().unwrap();
    for folder in [empty.path(), Path::new("/nonexistent/folder")] {
        let output = pmx().args(["dev", "--port", "0", "--multi-site"]).arg(folder).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(&folder.display().to_string()) && stderr.contains("hint:"), "{stderr}");
    }
}
