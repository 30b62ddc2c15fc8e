//! SpaceDO and the read path when KV lags, fails or forgets, and when the object is evicted: with a clock that the test moves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::{clock::Clock, kv::PutOptions};
use pmx_model::{Hash, kv_key};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use support::{
    Answer, Events, Fixture, SECRET, World,
    world::{ALPHA, START_MS, free},
};

async fn publish(world: &World, marker: &str) -> Value {
    let fixture = Fixture::page(marker);
    world.upload_all(&fixture).await;
    let answer = world.commit(&fixture.roots).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn page(world: &World, headers: &[(&str, &str)]) -> Answer {
    world.call("GET", ALPHA, "/index", headers, Vec::new()).await
}

const DAY_MS: u64 = 86_400_000;

/// The same state with another clock.
fn reopened(state: &Path, now_ms: u64) -> World {
    World::built(Clock::manual(now_ms), |builder| builder.state(free(state)))
}

/// Moves the clock on, and waits until KV holds this activation: alarms run on their own.
async fn kv_reaches(world: &World, seq: u64, step: Duration) {
    for _ in 0..200 {
        if world.kv().is_some_and(|state| state.seq == seq) {
            return;
        }
        world.clock.advance(step);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("KV never held seq {seq}: {:?}", world.kv());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_into_kv_that_fails_is_retried_by_the_alarm_until_kv_agrees() {
    let world = World::new();
    assert_eq!(publish(&world, "v1").await["kv"], "current");
    world.faults.fail_next_kv_puts(5, "KV PUT failed: 500 Internal Server Error");
    let v2 = publish(&world, "v2").await;
    assert_eq!((&v2["kv"], &v2["seq"]), (&json!("pending"), &json!(2)), "recorded and active, and honest about KV");
    assert_eq!(world.kv().unwrap().seq, 1);
    kv_reaches(&world, 2, Duration::from_secs(5)).await;
    assert!(page(&world, &[]).await.text().contains("v2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_a_day_puts_nothing_off() {
    let state = tempfile::tempdir().unwrap();
    let world = reopened(state.path(), START_MS);
    publish(&world, "v1").await;
    world.faults.fail_next_kv_puts(3, "KV PUT failed: 500 Internal Server Error");
    assert_eq!(publish(&world, "v2").await["kv"], "pending");
    world.close().await;
    // The alarm is a day ahead now. A page that asks for the newest state finds that out.
    let world = reopened(state.path(), START_MS - DAY_MS);
    assert_eq!(page(&world, &[("pmx-fresh", "1")]).await.header("pmx-seq"), Some("2"));
    kv_reaches(&world, 2, Duration::from_secs(5)).await;
    world.close().await;

    // So is the look at KV long after the put, and KV has lost it.
    let world = reopened(state.path(), START_MS - 2 * DAY_MS);
    world.emulator.kv().delete(&kv_key::site_state("alpha")).unwrap();
    assert_eq!(page(&world, &[]).await.header("pmx-seq"), Some("2"));
    kv_reaches(&world, 2, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_kv_lost_is_found_and_written_again() {
    let world = World::new();
    publish(&world, "v1").await;
    let old = world.emulator.kv().get(&kv_key::site_state("alpha")).unwrap().unwrap();
    publish(&world, "v2").await;
    world.clock.advance(Duration::from_secs(2));
    world.emulator.kv().put(&kv_key::site_state("alpha"), &old, PutOptions::default()).unwrap();
    assert_eq!(world.kv().unwrap().seq, 1);
    kv_reaches(&world, 2, Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_after_eviction_reaches_kv_under_the_sites_own_name() {
    let world = World::new();
    let v1 = publish(&world, "v1").await;
    publish(&world, "v2").await;
    let constructed = world.emulator.stats().constructed;
    world.emulator.evict("alpha").await;
    assert_eq!(world.rollback(&v1).await.status, 200);
    assert!(world.emulator.stats().constructed > constructed, "a fresh instance did it");
    assert_eq!(Some(world.kv().unwrap().deploy_id.as_str()), v1["deployId"].as_str());
    assert!(page(&world, &[]).await.text().contains("v1"));
    let keys: Vec<_> =
        world.emulator.kv().list(Default::default()).unwrap().keys.into_iter().map(|key| key.name).collect();
    assert_eq!(keys, ["space:alpha"]);
}

async fn unpublish(world: &World, status: u16) -> Value {
    let answer = world.api("/api/unpublish", json!({ "subdomain": "alpha", "status": status })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn kv_value(world: &World) -> Value {
    serde_json::from_slice(&world.emulator.kv().get(&kv_key::site_state("alpha")).unwrap().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kv_holds_of_an_unpublished_site_names_nothing_of_it() {
    let world = World::new();
    publish(&world, "v1").await;
    let done = unpublish(&world, 404).await;
    let value = kv_value(&world);
    assert_eq!(
        value,
        json!({ "unpublished": done["unpublished"], "updatedAt": done["unpublished"]["at"], "seq": 2 }),
        "no documents, so no Worker can serve any of it"
    );
    // What says of itself that it is unpublished is not served, whatever else it says.
    let v2 = publish(&world, "v2").await;
    let mut both = kv_value(&world);
    both["unpublished"] = value["unpublished"].clone();
    world.clock.advance(Duration::from_secs(2));
    world.emulator.kv().put(&kv_key::site_state("alpha"), both.to_string().as_bytes(), PutOptions::default()).unwrap();
    assert_eq!((page(&world, &[]).await.status, &v2["seq"]), (404, &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpublish_whose_put_into_kv_fails_is_honest_and_reaches_kv_later() {
    let world = World::new();
    publish(&world, "v1").await;
    world.faults.fail_next_kv_puts(5, "KV PUT failed: 500 Internal Server Error");
    let done = unpublish(&world, 410).await;
    assert_eq!((&done["kv"], &done["seq"]), (&json!("pending"), &json!(2)));
    assert_eq!(page(&world, &[("pmx-fresh", "1")]).await.status, 410, "who asks for the newest state gets it");
    // An evicted object finishes what it began.
    world.emulator.evict("alpha").await;
    for _ in 0..200 {
        if kv_value(&world)["seq"] == 2 {
            break;
        }
        world.clock.advance(Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(kv_value(&world)["unpublished"]["status"], 410);
    assert_eq!(page(&world, &[]).await.status, 410);
    assert_eq!(publish(&world, "v2").await["seq"], 3);
    assert_eq!(world.kv().unwrap().previous, [], "what was taken down is no earlier deploy");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_pages_are_told_of_an_unpublish_later_if_its_documents_cannot_be_read_and_another_status_does_not_hide_it()
{
    let world = World::new();
    let fixture = Fixture::page("v1");
    let id = world.publish(&fixture).await["deployId"].as_str().unwrap().to_owned();
    let (client, _served) = world.serve().await;
    let mut open = tokio::task::spawn_blocking(move || Events::connect(client, ALPHA, &id)).await.unwrap();
    let manifest: Hash = fixture.roots["roots"]["main"]["manifest"].as_str().unwrap().parse().unwrap();
    world.emulator.r2().delete(&manifest.to_string()).unwrap();
    // It remembers the documents else.
    world.emulator.evict("alpha").await;
    for status in [410, 404] {
        assert_eq!(unpublish(&world, status).await["events"], json!([]));
        assert_eq!(page(&world, &[]).await.status, status);
    }
    world.upload(&fixture.blobs[&manifest]).await;
    let told = tokio::task::spawn_blocking(move || open.change());
    while !told.is_finished() {
        world.clock.advance(Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(told.await.unwrap().1.contains(&"/index.html".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_whose_unpublish_kv_forgot_stays_down() {
    let world = World::new();
    publish(&world, "v1").await;
    unpublish(&world, 410).await;
    world.emulator.kv().delete(&kv_key::site_state("alpha")).unwrap();
    assert_eq!(page(&world, &[]).await.status, 410, "the object knows it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_of_an_older_version_is_read_and_can_be_taken_down() {
    let state = tempfile::tempdir().unwrap();
    let world = reopened(state.path(), START_MS);
    publish(&world, "v1").await;
    // As the version before left it.
    let inspector = world.emulator.inspect();
    let object = inspector.objects().await.unwrap()[0].id.clone();
    for statement in ["DROP TABLE tombstones", "UPDATE space SET schema = 2"] {
        inspector.sql(&object, statement, &[]).await.unwrap();
    }
    drop(inspector);
    world.close().await;
    let world = reopened(state.path(), START_MS);
    assert!(page(&world, &[("pmx-fresh", "1")]).await.text().contains("v1"));
    let listed = world
        .call(
            "GET",
            "localhost",
            "/api/deploys?subdomain=alpha",
            &[("authorization", &format!("Bearer {SECRET}"))],
            Vec::new(),
        )
        .await;
    assert_eq!(listed.json()[0]["isActive"], true, "{}", listed.text());
    assert_eq!(unpublish(&world, 410).await["seq"], 2);
    assert_eq!(page(&world, &[]).await.status, 410);
    world.close().await;
    let world = reopened(state.path(), START_MS);
    assert_eq!(page(&world, &[("pmx-fresh", "1")]).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_for_freshness_gets_it_although_kv_lags_and_cannot_hammer_the_object() {
    let world = World::new();
    publish(&world, "v1").await;
    world.clock.advance(Duration::from_secs(120));
    world.faults.set_kv_lag(Duration::from_secs(60));
    publish(&world, "v2").await;
    let stale = page(&world, &[]).await;
    assert_eq!(
        (stale.text().contains("v1"), stale.header("pmx-seq")),
        (true, Some("1")),
        "who does not ask sees what KV has"
    );
    let fresh = page(&world, &[("pmx-fresh", "1")]).await;
    assert!(fresh.text().contains("v2"));
    assert_eq!(
        (fresh.header("pmx-fresh"), fresh.header("pmx-seq"), fresh.header("cache-control")),
        (Some("1"), Some("2"), Some("no-store"))
    );
    let enough = page(&world, &[("pmx-min-seq", "2")]).await;
    assert_eq!((enough.header("pmx-fresh"), enough.header("pmx-seq")), (Some("1"), Some("2")));

    // Within the same second nobody asks again: the answer says that it does not know.
    let again = page(&world, &[("pmx-fresh", "1")]).await;
    assert_eq!((again.header("pmx-fresh"), again.header("pmx-seq")), (Some("0"), Some("2")));
    let beyond = page(&world, &[("pmx-min-seq", "99")]).await;
    assert_eq!((beyond.header("pmx-fresh"), beyond.header("pmx-seq")), (Some("0"), Some("2")));

    world.clock.advance(Duration::from_secs(61));
    assert_eq!(page(&world, &[]).await.header("pmx-seq"), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_probed_before_its_first_publish_works_after_it_although_kv_caches_the_miss() {
    let world = World::new();
    world.faults.set_kv_lag(Duration::from_secs(60));
    assert_eq!(page(&world, &[]).await.status, 404);
    world.clock.advance(Duration::from_secs(11));
    publish(&world, "v1").await;
    assert!(page(&world, &[]).await.text().contains("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_served_without_their_object() {
    let world = World::new();
    publish(&world, "v1").await;
    world.faults.set_object_error(true);
    assert_eq!(page(&world, &[]).await.status, 200);
    let fresh = page(&world, &[("pmx-fresh", "1")]).await;
    assert_eq!((fresh.status, fresh.header("pmx-fresh")), (200, Some("0")));
    world.faults.set_object_error(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_gone_is_an_honest_500() {
    let world = World::new();
    let deployed = Fixture::page("v1");
    publish(&world, "v1").await;
    let lost = deployed
        .blobs
        .iter()
        .find(|(_, body)| body.starts_with(b"<!doctype html><title>v1"))
        .map(|(hash, _)| hash.to_string())
        .unwrap();
    world.emulator.r2().delete(&lost).unwrap();
    let answer = page(&world, &[]).await;
    let error: Value = answer.json();
    assert_eq!(
        (answer.status, &error["error"]["code"], &error["error"]["hash"]),
        (500, &json!("missing_blob"), &json!(lost))
    );

    let world = World::new();
    publish(&world, "v1").await;
    let routes = deployed.roots["roots"]["main"]["routes"].as_str().unwrap();
    world.emulator.r2().delete(routes).unwrap();
    assert_eq!(page(&world, &[]).await.status, 500);
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
            let published = publish(&world, &format!("step {step}")).await;
            history.push(published.clone());
            published
        } else {
            let target = history[pick % history.len()].clone();
            assert_eq!(world.rollback(&target).await.status, 200);
            target
        };
        let state = world.kv().unwrap();
        assert_eq!(Some(state.deploy_id.as_str()), active["deployId"].as_str(), "step {step}");
        assert!(state.previous.len() <= 5 && !state.previous.contains(&state.roots));
    }
    let token = format!("Bearer {SECRET}");
    let listed =
        world.call("GET", "localhost", "/api/deploys?subdomain=alpha", &[("authorization", &token)], Vec::new()).await;
    let listed: Vec<Value> = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!((listed.len(), listed.iter().filter(|deploy| deploy["isActive"] == true).count()), (history.len(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_was_taken_down_is_neither_listed_nor_counted() {
    let world = World::new();
    publish(&world, "v1").await;
    let kv = world.emulator.kv();
    let put = |name: &str, value: &Value| {
        kv.put(&kv_key::site_state(name), value.to_string().as_bytes(), PutOptions::default()).unwrap();
    };
    let published = kv_value(&world);
    let down = json!({ "unpublished": { "status": 410, "at": "t" }, "updatedAt": "t", "seq": 2 });
    let mut unclear = published.clone();
    unclear["unpublished"] = json!(true);
    for (name, value) in [("aa", &down), ("ab", &unclear), ("beta", &down), ("gamma", &unclear), ("zeta", &published)] {
        put(name, value);
    }
    for most in [1, 2, 9] {
        let (sites, count) = pmx::data::sites::published(kv, most).unwrap();
        let names: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
        assert_eq!((names, count), (["alpha", "zeta"][..most.min(2)].to_vec(), 2));
    }
    // What may be unpublished is served to nobody.
    world.clock.advance(Duration::from_secs(2));
    put("alpha", &unclear);
    let answer = page(&world, &[]).await;
    assert!(answer.status >= 400 && !answer.text().contains("v1"), "{}: {}", answer.status, answer.text());
}
