//! The vectors of the router, through the compiled Worker. The same file is a unit test of the router (`worker/src/products/sites/router.rs`).
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
use std::collections::BTreeMap;
use support::{Fixture, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_path_means_the_same_in_the_wasm_as_natively() {
    let vectors: Value = serde_json::from_str(include_str!("../worker/tests/router.json")).unwrap();
    let mut site = Fixture { blobs: BTreeMap::new(), roots: json!({ "roots": {}, "default": "main" }) };
    let mut blob = |bytes: Vec<u8>| {
        let hash = Hash::of(&bytes);
        site.blobs.insert(hash, bytes);
        hash
    };
    for root in ["main", "guide"] {
        let mut files = json!({});
        for path in vectors["files"].as_array().unwrap() {
            let path = path.as_str().unwrap();
            let text = format!("{root} {path}");
            files[path] = json!({ "size": text.len(), "hash": blob(text.into_bytes()) });
        }
        let routes = json!({ "routes": vectors["routes"], "notFound": vectors["notFound"] });
        site.roots["roots"][root] = json!({
            "entry": "index.path.md",
            "routes": blob(routes.to_string().into_bytes()),
            "manifest": blob(json!({ "files": files, "sources": {} }).to_string().into_bytes()),
        });
    }
    let world = World::new();
    world.publish(&site).await;
    for (path, expected) in vectors["expected"].as_object().unwrap() {
        let answer = world.get(path).await;
        let found = answer.header("location").map_or_else(|| answer.text(), str::to_owned);
        assert_eq!(format!("{} {found}", answer.status), expected.as_str().unwrap(), "{path}");
    }
    world.close().await;
}
