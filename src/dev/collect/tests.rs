use super::*;
use crate::publish::{Activated, BlobSource, Bundle, PublishOptions};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use pmx_emulator::{Worker, r2::PutOptions};
use pmx_model::{File, Manifest, Roots, Route, Routes};
use std::collections::BTreeMap;

const SECRET: &str = "a-secret-of-the-tests";

/// A Worker in this process with its sweep.
struct World {
    emulator: Emulator,
    server: InProcess,
    collector: Collector,
}

impl World {
    fn new() -> Self {
        let emulator = Emulator::builder(Worker::bundled())
            .var("BASE_DOMAINS", "localhost")
            .var("PUBLISH_SECRET", SECRET)
            .build()
            .unwrap();
        let server = InProcess::new(emulator.clone(), SECRET);
        let collector = Collector::new(emulator.clone(), SECRET, SweepLock::default());
        Self { emulator, server, collector }
    }

    async fn publish(&self, site: &str, bundle: &Bundle) -> Activated {
        let options = PublishOptions::default();
        publish::publish(&self.server, &name(site), bundle, &options, &Silent).await.unwrap().activated
    }

    fn has(&self, text: &str) -> bool {
        self.emulator.r2().head(&Hash::of(text.as_bytes()).to_string()).unwrap().is_some()
    }

    async fn get(&self, site: &str, path: &str) -> (u16, String) {
        let request = Request::get(format!("http://{site}.localhost{path}")).body(Body::empty()).unwrap();
        let answer = self.emulator.fetch(request).await;
        let status = answer.status().as_u16();
        (status, String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
    }
}

fn name(site: &str) -> SiteName {
    site.parse().unwrap()
}

/// The address of an asset that carries its hash.
fn asset(text: &str) -> String {
    format!("app.{}.js", Hash::of(text.as_bytes()).short(16))
}

/// A page, an asset with a hash in its name, and a file that all versions share.
fn version(marker: &str) -> Bundle {
    let (mut manifest, mut blobs) = (Manifest::default(), BTreeMap::new());
    let script = format!("script of {marker}");
    for (path, text) in [("index.html", marker), (&asset(&script), &script), ("shared.css", "shared")] {
        let file = File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 };
        manifest.files.insert(path.to_owned(), file);
        blobs.insert(file.hash, BlobSource::Memory(text.as_bytes().into()));
    }
    let mut document = |json: Vec<u8>| {
        let hash = Hash::of(&json);
        blobs.insert(hash, BlobSource::Memory(json.into()));
        hash
    };
    let page = Route::Source { source: "index".to_owned(), path: "index.html".to_owned() };
    let routes = Routes { routes: BTreeMap::from([("/".to_owned(), page)]), not_found: None };
    let root = Root {
        entry: "index.md".to_owned(),
        routes: document(serde_json::to_vec(&routes).unwrap()),
        manifest: document(serde_json::to_vec(&manifest).unwrap()),
    };
    let roots = Roots { roots: BTreeMap::from([("main".to_owned(), root)]), default: "main".to_owned() };
    Bundle { roots, blobs, named: Vec::new() }
}

fn markers(range: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = String> {
    range.map(|n| format!("v{n}"))
}

#[tokio::test]
async fn blobs_of_forgotten_deploys_go_and_those_of_kept_and_live_ones_stay() {
    let world = World::new();
    let mut deploys = Vec::new();
    for marker in markers(1..=12) {
        deploys.push(world.publish("alpha", &version(&marker)).await.deploy_id);
    }
    // Beside the sites: not ours to delete.
    world.emulator.r2().put("notes/of-somebody.txt", b"", PutOptions::default()).unwrap();

    let collected = world.collector.collect(8).await.unwrap();
    // A page, a script and a manifest each; the routes are the same.
    assert_eq!(collected, Collected { deploys: 4, blobs: 4 * 3 });
    for marker in markers(1..=4) {
        assert!(!world.has(&marker) && !world.has(&format!("script of {marker}")), "{marker}");
    }
    for marker in markers(5..=12) {
        assert!(world.has(&marker) && world.has(&format!("script of {marker}")), "{marker}");
    }
    assert!(world.has("shared"));
    assert!(world.emulator.r2().head("notes/of-somebody.txt").unwrap().is_some());
    assert_eq!(world.collector.collect(8).await.unwrap(), Collected::default());

    publish::rollback(&world.server, &name("alpha"), &deploys[4], &Silent).await.unwrap();
    assert_eq!(world.get("alpha", "/").await, (200, "v5".to_owned()));
    world.collector.collect(1).await.unwrap();
    assert_eq!(world.get("alpha", "/").await, (200, "v5".to_owned()), "what is live stays, however old it is");
    assert_eq!(world.get("alpha", "/shared.css").await, (200, "shared".to_owned()));
}

#[tokio::test]
async fn a_page_that_was_loaded_just_before_keeps_its_assets() {
    let world = World::new();
    for marker in markers(1..=10) {
        world.publish("alpha", &version(&marker)).await;
    }
    world.collector.collect(1).await.unwrap();
    for marker in markers(5..=10) {
        let script = format!("script of {marker}");
        assert_eq!(world.get("alpha", &format!("/{}", asset(&script))).await, (200, script));
    }
    assert_eq!(world.get("alpha", &format!("/{}", asset("script of v4"))).await.0, 404);
}

#[tokio::test]
async fn what_another_site_names_stays_though_nobody_publishes_it_now() {
    let world = World::new();
    world.publish("beta", &version("v1")).await;
    for marker in markers(1..=10) {
        world.publish("alpha", &version(&marker)).await;
    }
    world.emulator.evict("beta").await;
    world.collector.collect(1).await.unwrap();
    assert!(world.has("v1") && !world.has("v2"));
    assert_eq!(world.get("beta", "/").await, (200, "v1".to_owned()));
    world.publish("beta", &version("v11")).await;
    world.publish("beta", &version("v1")).await;
    assert_eq!(world.get("beta", "/").await, (200, "v1".to_owned()));
}

#[tokio::test]
async fn what_was_deleted_is_uploaded_again_when_it_is_published_again() {
    let world = World::new();
    for marker in markers(1..=10) {
        world.publish("alpha", &version(&marker)).await;
    }
    // Proven to exist by a publish that was given up, and referenced by no deploy.
    let unfinished = version("given up");
    publish::plan(&world.server, &name("alpha"), &unfinished, &PublishOptions::default(), &Silent).await.unwrap();
    world.collector.collect(1).await.unwrap();
    assert!(!world.has("v1"));
    for marker in ["v1", "given up"] {
        world.publish("alpha", &version(marker)).await;
        assert_eq!(world.get("alpha", "/").await, (200, marker.to_owned()));
    }
}

#[tokio::test]
async fn nothing_is_deleted_while_a_publish_is_under_way() {
    let world = World::new();
    for marker in markers(1..=10) {
        world.publish("alpha", &version(&marker)).await;
    }
    let first = version("v1");
    let publishing = world.collector.sweep_lock.publishing().await;
    let mut sweep = std::pin::pin!(world.collector.collect(1));
    // A publish from its first upload to its commit, of blobs that the sweep takes for dead.
    tokio::select! {
        biased;
        _ = &mut sweep => panic!("it must wait"),
        activated = world.publish("alpha", &first) => assert!(!activated.deploy_id.is_empty()),
    }
    drop(publishing);
    sweep.await.unwrap();
    assert_eq!(world.get("alpha", "/").await, (200, "v1".to_owned()));
    assert!(world.has("script of v1") && !world.has("v2"));
}
