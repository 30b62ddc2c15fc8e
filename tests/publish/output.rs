//! What the command prints.

use super::{
    site::{Ran, Site, pmx},
    stub::{Stub, id},
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home"), ("assets/a.css", "p{}")];

#[test]
fn a_publish_tells_its_steps_on_stdout() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let ran = site.publish(&stub, &[]).ok();
    let expected = format!(
        "[pathmx] checking 4 hashes\n\
         [pathmx] uploading 4 new blobs (0 cached)\n\
         [pathmx] published: https://alpha.path.app (deploy: {})\n",
        id(1)
    );
    assert_eq!((ran.out, ran.err), (expected, String::new()));
    let ran = site.publish(&stub, &[]).ok();
    assert!(ran.out.contains("[pathmx] uploading 0 new blobs (4 cached)\n"), "{}", ran.out);
}

#[test]
fn quiet_prints_nothing_and_json_one_object() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let ran = site.publish(&stub, &["--quiet"]).ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    let ran = site.publish(&stub, &["--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        printed,
        json!({ "event": "published", "url": "https://alpha.path.app", "deployId": id(2), "seq": 2, "kv": "current",
            "events": [], "new": 0, "cached": 4, "bytes": 0 })
    );
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let ran = site.publish(&stub, &["--dry-run"]).ok();
    let bytes: usize = ["manifest.json", "routes.json", "index.path.html", "assets/a.css"]
        .iter()
        .map(|name| fs::read(site.out().join("index.path").join(name)).unwrap().len())
        .sum();
    let expected = format!(
        "[pathmx] checking 4 hashes\n\
         [pathmx] would upload 4 new blobs (0 cached), {bytes} B\n\
         [pathmx] dry run: nothing was changed\n"
    );
    assert_eq!(ran.out, expected);
    let ran = site.publish(&stub, &["--dry-run", "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed, json!({ "event": "planned", "new": 4, "cached": 0, "bytes": bytes }));
    assert_eq!(stub.calls(), ["begin", "begin"]);
}

#[test]
fn large_uploads_tell_how_far_they_are() {
    let big: Vec<(String, String)> =
        (0..4).map(|n| (format!("{n}.txt"), n.to_string().repeat(5 * 1024 * 1024))).collect();
    let files: Vec<(&str, &str)> = big.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let site = Site::new(&files);
    let stub = Stub::start();
    let ran = site.publish(&stub, &[]).ok();
    assert!(ran.err.contains("[pathmx] uploaded 20.00 MiB of 20.00 MiB"), "{}", ran.err);
    let ran = site.publish(&Stub::start(), &["--quiet"]).ok();
    assert_eq!(ran.err, "");
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn commit_and_branch_of_the_checkout_are_recorded() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let url = stub.url();
    let publish = |more: &[&str]| {
        let args = ["publish", "-s", "alpha", "--server", &url, "--no-build"];
        Ran::of(&mut pmx(site.folder(), &[&args, more].concat())).ok();
        stub.seen().last().unwrap().json().get("meta").cloned()
    };
    assert_eq!(publish(&[]), None, "no checkout");
    git(site.folder(), &["init", "-q", "-b", "topic"]);
    assert_eq!(publish(&[]), None, "no commit");
    git(site.folder(), &["commit", "-q", "--allow-empty", "-m", "first"]);
    let commit = git(site.folder(), &["rev-parse", "HEAD"]);
    assert_eq!(publish(&[]), Some(json!({ "commit": commit, "branch": "topic" })));
    assert_eq!(publish(&["--commit", "abc"]), Some(json!({ "commit": "abc", "branch": "topic" })));
    assert_eq!(publish(&["--no-git"]), None);
    assert_eq!(publish(&["--no-git", "--branch", "b"]), Some(json!({ "branch": "b" })));
    git(site.folder(), &["checkout", "-q", "--detach"]);
    assert_eq!(publish(&[]), Some(json!({ "commit": commit })));
}
