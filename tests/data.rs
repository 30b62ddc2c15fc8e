//! `pmx kv`, `r2`, `do` and `state`: the data of a local Worker, beside a running `pmx dev` and without one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use support::{Client, Fixture, Pmx, process::pmx};

/// A state folder into which a site was published, and that nobody owns.
struct Quiet {
    folder: tempfile::TempDir,
}

impl Quiet {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Pmx::serve(&folder.path().join("state"));
        Fixture::page("one").publish(server.client, "alpha");
        server.kill();
        Self { folder }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.state(), arguments, b"")
    }
}

/// A site that is being written.
struct Written {
    folder: tempfile::TempDir,
    dev: Pmx,
}

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("paths")).unwrap();
        fs::write(folder.path().join("paths/index.path.md"), "# Hello\n\nA page.\n").unwrap();
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--site", "alpha", "--state"]);
        command.arg(folder.path().join("state")).arg(folder.path());
        let dev = Pmx::start(command);
        Self { folder, dev }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.folder.path().join("state"), arguments, b"")
    }
}

fn run(state: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = pmx();
    command.args(arguments).arg("--state").arg(state);
    finish(command, input)
}

fn finish(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn ok(output: &Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.clone()
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    let stdout = ok(output);
    serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&stdout)))
}

#[track_caller]
fn refused(output: &Output, exit: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    stderr
}

fn page(client: Client) -> String {
    client.get("alpha.localhost", "/index.path").text()
}

#[test]
fn values_of_kv_come_and_go_byte_for_byte() {
    let quiet = Quiet::new();
    let bytes = [0, 255, b'\n', 128, b'x'];
    fs::write(quiet.file("in"), bytes).unwrap();
    ok(&quiet.run(&["kv", "put", "odd key/ä", "--file", quiet.file("in").to_str().unwrap()]));
    assert_eq!(ok(&quiet.run(&["kv", "get", "odd key/ä"])), bytes);
    ok(&run(&quiet.state(), &["kv", "put", "piped", "--expiration-ttl", "600", "--metadata", "{\"a\":1}"], b"text"));
    assert_eq!(ok(&quiet.run(&["kv", "get", "piped"])), b"text");
    let listed = json_of(&quiet.run(&["kv", "list", "--json"]));
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["odd key/ä", "piped", "space:alpha"], "as wrangler lists keys");
    assert!(listed[1]["expiration"].is_u64());
    assert_eq!(listed[1]["metadata"], json!({ "a": 1 }));
    let full = json_of(&quiet.run(&["kv", "get", "odd key/ä", "--json"]));
    assert_eq!(full, json!({ "value": { "base64": "AP8KgHg=" } }));
    let table = String::from_utf8(ok(&quiet.run(&["kv", "list", "--prefix", "p"]))).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.starts_with("NAME") && table.contains("{\"a\":1}"), "{table}");
    let first = quiet.run(&["kv", "list", "--limit", "1"]);
    let more = String::from_utf8_lossy(&first.stderr).into_owned();
    let cursor = more.trim().strip_prefix("there is more: --cursor ").unwrap();
    let rest = json_of(&quiet.run(&["kv", "list", "--json", "--cursor", cursor]));
    assert_eq!(rest.as_array().unwrap().len(), 2);
    ok(&quiet.run(&["kv", "delete", "piped"]));
    assert!(refused(&quiet.run(&["kv", "get", "piped"]), 1).contains("there is no key `piped`"));
}

#[test]
fn what_kv_refuses_is_said_in_its_words() {
    let quiet = Quiet::new();
    let short = refused(&quiet.run(&["kv", "put", "k", "v", "--expiration-ttl", "59"]), 1);
    assert!(short.contains("KV PUT failed: 400 Invalid expiration_ttl of 59."), "{short}");
    assert!(refused(&quiet.run(&["kv", "put", "k", "v", "--metadata", "{"]), 2).contains("--metadata is no JSON"));
}

#[test]
fn objects_of_r2_come_and_go_byte_for_byte() {
    let quiet = Quiet::new();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    ok(&run(&quiet.state(), &["r2", "put", "a/b"], &bytes));
    assert_eq!(ok(&quiet.run(&["r2", "get", "a/b"])), bytes);
    let head = json_of(&quiet.run(&["r2", "head", "a/b", "--json"]));
    assert_eq!((&head["key"], &head["size"]), (&json!("a/b"), &json!(200_000)));
    let listed = json_of(&quiet.run(&["r2", "list", "--prefix", "a/", "--json"]));
    assert_eq!(listed, json!([head]));
    ok(&quiet.run(&["r2", "delete", "a/b"]));
    assert!(refused(&quiet.run(&["r2", "head", "a/b"]), 1).contains("there is no object `a/b`"));
}

#[test]
fn durable_objects_are_looked_into_without_a_running_pmx() {
    let quiet = Quiet::new();
    let objects = json_of(&quiet.run(&["do", "list", "--json"]));
    assert_eq!(objects.as_array().unwrap().len(), 1);
    assert_eq!((&objects[0]["name"], &objects[0]["awake"]), (&json!("alpha"), &json!(false)));
    let tables = json_of(&quiet.run(&["do", "tables", "alpha", "--json"]));
    let deploys = tables.as_array().unwrap().iter().find(|table| table["name"] == "deploys").unwrap();
    assert_eq!(deploys["rows"], 1);
    let query = [
        "do",
        "sql",
        "alpha",
        "SELECT ? AS a, ? AS b, typeof(?) AS c",
        "--param",
        "1",
        "--param",
        "x",
        "--param",
        "null",
    ];
    let result = json_of(&quiet.run(&[&query[..], &["--json"]].concat()));
    assert_eq!(result["columns"], json!(["a", "b", "c"]));
    assert_eq!(result["rows"], json!([[1.0, "x", "null"]]));
    let table = String::from_utf8(ok(&quiet.run(&query))).unwrap();
    assert!(table.starts_with("a    b  c\n"), "{table}");
    let error = refused(&quiet.run(&["do", "sql", "alpha", "SELEC"]), 1);
    assert!(error.contains("near \"SELEC\": syntax error"), "{error}");
    assert!(refused(&quiet.run(&["do", "tables", "beta"]), 1).contains("there is no Durable Object `beta`"));
    assert!(refused(&quiet.run(&["do", "delete", "alpha"]), 2).contains("--yes"), "nobody is there to ask");
    ok(&quiet.run(&["do", "delete", "alpha", "--yes"]));
    assert_eq!(json_of(&quiet.run(&["do", "list", "--json"])), json!([]));
}

#[test]
fn a_running_dev_answers_for_its_data() {
    let written = Written::new();
    assert!(json_of(&written.run(&["kv", "get", "space:alpha", "--json"]))["value"]["text"].is_string());
    ok(&run(&written.folder.path().join("state"), &["r2", "put", "mine"], &[0, 159, 146]));
    assert_eq!(ok(&written.run(&["r2", "get", "mine"])), [0, 159, 146]);
    let objects = json_of(&written.run(&["do", "list", "--json"]));
    assert_eq!(objects[0]["name"], "alpha");
    let result = json_of(&written.run(&["do", "sql", "alpha", "SELECT count(*) AS n FROM deploys", "--json"]));
    assert_eq!(result["rows"], json!([[1]]));
    ok(&written.run(&["do", "evict", "alpha"]));
    assert_eq!(json_of(&written.run(&["do", "sockets", "alpha", "--json"])), json!([]));
    assert!(refused(&written.run(&["do", "sql", "alpha", "BEGIN"]), 1).contains("To execute a transaction"));
    let reset = refused(&written.run(&["state", "reset", "--yes"]), 1);
    assert!(reset.contains("is in use by process"), "{reset}");
    assert!(page(written.dev.client).contains("A page."), "it serves on");
}

#[test]
fn a_running_serve_answers_for_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    Fixture::page("one").publish(server.client, "alpha");
    let run = |arguments: &[&str]| run(&folder.path().join("state"), arguments, b"");
    assert_eq!(json_of(&run(&["do", "list", "--json"]))[0]["name"], "alpha");
    ok(&run(&["kv", "put", "mine", "1"]));
    assert_eq!(ok(&run(&["kv", "get", "mine"])), b"1");
    let archive = folder.path().join("state.tar");
    ok(&run(&["state", "export", archive.to_str().unwrap()]));
    assert!(archive.exists());
    let reset = refused(&run(&["state", "reset", "--yes"]), 1);
    assert!(reset.contains(&format!("is in use by process {} (pmx serve)", server.pid())), "{reset}");
}

#[test]
fn an_owner_that_is_not_this_user_s_is_named_and_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    let mut command = pmx();
    command.args(["kv", "list", "--state"]).arg(folder.path().join("state"));
    // Another user keeps other records.
    command.env("PMX_DATA_DIR", folder.path().join("other"));
    let error = refused(&finish(command, b""), 1);
    assert!(error.contains(&format!("is in use by process {}", server.pid())), "{error}");
    assert!(error.contains("no `pmx dev` or `pmx serve` of yours"), "{error}");
}

#[test]
fn looking_makes_no_folder_and_no_server_has_an_api() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("none");
    assert!(refused(&run(&state, &["kv", "list"], b""), 1).contains("there is no state in"));
    assert!(!state.exists());
    let mut command = pmx();
    command.args(["kv", "list", "--server", "https://pathmx.path.app"]);
    let error = refused(&finish(command, b""), 2);
    assert!(error.contains("has no API for its data") && error.contains("wrangler"), "{error}");
    let mut command = pmx();
    command.args(["state", "path"]).current_dir(folder.path());
    let path = String::from_utf8(ok(&finish(command, b""))).unwrap();
    assert_eq!(Path::new(path.trim()).file_name().unwrap(), ".pathmx-state");
}

#[test]
fn an_export_of_a_running_dev_is_a_state_to_serve_from() {
    let written = Written::new();
    let archive = written.folder.path().join("state.tar");
    // Larger than what is kept in a row, so that it is a file.
    ok(&run(&written.folder.path().join("state"), &["r2", "put", "large"], &[7; 100_000]));
    let exported = json_of(&written.run(&["state", "export", archive.to_str().unwrap(), "--json"]));
    assert_eq!(exported["bytes"], fs::metadata(&archive).unwrap().len());
    assert!(page(written.dev.client).contains("A page."));
    let elsewhere = tempfile::tempdir().unwrap();
    let state = elsewhere.path().join("state");
    ok(&run(&state, &["state", "import", archive.to_str().unwrap()], b""));
    assert_eq!(ok(&run(&state, &["r2", "get", "large"], b"")), [7; 100_000]);
    let server = Pmx::serve(&state);
    assert!(page(server.client).contains("A page."));
    let left: Vec<_> = fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["state"], "nothing is left beside it");
}

#[test]
fn an_import_replaces_only_when_all_of_the_archive_is_good() {
    let quiet = Quiet::new();
    let archive = quiet.file("good.tar");
    ok(&quiet.run(&["state", "export", archive.to_str().unwrap()]));
    ok(&quiet.run(&["kv", "put", "later", "1"]));
    let good = fs::read(&archive).unwrap();
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let strange = |path: &str, kind: tar::EntryType| {
        let mut bytes = tar::Builder::new(Vec::new());
        let mut entry = |path: &str, kind: tar::EntryType, body: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(kind);
            header.set_size(body.len() as u64);
            header.set_cksum();
            bytes.append(&header, body).unwrap();
        };
        let contents = json!({ "format": 1, "created": "", "files": {} }).to_string();
        entry("pmx-state.json", tar::EntryType::Regular, contents.as_bytes());
        entry(path, kind, b"");
        bytes.into_inner().unwrap()
    };
    let newer = {
        let text = String::from_utf8_lossy(&good[..512 * 8]).into_owned();
        let at = text.find("\"format\": 1").unwrap() + "\"format\": ".len();
        let mut newer = good.clone();
        newer[at] = b'2';
        newer
    };
    for (bytes, reason) in [
        (good[..good.len() / 2].to_vec(), "it is cut off"),
        (good[..700].to_vec(), "it is"),
        (Vec::new(), "it is no archive of `pmx state export`"),
        (b"not a tar at all".repeat(100), "it is no archive of `pmx state export`"),
        (damaged, "it "),
        (newer, "it has format 2, and this pmx knows 1"),
        (strange("../outside", tar::EntryType::Regular), "it holds `../outside`, which is no file of a state folder"),
        (strange("/etc/outside", tar::EntryType::Regular), "which is no file of a state folder"),
        (strange("kv.sqlite", tar::EntryType::Symlink), "it holds `kv.sqlite`, which is no plain file"),
        (strange("kv.sqlite", tar::EntryType::Link), "it holds `kv.sqlite`, which is no plain file"),
        (strange("kv.sqlite", tar::EntryType::Regular), "it holds `kv.sqlite`, which is not announced"),
    ] {
        fs::write(quiet.file("bad.tar"), bytes).unwrap();
        let error = refused(&quiet.run(&["state", "import", quiet.file("bad.tar").to_str().unwrap(), "--yes"]), 1);
        assert!(error.contains(reason) && error.contains("the state is as it was"), "{reason}: {error}");
        assert_eq!(ok(&quiet.run(&["kv", "get", "later"])), b"1", "{reason}");
        assert!(!quiet.file("outside").exists());
    }
    assert!(refused(&quiet.run(&["state", "import", archive.to_str().unwrap()]), 2).contains("--yes"));
    ok(&quiet.run(&["state", "import", archive.to_str().unwrap(), "--yes"]));
    refused(&quiet.run(&["kv", "get", "later"]), 1);
    assert_eq!(json_of(&quiet.run(&["do", "list", "--json"]))[0]["name"], "alpha");
    let own = refused(&run(quiet.folder.path(), &["state", "import", archive.to_str().unwrap(), "--yes"], b""), 1);
    assert!(own.contains("only a state folder, or an empty one, is replaced"), "{own}");
}

#[test]
fn a_reset_forgets_one_site_or_all_and_asks_first() {
    let quiet = Quiet::new();
    ok(&quiet.run(&["kv", "put", "other", "1"]));
    assert!(refused(&quiet.run(&["state", "reset", "--site", "alpha"]), 2).contains("--yes"));
    ok(&quiet.run(&["state", "reset", "--site", "alpha", "--yes"]));
    let listed = json_of(&quiet.run(&["kv", "list", "--json"]));
    assert_eq!(listed, json!([{ "name": "other" }]));
    assert_eq!(json_of(&quiet.run(&["do", "list", "--json"])), json!([]));
    assert!(refused(&quiet.run(&["state", "reset"]), 2).contains("--yes"));
    ok(&quiet.run(&["state", "reset", "--yes"]));
    assert!(!quiet.state().exists());
    assert_eq!(fs::read_dir(quiet.folder.path()).unwrap().count(), 0);
}

#[test]
fn serve_takes_faults_and_refuses_words_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = pmx();
    command.args(["serve", "--port", "0", "--simulate", "kv-lga=1s", "--state"]).arg(folder.path().join("state"));
    let error = refused(&finish(command, b""), 2);
    assert!(error.contains("there is no fault `kv-lga`") && error.contains("did you mean `kv-lag`?"), "{error}");
    let server = Pmx::serve_with(folder.path(), &["--simulate", "do-error=100%"]);
    let answer = server.client.api("POST", "/api/publish/begin", &json!({ "subdomain": "alpha", "hashes": [] }));
    assert_ne!(answer.status, 200, "{}", answer.text());
}
