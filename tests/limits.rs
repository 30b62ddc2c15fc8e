//! What enters is bounded where it enters, and no one client can stop the rest: shapes, texts, sizes, documents, names, sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_emulator::{clock::Clock, state_dir::StateDir};
use pmx_worker::model::{Hash, MAX_DOCUMENT, MAX_DOCUMENTS};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_json_array_is_no_object_in_any_call() {
    let world = World::new();
    let site = Fixture::page("v1");
    let first = world.publish(&site).await;
    let root = &site.roots["roots"]["main"];
    let root_list = json!([root["entry"], root["routes"], root["manifest"]]);
    for (path, body) in [
        ("/api/publish/begin", json!(["alpha", []])),
        ("/api/publish/begin", json!(["alpha", [], null])),
        ("/api/publish/commit", json!(["alpha", site.roots])),
        ("/api/publish/commit", json!({ "subdomain": "alpha", "roots": [site.roots["roots"], "main"] })),
        (
            "/api/publish/commit",
            json!({ "subdomain": "alpha", "roots": { "roots": [["main", root]], "default": "main" } }),
        ),
        (
            "/api/publish/commit",
            json!({ "subdomain": "alpha", "roots": { "roots": { "main": root_list }, "default": "main" } }),
        ),
        ("/api/publish/commit", json!({ "subdomain": "alpha", "roots": site.roots, "meta": [["a", "b"]] })),
        (
            "/api/publish/commit",
            json!({ "subdomain": "alpha", "roots": site.roots, "events": [["sources-changed", ["a"]]] }),
        ),
        (
            "/api/publish/commit",
            json!({ "subdomain": "alpha", "roots": site.roots, "events": { "type": "sources-changed" } }),
        ),
        ("/api/publish/rollback", json!(["alpha", first["deployId"]])),
        ("/api/deploys/prune", json!(["alpha", 1])),
    ] {
        refused(&world.api(path, body.clone()).await, 400, "bad_request");
    }
    let (files, routes) = (document(&world, NO_FILES).await, document(&world, NO_ROUTES).await);
    let hash = files.to_string();
    for manifest in [
        r#"[{},{}]"#.to_owned(),
        format!(r#"{{"files":{{"a":["{hash}",{}]}},"sources":{{}}}}"#, NO_FILES.len()),
        format!(r#"{{"files":[["a",{{"hash":"{hash}","size":25}}]],"sources":{{}}}}"#),
        format!(r#"{{"files":{{}},"sources":{{"a":["{hash}"]}}}}"#),
        r#"{"files":[],"sources":{}}"#.to_owned(),
    ] {
        let manifest = document(&world, &manifest).await;
        refused(&world.commit(&one_root(manifest, routes)).await, 422, "bad_document");
    }
    for routes in [
        r#"[{}]"#,
        r#"{"routes":[]}"#,
        r#"{"routes":{"/a":["redirect",null,null,"/b",308]}}"#,
        r#"{"routes":{"/a":{"type":["redirect"],"to":"/b","status":308}}}"#,
        r#"{"routes":{"/a":{"type":{"redirect":null},"to":"/b","status":308}}}"#,
    ] {
        let routes = document(&world, routes).await;
        refused(&world.commit(&one_root(files, routes)).await, 422, "bad_document");
    }
    assert_eq!(world.commit(&one_root(files, routes)).await.status, 200);
    assert_eq!(world.emulator.stats().traps, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_parsers_disagree_about_is_refused() {
    let world = World::new();
    let site = Fixture::page("v1");
    world.publish(&site).await;
    let roots = site.roots.to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        format!(r#"{{"subdomain":"alpha","subdomain":"beta","roots":{roots}}}"#),
        format!(r#"{{"subdomain":"alpha","roots":{roots},"meta":{{"a":"b","a":"c"}}}}"#),
        format!(r#"{{"subdomain":"alpha","roots":{{"default":"main","default":"main","roots":{{}}}}}}"#),
        format!(r#"{{"subdomain":"alpha","roots":{deep}}}"#),
        format!(r#"{{"subdomain":"alpha","roots":{roots},"events":{deep}}}"#),
        format!(r#"{{"subdomain":"alpha\u0000","roots":{roots}}}"#),
        format!(r#"{{"subdomain":"alpha","roots":{roots}}} {{}}"#),
        format!(r#"{{"subdomain":1e999,"roots":{roots}}}"#),
    ] {
        refused(&world.api_raw("/api/publish/commit", body.into_bytes()).await, 400, "bad_request");
    }
    // Members that nobody knows are nobody's business, however deep.
    let body = format!(r#"{{"subdomain":"alpha","roots":{roots},"more":{{"deep":{deep}}}}}"#);
    assert!(matches!(world.api_raw("/api/publish/commit", body.into_bytes()).await.status, 200 | 400));
    for body in
        [r#"{"subdomain":"alpha","hashes":["\u0000"]}"#, r#"{"subdomain":"alpha","hashes":[18446744073709551616]}"#]
    {
        refused(&world.api_raw("/api/publish/begin", body.into()).await, 400, "bad_request");
    }
    for keep in ["18446744073709551616", "1e3", "-0.5", "1e999"] {
        let body = format!(r#"{{"subdomain":"alpha","keep":{keep}}}"#);
        refused(&world.api_raw("/api/deploys/prune", body.into_bytes()).await, 400, "bad_request");
    }
    let routes = document(&world, NO_ROUTES).await;
    let hash = routes.to_string();
    for manifest in [
        format!(
            r#"{{"files":{{"a":{{"hash":"{hash}","size":13}},"a":{{"hash":"{hash}","size":14}}}},"sources":{{}}}}"#
        ),
        format!(r#"{{"files":{{"a":{{"hash":"{hash}","size":18446744073709551616}}}},"sources":{{}}}}"#),
        format!(r#"{{"files":{{"a":{{"hash":"{hash}","size":1e1}}}},"sources":{{}}}}"#),
        format!(r#"{{"files":{{"a":{{"hash":"{hash}","size":-1}}}},"sources":{{}}}}"#),
        format!(r#"{{"files":{{"a\u0000":{{"hash":"{hash}","size":13}}}},"sources":{{}}}}"#),
        format!(r#"{{"files":{{}},"sources":{{"a\u0000":{{"hash":"{hash}"}}}}}}"#),
        deep,
    ] {
        let manifest = document(&world, &manifest).await;
        refused(&world.commit(&one_root(manifest, routes)).await, 422, "bad_document");
    }
    assert!(world.get("/index").await.text().contains("v1"));
    assert_eq!(world.emulator.stats().traps, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_is_bounded_and_the_answer_names_the_field() {
    let world = World::new();
    let site = Fixture::page("v1");
    world.publish(&site).await;
    let long = "x".repeat(100_000);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut roots = site.roots.clone();
        change(&mut roots);
        json!({ "subdomain": "alpha", "roots": roots })
    };
    let meta = |meta: Value| json!({ "subdomain": "alpha", "roots": site.roots, "meta": meta });
    let many: serde_json::Map<String, Value> = (0..100).map(|n| (format!("k{n}"), "v".into())).collect();
    for (path, body, field) in [
        ("/api/publish/commit", with(&|roots| roots["roots"]["main"]["entry"] = long.as_str().into()), "roots"),
        ("/api/publish/commit", with(&|roots| roots["roots"]["main"]["entry"] = "a\u{0}".into()), "roots"),
        ("/api/publish/commit", with(&|roots| roots["default"] = long.as_str().into()), "roots"),
        ("/api/publish/commit", with(&|roots| roots["roots"][&long] = roots["roots"]["main"].clone()), "roots"),
        ("/api/publish/commit", meta(json!({ "commit": long })), "meta"),
        ("/api/publish/commit", meta(json!({ &long: "x" })), "meta"),
        ("/api/publish/commit", meta(json!({ "": "x" })), "meta"),
        ("/api/publish/commit", meta(json!({ "a\u{7}": "x" })), "meta"),
        ("/api/publish/commit", meta(json!({ "a": "\u{1b}[2J" })), "meta"),
        ("/api/publish/commit", meta(Value::Object(many)), "meta"),
        (
            "/api/publish/commit",
            json!({ "subdomain": "alpha", "roots": site.roots, "events": [{ "type": "artifacts-changed", "paths": [long] }] }),
            "events",
        ),
        (
            "/api/publish/rollback",
            json!({ "subdomain": "alpha", "deployId": "x", "events": [{ "type": "sources-changed", "sources": ["\u{0}"] }] }),
            "events",
        ),
        ("/api/publish/rollback", json!({ "subdomain": "alpha", "deployId": long }), "deployId"),
        ("/api/publish/rollback", json!({ "subdomain": "alpha", "deployId": "" }), "deployId"),
        ("/api/publish/rollback", json!({ "subdomain": "alpha", "deployId": "a&space=beta" }), "deployId"),
        ("/api/publish/begin", json!({ "subdomain": "alpha", "hashes": [], "base": long }), "base"),
        ("/api/publish/begin", json!({ "subdomain": "alpha", "hashes": [], "base": "a#b" }), "base"),
        ("/api/publish/begin", json!({ "subdomain": long, "hashes": [] }), "subdomain"),
    ] {
        let answer = world.api(path, body).await;
        refused(&answer, 400, "bad_request");
        assert_eq!(answer.json()["error"]["field"], field, "{}", answer.text());
        assert!(answer.body.len() < 2_000, "{path}: an answer of {} bytes", answer.body.len());
    }
    // A name that a client made up is not echoed whole.
    let answer = world.api("/api/publish/commit", with(&|roots| roots["roots"][&long] = 7.into())).await;
    refused(&answer, 400, "bad_request");
    assert!(answer.body.len() < 3_000, "{}", answer.body.len());
    refused(&world.api_raw("/api/publish/commit", vec![b' '; 1024 * 1024 + 1]).await, 413, "too_large");

    let (files, routes) = (document(&world, NO_FILES).await, document(&world, NO_ROUTES).await);
    let route = |path: &str, route: Value| json!({ "routes": { path: route } }).to_string();
    let redirect = json!({ "type": "redirect", "to": "/b", "status": 308 });
    for document_of_routes in [
        route(&format!("/{long}"), redirect.clone()),
        route("/a\n", redirect.clone()),
        route("/a", json!({ "type": "redirect", "to": format!("/{long}"), "status": 308 })),
        route("/a", json!({ "type": "source", "source": long, "path": "x" })),
    ] {
        let routes = document(&world, &document_of_routes).await;
        let answer = world.commit(&one_root(files, routes)).await;
        refused(&answer, 422, "bad_document");
        assert!(answer.body.len() < 2_000, "{}", answer.body.len());
    }
    for manifest in [
        json!({ "files": {}, "sources": { &long: { "hash": files } } }),
        json!({ "files": { &long: { "hash": files, "size": NO_FILES.len() } }, "sources": {} }),
        json!({ "files": { "a": { "hash": files, "size": 26_214_401 } }, "sources": {} }),
    ] {
        let manifest = document(&world, &manifest.to_string()).await;
        let answer = world.commit(&one_root(manifest, routes)).await;
        refused(&answer, 422, "bad_document");
        assert!(answer.body.len() < 2_000, "{}", answer.body.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_is_not_the_blobs_is_refused_by_the_commit_and_never_served() {
    let world = World::new();
    let text = document(&world, "sixteen bytes...").await;
    let routes = document(&world, NO_ROUTES).await;
    let commit = async |files: Value| {
        let manifest = document(&world, &json!({ "files": files, "sources": {} }).to_string()).await;
        world.commit(&one_root(manifest, routes)).await
    };
    let file = |size: u64| json!({ "hash": text, "size": size });
    // Never seen, proven by a row, and proven by being active in the same place and in another.
    for round in 0..3 {
        for size in [0, 15, 17, 26_214_400] {
            for files in [json!({ "a.txt": file(size) }), json!({ "b/c.txt": file(size) })] {
                let answer = commit(files).await;
                refused(&answer, 422, "wrong_size");
                let error = &answer.json()["error"];
                assert_eq!((&error["size"], &error["actual"]), (&json!(size), &json!(16)), "round {round}: {error}");
                assert!(error["path"].as_str().is_some_and(|path| path.ends_with(".txt")), "{error}");
            }
        }
        refused(&commit(json!({ "a.txt": file(16), "b.txt": file(15) })).await, 422, "wrong_size");
        if round == 1 {
            world.api("/api/deploys/prune", json!({ "subdomain": "alpha", "keep": 1 })).await;
        }
        assert_eq!(commit(json!({ "a.txt": file(16) })).await.status, 200);
        assert_eq!(world.get("/a.txt").await.text(), "sixteen bytes...");
    }
}

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
        let reads = || {
            let records = world.emulator.trace().recent();
            let of_pages = records.iter().filter(|record| !record.object && record.method == "GET");
            of_pages.flat_map(|record| &record.ops).filter(|op| op.op == "r2.read").count()
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

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_cannot_be_used_are_not_read_again_for_each_page() {
    let world = World::with(|builder| builder.trace(4096));
    let site = Fixture::page("v1");
    world.publish(&site).await;
    let manifest = site.roots["roots"]["main"]["manifest"].as_str().unwrap();
    world.emulator.r2().delete(manifest).unwrap();
    let reads = || {
        let records = world.emulator.trace().recent();
        records
            .iter()
            .filter(|record| !record.object)
            .flat_map(|record| record.ops.clone())
            .filter(|op| op.op == "r2.read")
            .count()
    };
    for _ in 0..50 {
        assert_eq!(world.get("/index").await.status, 500);
    }
    eventually("manifest and routes are read once", async || reads() == 2).await;
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(world.get("/index").await.status, 500);
    eventually("and again after a while", async || reads() == 4).await;
    world.upload(&site.blobs[&manifest.parse::<Hash>().unwrap()]).await;
    assert_eq!(world.commit(&site.roots).await.status, 200);
    assert!(world.get("/index").await.text().contains("v1"), "a new activation is looked at at once");
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
