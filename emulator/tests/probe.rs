//! Ops and calls of the ABI, made by a Worker in Rust: the emulator answers as workerd did (`tests/parity/probe.txt`). Like `visits.rs` it
//! needs a compiler for wasm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::path::Path;

use axum::body::Body;
use http::Request;
use pmx_emulator::profile::Profile;
use pmx_emulator::{Emulator, Worker};
use support::{example::example, fetch};

/// What is asked. The rest of the script needs another Worker in JavaScript, or is about objects.
const REQUESTS: [(&str, &str, &str); 5] = [
    ("GET", "/edge", ""),
    ("POST", "/kv", "three, from the request"),
    ("GET", "/r2", ""),
    ("POST", "/bodies", "read in two chunks and the rest"),
    ("GET", "/cache", ""),
];

/// The part of the record under a heading.
fn recorded<'a>(record: &'a str, heading: &str) -> &'a str {
    let begin = record.find(&format!("{heading}\n")).unwrap() + heading.len() + 1;
    record[begin..].split("\n== ").next().unwrap().trim_end()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_answers_as_workerd_did() {
    let Some(wasm) = example("probe") else { return };
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/parity/probe.txt");
    let record = std::fs::read_to_string(record).unwrap();
    let emulator = Emulator::builder(Worker::wasm(wasm))
        .profile(Profile::WorkerdLocal)
        .main(|main| main.named("probe").durable_object("PROBE", "Probe").durable_object("OTHER", "Other"))
        .kv_namespace("KV", "kv")
        .r2_bucket("BUCKET", "bucket")
        .service("API", "probe", None, None)
        .var("TEXT", "a text")
        .json_var("JSON", r#"{"a":[1,null]}"#)
        .build()
        .unwrap();
    for (method, path, body) in REQUESTS {
        let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
        if !body.is_empty() {
            request = request.header("content-length", body.len());
        }
        let answer = fetch(&emulator, request.body(Body::from(body)).unwrap()).await;
        let heading = format!("== {method} {path} {}", answer.status);
        let (said, expected) = (answer.text(), recorded(&record, &heading).to_owned());
        let differing: Vec<_> =
            said.trim_end().lines().zip(expected.lines()).filter(|(said, recorded)| said != recorded).collect();
        assert_eq!(differing, [], "{path}: said, recorded");
        assert_eq!(said.trim_end().lines().count(), expected.lines().count(), "{path}");
    }
}
