//! The Worker as it is deployed, a wasm, in the emulator: no account, no network, and no test waits for time to pass.
//!
//! Compiling it needs Rust's standard library for WebAssembly (`rustup target add wasm32-unknown-unknown`). Where that is missing these tests
//! say so and end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

use axum::body::{Body, to_bytes};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Request, StatusCode};
use pmx_emulator::{
    CargoBuild, CargoError, Emulator, Worker,
    clock::Clock,
    config::{self, LoadOptions},
    state_dir::StateDir,
};
use serde_json::{Value, json};
use std::{path::Path, sync::LazyLock, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Some day in 2026, in milliseconds since 1970.
const NOW: u64 = 1_780_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a test waits for what must happen, by the machine's clock.
const PATIENCE: Duration = Duration::from_secs(60);

/// The Worker, compiled once for all tests; `None` where nothing can compile it.
fn worker() -> Option<Worker> {
    static WASM: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
        // A folder of its own: `cargo build` beside the tests does not wait for this.
        let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasm");
        match CargoBuild::new(env!("CARGO_MANIFEST_DIR")).target_dir(target_dir).run() {
            Ok(wasm) => Some(std::fs::read(wasm).unwrap()),
            Err(error @ CargoError::NoTarget) if std::env::var_os("WASM_CARGO").is_none() => {
                eprintln!("not run: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    });
    WASM.clone().map(Worker::wasm)
}

/// The Worker as `wrangler.toml` binds it, over a folder, by a clock that only the test moves.
fn emulator(worker: Worker, state: &Path, clock: &Clock) -> Emulator {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("wrangler.toml");
    let loaded = config::load(&config, &LoadOptions::default()).unwrap();
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    Emulator::builder(worker)
        .main(|main| main.configure(&loaded.config))
        .state(StateDir::open(state).unwrap())
        .clock(clock.clone())
        .build()
        .unwrap()
}

/// Sends a request in this process, and answers status and text.
async fn send(emulator: &Emulator, method: &str, path: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(format!("http://counter.test{path}"));
    let request = request.header("content-length", body.len()).header("content-type", "image/png");
    let answer = emulator.fetch(request.body(Body::from(body.to_owned())).unwrap()).await;
    let status = answer.status();
    (status, String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

async fn counts(emulator: &Emulator) -> Value {
    let (status, text) = send(emulator, "GET", "/count", "").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_of_the_last_hour_become_part_of_the_total_by_the_alarm() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let emulator = emulator(worker, state.path(), &clock);
    assert_eq!(counts(&emulator).await, json!({ "visits": 0, "lastHour": 0 }));
    send(&emulator, "POST", "/visit", "").await;
    clock.advance(HOUR / 2);
    send(&emulator, "POST", "/visit", "").await;
    assert_eq!(counts(&emulator).await, json!({ "visits": 2, "lastHour": 2 }));
    // The object is idle now; it wakes up for its alarms, which come one after the other.
    emulator.evict("visits").await;
    for recent in [1, 0] {
        clock.advance(HOUR / 2);
        eventually(async || counts(&emulator).await == json!({ "visits": 2, "lastHour": recent })).await;
    }
    assert_eq!(emulator.inspect().alarm("visits").await.unwrap(), None, "nothing is left to be done");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_process_ends_and_an_alarm_that_was_missed_comes_late() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let first = emulator(worker.clone(), state.path(), &clock);
    send(&first, "POST", "/visit", "").await;
    send(&first, "POST", "/names", "Ada").await;
    send(&first, "PUT", "/picture", "not really a PNG").await;
    first.shutdown().await;
    drop(first);
    let later = Clock::manual(NOW + 2 * 3_600_000);
    let second = emulator(worker, state.path(), &later);
    eventually(async || counts(&second).await == json!({ "visits": 1, "lastHour": 0 })).await;
    assert_eq!(send(&second, "GET", "/names", "").await, (StatusCode::OK, r#"["Ada"]"#.to_owned()));
    assert_eq!(send(&second, "GET", "/picture", "").await, (StatusCode::OK, "not really a PNG".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_forgotten_after_their_days_and_only_names_are_taken() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let emulator = emulator(worker, state.path(), &clock);
    for (name, status) in [("Ada", 201), (" Grace\n", 201), ("", 400), ("a\nb", 400), (&*"x".repeat(41), 413)] {
        assert_eq!(send(&emulator, "POST", "/names", name).await.0, status, "{name:?}");
    }
    assert_eq!(send(&emulator, "GET", "/names", "").await.1, r#"["Ada","Grace"]"#);
    clock.advance(31 * 24 * HOUR);
    assert_eq!(send(&emulator, "GET", "/names", "").await.1, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_sent_once_to_a_client_that_keeps_it() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let emulator = emulator(worker, state.path(), &clock);
    assert_eq!(send(&emulator, "GET", "/picture", "").await.0, 404);
    assert_eq!(send(&emulator, "PUT", "/picture", "not really a PNG").await.0, 201);
    let get = async |known: Option<&str>| {
        let request = Request::get("http://counter.test/picture").header("if-none-match", known.unwrap_or("\"\""));
        emulator.fetch(request.body(Body::empty()).unwrap()).await
    };
    let answer = get(None).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(get(Some(&etag)).await.status(), 304);
    let script = Request::put("http://counter.test/picture").header("content-type", "image/svg+xml");
    assert_eq!(emulator.fetch(script.body(Body::from("<svg/>")).unwrap()).await.status(), 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_says_which_methods_it_has() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let emulator = emulator(worker, state.path(), &clock);
    for (method, path, status) in [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("HEAD", "/count", 200),
        ("DELETE", "/", 405),
        ("GET", "/visit", 405),
        ("GET", "/live", 426),
        ("GET", "/elsewhere", 404),
    ] {
        assert_eq!(send(&emulator, method, path, "").await.0, status, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_window_hears_of_visits_and_of_names_also_after_the_object_slept() {
    let Some(worker) = worker() else { return };
    let (state, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
    let emulator = emulator(worker, state.path(), &clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.serve(listener, std::future::pending()).await }
    });
    let mut ada = Window::open(port).await;
    assert_eq!(ada.news().await, "0 0\n");
    ada.say("Ada").await;
    assert_eq!(ada.news().await, "0 0\nAda");
    // Out of memory: the sockets stay, and so do the names that are attached to them.
    emulator.evict("visits").await;
    let mut grace = Window::open(port).await;
    assert_eq!([grace.news().await, ada.news().await], ["0 0\nAda", "0 0\nAda"]);
    grace.say("Grace").await;
    assert_eq!([grace.news().await, ada.news().await], ["0 0\nAda\nGrace", "0 0\nAda\nGrace"]);
    send(&emulator, "POST", "/visit", "").await;
    assert_eq!([grace.news().await, ada.news().await], ["1 1\nAda\nGrace", "1 1\nAda\nGrace"]);
    // The platform answers this one, and does not wake the object for it.
    emulator.evict("visits").await;
    let constructed = emulator.stats().constructed;
    grace.say("ping").await;
    assert_eq!((grace.news().await.as_str(), emulator.stats().constructed), ("pong", constructed));
    grace.0.close(None).await.unwrap();
    assert_eq!(ada.news().await, "1 1\nAda");
    ada.say(&"x".repeat(41)).await;
    match ada.next().await {
        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), 1008),
        other => panic!("{other:?}"),
    }
    server.abort();
}

/// A window that shows the counter.
struct Window(WebSocketStream<TcpStream>);

impl Window {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(format!("ws://127.0.0.1:{port}/live"), stream).await.unwrap();
        Self(socket)
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("it hears nothing").unwrap().unwrap()
    }

    async fn news(&mut self) -> String {
        self.next().await.into_text().unwrap().to_string()
    }
}

/// Waits until it is so.
async fn eventually(is_so: impl AsyncFn() -> bool) {
    let again = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("it never becomes so");
}
