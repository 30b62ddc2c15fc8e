//! What the bucket lost comes back with the next publish, and nothing vouches for it until then.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::clock::Clock;
use pmx_model::Hash;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use support::{
    Answer, Fixture, World,
    world::{ALPHA, START_MS, eventually, free},
};

fn page_of(marker: &str) -> Hash {
    Hash::of(format!("<!doctype html><title>{marker}</title><p id=\"marker\">{marker}</p>").as_bytes())
}

fn document(fixture: &Fixture, kind: &str) -> Hash {
    fixture.roots["roots"]["main"][kind].as_str().unwrap().parse().unwrap()
}

fn delete(world: &World, hash: &Hash) {
    world.emulator.r2().delete(&hash.to_string()).unwrap();
}

#[track_caller]
fn is_refused_for(answer: &Answer, missing: &[Hash]) {
    assert_eq!((answer.status, answer.error_code().as_str()), (422, "missing_blobs"), "{}", answer.text());
    assert_eq!(answer.json()["error"]["missing"], json!(missing));
}

/// Waits until `begin` asks for these blobs again.
async fn is_asked_for(world: &World, fixture: &Fixture, lost: &[Hash]) {
    eventually("the lost blobs are asked for", async || world.missing(fixture).await == lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_blob_is_lost_is_repaired_by_publishing_the_same_again() {
    let world = World::new();
    let site = Fixture::page("v1");
    let page = page_of("v1");
    for round in 0..2 {
        world.publish(&site).await;
        assert_eq!(world.missing(&site).await, []);
        // An object is told of the same blob at most once in ten seconds.
        world.clock.advance(Duration::from_secs(11));
        delete(&world, &page);
        let broken = world.get("/index").await;
        assert_eq!((broken.status, broken.error_code().as_str()), (500, "missing_blob"));
        is_asked_for(&world, &site, &[page]).await;
        // A client that does not ask is told, by each commit until the blob is there.
        for _ in 0..2 {
            is_refused_for(&world.commit(&site.roots).await, &[page]);
        }
        if round == 1 {
            world.emulator.evict("alpha").await;
            is_refused_for(&world.commit(&site.roots).await, &[page]);
        }
        world.publish(&site).await;
        assert!(world.get("/index").await.text().contains("v1"));
        assert_eq!(world.missing(&site).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_lost_are_repaired_by_publishing_the_same_again() {
    let world = World::new();
    for (marker, kinds) in [("v1", &["manifest"][..]), ("v2", &["routes"]), ("v3", &["manifest", "routes"])] {
        let site = Fixture::page(marker);
        world.publish(&site).await;
        let mut lost: Vec<Hash> = kinds.iter().map(|kind| document(&site, kind)).collect();
        lost.sort_unstable();
        lost.iter().for_each(|hash| delete(&world, hash));
        // Not in the memory of the object either, which could still commit them.
        world.emulator.evict("alpha").await;
        is_refused_for(&world.commit(&site.roots).await, &lost);
        assert_eq!(world.missing(&site).await, lost, "{marker}");
        world.publish(&site).await;
        assert!(world.get("/index").await.text().contains(marker));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_a_page_missed_is_not_committed_from_memory() {
    let state = tempfile::tempdir().unwrap();
    let site = Fixture::page("v1");
    let manifest = document(&site, "manifest");
    let world = open(state.path(), "one");
    world.publish(&site).await;
    world.close().await;
    // A fresh isolate that has not read it yet, and an object that has.
    let world = open(state.path(), "one");
    world.missing(&site).await;
    world.commit(&Fixture::page("v1").roots).await;
    delete(&world, &manifest);
    let broken = world.get("/index").await;
    assert_eq!((broken.status, broken.error_code().as_str()), (500, "missing_blob"));
    is_asked_for(&world, &site, &[manifest]).await;
    is_refused_for(&world.commit(&site.roots).await, &[manifest]);
    world.publish(&site).await;
    assert!(world.get("/index").await.text().contains("v1"), "at once: the failure was that of another activation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_finds_a_blob_missing_lets_begin_ask_for_it_although_the_active_deploy_names_it() {
    let world = World::new();
    world.publish(&Fixture::new(&[("index.html", "page"), ("old.css", "p {}")])).await;
    let style = Hash::of(b"p {}");
    delete(&world, &style);
    // Nobody visited it. The same bytes at another path are looked up.
    let moved = Fixture::new(&[("index.html", "page"), ("new.css", "p {}")]);
    for (hash, bytes) in moved.blobs.iter().filter(|(hash, _)| **hash != style) {
        assert_eq!(world.upload(bytes).await, *hash);
    }
    let first = world.commit(&moved.roots).await;
    if first.status == 200 {
        // Its row proved it: a page finds out.
        assert_eq!(world.get("/new.css").await.status, 500);
        is_asked_for(&world, &moved, &[style]).await;
    } else {
        is_refused_for(&first, &[style]);
        assert_eq!(world.missing(&moved).await, [style]);
    }
    world.publish(&moved).await;
    assert_eq!(world.get("/new.css").await.text(), "p {}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_prune_a_moved_file_whose_blob_is_lost_is_asked_for() {
    let world = World::new();
    world.publish(&Fixture::new(&[("index.html", "page"), ("old.css", "p {}")])).await;
    world.api("/api/deploys/prune", json!({ "subdomain": "alpha", "keep": 1 })).await;
    let style = Hash::of(b"p {}");
    delete(&world, &style);
    let moved = Fixture::new(&[("index.html", "page"), ("new.css", "p {}")]);
    assert!(!world.missing(&moved).await.contains(&style), "the active deploy names it");
    for (_, bytes) in moved.blobs.iter().filter(|(hash, _)| **hash != style) {
        world.upload(bytes).await;
    }
    is_refused_for(&world.commit(&moved.roots).await, &[style]);
    assert_eq!(world.missing(&moved).await, [style], "it vouches for it no more");
    world.publish(&moved).await;
    assert_eq!(world.get("/new.css").await.text(), "p {}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loads_a_broken_page_over_and_over_keeps_no_object_busy() {
    let world = World::with(|builder| builder.trace(4096));
    let site = Fixture::page("v1");
    world.publish(&site).await;
    delete(&world, &page_of("v1"));
    for _ in 0..300 {
        assert_eq!(world.get("/index").await.status, 500);
    }
    is_asked_for(&world, &site, &[page_of("v1")]).await;
    let told = || world.emulator.trace().recent().iter().filter(|record| record.path.starts_with("/lost")).count();
    assert_eq!(told(), 1);
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(world.get("/index").await.status, 500);
    eventually("it is told again", async || told() == 2).await;
}

/// A server over this state, whose bucket says that it is this one.
fn open(state: &Path, epoch: &str) -> World {
    World::built(Clock::manual(START_MS), |builder| builder.state(free(state)).var("STORAGE_EPOCH", epoch))
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_bucket_is_another_one_no_proof_holds_and_one_publish_brings_all() {
    let state = tempfile::tempdir().unwrap();
    let files: Vec<(String, String)> = (0..1_000).map(|n| (format!("f{n}.txt"), format!("text {n}"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let site = Fixture::new(&[&[("index.html", "v1")], &files[..]].concat());
    let lost: Vec<Hash> = {
        let mut lost: Vec<Hash> = [3, 500, 999].map(|n| Hash::of(format!("text {n}").as_bytes())).to_vec();
        lost.sort_unstable();
        lost
    };
    let world = open(state.path(), "one");
    world.publish(&site).await;
    lost.iter().for_each(|hash| delete(&world, hash));
    world.close().await;

    let world = open(state.path(), "one");
    assert_eq!(world.missing(&site).await, [], "the same bucket loses nothing that was acknowledged");
    world.close().await;

    let world = open(state.path(), "two");
    assert_eq!(world.missing(&site).await, lost);
    // A client that only commits gets on by slices of look-ups, and is told what is lost.
    let mut told = Vec::new();
    for _ in 0..4 {
        let answer = world.commit(&site.roots).await;
        if answer.status == 422 {
            told = serde_json::from_value(answer.json()["error"]["missing"].clone()).unwrap();
            break;
        }
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    assert!(!told.is_empty() && told.iter().all(|hash| lost.contains(hash)), "{told:?}");
    world.publish(&site).await;
    for n in [3, 500, 999] {
        assert_eq!(world.get(&format!("/f{n}.txt")).await.text(), format!("text {n}"));
    }
    assert_eq!(world.missing(&site).await, []);
    world.close().await;

    let world = open(state.path(), "two");
    assert_eq!(world.missing(&site).await, []);
    assert_eq!(world.commit(&site.roots).await.status, 200, "what was proven anew is not looked up again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_of_another_bucket_vouches_for_nothing_after_a_rollback() {
    let state = tempfile::tempdir().unwrap();
    let world = open(state.path(), "one");
    let (v1, v2) = (Fixture::page("v1"), Fixture::page("v2"));
    let first = world.publish(&v1).await;
    world.publish(&v2).await;
    delete(&world, &page_of("v1"));
    world.close().await;
    let world = open(state.path(), "two");
    world.publish(&v2).await;
    assert_eq!(world.rollback(&first).await.status, 200);
    assert_eq!(world.missing(&v1).await, [page_of("v1")]);
    world.publish(&v1).await;
    assert!(world.get("/index").await.text().contains("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_to_a_deploy_whose_documents_are_lost_is_refused() {
    let world = World::new();
    let (v1, v2) = (Fixture::page("v1"), Fixture::page("v2"));
    let first = world.publish(&v1).await;
    let second = world.publish(&v2).await;
    let manifest = document(&v1, "manifest");
    delete(&world, &manifest);
    is_refused_for(&world.rollback(&first).await, &[manifest]);
    assert!(world.get("/index").await.text().contains("v2"));
    assert_eq!(Some(world.kv().unwrap().deploy_id.as_str()), second["deployId"].as_str());
    // Another lost blob is no reason to stay: all other pages are served, and the next publish brings it.
    world.upload_all(&v1).await;
    delete(&world, &page_of("v1"));
    assert_eq!(world.rollback(&first).await.status, 200);
    assert_eq!(world.get("/other").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_were_collected_after_a_prune_are_not_committed_from_memory() {
    let world = World::new();
    let old = Fixture::page("v0");
    for n in 0..8 {
        world.publish(&Fixture::page(&format!("v{n}"))).await;
    }
    let pruned = world.api("/api/deploys/prune", json!({ "subdomain": "alpha", "keep": 1 })).await;
    assert_eq!(pruned.json()["pruned"], 2);
    let manifest = document(&old, "manifest");
    delete(&world, &manifest);
    is_refused_for(&world.commit(&old.roots).await, &[manifest]);
    world.publish(&old).await;
    assert!(world.get("/index").await.text().contains("v0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_proved_without_its_size_is_looked_up_once() {
    let state = tempfile::tempdir().unwrap();
    let site = Fixture::page("v1");
    let world = open(state.path(), "");
    let first = world.publish(&site).await;
    world.close().await;

    let folder = state.path().join("do/SpaceDO");
    let file = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|end| end == "sqlite")).unwrap();
    let database = rusqlite::Connection::open(file).unwrap();
    let known = "INSERT INTO known_blobs SELECT value FROM json_each(?)";
    database
        .execute_batch(
            "DROP TABLE known_blobs; DROP TABLE lost_blobs; DROP TABLE tombstones;
            CREATE TABLE known_blobs (hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
            ALTER TABLE space DROP COLUMN storage_epoch; ALTER TABLE space DROP COLUMN proofs;
            ALTER TABLE deploys DROP COLUMN proofs; UPDATE space SET schema = 1;",
        )
        .unwrap();
    let hashes: Vec<String> = site.blobs.keys().map(ToString::to_string).collect();
    database.execute(known, [json!(hashes).to_string()]).unwrap();
    drop(database);

    let world = open(state.path(), "");
    assert!(world.get("/index").await.text().contains("v1"));
    assert_eq!(world.call("GET", ALPHA, "/index", &[("pmx-fresh", "1")], Vec::new()).await.status, 200);
    delete(&world, &page_of("v1"));
    assert_eq!(world.missing(&site).await, [page_of("v1")], "nothing is believed that was not seen with its size");
    world.publish(&site).await;
    let second = world.publish(&Fixture::page("v2")).await;
    assert_eq!(second["seq"], 3);
    let listed = world.rollback(&first).await;
    assert_eq!((listed.status, &listed.json()["seq"]), (200, &Value::from(4)));
}
