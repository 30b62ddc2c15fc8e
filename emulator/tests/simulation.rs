//! The bundled Worker in a simulated world: a publisher and a reader with an open socket, with faults. A seed repeats all that happens, to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use http::Request;
use pmx_emulator::clock::Clock;
use pmx_emulator::faults::Faults;
use pmx_emulator::world::sim::World;
use pmx_emulator::{ClientSocket, Emulator, SocketMessage, Worker};
use pmx_model::Hash;
use serde_json::{Value, json};

const SECRET: &str = "secret";
/// Steps of a run.
const STEPS: u64 = 1_000;

/// What clients saw, in order.
#[derive(Clone)]
struct Story(Arc<Mutex<String>>, Clock);

impl Story {
    fn tell(&self, line: &str) {
        writeln!(self.0.lock().unwrap(), "{} {line}", self.1.elapsed_ms()).unwrap();
    }
}

async fn api(emulator: &Emulator, path: &str, body: Vec<u8>) -> (u16, Value) {
    let request = Request::post(format!("http://localhost{path}"))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap();
    let answer = emulator.fetch(request).await;
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn upload(emulator: &Emulator, story: &Story, bytes: Vec<u8>) -> Hash {
    let hash = Hash::of(&bytes);
    loop {
        let (status, answer) = api(emulator, &format!("/api/publish/upload?hash={hash}"), bytes.clone()).await;
        story.tell(&format!("upload {status} {answer}"));
        if status == 200 {
            return hash;
        }
    }
}

/// Publishes one version after the other; what fails is tried again.
async fn publisher(emulator: Emulator, story: Story) {
    for version in 0.. {
        let page = format!("<p>version {version}</p>").into_bytes();
        let size = page.len();
        let page = upload(&emulator, &story, page).await;
        let manifest = json!({
            "files": { "index.html": { "hash": page, "size": size } },
            "sources": { "index.path.md": { "hash": page } },
        });
        let routes =
            json!({ "routes": { "/": { "type": "source", "source": "index.path.md", "path": "index.html" } } });
        let manifest = upload(&emulator, &story, manifest.to_string().into()).await;
        let routes = upload(&emulator, &story, routes.to_string().into()).await;
        let root = json!({ "entry": "index.path.md", "routes": routes, "manifest": manifest });
        let commit = json!({ "subdomain": "alpha", "roots": { "roots": { "main": root }, "default": "main" } });
        loop {
            let (status, answer) = api(&emulator, "/api/publish/commit", commit.to_string().into()).await;
            story.tell(&format!("commit {status} {answer}"));
            if status == 200 {
                break;
            }
        }
        story.1.sleep_until_elapsed(story.1.elapsed_ms() + 700).await;
    }
}

/// Reads the page, and whatever comes over the socket, again and again.
async fn reader(emulator: Emulator, story: Story) {
    loop {
        let page = emulator.fetch(Request::get("http://alpha.localhost/").body(Body::empty()).unwrap()).await;
        let status = page.status();
        let body = to_bytes(page.into_body(), 1 << 20).await.unwrap();
        story.tell(&format!("page {status} {}", String::from_utf8_lossy(&body)));
        let events = Request::get("http://alpha.localhost/_events").header("upgrade", "websocket");
        let mut answer = emulator.fetch(events.body(Body::empty()).unwrap()).await;
        story.tell(&format!("events {}", answer.status()));
        if let Some(mut socket) = ClientSocket::take(&mut answer) {
            while let Some(SocketMessage::Text(text)) = socket.receive().await {
                story.tell(&format!("frame {text}"));
            }
        }
        story.1.sleep_until_elapsed(story.1.elapsed_ms() + 50).await;
    }
}

fn run(seed: u64) -> String {
    let world = World::new(seed);
    let story = Story(Arc::default(), world.clock());
    let faults = format!(
        "kv-error=10%,r2-error=10%,do-error=10%,kv-latency=1ms..40ms,do-latency=1ms..9ms,socket-drop=20%,strikes=any,seed={seed}"
    );
    let emulator = Emulator::builder(Worker::bundled())
        .var("BASE_DOMAINS", "localhost")
        .var("PUBLISH_SECRET", SECRET)
        .faults(Faults::from(Faults::parse(&[faults]).unwrap()))
        .simulated(&world)
        .build()
        .unwrap();
    world.spawn(publisher(emulator.clone(), story.clone()));
    world.spawn(reader(emulator.clone(), story.clone()));
    while world.steps() < STEPS {
        assert!(world.step(), "nothing is left to do");
    }
    assert_eq!(emulator.stats().traps, 0);
    let story = story.0.lock().unwrap();
    story.clone()
}

#[test]
fn a_thousand_steps_of_one_seed_are_equal_to_the_byte_in_twenty_runs() {
    let first = run(1);
    for part in ["commit 200", "<p>version", "frame {", " 500 "] {
        assert!(first.contains(part), "nothing of {part}: {first}");
    }
    for _ in 1..20 {
        similar_asserts::assert_eq!(first, run(1));
    }
}

#[test]
fn another_seed_tells_another_story() {
    assert_ne!(run(2), run(3));
}
