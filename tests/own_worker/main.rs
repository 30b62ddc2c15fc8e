//! What Workers of one's own stand on, natively: handlers are generic over the bindings, so a test brings its own. As a wasm in the emulator the
//! example is in `emulator/tests/visits.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "../../worker/edge/examples/visits.rs"]
mod visits;

mod deploys;
mod memory;

use memory::Memory;
use pmx_edge::{
    Worker,
    http::{Payload, Request},
};
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use visits::Visits;

/// The outcome of what waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn each_path_counts_its_own_visits() {
    let visit = |path: &str| {
        let url = format!("https://example.test{path}");
        match now(Visits::fetch(Memory, &Request::new("GET", &url, Vec::new()))).response.payload {
            Payload::Bytes(body) => String::from_utf8(body).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([visit("/a"), visit("/a"), visit("/b"), visit("/a")], ["1", "2", "1", "3"]);
}
