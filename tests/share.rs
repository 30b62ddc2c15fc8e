//! `pmx share`: a snapshot of one Path at an address that nobody can guess, its receipt, and where its token is from.
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
    collections::BTreeSet,
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use support::{Answer, Client, Pmx, SECRET, process, put, site};

const ENTRY: &str = "paths/index.path.md";
const LAB: &str = "paths/lab.path.md";

/// A project, its user, and a server.
struct Scene {
    folder: tempfile::TempDir,
    server: Pmx,
}

/// What a call came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It went well; the address that it printed.
    #[track_caller]
    fn url(&self) -> &str {
        assert_eq!((self.code, self.out.lines().count()), (Some(0), 1), "{self:?}");
        self.out.trim_end()
    }

    #[track_caller]
    fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in: {}", self.err);
        }
        assert_eq!(self.err.matches("error:").count(), 1, "one message: {}", self.err);
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        put(top, "site/pathmx.config.md", "---\nurl: https://course.example\n---\n\n# Course\n");
        put(top, "site/paths/index.path.md", "# Start\n\n- [Notes](./notes.md)\n");
        put(top, "site/paths/notes.md", "# Notes\n\nFirst words.\n");
        put(top, "site/paths/lab.path.md", "# Lab\n\nOnly this.\n");
        put(top, "site/paths/private.md", "# Private\n\nNo link leads here.\n");
        let server = Pmx::serve(&top.join("state"));
        Self { folder, server }
    }

    fn client(&self) -> Client {
        self.server.client
    }

    fn url(&self) -> String {
        self.server.url.trim_end_matches('/').to_owned()
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    fn put(&self, path: &str, text: &str) {
        put(&self.project(), path, text);
    }

    /// `pmx share …` in the project, by this user, without a token.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = process::pmx();
        command.current_dir(self.project()).env("PMX_DATA_DIR", self.folder.path().join("user"));
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command.arg("share").args(args);
        command
    }

    /// With the token and the server.
    fn share(&self, args: &[&str]) -> Ran {
        self.share_on(&self.url(), args)
    }

    /// With the token and another server.
    fn share_on(&self, server: &str, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        Ran::of(command.env("PATHMX_SHARE_TOKEN", SECRET).args(["--server", server]))
    }

    /// With the token alone. The server where sites are published is not reached from here.
    fn share_again(&self, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        Ran::of(command.env("PATHMX_SHARE_TOKEN", SECRET).env("HTTPS_PROXY", "http://127.0.0.1:1"))
    }

    fn receipts(&self) -> Vec<PathBuf> {
        let folder = self.project().join(".pathmx-state/shares");
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    }

    /// Addresses of what is shared, as the list has them.
    fn listed(&self) -> Vec<String> {
        let list = Ran::of(&mut self.command(&["--list", "--json"])).json();
        list.as_array().unwrap().iter().map(|share| share["url"].as_str().unwrap().to_owned()).collect()
    }

    /// As a browser does: the start page leads on to its own address.
    fn get(&self, url: &str, path: &str) -> Answer {
        let get = |path: &str| self.client().get_with(&host(url), path, &[("accept", "text/html")]);
        let answer = get(path);
        match answer.header("location") {
            Some(location) if answer.status == 308 => get(location),
            _ => answer,
        }
    }
}

/// `http://share-….localhost:1` -> `share-….localhost`
fn host(url: &str) -> String {
    url.strip_prefix("http://").unwrap().rsplit_once(':').unwrap().0.to_owned()
}

fn name(url: &str) -> String {
    host(url).split_once('.').unwrap().0.to_owned()
}

/// A listener that nobody may connect to.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(self.0.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock, "somebody was sent there");
    }
}

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git").current_dir(folder).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_share_holds_what_its_entry_reaches_and_asks_search_engines_not_to_list_it() {
    let scene = Scene::new();
    let ran = scene.share(&[ENTRY]);
    let url = ran.url();
    let random = name(url).strip_prefix("share-").unwrap().to_owned();
    assert!(random.len() >= 16 && random.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')), "{url}");
    for path in ["/", "/notes"] {
        let page = scene.get(url, path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.text().matches("<meta name=\"robots\" content=\"noindex\">").count(), 1, "{path}");
        assert!(!page.text().contains("course.example"), "it is elsewhere: {path}");
    }
    assert!(scene.get(url, "/notes").text().contains("First words."));
    for path in ["/private", "/private.md", "/lab", "/robots.txt", "/sitemap.xml"] {
        assert_eq!(scene.get(url, path).status, 404, "{path}");
    }
    let nowhere = scene.get(url, "/nowhere");
    assert_eq!(nowhere.text().matches("noindex").count(), 1, "{}", nowhere.text());
    assert!(!scene.project().join(".pathmx").exists(), "what is built for other addresses stays as it is");
    assert_eq!(fs::read_to_string(scene.project().join(".pathmx-state/.gitignore")).unwrap(), "*\n");
    assert!(ran.err.contains("pmx share --remove paths/index.path.md"), "{}", ran.err);
    assert!(!format!("{ran:?}").contains(SECRET));
    assert!(!fs::read_to_string(&scene.receipts()[0]).unwrap().contains(SECRET));
}

#[test]
fn an_answer_that_was_recorded_in_a_source_is_warned_of() {
    let scene = Scene::new();
    let question =
        "<!--\ntype: question\nid: why\nactions:\n  submit: questions.submitText\nresponse:\n  text: mine\n-->";
    scene.put(LAB, &format!("# Lab\n\n---\n\n{question}\n\n## Why?\n"));
    let ran = scene.share(&[LAB]);
    assert!(ran.code == Some(0) && ran.err.contains("[question/recorded-answer]"), "{ran:?}");
}

#[test]
fn sharing_again_updates_the_same_address() {
    let scene = Scene::new();
    let first = scene.share(&[ENTRY]);
    let url = first.url();
    let again = scene.share(&[ENTRY]);
    assert_eq!(again.url(), url);
    assert!(again.err.contains("nothing changed since"), "{}", again.err);
    scene.put("paths/notes.md", "# Notes\n\nOther words.\n");
    // The server is known from the receipt.
    let mut without_server = scene.command(&["./paths/index.path.md"]);
    let updated = Ran::of(without_server.env("PATHMX_SHARE_TOKEN", SECRET));
    assert_eq!(updated.url(), url);
    assert!(updated.err.contains("Updated 1 page: Notes"), "{}", updated.err);
    assert!(scene.get(url, "/notes").text().contains("Other words."));
    assert_eq!((site::deploys(scene.client(), &name(url)).len(), scene.receipts().len()), (2, 1));
}

#[test]
fn every_entry_has_an_address_of_its_own_and_the_list_has_them_all() {
    let scene = Scene::new();
    let empty = Ran::of(&mut scene.command(&["--list"]));
    assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", "nothing is shared from here\n"));
    let (start, lab) = (scene.share(&[ENTRY]), scene.share(&[LAB]));
    assert_ne!(start.url(), lab.url());
    assert!(scene.get(lab.url(), "/").text().contains("Only this.") && scene.get(lab.url(), "/notes").status == 404);
    let list = Ran::of(&mut scene.command(&["--list"]));
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!(lines.len(), 3, "{list:?}");
    assert!(lines[1].starts_with(ENTRY) && lines[1].ends_with(start.url()), "{list:?}");
    let list = Ran::of(&mut scene.command(&["--list", "--json"])).json();
    assert_eq!((&list[1]["entry"], list[1]["url"].as_str()), (&Value::from(LAB), Some(lab.url())), "{list}");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_leaves_nothing() {
    let scene = Scene::new();
    let planned = scene.share(&[ENTRY, "--dry-run"]);
    assert!(planned.out.starts_with("would share 2 pages at a new address ("), "{planned:?}");
    assert!(!scene.project().join(".pathmx-state").exists());
    let shared = scene.share(&[ENTRY, "--json"]).json();
    assert_eq!((&shared["event"], &shared["isNew"], &shared["pages"]), (&"shared".into(), &true.into(), &2.into()));
    let url = shared["url"].as_str().unwrap();
    assert_eq!(scene.share(&[ENTRY, "--json"]).json()["event"], "unchanged");
    scene.put("paths/notes.md", "# Notes\n\nOther words.\n");
    let planned = scene.share(&[ENTRY, "-n"]);
    assert!(planned.out.starts_with(&format!("would update {url} (")), "{planned:?}");
    assert_eq!(scene.share(&[ENTRY, "-n", "--json"]).json()["url"], url);
    assert!(scene.get(url, "/notes").text().contains("First words."));
    scene.share(&["--remove", ENTRY, "-n"]).url();
    assert_eq!(scene.get(url, "/").status, 200);
}

#[test]
fn a_share_is_taken_back_after_asking_and_the_next_one_is_elsewhere() {
    let scene = Scene::new();
    let first = scene.share(&[ENTRY]);
    let url = first.url();
    scene.share(&["--remove", ENTRY]).fails(2, &["there is nobody to ask", "--yes"]);
    assert_eq!((scene.get(url, "/").status, scene.receipts().len()), (200, 1));
    let removed = scene.share(&["--remove", "--yes", ENTRY]);
    assert_eq!(removed.url(), url);
    assert!(removed.err.contains("every address of it answers 410"), "{}", removed.err);
    assert_eq!((scene.get(url, "/").status, scene.get(url, "/notes").status), (410, 410));
    assert!(scene.listed().is_empty());
    scene.share(&["--remove", "--yes", ENTRY]).fails(1, &["is not shared from here", "pmx share --list"]);
    let next = scene.share(&[ENTRY]);
    assert_ne!(next.url(), url);
    // By its address, also when the entry is gone.
    fs::rename(scene.project().join(LAB), scene.project().join("paths/other.path.md")).unwrap();
    let done = scene.share(&["--remove", "-y", next.url(), "--json"]).json();
    assert_eq!((&done["event"], &done["status"]), (&"removed".into(), &410.into()));
}

#[test]
fn a_share_of_an_entry_that_is_gone_can_still_be_taken_back() {
    let scene = Scene::new();
    let shared = scene.share(&[LAB]);
    fs::remove_file(scene.project().join(LAB)).unwrap();
    scene.share(&[LAB]).fails(1, &["there is no entry paths/lab.path.md"]);
    assert_eq!(scene.share(&["--remove", "-y", LAB]).url(), shared.url());
    assert_eq!(scene.get(shared.url(), "/").status, 410);
}

#[test]
fn a_share_that_the_server_lost_or_took_down_comes_back_at_the_same_address() {
    let scene = Scene::new();
    let first = scene.share(&[ENTRY]);
    let url = first.url();
    let lose = || {
        let mut command = process::pmx();
        command.args(["state", "reset", "--site", &name(url), "--yes", "--state"]);
        let done = Ran::of(command.arg(scene.folder.path().join("state")));
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    lose();
    let again = scene.share(&[ENTRY]);
    assert_eq!(again.url(), url);
    assert!(again.err.contains("The server no longer has this share"), "{}", again.err);
    let body = serde_json::json!({ "subdomain": name(url), "status": 410 });
    assert_eq!(scene.client().api("POST", "/api/unpublish", &body).status, 200);
    let again = scene.share(&[ENTRY]);
    assert_eq!(again.url(), url);
    assert!(again.err.contains("it is up again"), "{}", again.err);
    lose();
    let removed = scene.share(&["--remove", "-y", ENTRY]);
    assert!(removed.code == Some(0) && removed.err.contains("the server did not have it"), "{removed:?}");
}

#[test]
fn what_cannot_be_shared_is_one_clear_message_each() {
    let scene = Scene::new();
    put(scene.folder.path(), "elsewhere.md", "# Elsewhere\n");
    scene.put("paths/broken.path.md", "---\ntitle: [\n---\n\n# Broken\n");
    scene.put("notes.txt", "no Markdown\n");
    scene.share(&[]).fails(2, &["<ENTRY>"]);
    scene.share(&[ENTRY, LAB]).fails(2, &["several entries", "one after the other"]);
    scene.share(&["paths/indx.path.md"]).fails(1, &["there is no entry paths/indx.path.md", "paths/index.path.md"]);
    scene.share(&["notes.txt"]).fails(1, &["is no Markdown file"]);
    let broken = scene.share(&["paths/broken.path.md"]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.err.contains("paths/broken.path.md:") && broken.err.contains("with errors is not shared"));
    scene.put("pathmx.config.md", "---\nsourceDir: paths\n---\n\n# Course\n\n## Paths\n\n- [A](./paths/index.path.md)\n- [B](./paths/lab.path.md)\n");
    scene.share(&["."]).fails(2, &["several entries", "`paths/index.path.md`, `paths/lab.path.md`"]);
    scene.put("outside.md", "# Outside\n");
    scene.share(&["outside.md"]).fails(1, &["lies outside of the source folder"]);
    assert!(scene.receipts().is_empty());
}

#[test]
fn a_server_that_refuses_or_does_not_answer_is_one_clear_message_each() {
    let scene = Scene::new();
    let at = |server: &str, token: &str| {
        Ran::of(scene.command(&[ENTRY, "--server", server]).env("PATHMX_SHARE_TOKEN", token))
    };
    at(&scene.url(), "wrong").fails(3, &["does not accept the token in PATHMX_SHARE_TOKEN"]);
    at(&scene.url(), "two words").fails(1, &["PATHMX_SHARE_TOKEN holds characters"]);
    at("http://example.com", SECRET).fails(2, &["plain HTTP", "--insecure"]);
    at("http://127.0.0.1:1", SECRET).fails(1, &["refuses connections"]);
    assert!(scene.receipts().is_empty(), "nothing is remembered of what no server has");
    let shared = scene.share(&[ENTRY]);
    let mut wrong = scene.command(&["--remove", "--yes", ENTRY]);
    Ran::of(wrong.env("PATHMX_SHARE_TOKEN", "wrong")).fails(3, &["PATHMX_SHARE_TOKEN"]);
    assert_eq!((scene.get(shared.url(), "/").status, scene.receipts().len()), (200, 1));
}

#[test]
fn the_token_is_taken_from_the_environment_or_from_an_env_file_and_nothing_else_is() {
    let scene = Scene::new();
    let url = scene.url();
    let share = || Ran::of(&mut scene.command(&[ENTRY, "--server", &url]));
    let path = scene.project().join(".env").display().to_string();
    share().fails(1, &["PATHMX_SHARE_TOKEN is not set", ".env", "which Git must ignore"]);
    let other =
        format!("PATHMX_PUBLISH_TOKEN={SECRET}\nPMX_SERVER=http://127.0.0.1:1\nHTTP_PROXY=http://127.0.0.1:1\n");
    scene.put(".env", &other);
    share().fails(1, &["PATHMX_SHARE_TOKEN is not set"]);
    let mut publish_token = scene.command(&[ENTRY, "--server", &url]);
    Ran::of(publish_token.env("PATHMX_PUBLISH_TOKEN", SECRET)).fails(1, &["PATHMX_SHARE_TOKEN is not set"]);
    scene.put(".env", &format!("{other}export PATHMX_SHARE_TOKEN=\"{SECRET}\" # mine\r\n"));
    let shared = share();
    shared.url();
    assert!(!shared.err.contains("Git"), "there is no repository: {}", shared.err);
    // The environment goes first.
    let mut wrong = scene.command(&[ENTRY, "--server", &url]);
    Ran::of(wrong.env("PATHMX_SHARE_TOKEN", "wrong")).fails(3, &["PATHMX_SHARE_TOKEN"]);
    scene.put(".env", &"#".repeat(65 * 1024));
    share().fails(1, &[&path, "more than 65536 bytes"]);
}

#[test]
fn a_token_that_git_would_take_along_is_warned_of() {
    let scene = Scene::new();
    let url = scene.url();
    let share = || Ran::of(&mut scene.command(&[ENTRY, "--server", &url]));
    scene.put(".env", &format!("PATHMX_SHARE_TOKEN={SECRET}\n"));
    git(&scene.project(), &["init", "-q"]);
    let warned = share();
    assert!(
        warned.code == Some(0) && warned.err.contains("warning: `.env` holds the token, and Git does not ignore it")
    );
    scene.put(".gitignore", ".env\n");
    let quiet = share();
    assert!(quiet.code == Some(0) && !quiet.err.contains("Git"), "{quiet:?}");
    git(&scene.project(), &["add", "-f", ".env"]);
    assert!(share().err.contains("Git does not ignore it"), "a rule does not help what is committed");
}

#[cfg(unix)]
#[test]
fn an_env_file_that_is_a_link_is_not_followed() {
    let scene = Scene::new();
    put(scene.folder.path(), "secrets", &format!("PATHMX_SHARE_TOKEN={SECRET}\n"));
    std::os::unix::fs::symlink("../secrets", scene.project().join(".env")).unwrap();
    let ran = Ran::of(&mut scene.command(&[ENTRY, "--server", &scene.url()]));
    ran.fails(1, &[".env is a link", "PATHMX_SHARE_TOKEN in the environment"]);
}

#[test]
fn a_server_that_a_config_names_is_not_sent_the_token() {
    let scene = Scene::new();
    let trap = Trap::set();
    scene.put("pathmx.config.md", &format!("---\npmx:\n  server: {}\n---\n\n# Course\n", trap.url()));
    let ran = Ran::of(scene.command(&[ENTRY]).env("PATHMX_SHARE_TOKEN", SECRET));
    ran.fails(1, &["the config names the server", "to which nothing was published from here before"]);
    trap.is_untouched();
    assert!(scene.receipts().is_empty());
}

#[test]
fn a_receipt_that_came_with_a_checkout_is_not_believed() {
    let scene = Scene::new();
    let trap = Trap::set();
    let theirs = scene.share(&[ENTRY]);
    let receipt = scene.receipts().remove(0);
    let written = fs::read_to_string(&receipt).unwrap();
    let as_another = |args: &[&str]| {
        let mut command = scene.command(args);
        command.env("PMX_DATA_DIR", scene.folder.path().join("another")).env("PATHMX_SHARE_TOKEN", SECRET);
        // The server where sites are published is not reached from here.
        Ran::of(command.env("HTTPS_PROXY", "http://127.0.0.1:1"))
    };
    // Another user, who cloned it with the receipt; whole, and with another server and another site in it.
    let server = scene.url();
    let forged = written.replace(&server, &trap.url()).replace(&name(theirs.url()), "alpha");
    assert_ne!(forged, written);
    for text in [&written, &forged] {
        fs::write(&receipt, text).unwrap();
        let list = as_another(&["--list"]);
        assert!(list.out.is_empty() && list.err.contains(".json was not written by you, or was changed"), "{list:?}");
        as_another(&["--remove", "-y", ENTRY]).fails(1, &["is not shared from here"]);
        let shared = as_another(&[ENTRY]);
        assert!(shared.code == Some(1) && !shared.err.contains(&trap.url()), "{shared:?}");
    }
    // Nor its writer, once somebody has changed it.
    let own = scene.share(&["--list"]);
    assert!(own.out.is_empty() && own.err.contains("not believed"), "{own:?}");
    fs::write(&receipt, &written).unwrap();
    scene.put("paths/notes.md", "# Notes\n\nOf another.\n");
    let mine = as_another(&[ENTRY, "--server", &server]);
    assert_ne!(mine.url(), theirs.url());
    assert!(scene.get(theirs.url(), "/notes").text().contains("First words."), "theirs is as it was");
    assert!(scene.get(mine.url(), "/notes").text().contains("Of another."));
    trap.is_untouched();
}

#[test]
fn a_receipt_holds_in_its_own_project_only() {
    let scene = Scene::new();
    let first = scene.share(&[ENTRY]);
    let copy = scene.folder.path().join("copy");
    for path in ["paths/index.path.md", "paths/notes.md"] {
        put(&copy, path, &fs::read_to_string(scene.project().join(path)).unwrap());
    }
    let receipt = scene.receipts().remove(0);
    let name = receipt.file_name().unwrap().to_str().unwrap();
    put(&copy, &format!(".pathmx-state/shares/{name}"), &fs::read_to_string(&receipt).unwrap());
    let mut command = scene.command(&[ENTRY, "--server", &scene.url()]);
    let second = Ran::of(command.current_dir(&copy).env("PATHMX_SHARE_TOKEN", SECRET));
    assert_ne!(second.url(), first.url());
    let original = pmx_site::paths::canonical(&scene.project()).unwrap();
    let why = format!("is of the project in {}, and is not believed", original.display());
    assert!(second.err.contains(&why), "{}", second.err);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_receipts_ends_the_call_before_anything_is_sent() {
    for link in [".pathmx-state", ".pathmx-state/shares"] {
        let scene = Scene::new();
        let away = scene.folder.path().join("away");
        fs::create_dir(&away).unwrap();
        fs::create_dir_all(scene.project().join(link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("../".repeat(link.split('/').count()) + "away", scene.project().join(link)).unwrap();
        scene.share(&[ENTRY]).fails(1, &["is a link", "take the link away"]);
        assert_eq!(fs::read_dir(&away).unwrap().count(), 0);
    }
}

#[test]
fn receipts_stay_where_the_state_is_reset_or_replaced() {
    let scene = Scene::new();
    let shared = scene.share(&[ENTRY]);
    let archive = scene.folder.path().join("state.tar");
    let archive = archive.to_str().unwrap();
    let of_state = |args: &[&str]| {
        let mut command = process::pmx();
        command.current_dir(scene.project()).env("PMX_DATA_DIR", scene.folder.path().join("user")).arg("state");
        let done = Ran::of(command.args(args));
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    let there = scene.folder.path().join("state");
    let mut export = process::pmx();
    let exported = Ran::of(export.args(["state", "export", archive, "--state"]).arg(&there));
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let state = scene.project().join(".pathmx-state");
    // Into a folder that holds receipts alone: nothing is replaced, and nobody is asked.
    for args in [&["import", archive][..], &["import", archive, "--yes"], &["reset", "--yes"]] {
        of_state(args);
        let list = Ran::of(&mut scene.command(&["--list"]));
        assert!(list.out.contains(shared.url()), "after {args:?}: {list:?}");
        assert!(state.join(".gitignore").exists(), "{args:?}");
    }
    assert!(!state.join("version").exists(), "the state itself is gone");
}

#[test]
fn after_a_share_was_taken_back_the_next_one_is_on_the_same_server_at_a_new_address() {
    let scene = Scene::new();
    let other = Pmx::serve(&scene.folder.path().join("other"));
    let (here, there) = (scene.url(), other.url.trim_end_matches('/').to_owned());
    let is_on =
        |server: &str, ran: &Ran| assert!(ran.url().ends_with(&server[server.rfind(':').unwrap()..]), "{ran:?}");
    let (start, lab) = (scene.share(&[ENTRY]), scene.share_on(&there, &[LAB]));
    for (entry, server, shared) in [(ENTRY, &here, &start), (LAB, &there, &lab)] {
        assert_eq!(scene.share_again(&["--remove", "-y", entry]).url(), shared.url());
        let next = scene.share_again(&[entry]);
        is_on(server, &next);
        assert_ne!(next.url(), shared.url());
        assert_eq!(scene.share_again(&[entry]).url(), next.url());
    }
    // Of several servers the one that still has a share goes first, then the one where the last was.
    is_on(&there, &scene.share_on(&there, &[ENTRY]));
    is_on(&there, &scene.share_again(&[ENTRY]));
    scene.share_again(&["--remove", "-y", ENTRY]).fails(2, &["is shared on several servers", "--server"]);
    scene.share_on(&there, &["--remove", "-y", ENTRY]).url();
    is_on(&here, &scene.share_again(&[ENTRY]));
    scene.share_again(&["--remove", "-y", ENTRY]).url();
    is_on(&here, &scene.share_again(&[ENTRY]));
    assert_eq!(scene.listed().len(), 2);
    assert_eq!(scene.receipts().len(), 2, "nothing is left of what was taken back and shared again");
}

#[test]
fn where_an_entry_was_shared_last_counts_also_if_nothing_had_changed() {
    let scene = Scene::new();
    let other = Pmx::serve(&scene.folder.path().join("other"));
    let first = scene.share(&[ENTRY]);
    assert_ne!(scene.share_on(other.url.trim_end_matches('/'), &[ENTRY]).url(), first.url());
    assert!(scene.share(&[ENTRY]).err.contains("nothing changed since"));
    assert_eq!(scene.share_again(&[ENTRY]).url(), first.url());
}

#[test]
fn a_share_is_taken_back_from_where_its_server_has_moved_to() {
    let mut scene = Scene::new();
    let old = scene.url();
    let shared = scene.share(&[ENTRY]);
    let state = scene.folder.path().join("state");
    scene.server = Pmx::serve(&scene.folder.path().join("empty"));
    let (other, moved) = (scene.url(), Pmx::serve(&state));
    let new = moved.url.trim_end_matches('/').to_owned();
    assert_eq!(scene.listed(), [shared.url()]);
    let forget = "`pmx share --remove --forget paths/index.path.md` takes it off";
    scene.share_again(&["--remove", "-y", ENTRY]).fails(1, &["refuses connections", "it stays in the list", forget]);
    let named = format!("`--server {old}` names the server");
    scene.share_on(&other, &["--remove", "-y", ENTRY]).fails(1, &["is not shared on", &named]);
    assert_eq!(scene.listed(), [shared.url()]);
    let removed = scene.share_on(&new, &["--remove", "-y", ENTRY]);
    assert_eq!(name(removed.url()), name(shared.url()));
    assert_eq!(moved.client.get(&host(removed.url()), "/").status, 410);
    assert!(scene.listed().is_empty());
    let next = scene.share_again(&[ENTRY]);
    assert!(next.url().ends_with(&new[new.rfind(':').unwrap()..]), "{next:?}");
}

#[test]
fn a_share_whose_server_is_gone_can_be_forgotten() {
    let mut scene = Scene::new();
    let shared = scene.share(&[ENTRY]);
    scene.server = Pmx::serve(&scene.folder.path().join("empty"));
    scene.share_again(&[ENTRY]).fails(1, &["refuses connections", "--server names another address"]);
    let forget = |args: &[&str]| Ran::of(scene.command(&["--remove", "--forget", ENTRY]).args(args));
    forget(&[]).fails(2, &["there is nobody to ask"]);
    let planned = forget(&["-n"]);
    assert_eq!(planned.out.trim_end(), format!("would forget {}, and leave it as it is", shared.url()));
    assert_eq!(scene.listed(), [shared.url()]);
    assert_eq!(forget(&["-y"]).url(), shared.url());
    assert!(scene.listed().is_empty() && scene.receipts().is_empty());
    forget(&["-y"]).fails(1, &["is not shared from here"]);
    assert_ne!(scene.share(&[ENTRY]).url(), shared.url());
}

#[test]
fn no_two_processes_share_an_entry_at_two_addresses() {
    let scene = Scene::new();
    let begin = || {
        let mut command = scene.command(&[ENTRY, "--server", &scene.url()]);
        command.env("PATHMX_SHARE_TOKEN", SECRET).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for round in 0..2 {
        let begun: Vec<_> = (0..4).map(|_| begin()).collect();
        let mut addresses = BTreeSet::new();
        for process in begun {
            let done = process.wait_with_output().unwrap();
            let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
            match done.status.code() {
                Some(0) => drop(addresses.insert(out.trim_end().to_owned())),
                _ => assert!(err.contains("another pmx shares the same entry at this moment"), "{err}"),
            }
        }
        assert_eq!(addresses.into_iter().collect::<Vec<_>>(), scene.listed(), "round {round}");
        scene.share_again(&["--remove", "-y", ENTRY]).url();
    }
}

#[test]
fn a_project_that_was_moved_keeps_its_shares() {
    let scene = Scene::new();
    let shared = scene.share(&[ENTRY]);
    let moved = scene.folder.path().join("moved");
    fs::rename(scene.project(), &moved).unwrap();
    let there = |args: &[&str]| {
        let mut command = scene.command(args);
        Ran::of(command.current_dir(&moved).env("PATHMX_SHARE_TOKEN", SECRET))
    };
    put(&moved, "paths/notes.md", "# Notes\n\nMoved words.\n");
    let again = there(&[ENTRY]);
    assert_eq!((again.url(), again.err.contains("believed")), (shared.url(), false));
    assert!(scene.get(shared.url(), "/notes").text().contains("Moved words."));
    assert_eq!(there(&["--remove", "-y", ENTRY]).url(), shared.url());
}

#[test]
fn no_receipt_is_lost_that_is_not_believed_and_its_share_is_taken_back_by_its_address() {
    let scene = Scene::new();
    let half = scene.share(&[ENTRY]);
    let receipt = scene.receipts().remove(0);
    let written = fs::read(&receipt).unwrap();
    fs::write(&receipt, &written[..written.len() / 2]).unwrap();
    let next = scene.share(&[ENTRY]);
    assert_ne!(next.url(), half.url());
    assert!(next.err.contains(".json is damaged, and is not believed"), "{}", next.err);
    assert_eq!(fs::read(&receipt).unwrap(), written[..written.len() / 2], "it names what is still shown");
    scene.share_again(&["--remove", "-y", half.url()]).fails(1, &["is not shared from here", "--server"]);
    scene.share(&["--remove", half.url()]).fails(2, &["there is nobody to ask"]);
    let unknown = format!("share-{}", "a".repeat(26));
    scene.share(&["--remove", "-y", &unknown]).fails(1, &["is not shared on"]);
    assert_eq!(scene.share(&["--remove", "-y", half.url()]).url(), half.url());
    assert_eq!((scene.get(half.url(), "/").status, scene.get(next.url(), "/").status), (410, 200));
}

#[cfg(unix)]
#[test]
fn commands_that_are_shown_can_be_pasted_whatever_the_entry_is_called() {
    let scene = Scene::new();
    for (entry, word) in
        [("my talk.path.md", "'my talk.path.md'"), ("$(touch pwned).path.md", "'$(touch pwned).path.md'")]
    {
        scene.put(entry, "# Talk\n");
        let shared = scene.share(&[entry]);
        assert_eq!(shared.code, Some(0), "{shared:?}");
        let line = shared.err.lines().find(|line| line.contains("takes it back")).unwrap();
        let command = line.split('`').nth(3).unwrap();
        assert_eq!(command, format!("pmx share --remove {word}"));
        let binary = Path::new(process::pmx().get_program()).parent().unwrap().to_owned();
        let mut shell = Command::new("/bin/sh");
        shell.current_dir(scene.project()).env("PMX_DATA_DIR", scene.folder.path().join("user"));
        shell.env("PATHMX_SHARE_TOKEN", SECRET).env("PATH", binary).args(["-c", &format!("{command} -y")]);
        assert_eq!(Ran::of(&mut shell).url(), shared.url());
    }
    assert!(!scene.project().join("pwned").exists());
}

#[test]
fn a_share_is_listed_and_taken_back_where_no_site_is_left() {
    let scene = Scene::new();
    for path in ["paths", "pathmx.config.md"] {
        let path = scene.project().join(path);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    scene.put("index.path.md", "# Alone\n");
    let shared = scene.share(&["index.path.md"]);
    fs::rename(scene.project().join("index.path.md"), scene.project().join("new.path.md")).unwrap();
    assert_eq!(scene.listed(), [shared.url()]);
    assert_eq!(scene.share_again(&["--remove", "-n", shared.url()]).code, Some(0));
    assert_eq!(scene.share_again(&["--remove", "-y", "index.path.md"]).url(), shared.url());
    assert_eq!(scene.get(shared.url(), "/").status, 410);
}

#[test]
fn files_without_number_among_the_receipts_hide_none_of_them() {
    let scene = Scene::new();
    let shared = scene.share(&[ENTRY]);
    let folder = scene.project().join(".pathmx-state/shares");
    let others = || (0..1100).map(|number| folder.join(format!("{number:05}.json")));
    others().for_each(|file| fs::write(file, "").unwrap());
    scene.share(&[ENTRY]).fails(1, &["more than 1024 files", "remove those that are not yours"]);
    others().for_each(|file| fs::remove_file(file).unwrap());
    assert_eq!(scene.listed(), [shared.url()]);
}
