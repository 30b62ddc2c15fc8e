//! The example Worker of `pmx-edge` as a wasm: compiled as its page tells a stranger to, and run in the emulator.
//!
//! It needs a compiler for `wasm32-unknown-unknown`: `cargo` if its toolchain has that target, or what `WASM_CARGO` names (as for
//! `worker/build.sh`). Without one it says so and ends, since plain Rust must be enough for the other tests; with `WASM_CARGO` it never
//! ends that way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use axum::body::Body;
use http::Request;
use pmx_emulator::{Emulator, Worker, state_dir::StateDir};
use support::{example::example, fetch};

#[tokio::test(flavor = "multi_thread")]
async fn the_example_counts_in_the_emulator_as_it_does_natively_also_after_a_restart() {
    let Some(wasm) = example("visits") else { return };
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let state = StateDir::open(folder.path()).unwrap();
        Emulator::builder(Worker::wasm(wasm.clone())).durable_object("COUNTER", "Counter").state(state).build().unwrap()
    };
    let visit = async |emulator: &Emulator, path: &str| {
        let request = Request::get(format!("http://localhost{path}")).body(Body::empty()).unwrap();
        let answer = fetch(emulator, request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    let emulator = start();
    let mut seen = Vec::new();
    for path in ["/a", "/a", "/b", "/a"] {
        seen.push(visit(&emulator, path).await);
    }
    assert_eq!(seen, ["1", "2", "1", "3"]);
    emulator.shutdown().await;
    drop(emulator);
    assert_eq!(visit(&start(), "/a").await, "4", "it is in the object's database");
}
