//! The publish API of a running server: what it refuses, what it keeps, what it answers.
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
use support::{Answer, Client, Fixture, Pmx, SECRET, Server, site};

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{}", answer.text());
}

/// Calls that need the token.
const CALLS: [(&str, &str); 7] = [
    ("POST", "/api/publish/begin"),
    ("POST", "/api/publish/upload?hash=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("POST", "/api/publish/commit"),
    ("POST", "/api/publish/rollback"),
    ("POST", "/api/unpublish"),
    ("GET", "/api/deploys?subdomain=alpha"),
    ("POST", "/api/deploys/prune"),
];

#[test]
fn without_a_secret_every_publish_call_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let mut command = support::process::pmx();
    command.args(["serve", "--json", "--port", "0", "--state"]).arg(state.path());
    let pmx = Pmx::start(command);
    for (method, path) in CALLS {
        for authorization in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Bearer undefined")]] {
            refused(&pmx.client.call(method, "localhost", path, authorization, b""), 503, "publish_disabled");
        }
    }
    assert_eq!(pmx.client.get("localhost", "/api/health").status, 200);
    assert!(pmx.kill().contains("PUBLISH_SECRET"));
}

#[test]
fn only_the_right_token_in_the_right_form_is_let_through() {
    let server = Server::new();
    for (method, path) in CALLS {
        for authorization in [
            String::new(),
            SECRET.to_owned(),
            format!("Basic {SECRET}"),
            format!("Bearer {SECRET}x"),
            format!("Bearer{SECRET}"),
            format!("x Bearer {SECRET}"),
            "Bearer".to_owned(),
        ] {
            let answer = server.client().call(method, "localhost", path, &[("authorization", &authorization)], b"");
            refused(&answer, 401, "unauthorized");
        }
        let twice = [("authorization", format!("Bearer {SECRET}")), ("authorization", format!("Bearer {SECRET}"))];
        let twice: Vec<_> = twice.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(&server.client().call(method, "localhost", path, &twice, b""), 401, "unauthorized");
    }
    let lower = format!("bearer {SECRET}");
    let answer =
        server.client().call("GET", "localhost", "/api/deploys?subdomain=alpha", &[("authorization", &lower)], b"");
    assert_eq!((answer.status, answer.json()), (200, json!([])));
    assert!(!server.log().contains(SECRET));
}

#[test]
fn the_api_is_not_on_the_hosts_of_sites() {
    let server = Server::new();
    let token = format!("Bearer {SECRET}");
    for (method, path) in CALLS {
        let answer = server.client().call(method, "alpha.localhost", path, &[("authorization", &token)], b"");
        refused(&answer, 404, "not_found");
    }
}

#[test]
fn names_that_no_site_can_have_are_refused_everywhere() {
    let server = Server::new();
    let site = Fixture::page("v1");
    for name in ["", "a.b", "-a", "a_b", "ä", "www", "pathmx", "pr-1", &"a".repeat(64), "../x"] {
        let bodies = [
            ("/api/publish/begin", json!({ "subdomain": name, "hashes": [] })),
            ("/api/publish/commit", json!({ "subdomain": name, "roots": site.roots })),
            ("/api/publish/rollback", json!({ "subdomain": name, "deployId": "x" })),
        ];
        for (path, body) in bodies {
            let answer = server.client().api("POST", path, &body);
            refused(&answer, 400, "bad_request");
            assert_eq!(answer.json()["error"]["field"], "subdomain");
        }
    }
    site.publish(server.client(), "MiXed");
    assert!(server.client().get("mixed.localhost", "/index").text().contains("v1"));
}

#[test]
fn malformed_json_names_the_field() {
    let server = Server::new();
    let token = format!("Bearer {SECRET}");
    let call = |path: &str, body: &str| {
        server.client().call("POST", "localhost", path, &[("authorization", &token)], body.as_bytes())
    };
    for (path, body, field) in [
        ("/api/publish/begin", "{", "body"),
        ("/api/publish/begin", "[]", "body"),
        ("/api/publish/begin", "{\"subdomain\":\"a\"}", "body"),
        ("/api/publish/begin", "{\"subdomain\":7,\"hashes\":[]}", "subdomain"),
        ("/api/publish/begin", "{\"subdomain\":\"a\",\"hashes\":[\"xyz\"]}", "hashes[0]"),
        (
            "/api/publish/commit",
            "{\"subdomain\":\"a\",\"roots\":{\"roots\":{\"m\":{\"entry\":\"x\",\"routes\":\"\",\"manifest\":\"\"}},\"default\":\"m\"}}",
            "roots.roots.m.routes",
        ),
        ("/api/publish/commit", "{\"subdomain\":\"a\",\"roots\":{\"roots\":{},\"default\":\"m\"}}", "roots"),
        ("/api/publish/rollback", "{\"subdomain\":\"a\"}", "body"),
    ] {
        let answer = call(path, body);
        refused(&answer, 400, "bad_request");
        assert_eq!(answer.json()["error"]["field"], field, "{body}: {}", answer.text());
    }
    refused(&call("/api/publish/begin", &" ".repeat(9 * 1024 * 1024)), 413, "too_large");
}

#[test]
fn an_upload_is_create_only_and_verified() {
    let server = Server::new();
    let hash = Hash::of(b"body").to_string();
    for bad in ["", "xyz", &hash[..63], &hash.to_uppercase(), "../../etc/passwd"] {
        refused(&server.client().upload(bad, b"body"), 400, "bad_request");
    }
    refused(&server.client().api("POST", "/api/publish/upload", &Value::Null), 400, "bad_request");
    refused(&server.client().upload(&hash, b"another body"), 400, "checksum_mismatch");
    let missing = |client: Client| {
        let answer = client.api("POST", "/api/publish/begin", &json!({ "subdomain": "alpha", "hashes": [hash] }));
        answer.json()["missing"].as_array().unwrap().len()
    };
    assert_eq!(missing(server.client()), 1, "nothing of a refused upload is kept");
    assert_eq!(server.client().upload(&hash, b"body").json()["stored"], true);
    assert_eq!(server.client().upload(&hash, b"body").json()["stored"], false);
    refused(&server.client().upload(&hash, b"other bytes"), 400, "checksum_mismatch");
    assert_eq!(missing(server.client()), 0);
}

#[test]
fn an_upload_without_a_length_above_the_cap_or_cut_off_leaves_nothing() {
    let server = Server::new();
    let hash = Hash::of(b"body").to_string();
    let head = |extra: &str| {
        format!(
            "POST /api/publish/upload?hash={hash} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {SECRET}\r\nconnection: close\r\n{extra}\r\n\r\n"
        )
    };
    let chunked = head("transfer-encoding: chunked");
    refused(
        &server.client().raw(false, &[chunked.as_bytes(), b"4\r\nbody\r\n0\r\n\r\n"]).unwrap(),
        411,
        "length_required",
    );
    let large = head("content-length: 26214401");
    refused(&server.client().raw(false, &[large.as_bytes()]).unwrap(), 413, "too_large");
    let cut = head("content-length: 4");
    {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(server.client().address).unwrap();
        stream.write_all(cut.as_bytes()).unwrap();
        stream.write_all(b"bo").unwrap();
    }
    let begun = server.client().api("POST", "/api/publish/begin", &json!({ "subdomain": "alpha", "hashes": [hash] }));
    assert_eq!(begun.json()["missing"].as_array().unwrap().len(), 1);
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_large_blob_arrives_whole() {
    let server = Server::new();
    let body: String = (0..20 * 1024 * 1024 / 16).map(|n| format!("{n:015}\n")).collect();
    Fixture::new(&[("index.html", "x"), ("large.txt", &body)]).publish(server.client(), "alpha");
    let answer = server.client().get("alpha.localhost", "/large.txt");
    assert_eq!((answer.status, Hash::of(&answer.body)), (200, Hash::of(body.as_bytes())));
    let part = server.client().get_with("alpha.localhost", "/large.txt", &[("range", "bytes=10000000-10000015")]);
    assert_eq!((part.status, part.text()), (206, format!("{:015}\n", 625_000)));
}

#[test]
fn commit_proves_that_everything_it_names_exists() {
    let server = Server::new();
    let v1 = Fixture::page("v1");
    let active = v1.publish(server.client(), "alpha")["deployId"].clone();
    let mut v2 = Fixture::page("v2");
    let commit = |roots: &Value| {
        server.client().api("POST", "/api/publish/commit", &json!({ "subdomain": "alpha", "roots": roots }))
    };

    let nothing = commit(&v2.roots);
    refused(&nothing, 422, "missing_blobs");
    let page =
        v2.blobs.iter().find(|(_, body)| body.starts_with(b"<!doctype html><title>v2")).map(|(hash, _)| *hash).unwrap();
    v2.blobs.remove(&page);
    v2.upload(server.client(), "alpha");
    let missing = commit(&v2.roots);
    refused(&missing, 422, "missing_blobs");
    assert_eq!(missing.json()["error"]["missing"], json!([page]));

    // A document that is none, and a route to a file that no manifest has.
    let mut broken = Fixture::page("v3");
    let style = Hash::of(b"p { color: red }");
    broken.upload(server.client(), "alpha");
    broken.roots["roots"]["main"]["manifest"] = style.to_string().into();
    refused(&commit(&broken.roots), 422, "bad_document");

    let deploys = site::deploys(server.client(), "alpha");
    assert_eq!((deploys.len(), &deploys[0]["deployId"]), (1, &active));
    assert!(server.client().get("alpha.localhost", "/index").text().contains("v1"));
}

#[test]
fn meta_is_kept_within_its_limit_and_events_are_checked_for_shape() {
    let server = Server::new();
    let site = Fixture::page("v1");
    site.upload(server.client(), "alpha");
    let commit = |extra: Value| {
        let mut body = json!({ "subdomain": "alpha", "roots": site.roots });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        server.client().api("POST", "/api/publish/commit", &body)
    };
    refused(&commit(json!({ "meta": { "commit": "x".repeat(5000) } })), 400, "bad_request");
    refused(&commit(json!({ "meta": { "commit": 7 } })), 400, "bad_request");
    for events in [
        json!([{ "type": "reload" }]),
        json!([{ "type": "sources-changed", "sources": [7] }]),
        json!([{ "type": "sources-changed", "sources": [], "x": 1 }]),
    ] {
        refused(&commit(json!({ "events": events })), 400, "bad_request");
    }
    assert_eq!(commit(json!({ "meta": { "commit": "abc", "branch": "main" }, "events": [{ "type": "artifacts-changed", "paths": ["/x"] }] })).status, 200);
    assert_eq!(commit(json!({})).status, 200);
    let deploys = site::deploys(server.client(), "alpha");
    assert_eq!(deploys[1]["meta"], json!({ "commit": "abc", "branch": "main" }));
    assert_eq!(deploys[0].get("meta"), None);
}

#[test]
fn history_lists_newest_first_and_rollback_moves_the_active_mark() {
    let server = Server::new();
    let client = server.client();
    let ids: Vec<_> =
        (1..=3).map(|n| Fixture::page(&format!("v{n}")).publish(client, "alpha")["deployId"].clone()).collect();
    let active = |deploys: &[Value]| deploys.iter().position(|deploy| deploy["isActive"] == true);
    let listed = site::deploys(client, "alpha");
    let listed_ids: Vec<_> = listed.iter().map(|deploy| deploy["deployId"].clone()).collect();
    assert_eq!(listed_ids, ids.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(active(&listed), Some(0));
    for deploy in &listed {
        let id = deploy["deployId"].as_str().unwrap();
        assert!(id.len() == 36 && id.as_bytes()[14] == b'4', "{id} is a random UUID");
        assert!(deploy["createdAt"].as_str().unwrap().ends_with('Z'));
        assert_eq!(deploy["roots"]["roots"]["main"]["routes"].as_str().map(str::len), Some(64));
    }

    let back = site::rollback(client, "alpha", ids[0].as_str().unwrap());
    assert_eq!((&back["deployId"], &back["seq"]), (&ids[0], &json!(4)));
    assert!(back["events"][1]["paths"].as_array().is_some_and(|paths| !paths.is_empty()), "{back}");
    assert!(client.get("alpha.localhost", "/index").text().contains("v1"));
    assert_eq!(active(&site::deploys(client, "alpha")), Some(2));

    let again = site::rollback(client, "alpha", ids[0].as_str().unwrap());
    assert_eq!((&again["seq"], &again["events"]), (&json!(4), &json!([])), "to the active one nothing happens");
    let unknown = client.api("POST", "/api/publish/rollback", &json!({ "subdomain": "alpha", "deployId": "nope" }));
    refused(&unknown, 404, "unknown_deploy");
    refused(
        &client.api("POST", "/api/publish/rollback", &json!({ "subdomain": "never", "deployId": "nope" })),
        404,
        "unknown_deploy",
    );

    Fixture::page("v4").publish(client, "alpha");
    let listed = site::deploys(client, "alpha");
    assert_eq!((listed.len(), active(&listed)), (4, Some(0)));
}

#[test]
fn only_what_is_missing_is_uploaded() {
    let server = Server::new();
    assert_eq!(Fixture::page("v1").upload(server.client(), "alpha"), 12);
    assert_eq!(Fixture::page("v1").upload(server.client(), "alpha"), 0);
    Fixture::page("v1").publish(server.client(), "alpha");
    // The page, the script that bears its marker, the manifest; routes are the same.
    assert_eq!(Fixture::page("v2").upload(server.client(), "alpha"), 3);
    assert_eq!(Fixture::page("v1").upload(server.client(), "beta"), 0, "blobs are shared by all sites");
}

#[test]
fn many_hashes_are_looked_up_in_slices() {
    let server = Server::new();
    let mut hashes: Vec<_> = (0..1500).map(|n| Hash::of(format!("{n}").as_bytes())).collect();
    let mut missing = 0;
    for round in 1.. {
        let answer =
            server.client().api("POST", "/api/publish/begin", &json!({ "subdomain": "alpha", "hashes": hashes }));
        let json = answer.json();
        missing += json["missing"].as_array().unwrap().len();
        if answer.status == 200 {
            assert_eq!(round, 2);
            break;
        }
        assert_eq!(answer.status, 202);
        hashes = serde_json::from_value(json["remaining"].clone()).unwrap();
    }
    assert_eq!(missing, 1500);
}

#[test]
fn twenty_commits_at_once_are_one_history() {
    let server = Server::new();
    let client = server.client();
    let fixtures: Vec<_> = (0..20).map(|n| Fixture::page(&format!("n{n}"))).collect();
    for fixture in &fixtures {
        fixture.upload(client, "alpha");
    }
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let commits: Vec<_> = fixtures
            .iter()
            .map(|fixture| {
                scope.spawn(move || {
                    client
                        .api("POST", "/api/publish/commit", &json!({ "subdomain": "alpha", "roots": fixture.roots }))
                        .json()
                })
            })
            .collect();
        commits.into_iter().map(|commit| commit.join().unwrap()).collect()
    });
    let mut seqs: Vec<_> = answers.iter().map(|answer| answer["seq"].as_u64().unwrap()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
    let deploys = site::deploys(client, "alpha");
    let active: Vec<_> = deploys.iter().filter(|deploy| deploy["isActive"] == true).collect();
    let last = answers.iter().max_by_key(|answer| answer["seq"].as_u64()).unwrap();
    assert_eq!((deploys.len(), active.len(), &active[0]["deployId"]), (20, 1, &last["deployId"]));
    assert_eq!(client.get("alpha.localhost", "/index").header("pmx-deploy"), last["deployId"].as_str());
}

#[test]
fn health_says_which_wasm_runs() {
    let server = Server::new();
    let health = server.client().get("localhost", "/api/health");
    let wasm = Hash::of(pmx_worker::WASM).to_string();
    assert_eq!(
        health.json(),
        json!({ "ok": true, "name": "pmx-worker", "version": env!("CARGO_PKG_VERSION"), "abi": 2, "wasm": wasm })
    );
    refused(&server.client().call("POST", "localhost", "/api/health", &[], b""), 405, "method_not_allowed");
}
