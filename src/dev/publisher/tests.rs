use super::*;
use crate::dev::{collect::Collector, sweep_lock::SweepLock};
use pmx_emulator::Worker;
use pmx_model::{Manifest, Root, Routes};
use std::collections::BTreeMap;
use std::sync::Arc;

const SECRET: &str = "a-secret-of-the-tests";

/// A build of one page.
fn built(text: &str) -> Built {
    let mut site = Build::default();
    let mut outputs = BTreeMap::new();
    let page = site.blobs.put(text.as_bytes().to_vec());
    let manifest = Manifest { files: BTreeMap::from([("index.html".to_owned(), page)]), sources: BTreeMap::new() };
    let manifest = site.blobs.put(serde_json::to_vec(&manifest).unwrap());
    let routes = site.blobs.put(serde_json::to_vec(&Routes::default()).unwrap());
    for (name, file) in [("index.html", page), ("manifest.json", manifest), ("routes.json", routes)] {
        outputs.insert(format!("main/{name}"), file);
    }
    let root = Root { entry: "index.md".to_owned(), routes: routes.hash, manifest: manifest.hash };
    site.roots = Some(Roots { roots: BTreeMap::from([("main".to_owned(), root)]), default: "main".to_owned() });
    site.outputs = Arc::new(outputs);
    Built {
        site,
        changed: 1,
        names: Vec::new(),
        unlinked: Vec::new(),
        first: false,
        is_idle: false,
        took: std::time::Duration::ZERO,
    }
}

#[tokio::test]
async fn what_was_swept_away_is_uploaded_again_though_this_process_has_uploaded_it_before() {
    let worker = Emulator::builder(Worker::bundled()).var("BASE_DOMAINS", "localhost").var("PUBLISH_SECRET", SECRET);
    let emulator = worker.build().unwrap();
    let sweep_lock = SweepLock::default();
    let collector = Collector::new(emulator.clone(), SECRET, sweep_lock.clone());
    let mut publisher = Publisher::new(emulator.clone(), SECRET, "alpha".parse().unwrap(), sweep_lock);
    for n in 1..=10 {
        let outcome = publisher.publish(&built(&format!("v{n}")), false).await.unwrap();
        assert!(matches!(outcome, PublishOutcome::Published { paths, .. } if paths == ["/index.html"]));
    }
    assert_eq!(collector.collect(1).await.unwrap().deploys, 4);
    let first = Hash::of(b"v1").to_string();
    assert!(emulator.r2().head(&first).unwrap().is_none());
    // As an author does who takes everything back.
    let outcome = publisher.publish(&built("v1"), false).await.unwrap();
    assert!(matches!(outcome, PublishOutcome::Published { .. }));
    assert!(emulator.r2().head(&first).unwrap().is_some());
    assert!(matches!(publisher.publish(&built("v1"), false).await.unwrap(), PublishOutcome::Unchanged));
    // The bytes of a page that was kept are gone on both sides.
    let lost = Build { blobs: pmx_site::Blobs::default(), ..built("v2").site };
    let lost = Built { site: lost, ..built("v2") };
    assert!(
        matches!(publisher.publish(&lost, false).await.unwrap(), PublishOutcome::Lost(lost) if lost.contains(&Hash::of(b"v2")))
    );
}
