//! The emulator in the process of the test: with a clock that the test moves, faults, and a look at what is stored.

use super::{Answer, Client, Fixture, SECRET};
use axum::body::{Body, to_bytes};
use pmx_emulator::{
    Builder, Emulator, Worker,
    clock::Clock,
    faults::Faults,
    state_dir::{StateDir, StateError},
};
use pmx_model::{Hash, SiteState, SpaceState, kv_key};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Any time will do.
pub const START_MS: u64 = 1_790_000_000_000;
/// The host of the site that most tests publish.
pub const ALPHA: &str = "alpha.localhost";
/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct World {
    pub emulator: Emulator,
    pub clock: Clock,
    pub faults: Faults,
}

impl World {
    /// With a clock that stands still until it is moved, one isolate, and state in a temporary folder.
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(more: impl FnOnce(Builder) -> Builder) -> Self {
        Self::built(Clock::manual(START_MS), |builder| more(builder.state(StateDir::temporary().unwrap())))
    }

    /// With this clock. The state is the builder's.
    pub fn built(clock: Clock, more: impl FnOnce(Builder) -> Builder) -> Self {
        let faults = Faults::none();
        let builder = Emulator::builder(Worker::bundled())
            .clock(clock.clone())
            .faults(faults.clone())
            .var("BASE_DOMAINS", "localhost")
            .var("PUBLISH_SECRET", SECRET)
            .isolates(1);
        Self { emulator: more(builder).build().unwrap(), clock, faults }
    }

    pub async fn call(&self, method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request =
            axum::http::Request::builder().method(method).uri(format!("http://{host}{path}")).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-length", body.len()).body(Body::from(body)).unwrap();
        let (head, body) = self.emulator.fetch(request).await.into_parts();
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    /// A publish call with a body that is sent as it is.
    pub async fn api_raw(&self, path: &str, body: Vec<u8>) -> Answer {
        let token = format!("Bearer {SECRET}");
        self.call("POST", "localhost", path, &[("authorization", &token)], body).await
    }

    pub async fn api(&self, path: &str, body: Value) -> Answer {
        self.api_raw(path, body.to_string().into_bytes()).await
    }

    pub async fn upload(&self, bytes: &[u8]) -> Hash {
        let hash = Hash::of(bytes);
        let answer = self.api_raw(&format!("/api/publish/upload?hash={hash}"), bytes.to_vec()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        hash
    }

    pub async fn upload_all(&self, fixture: &Fixture) {
        for bytes in fixture.blobs.values() {
            self.upload(bytes).await;
        }
    }

    /// What `begin` says is missing of a bundle.
    pub async fn missing(&self, fixture: &Fixture) -> Vec<Hash> {
        let mut asked: Vec<Hash> = fixture.blobs.keys().copied().collect();
        let mut missing = Vec::new();
        while !asked.is_empty() {
            let answer = self.api("/api/publish/begin", json!({ "subdomain": "alpha", "hashes": asked })).await;
            assert!(matches!(answer.status, 200 | 202), "{}", answer.text());
            let answer = answer.json();
            let hash = |one: &Value| one["hash"].as_str().unwrap().parse::<Hash>().unwrap();
            missing.extend(answer["missing"].as_array().unwrap().iter().map(hash));
            asked = serde_json::from_value(answer["remaining"].clone()).unwrap_or_default();
        }
        missing
    }

    /// One commit, whatever comes of it.
    pub async fn commit(&self, roots: &Value) -> Answer {
        self.api("/api/publish/commit", json!({ "subdomain": "alpha", "roots": roots })).await
    }

    /// As a client does it: asks, uploads what is missing, commits until it is done.
    pub async fn publish(&self, fixture: &Fixture) -> Value {
        for hash in self.missing(fixture).await {
            self.upload(&fixture.blobs[&hash]).await;
        }
        loop {
            let answer = self.commit(&fixture.roots).await;
            match answer.status {
                202 => {}
                status => {
                    assert_eq!(status, 200, "{}", answer.text());
                    return answer.json();
                }
            }
        }
    }

    pub async fn rollback(&self, to: &Value) -> Answer {
        self.api("/api/publish/rollback", json!({ "subdomain": "alpha", "deployId": to["deployId"] })).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", ALPHA, path, &[], Vec::new()).await
    }

    pub fn kv(&self) -> Option<SpaceState> {
        let value = self.emulator.kv().get(&kv_key::site_state("alpha")).unwrap()?;
        Some(serde_json::from_slice::<SiteState>(&value).unwrap().published().unwrap())
    }

    /// Ends it, so that its state can be opened again.
    pub async fn close(self) {
        self.emulator.shutdown().await;
    }

    /// Serves on a port of its own, as long as what comes back lives.
    pub async fn serve(&self) -> (Client, oneshot::Sender<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = self.emulator.clone();
        let ended = async move {
            let _ = stopped.await;
        };
        tokio::spawn(async move { served.serve(listener, ended).await });
        (Client { address }, stop)
    }
}

/// A state folder, once an emulator that was closed has let go of it.
pub fn free(folder: &Path) -> StateDir {
    let end = Instant::now() + DEADLINE;
    loop {
        match StateDir::open(folder) {
            Err(StateError::InUse { .. }) if Instant::now() < end => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// Tries until it is so: what the Worker does after its answers ends by itself.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so().await {
        assert!(Instant::now() < end, "never: {what}");
        tokio::task::yield_now().await;
    }
}
