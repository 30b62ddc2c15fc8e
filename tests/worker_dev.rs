//! `pmx worker dev` with real Workers: those of `examples/counter` and of `pmx-edge`. It is part of a pmx that can compile Workers:
//! `cargo test --features compile --test worker_dev`, with Rust's standard library for WebAssembly or with `WASM_CARGO`.
#![cfg(all(feature = "compile", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::{CargoBuild, CargoError};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use support::{Pmx, process::pmx};

/// The wasms of the counter and of the visits, compiled once; `None` where nothing can compile them.
fn wasms() -> Option<&'static [PathBuf; 2]> {
    static WASMS: LazyLock<Option<[PathBuf; 2]>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own");
        let counter = CargoBuild::new(root.join("examples/counter")).target_dir(&target);
        match counter.run() {
            Err(error @ CargoError::NoTarget) if std::env::var_os("WASM_CARGO").is_none() => {
                eprintln!("not run: {error}");
                None
            }
            counter => {
                let visits = CargoBuild::new(root.join("worker/edge")).example("visits").target_dir(&target).run();
                Some([counter.unwrap(), visits.unwrap()])
            }
        }
    });
    WASMS.as_ref()
}

/// The folder of a Worker whose build copies `src/worker.wasm`.
fn folder(name: &str, wasm: &Path, config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::copy(wasm, folder.path().join("src/worker.wasm")).unwrap();
    put(".gitignore", "/built.wasm\n");
    put("worker.mjs", "export default {}; export class Counter {}\n");
    put(
        "wrangler.toml",
        &format!(
            "name = \"{name}\"\nmain = \"worker.mjs\"\ncompatibility_date = \"2026-04-01\"\n{config}\n\
            [[durable_objects.bindings]]\nname = \"COUNTER\"\nclass_name = \"Counter\"\n\
            [[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"Counter\"]\n\
            [build]\ncommand = \"cp src/worker.wasm built.wasm\"\n"
        ),
    );
    folder
}

fn dev(configs: &[&Path]) -> (Pmx, Value) {
    let mut command = pmx();
    command.args(["worker", "dev", "--json", "--port", "0"]);
    for config in configs {
        command.arg("-c").arg(config);
    }
    Pmx::start_ready(command)
}

#[test]
fn what_cannot_be_built_or_started_leaves_the_worker_before_and_all_its_state() {
    let Some([counter, _]) = wasms() else { return };
    let bindings = "kv_namespaces = [{ binding = \"NAMES\", id = \"names\" }]\n[vars]\nNAME_DAYS = \"3\"";
    let folder = folder("counter", counter, bindings);
    fs::write(folder.path().join(".dev.vars"), "TOKEN=not for the terminal\n").unwrap();
    let (mut dev, ready) = dev(&[folder.path()]);
    let expected = json!([{ "name": "counter", "bindings": [
        { "name": "NAMES", "kind": "KV namespace", "target": "names" },
        { "name": "COUNTER", "kind": "Durable Objects", "target": "Counter" },
        { "name": "NAME_DAYS", "kind": "variable", "target": "\"3\"" },
        { "name": "TOKEN", "kind": "secret", "target": "" },
    ] }]);
    assert_eq!(ready["workers"], expected, "{ready}");
    let count = |dev: &Pmx| dev.client.get("localhost", "/count").text();
    assert_eq!(dev.client.call("POST", "localhost", "/visit", &[], b"").text(), r#"{"lastHour":1,"visits":1}"#);
    let source = folder.path().join("src/worker.wasm");
    fs::write(&source, "no wasm").unwrap();
    let failed = dev.event("start-failed");
    assert_eq!(failed["running"], true, "{failed}");
    assert_eq!(count(&dev), r#"{"lastHour":1,"visits":1}"#);
    fs::remove_file(&source).unwrap();
    let failed = dev.event("build-failed");
    assert!(failed["said"].as_str().unwrap().contains("src/worker.wasm"), "{failed}");
    assert_eq!(count(&dev), r#"{"lastHour":1,"visits":1}"#);
    fs::copy(counter, &source).unwrap();
    assert_eq!(dev.event("running")["workers"], json!(["counter"]));
    assert_eq!(count(&dev), r#"{"lastHour":1,"visits":1}"#);
    // A config that wrangler would refuse is not run either.
    let config = folder.path().join("wrangler.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("new_sqlite_classes", "nothing")).unwrap();
    let failed = dev.event("build-failed");
    assert!(failed["said"].as_str().unwrap().contains("Counter"), "{failed}");
    assert_eq!(count(&dev), r#"{"lastHour":1,"visits":1}"#);
    dev.signal("INT");
    dev.ended();
}

#[test]
fn routes_decide_between_several_workers_and_names_below_localhost_lead_to_each() {
    let Some([counter, visits]) = wasms() else { return };
    let first = folder("counter", counter, "kv_namespaces = [{ binding = \"NAMES\", id = \"names\" }]");
    let second =
        folder("visits", visits, "routes = [{ pattern = \"*.example.test/seen/*\", zone_name = \"example.test\" }]");
    let (dev, _) = dev(&[first.path(), second.path()]);
    let get = |host: &str, path: &str| dev.client.get(host, path).text();
    assert_eq!(get("a.example.test", "/seen/a"), "1");
    assert_eq!(get("visits.localhost", "/seen/a"), "2", "the same Worker, and the same object");
    for (host, path) in [("localhost", "/count"), ("counter.localhost", "/count"), ("a.example.test", "/count")] {
        assert_eq!(get(host, path), r#"{"lastHour":0,"visits":0}"#, "{host}{path}");
    }
    assert_eq!(dev.client.get("elsewhere.test", "/count").status, 403, "no route names it");
    dev.signal("INT");
    dev.ended();
}
