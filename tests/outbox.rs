//! SpaceDO and the read path when KV lags, fails or forgets, and when the object is evicted: with a clock that the test moves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response},
};
use pmx_emulator::{Emulator, Worker, clock::Clock, faults::Faults, kv::PutOptions, state_dir::StateDir};
use pmx_worker::model::SpaceState;
use serde_json::{Value, json};
use std::time::Duration;
use support::{Fixture, SECRET};

const ALPHA: &str = "alpha.localhost";
/// Any time will do.
const START_MS: u64 = 1_790_000_000_000;

struct World {
    emulator: Emulator,
    clock: Clock,
    faults: Faults,
}

impl World {
    fn new() -> Self {
        let (clock, faults) = (Clock::manual(START_MS), Faults::none());
        let emulator = Emulator::builder(Worker::bundled())
            .state(StateDir::temporary().unwrap())
            .clock(clock.clone())
            .faults(faults.clone())
            .var("BASE_DOMAINS", "localhost")
            .var("PUBLISH_SECRET", SECRET)
            .isolates(1)
            .build()
            .unwrap();
        Self { emulator, clock, faults }
    }

    async fn call(
        &self,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Response<Vec<u8>> {
        let mut request = Request::builder().method(method).uri(format!("http://{host}{path}")).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-length", body.len()).body(Body::from(body)).unwrap();
        let (head, body) = self.emulator.fetch(request).await.into_parts();
        Response::from_parts(head, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    async fn api(&self, path: &str, body: Value) -> (u16, Value) {
        let token = format!("Bearer {SECRET}");
        let answer =
            self.call("POST", "localhost", path, &[("authorization", &token)], body.to_string().into_bytes()).await;
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    async fn publish(&self, marker: &str) -> Value {
        let fixture = Fixture::page(marker);
        let token = format!("Bearer {SECRET}");
        for (hash, bytes) in &fixture.blobs {
            let path = format!("/api/publish/upload?hash={hash}");
            assert_eq!(
                self.call("POST", "localhost", &path, &[("authorization", &token)], bytes.clone()).await.status(),
                200
            );
        }
        let (status, answer) =
            self.api("/api/publish/commit", json!({ "subdomain": "alpha", "roots": fixture.roots })).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn rollback(&self, to: &Value) -> (u16, Value) {
        self.api("/api/publish/rollback", json!({ "subdomain": "alpha", "deployId": to["deployId"] })).await
    }

    async fn page(&self, headers: &[(&str, &str)]) -> Response<Vec<u8>> {
        self.call("GET", ALPHA, "/index", headers, Vec::new()).await
    }

    fn kv(&self) -> Option<SpaceState> {
        let value = self.emulator.kv().get("space:alpha").unwrap()?;
        Some(serde_json::from_slice(&value).unwrap())
    }

    /// Moves the clock on, and waits until KV holds this activation: alarms run on their own.
    async fn kv_reaches(&self, seq: u64, step: Duration) {
        for _ in 0..200 {
            if self.kv().is_some_and(|state| state.seq == seq) {
                return;
            }
            self.clock.advance(step);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("KV never held seq {seq}: {:?}", self.kv());
    }
}

fn header<'a>(answer: &'a Response<Vec<u8>>, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_into_kv_that_fails_is_retried_by_the_alarm_until_kv_agrees() {
    let world = World::new();
    assert_eq!(world.publish("v1").await["kv"], "current");
    world.faults.fail_next_kv_puts(5, "KV PUT failed: 500 Internal Server Error");
    let v2 = world.publish("v2").await;
    assert_eq!((&v2["kv"], &v2["seq"]), (&json!("pending"), &json!(2)), "recorded and active, and honest about KV");
    assert_eq!(world.kv().unwrap().seq, 1);
    world.kv_reaches(2, Duration::from_secs(5)).await;
    assert!(text(&world.page(&[]).await).contains("v2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_kv_lost_is_found_and_written_again() {
    let world = World::new();
    world.publish("v1").await;
    let old = world.emulator.kv().get("space:alpha").unwrap().unwrap();
    world.publish("v2").await;
    world.clock.advance(Duration::from_secs(2));
    world.emulator.kv().put("space:alpha", &old, PutOptions::default()).unwrap();
    assert_eq!(world.kv().unwrap().seq, 1);
    world.kv_reaches(2, Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_after_eviction_reaches_kv_under_the_sites_own_name() {
    let world = World::new();
    let v1 = world.publish("v1").await;
    world.publish("v2").await;
    let constructed = world.emulator.stats().constructed;
    world.emulator.evict("alpha").await;
    assert_eq!(world.rollback(&v1).await.0, 200);
    assert!(world.emulator.stats().constructed > constructed, "a fresh instance did it");
    assert_eq!(Some(world.kv().unwrap().deploy_id.as_str()), v1["deployId"].as_str());
    assert!(text(&world.page(&[]).await).contains("v1"));
    let keys: Vec<_> =
        world.emulator.kv().list(Default::default()).unwrap().keys.into_iter().map(|key| key.name).collect();
    assert_eq!(keys, ["space:alpha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_for_freshness_gets_it_although_kv_lags_and_cannot_hammer_the_object() {
    let world = World::new();
    world.publish("v1").await;
    world.clock.advance(Duration::from_secs(120));
    world.faults.set_kv_lag(Duration::from_secs(60));
    world.publish("v2").await;
    let stale = world.page(&[]).await;
    assert_eq!(
        (text(&stale).contains("v1"), header(&stale, "pmx-seq")),
        (true, Some("1")),
        "who does not ask sees what KV has"
    );
    let fresh = world.page(&[("pmx-fresh", "1")]).await;
    assert!(text(&fresh).contains("v2"));
    assert_eq!(
        (header(&fresh, "pmx-fresh"), header(&fresh, "pmx-seq"), header(&fresh, "cache-control")),
        (Some("1"), Some("2"), Some("no-store"))
    );
    let enough = world.page(&[("pmx-min-seq", "2")]).await;
    assert_eq!((header(&enough, "pmx-fresh"), header(&enough, "pmx-seq")), (Some("1"), Some("2")));

    // Within the same second nobody asks again: the answer says that it does not know.
    let again = world.page(&[("pmx-fresh", "1")]).await;
    assert_eq!((header(&again, "pmx-fresh"), header(&again, "pmx-seq")), (Some("0"), Some("2")));
    let beyond = world.page(&[("pmx-min-seq", "99")]).await;
    assert_eq!((header(&beyond, "pmx-fresh"), header(&beyond, "pmx-seq")), (Some("0"), Some("2")));

    world.clock.advance(Duration::from_secs(61));
    assert_eq!(header(&world.page(&[]).await, "pmx-seq"), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_probed_before_its_first_publish_works_after_it_although_kv_caches_the_miss() {
    let world = World::new();
    world.faults.set_kv_lag(Duration::from_secs(60));
    assert_eq!(world.page(&[]).await.status(), 404);
    world.clock.advance(Duration::from_secs(11));
    world.publish("v1").await;
    assert!(text(&world.page(&[]).await).contains("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_served_without_their_object() {
    let world = World::new();
    world.publish("v1").await;
    world.faults.set_object_error(true);
    assert_eq!(world.page(&[]).await.status(), 200);
    let fresh = world.page(&[("pmx-fresh", "1")]).await;
    assert_eq!((fresh.status().as_u16(), header(&fresh, "pmx-fresh")), (200, Some("0")));
    world.faults.set_object_error(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_gone_is_an_honest_500() {
    let world = World::new();
    let deployed = Fixture::page("v1");
    world.publish("v1").await;
    let page = deployed
        .blobs
        .iter()
        .find(|(_, body)| body.starts_with(b"<!doctype html><title>v1"))
        .map(|(hash, _)| hash.to_string())
        .unwrap();
    world.emulator.r2().delete(&page).unwrap();
    let answer = world.page(&[]).await;
    let error: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(
        (answer.status().as_u16(), &error["error"]["code"], &error["error"]["hash"]),
        (500, &json!("missing_blob"), &json!(page))
    );

    let world = World::new();
    world.publish("v1").await;
    let routes = deployed.roots["roots"]["main"]["routes"].as_str().unwrap();
    world.emulator.r2().delete(routes).unwrap();
    assert_eq!(world.page(&[]).await.status(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_random_publishes_and_rollbacks_leave_one_active_deploy_each_time() {
    let world = World::new();
    let mut history = Vec::new();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    for step in 0..200_usize {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let pick = usize::try_from(dice % 1000).unwrap();
        let active = if history.len() < 3 || pick % 10 == 0 {
            let published = world.publish(&format!("step {step}")).await;
            history.push(published.clone());
            published
        } else {
            let target = history[pick % history.len()].clone();
            assert_eq!(world.rollback(&target).await.0, 200);
            target
        };
        let state = world.kv().unwrap();
        assert_eq!(Some(state.deploy_id.as_str()), active["deployId"].as_str(), "step {step}");
        assert!(state.previous.len() <= 5 && !state.previous.contains(&state.roots));
    }
    let token = format!("Bearer {SECRET}");
    let listed =
        world.call("GET", "localhost", "/api/deploys?subdomain=alpha", &[("authorization", &token)], Vec::new()).await;
    let listed: Vec<Value> = serde_json::from_slice(listed.body()).unwrap();
    assert_eq!((listed.len(), listed.iter().filter(|deploy| deploy["isActive"] == true).count()), (history.len(), 1));
}
