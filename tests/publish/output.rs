//! What the command prints.

use super::{
    site::{Ran, Site, pmx},
    stub::{Reply, Stub, id},
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home"), ("assets/a.css", "p{}")];

#[test]
fn a_publish_says_where_to_and_what_changed_and_its_stdout_is_the_address() {
    let mut site = Site::new(PAGES);
    let stub = Stub::start();
    let ran = site.publish(&stub, &[]).ok();
    let to = format!("Publishing `alpha` to {}\n", stub.url());
    assert_eq!(ran.out, "https://alpha.path.app\n");
    assert_eq!(ran.err, format!("{to}Published 1 page: index.path; 1 asset\n  deploy 00000001\n"));
    site.write(&[("index.path", &[PAGES[0], ("assets/a.css", "q{}")])]);
    let ran = site.publish(&stub, &[]).ok();
    assert_eq!(ran.err, format!("{to}Published 1 asset\n  deploy 00000002\n"));
    site.write(&[("index.path", PAGES)]);
    let ran = site.publish(&stub, &[]).ok();
    let said = "Published 1 asset\n  deploy 00000003; the same as 00000001\n";
    assert_eq!(ran.err, format!("{to}{said}"));
}

#[test]
fn where_it_is_published_is_said_before_anything_is_sent() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|_, _| Some(Reply::error(401, "unauthorized", "wrong token")));
    for command in [&["publish", "--no-build"][..], &["rollback"], &["deploys"]] {
        let url = stub.url();
        let ran = Ran::of(&mut pmx(site.folder(), &[command, &["-s", "alpha", "--server", &url]].concat()));
        let ran = ran.fails(3, &["wrong token"]);
        let first = ran.err.lines().next().unwrap();
        assert!(first.contains("`alpha`") && first.ends_with(&url), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn the_lines_that_scripts_know_stay_as_they_are_under_porcelain() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let published = |new, cached, n| {
        format!(
            "[pathmx] checking 4 hashes\n\
             [pathmx] uploading {new} new blobs ({cached} cached)\n\
             [pathmx] published: https://alpha.path.app (deploy: {})\n",
            id(n)
        )
    };
    let ran = site.publish(&stub, &["--porcelain"]).ok();
    assert_eq!((ran.out, ran.err), (published(4, 0, 1), String::new()));
    let ran = site.publish(&stub, &["--porcelain", "--force"]).ok();
    assert_eq!((ran.out, ran.err), (published(0, 4, 2), String::new()));
    // Nothing changed: what is live is named in the same words.
    let ran = site.publish(&stub, &["--porcelain"]).ok();
    let url = format!("http://alpha.localhost:{}", stub.address.port());
    assert_eq!((ran.out, ran.err), (published(0, 4, 2).replace("https://alpha.path.app", &url), String::new()));
    assert_eq!(site.publish(&stub, &["--porcelain", "--quiet"]).ok().out, "");
}

#[test]
fn quiet_prints_the_address_alone_and_json_one_object() {
    let mut site = Site::new(PAGES);
    let stub = Stub::start();
    let ran = site.publish(&stub, &["--quiet"]).ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("https://alpha.path.app\n", ""));
    site.write(&[("index.path", &[("index.path.html", "<p>other"), PAGES[1]])]);
    let ran = site.publish(&stub, &["--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    let page = json!({ "title": "index.path", "address": "/", "change": "changed" });
    let change = json!({ "pages": [page], "others": 0, "files": 0 });
    let bytes = printed["bytes"].as_u64().unwrap();
    assert_eq!(
        printed,
        json!({ "event": "published", "url": "https://alpha.path.app", "deployId": id(2), "seq": 2, "kv": "current",
            "events": [], "hashes": 4, "new": 2, "cached": 2, "bytes": bytes, "change": change })
    );
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""));
}

#[test]
fn nothing_new_is_no_deploy_and_what_the_server_lost_is_uploaded_again() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    site.publish(&stub, &[]).ok();
    let url = format!("http://alpha.localhost:{}", stub.address.port());
    let ran = site.publish(&stub, &[]).ok();
    assert_eq!(ran.out, format!("{url}\n"));
    assert!(
        ran.err.contains("Already live: nothing changed since deploy 00000001 of 2026-01-01 10:20:30Z ("),
        "{}",
        ran.err
    );
    let ran = site.publish(&stub, &["--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        printed,
        json!({ "event": "unchanged", "url": url, "deployId": id(1), "seq": 1, "hashes": 4, "new": 0, "cached": 4, "bytes": 0 })
    );
    stub.state().blobs.pop_first();
    let ran = site.publish(&stub, &[]).ok();
    assert!(ran.err.contains("Already live") && ran.err.contains("1 file that the server had lost"), "{}", ran.err);
    assert_eq!((stub.count("commit"), stub.count("upload")), (1, 5));
    assert_eq!(stub.state().blobs.len(), 4);
    site.publish(&stub, &["--force"]).ok();
    assert_eq!(stub.state().deploys.len(), 2, "a deploy that is asked for is made");
    // What was rolled back from is published again.
    let empty = tempfile::tempdir().unwrap();
    let other = Site::new(&[("index.path.html", "<p>other")]);
    other.publish(&stub, &[]).ok();
    Ran::of(&mut pmx(empty.path(), &["rollback", "-s", "alpha", "--server", &stub.url()])).ok();
    other.publish(&stub, &[]).ok();
    assert_eq!(stub.state().deploys.len(), 4);
}

#[test]
fn a_server_that_does_not_list_its_deploys_is_published_to() {
    let mut site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| (seen.call() == "deploys").then(|| Reply::error(404, "not_found", "no")));
    site.publish(&stub, &[]).ok();
    site.write(&[("index.path", &[PAGES[0]])]);
    site.publish(&stub, &[]).ok();
    assert_eq!(stub.state().deploys.len(), 2);
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let bytes: usize = ["manifest.json", "routes.json", "index.path.html", "assets/a.css"]
        .iter()
        .map(|name| fs::read(site.out().join("index.path").join(name)).unwrap().len())
        .sum();
    let ran = site.publish(&stub, &["--dry-run"]).ok();
    assert_eq!(ran.out, format!("would publish 1 page: index.path; 1 asset (4 files to upload, {bytes} B)\n"));
    assert!(ran.err.ends_with("\nnothing was changed\n"), "{}", ran.err);
    let ran = site.publish(&stub, &["-n", "--porcelain"]).ok();
    let expected = format!(
        "[pathmx] checking 4 hashes\n\
         [pathmx] would upload 4 new blobs (0 cached), {bytes} B\n\
         [pathmx] dry run: nothing was changed\n"
    );
    assert_eq!(ran.out, expected);
    let ran = site.publish(&stub, &["--dry-run", "--json"]).ok();
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    let page = json!({ "title": "index.path", "address": "/", "change": "changed" });
    let change = json!({ "pages": [page], "others": 0, "files": 1 });
    assert_eq!(
        printed,
        json!({ "event": "planned", "hashes": 4, "new": 4, "cached": 0, "bytes": bytes, "change": change })
    );
    assert!(stub.state().deploys.is_empty());
    assert!(!stub.calls().iter().any(|call| call != "begin" && call != "deploys"), "{:?}", stub.calls());
    site.publish(&stub, &[]).ok();
    let ran = site.publish(&stub, &["--dry-run"]).ok();
    assert!(ran.out.starts_with("would publish nothing: live already is deploy 00000001 of "), "{}", ran.out);
}

#[test]
fn large_uploads_tell_how_far_they_are() {
    let big: Vec<(String, String)> =
        (0..4).map(|n| (format!("{n}.txt"), n.to_string().repeat(5 * 1024 * 1024))).collect();
    let files: Vec<(&str, &str)> = big.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let site = Site::new(&files);
    let stub = Stub::start();
    let ran = site.publish(&stub, &[]).ok();
    assert!(ran.err.contains("uploaded 20.00 MiB of 20.00 MiB\n"), "{}", ran.err);
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
        let args = ["publish", "-s", "alpha", "--server", &url, "--no-build", "--force"];
        Ran::of(&mut pmx(site.folder(), &[&args, more].concat())).ok();
        let mut meta = stub.seen().last().unwrap().json().get("meta").cloned();
        // What changed is recorded beside it.
        if let Some(Value::Object(members)) = &mut meta {
            assert_eq!(members.remove("changed").is_some(), !more.contains(&"--no-git"));
        }
        meta.filter(|meta| *meta != json!({}))
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
