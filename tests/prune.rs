//! Old deploys are forgotten when that is asked for, and nothing that is live is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::{Value, json};
use support::{Answer, Client, Events, Fixture, Server, site};

const ALPHA: &str = "alpha.localhost";

fn prune(client: Client, site: &str, keep: impl Into<Value>) -> Answer {
    client.api("POST", "/api/deploys/prune", &json!({ "subdomain": site, "keep": keep.into() }))
}

/// What a prune forgot, and what it kept.
#[track_caller]
fn pruned(client: Client, keep: u32) -> (u64, u64) {
    let answer = prune(client, "alpha", keep);
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.text());
    let document = answer.json();
    assert_eq!(document.as_object().unwrap().len(), 2, "{document}");
    (document["pruned"].as_u64().unwrap(), document["kept"].as_u64().unwrap())
}

/// Deploy ids of the history, newest first.
fn history(client: Client) -> Vec<String> {
    site::deploys(client, "alpha").iter().map(|deploy| deploy["deployId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_newest_are_kept_and_the_rest_is_unknown_afterwards() {
    let server = Server::new();
    let client = server.client();
    let ids: Vec<String> = (1..=12).map(|n| server.publish("alpha", &format!("v{n}"))).collect();
    assert_eq!(pruned(client, 20), (0, 12));
    assert_eq!(pruned(client, 8), (4, 8));
    assert_eq!(history(client), ids[4..].iter().rev().cloned().collect::<Vec<_>>());
    let gone = client.api("POST", "/api/publish/rollback", &json!({ "subdomain": "alpha", "deployId": ids[3] }));
    assert_eq!((gone.status, gone.error_code().as_str()), (404, "unknown_deploy"));
    assert_eq!(Events::connect(client, ALPHA, &ids[3]).closed(), 4404, "a page that shows it loads anew");
    site::rollback(client, "alpha", &ids[4]);
    assert!(client.get(ALPHA, "/index").text().contains("v5"));
    assert_eq!(pruned(client, 8), (0, 8), "twice is as good as once");
}

#[test]
fn what_is_served_is_kept_however_little_is_to_be_kept() {
    let server = Server::new();
    let client = server.client();
    let first = server.publish("alpha", "v1");
    let ids: Vec<String> = (2..=20).map(|n| server.publish("alpha", &format!("v{n}"))).collect();
    site::rollback(client, "alpha", &first);
    // The active one; the newest; and the five that the KV value names, of which the newest is one.
    assert_eq!(pruned(client, 1), (14, 6));
    let mut expected: Vec<String> = ids[14..].iter().rev().cloned().collect();
    expected.push(first.clone());
    assert_eq!(history(client), expected);
    assert!(client.get(ALPHA, "/index").text().contains("v1"));
    for marker in ["v1", "v16", "v20"] {
        let script = format!("console.log({marker:?})");
        let name = format!("/assets/app.{}.js", pmx_model::Hash::of(script.as_bytes()).short(16));
        assert_eq!(client.get(ALPHA, &name).text(), script, "a page that is just being loaded keeps its assets");
    }
}

#[test]
fn publishing_goes_on_after_a_prune_and_only_what_is_missing_is_uploaded() {
    let server = Server::new();
    let client = server.client();
    for n in 1..=8 {
        server.publish("alpha", &format!("v{n}"));
    }
    assert_eq!(pruned(client, 1), (2, 6));
    assert_eq!(Fixture::page("v8").upload(client, "alpha"), 0, "what is active is known to exist");
    assert_eq!(Fixture::page("v1").upload(client, "alpha"), 0, "no blob was deleted");
    let back = Fixture::page("v1").publish(client, "alpha");
    assert_eq!((&back["seq"], &back["kv"]), (&json!(9), &json!("current")));
    assert!(client.get(ALPHA, "/index").text().contains("v1"));
}

#[test]
fn what_is_no_prune_is_refused() {
    let server = Server::new();
    let client = server.client();
    server.publish("alpha", "v1");
    for keep in [json!(0), json!(-1), json!(1.5), json!("1"), Value::Null, json!(4_294_967_296_u64)] {
        let answer = prune(client, "alpha", keep.clone());
        assert_eq!((answer.status, answer.error_code().as_str()), (400, "bad_request"), "{keep}");
        assert_eq!(answer.json()["error"]["field"], "keep");
    }
    assert_eq!(prune(client, "www", 1).json()["error"]["field"], "subdomain");
    assert_eq!(prune(client, "nobody", 1).json(), json!({ "pruned": 0, "kept": 0 }));
    assert_eq!(client.api("GET", "/api/deploys/prune", &Value::Null).header("allow"), Some("POST"));
    assert_eq!(history(client).len(), 1);
}
