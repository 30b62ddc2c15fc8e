//! The bundled Worker in the emulator: publish, serve, roll back, over the same bytes that production runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::Request;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{Emulator, Worker};
use pmx_model::Hash;
use serde_json::{Value, json};
use support::{Answer, deadline, eventually, fetch};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

const SECRET: &str = "secret";

fn emulator(state: StateDir) -> Emulator {
    Emulator::builder(Worker::bundled())
        .state(state)
        .var("BASE_DOMAINS", "localhost")
        .var("PUBLISH_SECRET", SECRET)
        .build()
        .unwrap()
}

async fn api(emulator: &Emulator, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    let body = body.into();
    let request = Request::post(format!("http://localhost{path}"))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap();
    fetch(emulator, request).await
}

async fn upload(emulator: &Emulator, bytes: &[u8]) -> String {
    let hash = Hash::of(bytes).to_string();
    let answer = api(emulator, &format!("/api/publish/upload?hash={hash}"), bytes).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    hash
}

/// Publishes a site of one page.
async fn publish(emulator: &Emulator, page: &[u8]) -> Value {
    let page_hash = upload(emulator, page).await;
    let manifest = json!({
        "files": { "index.html": { "hash": page_hash, "size": page.len() } },
        "sources": { "index.path.md": { "hash": page_hash } },
    });
    let routes = json!({ "routes": { "/": { "type": "source", "source": "index.path.md", "path": "index.html" } } });
    let manifest = upload(emulator, manifest.to_string().as_bytes()).await;
    let routes = upload(emulator, routes.to_string().as_bytes()).await;
    let roots = json!({
        "roots": { "main": { "entry": "index.path.md", "routes": routes, "manifest": manifest } },
        "default": "main",
    });
    let commit = json!({ "subdomain": "alpha", "roots": roots }).to_string();
    let answer = api(emulator, "/api/publish/commit", commit).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

async fn page(emulator: &Emulator) -> Answer {
    fetch(emulator, Request::get("http://alpha.localhost/").body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_says_who_it_is() {
    let emulator = emulator(StateDir::temporary().unwrap());
    let answer = fetch(&emulator, Request::get("http://localhost/api/health").body(Body::empty()).unwrap()).await;
    let health: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(health["abi"], 2);
    assert_eq!(health["wasm"].as_str(), emulator.worker_sha256());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_page_is_served_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let large = vec![b'x'; 300_000];
    {
        let emulator = emulator(StateDir::open(folder.path()).unwrap());
        let commit = publish(&emulator, &large).await;
        assert_eq!(commit["seq"], 1);
        let answer = page(&emulator).await;
        assert_eq!((answer.status, answer.body.len()), (200, large.len()));
        emulator.shutdown().await;
        assert_eq!((emulator.stats().tasks, emulator.stats().object_tasks, emulator.stats().traps), (0, 0, 0));
    }
    let emulator = deadline(async {
        loop {
            if let Ok(state) = StateDir::open(folder.path()) {
                break emulator(state);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    let answer = page(&emulator).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, large);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_ends_early_or_is_wrong_stores_nothing() {
    let emulator = emulator(StateDir::temporary().unwrap());
    let hash = Hash::of(b"right").to_string();
    let path = format!("/api/publish/upload?hash={hash}");
    let wrong = api(&emulator, &path, "wrong").await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert!(wrong.text().contains("checksum_mismatch"), "{}", wrong.text());
    let short = Request::post(format!("http://localhost{path}"))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-length", 10)
        .body(Body::from("right"))
        .unwrap();
    assert!(fetch(&emulator, short).await.status >= 400);
    assert!(emulator.r2().list(Default::default()).unwrap().objects.is_empty());
    assert_eq!(emulator.stats().traps, 0);
    upload(&emulator, b"right").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_hear_of_a_publish_and_get_the_new_page() {
    let emulator = emulator(StateDir::temporary().unwrap());
    let first = publish(&emulator, b"one").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.serve(listener, std::future::pending()).await }
    });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let url = format!("ws://alpha.localhost:{}/_events?deploy={}", address.port(), first["deployId"].as_str().unwrap());
    let (mut client, _) = deadline(tokio_tungstenite::client_async(url, stream)).await.unwrap();
    emulator.evict("alpha").await;
    publish(&emulator, b"two").await;
    let frame = loop {
        if let Message::Text(text) = deadline(client.next()).await.unwrap().unwrap() {
            break serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert!(frame["type"].as_str().is_some_and(|kind| kind.ends_with("-changed")), "{frame}");
    assert_eq!(page(&emulator).await.text(), "two");
    drop(client);
    eventually(|| emulator.stats().sockets == 0).await;
    server.abort();
}
