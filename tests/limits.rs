//! No one client can stop the rest: documents, bodies, names, sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::{clock::Clock, r2::PutOptions, state_dir::StateDir};
use pmx_model::{Hash, MAX_DOCUMENT, MAX_DOCUMENTS};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use support::{
    Answer, Events, Fixture, World,
    world::{ALPHA, eventually},
};

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{}", answer.text());
}

/// With the machine's clock: what waits for a permit sleeps.
fn running(memory: usize) -> World {
    World::built(Clock::system(), |builder| {
        builder.state(StateDir::temporary().unwrap()).memory_limit(memory).trace(4096)
    })
}

/// Uploads a document and answers its hash.
async fn document(world: &World, text: &str) -> Hash {
    world.upload(text.as_bytes()).await
}

fn one_root(manifest: Hash, routes: Hash) -> Value {
    json!({ "roots": { "main": { "entry": "index.md", "manifest": manifest, "routes": routes } }, "default": "main" })
}

const NO_FILES: &str = r#"{"files":{},"sources":{}}"#;
const NO_ROUTES: &str = r#"{"routes":{}}"#;

/// A manifest and a routes document of about so many bytes each, of as many entries as they can have (`small`), or of long names.
fn full(bytes: usize, small: bool, marker: &str) -> (String, String) {
    let hash = Hash::of(b"x");
    let name = |n: usize| if small { format!("{n:x}") } else { format!("{n:05}{}", "n".repeat(200)) };
    let mut files = format!(r#"{{"files":{{"{marker}":{{"hash":"{hash}","size":1}}"#);
    for n in 0.. {
        if files.len() + 400 > bytes || n >= 24_999 {
            break;
        }
        files.push_str(&format!(r#","{marker}z{}":{{"hash":"{hash}","size":1}}"#, name(n)));
    }
    files.push_str(r#"},"sources":{"0":{"hash":""#);
    files.push_str(&format!(r#"{hash}"}}"#));
    for n in 0.. {
        if files.len() + 400 > bytes {
            break;
        }
        files.push_str(&format!(r#","s{}":{{"hash":"{hash}"}}"#, name(n)));
    }
    files.push_str("}}");
    let mut routes = format!(r#"{{"routes":{{"/":{{"type":"source","source":"","path":"{marker}"}}"#);
    for n in 0.. {
        if routes.len() + 400 > bytes {
            break;
        }
        routes.push_str(&format!(r#","/r{}":{{"type":"source","source":"","path":"{marker}"}}"#, name(n)));
    }
    routes.push_str("}}");
    (files, routes)
}

async fn full_root(world: &World, bytes: usize, small: bool, marker: &str) -> Value {
    let (manifest, routes) = full(bytes, small, marker);
    assert!(manifest.len() <= bytes && routes.len() <= bytes, "{} {}", manifest.len(), routes.len());
    json!({ "entry": "x", "manifest": document(world, &manifest).await, "routes": document(world, &routes).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_beyond_what_an_instance_holds_are_refused_with_the_numbers() {
    let world = running(128 * 1024 * 1024);
    world.publish(&Fixture::page("v1")).await;
    world.upload(b"x").await;
    let mut roots = json!({ "roots": {}, "default": "a" });
    for id in ["a", "b", "c"] {
        roots["roots"][id] = full_root(&world, 7 * 1024 * 1024, id == "b", id).await;
    }
    let answer = world.commit(&roots).await;
    refused(&answer, 422, "documents_too_large");
    let error = &answer.json()["error"];
    assert_eq!(error["limit"], MAX_DOCUMENTS);
    assert!(error["bytes"].as_u64().is_some_and(|bytes| bytes > 40 * 1024 * 1024), "{error}");

    let large = document(&world, &format!("{NO_FILES}{}", " ".repeat(MAX_DOCUMENT as usize))).await;
    let routes = document(&world, NO_ROUTES).await;
    refused(&world.commit(&one_root(large, routes)).await, 413, "too_large");
    assert!(world.get("/index").await.text().contains("v1"));
    assert_eq!(world.emulator.stats().traps, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_documents_that_are_accepted_are_served_to_many_at_once_in_less_memory_than_there_is() {
    for small in [true, false] {
        // Three quarters of what the platform gives, for what it needs beside.
        let world = Arc::new(running(96 * 1024 * 1024));
        world.upload(b"x").await;
        let mut roots = json!({ "roots": {}, "default": "a" });
        for id in ["a", "b"] {
            roots["roots"][id] = full_root(&world, 4_190_000, small, id).await;
        }
        let answer = world.commit(&roots).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let bystander = Fixture::page("bystander");
        world.upload_all(&bystander).await;
        world.api("/api/publish/commit", json!({ "subdomain": "beta", "roots": bystander.roots })).await;

        // Cold, eight at once, and a small site beside them.
        let paths = ["/", "/b/", "/a", "/b/b", "/nowhere", "/b/nowhere", "/r1", "/b/r1"];
        let cold: Vec<_> = paths
            .into_iter()
            .map(|path| {
                let world = world.clone();
                tokio::spawn(async move { (path, world.get(path).await.status) })
            })
            .collect();
        assert_eq!(world.call("GET", "beta.localhost", "/index", &[], Vec::new()).await.status, 200);
        for answer in cold {
            let (path, status) = answer.await.unwrap();
            assert!(matches!(status, 200 | 404), "{path}: {status}");
        }
        // Both roots are kept: warm pages read no document.
        let documents = documents(&roots);
        let reads = || {
            let records = world.emulator.trace().recent();
            let of_pages = records.iter().filter(|record| !record.object && record.method == "GET");
            of_pages.flat_map(|record| &record.ops).filter(|op| documents.contains(&op.key)).count()
        };
        let cold = reads();
        for path in ["/", "/b/", "/", "/b/"] {
            assert_eq!(world.get(path).await.text(), "x");
        }
        assert!(cold > 0 && reads() == cold, "{cold} and then {}", reads());

        // The next deploy beside it, and the way back.
        let first = world.kv().unwrap().deploy_id;
        roots["roots"]["b"] = full_root(&world, 4_180_000, !small, "b").await;
        let answer = world.commit(&roots).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(world.get("/b/").await.text(), "x");
        assert_eq!(world.rollback(&json!({ "deployId": first })).await.status, 200);
        assert_eq!((world.get("/").await.text(), world.get("/b/").await.text()), ("x".into(), "x".into()));
        assert_eq!(world.emulator.stats().traps, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_begins_at_once_all_end_well_and_so_do_the_pages_beside_them() {
    let world = Arc::new(running(96 * 1024 * 1024));
    world.publish(&Fixture::page("v1")).await;
    let calls: Vec<_> = (0..6)
        .map(|call| {
            let world = world.clone();
            tokio::spawn(async move {
                let hashes: Vec<String> = (0..100_000).map(|n| format!("{:064x}", n * 8 + call)).collect();
                let begin = json!({ "subdomain": "alpha", "hashes": hashes });
                let mut answer = world.api("/api/publish/begin", begin.clone()).await;
                while answer.status == 503 {
                    assert_eq!((answer.error_code().as_str(), answer.header("retry-after")), ("busy", Some("10")));
                    answer = world.api("/api/publish/begin", begin.clone()).await;
                }
                assert_eq!(answer.status, 202, "{}", &answer.text()[..200]);
                let answer = answer.json();
                assert_eq!(answer["missing"].as_array().unwrap().len(), 800);
                assert_eq!(answer["remaining"].as_array().unwrap().len(), 99_200);
            })
        })
        .collect();
    while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
        assert!(world.get("/index").await.text().contains("v1"));
    }
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(world.emulator.stats().traps, 0);
}

/// The keys of all manifests and routes.
fn documents(roots: &Value) -> Vec<String> {
    let roots = roots["roots"].as_object().unwrap().values();
    roots.flat_map(|root| ["manifest", "routes"].map(|name| root[name].as_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_cannot_be_used_are_not_read_again_for_each_page() {
    let world = World::with(|builder| builder.trace(4096));
    let site = Fixture::page("v1");
    world.publish(&site).await;
    let manifest = site.roots["roots"]["main"]["manifest"].as_str().unwrap();
    // Not even the bucket's own bytes are what their key says.
    world.emulator.r2().put(manifest, b"{]", PutOptions::default()).unwrap();
    let documents = documents(&site.roots);
    let reads = || {
        let records = world.emulator.trace().recent();
        records
            .iter()
            .filter(|record| !record.object)
            .flat_map(|record| record.ops.clone())
            .filter(|op| op.op == "r2.get" && documents.contains(&op.key))
            .count()
    };
    for _ in 0..50 {
        assert_eq!(world.get("/index").await.status, 500);
    }
    eventually("manifest and routes are read once", async || reads() == 2).await;
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(world.get("/index").await.status, 500);
    eventually("and again after a while", async || reads() == 4).await;
    world.publish(&Fixture::page("v2")).await;
    assert!(world.get("/index").await.text().contains("v2"), "a new activation is looked at at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_missing_is_seen_as_soon_as_it_is_there() {
    let world = World::new();
    let site = Fixture::page("v1");
    world.publish(&site).await;
    let manifest = site.roots["roots"]["main"]["manifest"].as_str().unwrap();
    world.emulator.r2().delete(manifest).unwrap();
    for _ in 0..10 {
        assert_eq!(world.get("/index").await.status, 500);
    }
    world.upload(&site.blobs[&manifest.parse::<Hash>().unwrap()]).await;
    for _ in 0..10 {
        assert_eq!(world.get("/index").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_names_wake_hardly_an_object_and_cost_a_first_publish_nothing() {
    let world = World::new();
    world.faults.set_kv_lag(Duration::from_secs(60));
    let (client, _stop) = world.serve().await;
    assert_eq!(world.get("/").await.status, 404);
    let before = world.emulator.stats().constructed;
    for n in 0..150 {
        let host = format!("random-{n}.localhost");
        assert_eq!(world.call("GET", &host, "/", &[], Vec::new()).await.status, 404);
        let refused = tokio::task::block_in_place(|| Events::try_connect(client, &host, "", None)).err().unwrap();
        assert_eq!(refused.status().as_u16(), 404);
    }
    let woken = world.emulator.stats().constructed - before;
    assert!(woken <= 10, "{woken} objects");
    // KV goes on saying that there is nothing, and all looks into objects are used up.
    world.publish(&Fixture::page("v1")).await;
    assert!(world.get("/index").await.text().contains("v1"));
    let page = tokio::task::block_in_place(|| Events::try_connect(client, ALPHA, "", None));
    assert!(page.is_ok());
    // One more a fifth of a second.
    world.clock.advance(Duration::from_secs(1));
    for n in 0..150 {
        assert_eq!(world.call("GET", &format!("more-{n}.localhost"), "/", &[], Vec::new()).await.status, 404);
    }
    let woken = world.emulator.stats().constructed - before;
    assert!(woken <= 10 + 5 + 1, "{woken} objects");
    assert_eq!(world.emulator.stats().traps, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sockets_of_a_site_are_bounded_by_the_worker_itself() {
    let world = World::with(|builder| builder.var("SITE_SOCKETS", "3"));
    let first = world.publish(&Fixture::page("v1")).await;
    let deploy = first["deployId"].as_str().unwrap().to_owned();
    let (client, _stop) = world.serve().await;
    let connect = || tokio::task::block_in_place(|| Events::try_connect(client, ALPHA, &deploy, None));
    let mut open: Vec<Events> =
        (0..3).map(|_| connect().unwrap_or_else(|refused| panic!("{}", refused.status()))).collect();
    for _ in 0..5 {
        let refused = connect().err().unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "10"));
    }
    // Another site has its own.
    let beta = Fixture::page("beta");
    world.upload_all(&beta).await;
    world.api("/api/publish/commit", json!({ "subdomain": "beta", "roots": beta.roots })).await;
    let other = tokio::task::block_in_place(|| Events::try_connect(client, "beta.localhost", "", None));
    assert!(other.is_ok());
    // They hold after the object was evicted: they are not its memory.
    world.emulator.evict("alpha").await;
    assert_eq!(connect().err().unwrap().status().as_u16(), 503);
    assert_eq!(tokio::task::block_in_place(|| open.pop().unwrap().close(1000)), 1000);
    eventually("there is room again", async || {
        world.clock.advance(Duration::from_secs(1));
        match connect() {
            Ok(socket) => {
                std::mem::forget(socket);
                true
            }
            Err(_) => false,
        }
    })
    .await;
    world.publish(&Fixture::page("v2")).await;
    tokio::task::block_in_place(|| open[0].change());
}
