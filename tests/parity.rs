//! The same wasm in Cloudflare's own runtime and in the emulator: one script drives both, and what comes back is equal, in
//! answers, frames, KV, R2 and the rows of the Durable Objects. So it is with a Worker of one's own, `examples/counter`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::{Emulator, Worker, profile::Profile, state_dir::StateDir};
use pmx_model::Hash;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};
use support::{SECRET, process::pmx};
use tokio::sync::oneshot;

const DOMAIN: &str = "path.app";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(name)
}

/// One for both: without it the emulator says one of its own.
const EPOCH: &str = "parity";

/// The bundle in workerd.
struct Workerd {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    url: String,
}

impl Workerd {
    /// The Worker of pmx.
    fn start(folder: &Path) -> Self {
        let variables = json!({ "BASE_DOMAINS": DOMAIN, "PUBLISH_SECRET": SECRET, "STORAGE_EPOCH": EPOCH, "WORKER_SHA256": Worker::bundled().sha256() });
        let bundled = pmx().args(["worker", "bundle", "--out"]).arg(folder.join("bundle")).output().unwrap();
        assert!(bundled.status.success(), "{}", String::from_utf8_lossy(&bundled.stderr));
        Self::start_bundle(folder, &[variables])
    }

    /// What was written to `bundle`, with these further arguments of the driver.
    fn start_bundle(folder: &Path, arguments: &[Value]) -> Self {
        let mut child = Command::new("node")
            .arg(file("workerd.mjs"))
            .arg(folder.join("bundle"))
            .arg(folder.join("workerd"))
            .args(arguments.iter().map(Value::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut workerd = Self { child, commands, answers, url: String::new() };
        workerd.url = workerd.answer()["ready"].as_str().unwrap().to_owned();
        workerd
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("workerd said {line:?}: {error}"))
    }

    fn ask(&mut self, command: &str) -> Value {
        self.tell(&json!({ "do": command }))
    }

    fn tell(&mut self, command: &Value) -> Value {
        writeln!(self.commands, "{command}").unwrap();
        self.answer()
    }
}

impl Drop for Workerd {
    /// Asked to end, the driver ends workerd too; killed, it would leave it running.
    fn drop(&mut self) {
        let _ = writeln!(self.commands, "{}", json!({ "do": "dispose" }));
        let _ = self.child.wait();
    }
}

/// Runs a script against a host and answers its record.
fn drive(script: &str, url: &str, lost: &str) -> Value {
    let options = json!({ "secret": SECRET, "domain": DOMAIN, "lost": lost });
    let output = Command::new("node").arg(file(script)).arg(url).arg(options.to_string()).output().unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Replaces ids, times and hashes of nothing that is fixed by placeholders, in order of their first appearance.
#[derive(Default)]
struct Placeholders(BTreeMap<String, String>);

impl Placeholders {
    fn apply(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.')).collect();
            if word.is_empty() {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
            let is_uuid = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
            let is_time = word.len() == 24 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
            let is_milliseconds = word.len() == 13 && word.bytes().all(|b| b.is_ascii_digit());
            let next = self.0.len();
            match (is_uuid, is_time || is_milliseconds) {
                (true, _) => out.push_str(self.0.entry(word.clone()).or_insert_with(|| format!("<id {next}>"))),
                (_, true) => out.push_str("<time>"),
                _ => out.push_str(&word),
            }
            rest = &rest[word.len()..];
        }
        out
    }
}

/// Every table of an object but the platform's own, as text.
fn rows(database: &Path) -> String {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", database.display()));
        if from.exists() {
            std::fs::copy(&from, copy.path().join(format!("object.sqlite{suffix}"))).unwrap();
        }
    }
    let connection = rusqlite::Connection::open(copy.path().join("object.sqlite")).unwrap();
    let names =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name";
    let tables: Vec<String> =
        connection.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut out = String::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1")).unwrap();
        // Which bucket it is, each host says in its own way.
        let columns: Vec<usize> =
            (0..statement.column_count()).filter(|n| statement.column_name(*n).unwrap() != "storage_epoch").collect();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            out.push_str(&table);
            for column in &columns {
                let value = match row.get_ref(*column).unwrap() {
                    ValueRef::Null => "NULL".to_owned(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(number) => format!("{number:?} REAL"),
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    ValueRef::Blob(bytes) => format!("{bytes:x?}"),
                };
                out.push_str(&format!(" | {value}"));
            }
            out.push('\n');
        }
    }
    Placeholders::default().apply(&out)
}

fn databases(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
        .collect();
    found.sort();
    found
}

/// Rows of every object that has any, in an order that does not hang on ids.
fn all_rows(databases: &[PathBuf]) -> Vec<String> {
    let mut all: Vec<_> = databases.iter().map(|path| rows(path)).filter(|rows| !rows.is_empty()).collect();
    all.sort();
    all
}

#[test]
fn cloudflares_runtime_and_the_emulator_answer_alike() {
    if !support::node::can_run("tests/parity", &["node"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut workerd = Workerd::start(folder.path());

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let state = folder.path().join("emulator");
    let (emulator, address, stop, serving) = runtime.block_on(async {
        let emulator = Emulator::builder(Worker::bundled())
            .state(StateDir::open(&state).unwrap())
            .profile(Profile::WorkerdLocal)
            // As workerd: what one instance remembers of the last second, the next request meets too.
            .isolates(1)
            .var("BASE_DOMAINS", DOMAIN)
            .var("PUBLISH_SECRET", SECRET)
            .var("STORAGE_EPOCH", EPOCH)
            .build()
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = emulator.clone();
        let ended = async move {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(async move { served.serve(listener, ended).await });
        (emulator, address, stop, serving)
    });

    let url = workerd.url.clone();
    let theirs = thread::spawn({
        let url = url.clone();
        move || drive("script.mjs", &url, "")
    });
    let ours = drive("script.mjs", &format!("http://{address}"), "");
    let theirs = theirs.join().unwrap();

    let (ours, theirs) = (serde_json::to_string_pretty(&ours).unwrap(), serde_json::to_string_pretty(&theirs).unwrap());
    assert!(ours.lines().count() > 500, "the script hardly did anything");
    if let Some(folder) = std::env::var_os("PMX_PARITY_RECORDS").map(PathBuf::from) {
        std::fs::write(folder.join("emulator.json"), &ours).unwrap();
        std::fs::write(folder.join("workerd.json"), &theirs).unwrap();
    }
    similar_asserts::assert_eq!(workerd: theirs, emulator: ours);

    // Both buckets lose a blob, and both sites are repaired by publishing them again.
    let lost = Hash::of(b"{\"items\":[1,2,3]}\n").to_string();
    assert_eq!(workerd.tell(&json!({ "do": "lose", "key": lost }))["lost"], true);
    emulator.r2().delete(&lost).unwrap();
    let ours = drive("repair.mjs", &format!("http://{address}"), &lost);
    let theirs = drive("repair.mjs", &url, &lost);
    let (ours, theirs) = (serde_json::to_string_pretty(&ours).unwrap(), serde_json::to_string_pretty(&theirs).unwrap());
    similar_asserts::assert_eq!(workerd: theirs, emulator: ours);
    let statuses: Vec<_> =
        serde_json::from_str::<Vec<Value>>(&ours).unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, [200, 500, 200, 422, 200, 200, 200, 200].map(Value::from), "{ours}");

    // The state that the same scripts left behind.
    let mut kv = BTreeMap::new();
    for key in emulator.kv().list(Default::default()).unwrap().keys {
        let value = emulator.kv().get(&key.name).unwrap().unwrap();
        kv.insert(key.name, String::from_utf8(value.to_vec()).unwrap());
    }
    let placeholders = |value: &Value| Placeholders::default().apply(&value.to_string());
    assert_eq!(placeholders(&workerd.ask("kv")["kv"]), placeholders(&json!(kv)));

    let blobs: Vec<Value> = emulator
        .r2()
        .list(Default::default())
        .unwrap()
        .objects
        .iter()
        .map(|object| json!({ "key": object.key, "size": object.size, "sha256": object.key }))
        .collect();
    assert_eq!(workerd.ask("r2")["r2"], json!(blobs));

    let theirs: Vec<PathBuf> = serde_json::from_value(workerd.ask("objects")["objects"].clone()).unwrap();
    assert_eq!(all_rows(&theirs), all_rows(&databases(&state.join("do/SpaceDO"))));

    runtime.block_on(async {
        let _ = stop.send(());
        emulator.shutdown().await;
        serving.await.unwrap().unwrap();
    });
}

/// With a pmx that can compile Workers: `cargo test --features compile --test parity`.
#[test]
#[cfg(feature = "compile")]
fn a_worker_of_ones_own_answers_alike_in_both() {
    use pmx_emulator::{
        WorkerSetup,
        config::{self, LoadOptions},
    };
    if !support::node::can_run("tests/parity", &["node"]) {
        return;
    }
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/counter");
    let folder = tempfile::tempdir().unwrap();
    let bundled = pmx()
        .args(["worker", "bundle", "--out"])
        .args([&folder.path().join("bundle"), &example])
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("own"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&bundled.stderr);
    if said.contains("rustup target add") && std::env::var_os("WASM_CARGO").is_none() {
        eprintln!("SKIPPED: {said}");
        return;
    }
    assert!(bundled.status.success(), "{said}");
    let bindings = json!({
        "kvNamespaces": ["NAMES"],
        "r2Buckets": ["PICTURES"],
        "durableObjects": { "COUNTER": { "className": "Counter", "useSQLite": true } },
    });
    let workerd = Workerd::start_bundle(folder.path(), &[json!({ "NAME_DAYS": "30" }), bindings]);
    let theirs = drive("counter.mjs", &workerd.url, "");

    let loaded = config::load(&example.join("wrangler.toml"), &LoadOptions::default()).unwrap();
    let wasm = std::fs::read(folder.path().join("bundle/counter.wasm")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (address, serving) = runtime.block_on(async {
        let worker = WorkerSetup::new("counter", Worker::wasm(wasm)).configure(&loaded.config);
        let emulator = Emulator::builder(worker).profile(Profile::WorkerdLocal).build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, tokio::spawn(async move { emulator.serve(listener, std::future::pending()).await }))
    });
    let ours = drive("counter.mjs", &format!("http://{address}"), "");
    serving.abort();
    let (ours, theirs) = (serde_json::to_string_pretty(&ours).unwrap(), serde_json::to_string_pretty(&theirs).unwrap());
    assert!(ours.lines().count() > 200, "the script hardly did anything");
    similar_asserts::assert_eq!(workerd: theirs, emulator: ours);
}
