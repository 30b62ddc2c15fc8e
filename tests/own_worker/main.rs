//! What Workers of one's own stand on, natively: handlers are generic over the bindings, so a test brings its own. As a wasm in the emulator the
//! example is in `emulator/tests/visits.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "../../worker/edge/examples/visits.rs"]
mod visits;

mod deploys;
mod memory;

use pmx_edge::{Worker as _, http::Request, memory::run};
use visits::Visits;

#[test]
fn each_path_counts_its_own_visits() {
    let memory = memory::memory();
    let visit = |path: &str| {
        let request = Request::new("GET", format!("https://example.test{path}"));
        let answer = run(Visits::fetch(memory.edge(), request)).response;
        String::from_utf8(run(answer.into_bytes(100)).unwrap().unwrap()).unwrap()
    };
    assert_eq!([visit("/a"), visit("/a"), visit("/b"), visit("/a")], ["1", "2", "1", "3"]);
}
