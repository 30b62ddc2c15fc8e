//! What is uploaded, and when.

use super::{
    site::Site,
    stub::{Reply, Seen, Stub},
};
use pmx_model::Hash;
use serde_json::json;
use std::collections::BTreeSet;

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home"), ("assets/a.css", "p{}"), ("b.html", "<p>b")];

#[test]
fn a_first_publish_uploads_documents_and_files_and_commits_last() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    site.publish(&stub, &[]).ok();

    let seen = stub.seen();
    assert_eq!(seen.first().map(Seen::call), Some("begin"));
    assert_eq!(seen.last().map(Seen::call), Some("commit"));
    assert_eq!(stub.count("commit"), 1);
    let asked: BTreeSet<Hash> = serde_json::from_value(seen[0].json()["hashes"].clone()).unwrap();
    assert_eq!(asked, site.hashes, "3 files, manifest and routes");
    let commit = seen.last().unwrap().json();
    let root = &commit["roots"]["roots"]["index.path"];
    let state = stub.state();
    for document in [&root["routes"], &root["manifest"]] {
        assert!(state.blobs.contains_key(document.as_str().unwrap()));
    }
    for (hash, bytes) in &state.blobs {
        assert_eq!(*hash, Hash::of(bytes).to_string());
    }
    let stored: BTreeSet<Hash> = state.blobs.keys().map(|hash| hash.parse().unwrap()).collect();
    assert_eq!(stored, site.hashes);
}

#[test]
fn the_files_of_every_root_are_published() {
    let site = Site::with_roots(&[("index.path", PAGES), ("extra", &[("only-here.html", "<p>second root")])]);
    let stub = Stub::start();
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.state().blobs.len(), 8);
    assert!(stub.state().blobs.contains_key(&Hash::of(b"<p>second root").to_string()));
}

#[test]
fn nothing_is_uploaded_twice_and_a_small_edit_uploads_what_changed() {
    let mut site = Site::new(PAGES);
    let stub = Stub::start();
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.count("upload"), 5);
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.count("upload"), 5, "the second publish of the same build uploads nothing");
    site.write(&[("index.path", &[PAGES[0], PAGES[1], ("b.html", "<p>edited")])]);
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.count("upload"), 7, "the edited file and the manifest; the routes are the same");
}

#[test]
fn after_an_interruption_only_the_rest_is_uploaded() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    for hash in site.hashes.iter().take(3) {
        stub.state().blobs.insert(hash.to_string(), Vec::new());
    }
    let ran = site.publish(&stub, &["--porcelain"]).ok();
    assert_eq!(stub.count("upload"), 2);
    assert!(ran.out.contains("[pathmx] uploading 2 new blobs (3 cached)"), "{}", ran.out);
}

#[test]
fn six_uploads_run_at_a_time() {
    let names: Vec<String> = (0..20).map(|n| format!("{n}.html")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let site = Site::new(&files);
    let stub = Stub::start();
    stub.state().hold_until = 6;
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.count("upload"), 22);
    assert_eq!(stub.state().most_uploading, 6);
}

#[test]
fn an_upload_that_fails_in_passing_is_repeated() {
    let site = Site::new(PAGES);
    let mut failures =
        vec![Reply::lost(), Reply::text(503, "busy"), Reply::text(429, "slow"), Reply::text(408, "late")];
    let stub = Stub::scripted(move |seen, _| if seen.call() == "upload" { failures.pop() } else { None });
    let ran = site.publish(&stub, &[]).ok();
    assert_eq!(stub.count("upload"), 5 + 4);
    assert_eq!(stub.state().blobs.len(), 5);
    assert!(ran.err.contains("503 busy; again in 0.0 s"), "{}", ran.err);
}

#[test]
fn begin_and_commit_are_repeated_while_the_server_is_not_done() {
    let site = Site::new(PAGES);
    let mut commits_left = 2;
    let stub = Stub::scripted(move |seen, state| match seen.call() {
        "begin" => {
            let hashes = seen.json()["hashes"].as_array().unwrap().clone();
            let (now, later) = hashes.split_at(hashes.len().min(2));
            let status = if later.is_empty() { 200 } else { 202 };
            Some(Reply::json(status, &json!({ "missing": state.missing(now), "remaining": later })))
        }
        "commit" if commits_left > 0 => {
            commits_left -= 1;
            Some(Reply::json(202, &json!({ "remaining": commits_left + 1 })))
        }
        _ => None,
    });
    site.publish(&stub, &[]).ok();
    assert_eq!((stub.count("begin"), stub.count("upload"), stub.count("commit")), (3, 5, 3));
    assert_eq!(stub.state().deploys.len(), 1);
}

#[test]
fn a_server_that_is_never_done_is_given_up_on() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| {
        (seen.call() == "begin")
            .then(|| Reply::json(202, &json!({ "missing": [], "remaining": seen.json()["hashes"] })))
    });
    site.publish(&stub, &[]).fails(1, &["begin: the server gets no further with 5 files left"]);
    assert_eq!(stub.count("commit"), 0);

    let stub =
        Stub::scripted(|seen, _| (seen.call() == "commit").then(|| Reply::json(202, &json!({ "remaining": 9 }))));
    site.publish(&stub, &[]).fails(1, &["commit: the server gets no further with 9 files left"]);
}

#[test]
fn upload_addresses_may_be_relative_or_absolute() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    stub.state().upload_base = stub.url();
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.state().blobs.len(), 5);
}

#[test]
fn blobs_that_the_server_lost_before_the_commit_are_uploaded_again() {
    let site = Site::new(PAGES);
    let mut lost = false;
    let stub = Stub::scripted(move |seen, state| {
        (seen.call() == "commit" && !std::mem::replace(&mut lost, true)).then(|| {
            state.blobs.pop_first();
            Reply::error(422, "missing_blobs", "1 blob is missing")
        })
    });
    site.publish(&stub, &[]).ok();
    assert_eq!((stub.count("begin"), stub.count("upload"), stub.count("commit")), (2, 6, 2));
}

#[cfg(unix)]
#[test]
fn an_interrupt_from_the_keyboard_leaves_nothing_active() {
    use super::site::{Ran, pmx};
    let site = Site::new(PAGES);
    let stub = Stub::start();
    stub.state().hold_until = usize::MAX;
    let url = stub.url();
    let child = pmx(site.folder(), &["publish", "-s", "alpha", "--server", &url, "--no-build", "--no-git"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    stub.wait_until(|state| state.uploading == 5);
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let ran = Ran::from(child.wait_with_output().unwrap());
    ran.fails(130, &["interrupted: nothing was changed", "uploads only what is still missing"]);
    assert_eq!(stub.count("commit"), 0);
}
