//! What enters is refused where it enters if it is not what it should be: shapes, texts, sizes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use pmx_model::Hash;
use serde_json::{Value, json};
use support::{Answer, Fixture, World};

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{}", answer.text());
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
        r#"{"subdomain":"alpha","roots":{"default":"main","default":"main","roots":{}}}"#.to_owned(),
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
