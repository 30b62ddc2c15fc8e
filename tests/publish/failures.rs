//! A publish that fails says why, with the right exit code, and never reaches the commit.

use super::{
    site::{Ran, Site, pmx},
    stub::{Reply, Stub},
};
use pmx_model::Hash;
use serde_json::json;
use std::{fs, net::TcpListener};

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home"), ("assets/a.css", "p{}")];

#[test]
fn a_refusal_in_any_phase_stops_the_publish_with_the_servers_words() {
    let site = Site::new(PAGES);
    for phase in ["begin", "upload", "commit"] {
        for (status, exit) in [(401, 3), (403, 3), (413, 1), (500, 1)] {
            let stub = Stub::scripted(move |seen, _| {
                (seen.call() == phase).then(|| Reply::error(status, "some_code", "what the server says"))
            });
            let says = format!("{status} what the server says (request 00c0ffee00c0ffee)");
            site.publish(&stub, &[]).fails(exit, &[phase, &says]);
            assert!(stub.state().deploys.is_empty());
            assert_eq!(stub.count("commit"), usize::from(phase == "commit"), "{phase} {status}");
        }
    }
}

#[test]
fn an_error_that_is_not_json_is_quoted_and_not_parsed() {
    let site = Site::new(PAGES);
    for (body, says) in
        [("Unauthorized", "401 Unauthorized"), ("<!doctype html>…", "401 (an HTML page)"), ("", "401 (no message)")]
    {
        let stub = Stub::scripted(move |_, _| Some(Reply::text(401, body).header("cf-ray", "8a1b")));
        site.publish(&stub, &[]).fails(3, &[says, "(request 8a1b)", "hint: ", "PATHMX_PUBLISH_TOKEN"]);
    }
}

#[test]
fn a_yes_that_is_no_answer_of_the_api_is_an_error() {
    let site = Site::new(PAGES);
    for phase in ["begin", "commit"] {
        let stub = Stub::scripted(move |seen, _| (seen.call() == phase).then(|| Reply::text(200, "<html>Log in")));
        site.publish(&stub, &[]).fails(1, &[phase, "is not one of the publish API", "hint: is --server"]);
    }
}

#[test]
fn an_upload_that_keeps_failing_never_leads_to_a_commit() {
    let site = Site::new(PAGES);
    let victim = Hash::of(b"p{}");
    let stub = Stub::scripted(move |seen, _| {
        seen.target.ends_with(&victim.to_string()).then(|| Reply::error(500, "internal", "the bucket is on fire"))
    });
    site.publish(&stub, &[]).fails(1, &[&format!("upload of {}", victim.short(12)), "500 the bucket is on fire"]);
    assert_eq!(stub.count("commit"), 0);
    let tries = stub.seen().iter().filter(|seen| seen.target.ends_with(&victim.to_string())).count();
    assert!(tries > 3, "it was tried {tries} times");
}

#[test]
fn hashes_that_nobody_has_are_listed_and_nothing_is_uploaded() {
    let site = Site::new(PAGES);
    let foreign = Hash::of(b"never built");
    let stub = Stub::scripted(move |seen, state| {
        (seen.call() == "begin").then(|| {
            let mut missing = state.missing(seen.json()["hashes"].as_array().unwrap());
            missing.push(json!({ "hash": foreign, "uploadUrl": "/api/publish/upload?hash=x" }));
            Reply::json(200, &json!({ "missing": missing }))
        })
    });
    site.publish(&stub, &[]).fails(1, &[&foreign.to_string(), "this build does not have"]);
    assert_eq!(stub.calls(), ["begin"]);
}

#[test]
fn a_commit_whose_answer_was_lost_is_not_repeated() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| (seen.call() == "commit").then(Reply::lost));
    site.publish(&stub, &[]).fails(1, &["commit: ", "may be active all the same", "pmx deploys -s alpha"]);
    assert_eq!(stub.count("commit"), 1);
}

#[test]
fn blobs_that_stay_missing_at_the_commit_end_it() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| {
        (seen.call() == "commit").then(|| Reply::error(422, "missing_blobs", "1 blob is missing"))
    });
    site.publish(&stub, &[]).fails(1, &["commit: 422 1 blob is missing"]);
    assert_eq!(stub.count("commit"), 2);
}

#[test]
fn a_server_without_a_secret_is_not_asked_again() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|_, _| Some(Reply::error(503, "publish_disabled", "no secret is configured")));
    site.publish(&stub, &[]).fails(1, &["503 no secret", "PUBLISH_SECRET"]);
    assert_eq!(stub.calls(), ["begin"]);
}

#[test]
fn a_file_that_changed_since_the_build_is_not_published() {
    let site = Site::new(PAGES);
    fs::write(site.out().join("index.path/assets/a.css"), "q{}").unwrap();
    let stub = Stub::start();
    site.publish(&stub, &[]).fails(1, &["a.css changed while it was being published", "nothing was published"]);
    assert_eq!(stub.count("commit"), 0);
    let name = Hash::of(b"p{}").to_string();
    assert!(!stub.state().blobs.contains_key(&name));
    assert!(!stub.seen().iter().any(|seen| seen.complete && seen.target.ends_with(&name)));
}

#[test]
fn an_output_that_does_not_fit_together_is_refused_without_a_call() {
    let stub = Stub::start();
    let site = Site::new(PAGES);
    fs::write(site.out().join("index.path/index.path.html"), "longer than before").unwrap();
    site.publish(&stub, &[]).fails(1, &["index.path.html is not what was built"]);

    let site = Site::new(PAGES);
    fs::write(site.out().join("index.path/manifest.json"), r#"{"files":{}}"#).unwrap();
    site.publish(&stub, &[]).fails(1, &["manifest.json is not what was built"]);

    let site = Site::new(PAGES);
    fs::remove_file(site.out().join("index.path/assets/a.css")).unwrap();
    site.publish(&stub, &[]).fails(1, &["a.css"]);

    let site = Site::new(PAGES);
    fs::write(site.out().join("roots.json"), "{").unwrap();
    site.publish(&stub, &[]).fails(1, &["roots.json: EOF"]);

    site.publish(&stub, &["--outdir", "elsewhere"]).fails(1, &["elsewhere has no roots.json: nothing was built there"]);
    assert!(stub.seen().is_empty());
}

#[test]
fn a_file_above_the_limit_is_refused_without_a_call() {
    let big = "x".repeat(25 * 1024 * 1024 + 1);
    let site = Site::new(&[("index.path.html", &big)]);
    let stub = Stub::start();
    site.publish(&stub, &[]).fails(1, &["`index.path.html` has 26214401 bytes, at most 26214400"]);
    assert!(stub.seen().is_empty());
}

#[test]
fn a_server_that_does_not_listen_is_named_with_a_hint() {
    let site = Site::new(PAGES);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    Ran::of(&mut pmx(site.folder(), &["deploys", "-s", "alpha", "--server", &url]))
        .fails(1, &[&format!("{url} refuses connections"), "hint: is `pmx serve` running", "--server"]);
}

#[test]
fn a_name_that_does_not_resolve_is_told_from_a_lost_connection() {
    let site = Site::new(PAGES);
    let url = "https://pathmx.invalid";
    Ran::of(&mut pmx(site.folder(), &["deploys", "-s", "alpha", "--server", url]))
        .fails(1, &["https://pathmx.invalid cannot be reached", "hint: is this machine online?"]);
}

#[test]
fn wrong_calls_exit_with_2_and_call_nobody() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let url = stub.url();
    let run = |args: &[&str]| Ran::of(&mut pmx(site.folder(), args));
    run(&["publish", "--server", &url]).fails(2, &["no site is named: `-s <name>` (--site) says which"]);
    run(&["publish", "-s", "a.b", "--server", &url]).fails(2, &["`a.b` is no site name"]);
    run(&["publish", "-s", "www", "--server", &url]).fails(2, &["reserved"]);
    run(&["publish", "-s", "alpha", "--server", "path.app"])
        .fails(2, &["--server: `path.app`", "hint: `--server https://path.app`"]);
    run(&["publish", "-s", "alpha", "--server", &format!("{url}/api")])
        .fails(2, &["more than scheme, host and port", &format!("hint: `--server {url}`")]);
    run(&["publish", "-s", "alpha", "--server", &url, "--commit", &"c".repeat(5000)]).fails(2, &["at most 4096"]);
    assert!(stub.seen().is_empty());
}
