//! A site that was taken down: what it answers, what of it is kept, how it comes back.
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
use std::process::{Command, Output};
use support::{Answer, Client, Events, Fixture, Pmx, SECRET, Server, process, site};

const ALPHA: &str = "alpha.localhost";

fn call(client: Client, status: u16) -> Answer {
    client.api("POST", "/api/unpublish", &json!({ "subdomain": "alpha", "status": status }))
}

/// Takes alpha down; the answer.
#[track_caller]
fn unpublish(client: Client, status: u16) -> Value {
    let answer = call(client, status);
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.text());
    answer.json()
}

fn script(marker: &str) -> String {
    let script = format!("console.log({marker:?})");
    format!("/assets/app.{}.js", Hash::of(script.as_bytes()).short(16))
}

/// Every kind of address of the page that [`Fixture::page`] makes.
fn addresses(marker: &str) -> Vec<String> {
    let mut all: Vec<String> = ["/", "/index", "/index.html", "/404.html", "/nowhere", "/_roots", "/_pmx", "/assets/"]
        .map(String::from)
        .into();
    all.push(script(marker));
    all.extend(Fixture::page(marker).blobs.keys().map(|hash| format!("/{hash}")));
    all
}

#[track_caller]
fn shows_nothing(client: Client, marker: &str, status: u16) {
    for path in addresses(marker) {
        for (accept, kind) in [("*/*", "application/json"), ("text/html", "text/html; charset=utf-8")] {
            for extra in [("x-none", ""), ("if-none-match", "*"), ("range", "bytes=0-3")] {
                let answer = client.get_with(ALPHA, &path, &[("accept", accept), extra]);
                let head = (answer.status, answer.header("content-type"), answer.header("cache-control"));
                assert_eq!(head, (status, Some(kind), Some("no-store")), "{path} {extra:?}: {}", answer.text());
                assert!(
                    answer.header("etag").is_none() && !answer.text().contains(marker),
                    "{path}: {}",
                    answer.text()
                );
            }
        }
        let head = client.call("HEAD", ALPHA, &path, &[], b"");
        assert_eq!((head.status, head.text().as_str()), (status, ""), "{path}");
    }
    let posted = client.call("POST", ALPHA, "/", &[], b"");
    assert_eq!((posted.status, posted.error_code().as_str()), (405, "method_not_allowed"));
}

#[test]
fn every_address_answers_as_was_chosen_and_says_nothing_of_what_was_there() {
    for status in [410, 404] {
        let server = Server::new();
        let client = server.client();
        server.publish("alpha", "first-words");
        server.publish("alpha", "second-words");
        server.publish("beta", "b1");
        let done = unpublish(client, status);
        assert_eq!(
            (&done["unpublished"]["status"], &done["seq"], &done["kv"], done.get("deployId")),
            (&json!(status), &json!(3), &json!("current"), None),
            "{done}"
        );
        assert!(done["url"].as_str().unwrap().contains("alpha") && done["unpublished"]["at"].is_string(), "{done}");
        for marker in ["first-words", "second-words"] {
            shows_nothing(client, marker, status);
        }
        let page = client.get_with(ALPHA, "/", &[("accept", "text/html")]);
        assert_eq!(page.text().contains("no longer published"), status == 410, "{}", page.text());
        assert!(client.get("beta.localhost", "/index").text().contains("b1"), "other sites stay");
    }
}

#[test]
fn a_site_that_answers_404_answers_as_one_that_never_was() {
    let server = Server::new();
    server.publish("alpha", "v1");
    unpublish(server.client(), 404);
    let (gone, never) = (server.client().get(ALPHA, "/"), server.client().get("nobody.localhost", "/"));
    assert_eq!((gone.status, gone.error_code()), (never.status, never.error_code()));
    assert_eq!(gone.json()["error"]["message"], "Space not found: alpha");
    assert_eq!(never.json()["error"]["message"], "Space not found: nobody");
}

#[test]
fn the_call_is_checked_like_every_other() {
    let server = Server::new();
    let client = server.client();
    let refused = |answer: Answer, status: u16, code: &str, field: Option<&str>| {
        let json = answer.json();
        assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{json}");
        assert_eq!(json["error"]["field"].as_str(), field, "{json}");
    };
    refused(call(client, 410), 404, "space_not_found", None);
    server.publish("alpha", "v1");
    for (body, field) in [
        (json!({}), "body"),
        (json!({ "subdomain": "www" }), "subdomain"),
        (json!({ "subdomain": "../alpha" }), "subdomain"),
        (json!({ "subdomain": "alpha", "status": 200 }), "status"),
        (json!({ "subdomain": "alpha", "status": 403 }), "status"),
        (json!({ "subdomain": "alpha", "status": "410" }), "status"),
        (json!(["alpha", 410]), "body"),
    ] {
        refused(client.api("POST", "/api/unpublish", &body), 400, "bad_request", Some(field));
    }
    let get = client.api("GET", "/api/unpublish", &Value::Null);
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let token = [("authorization", "Bearer wrong")];
    let wrong = client.call("POST", "localhost", "/api/unpublish", &token, br#"{"subdomain":"alpha"}"#);
    refused(wrong, 401, "unauthorized", None);
    assert!(client.get(ALPHA, "/index").text().contains("v1"), "it is up all the same");
    let plain = client.api("POST", "/api/unpublish", &json!({ "subdomain": "alpha" }));
    assert_eq!(plain.json()["unpublished"]["status"], 410, "gone, unless something else is asked for");
}

#[test]
fn twice_is_as_good_as_once_and_the_status_can_be_changed() {
    let server = Server::new();
    let client = server.client();
    let id = server.publish("alpha", "v1");
    let mut open = Events::connect(client, ALPHA, &id);
    let first = unpublish(client, 410);
    let (sources, paths) = open.change();
    assert!(
        sources == ["404", "index", "other"] && paths.contains(&script("v1")),
        "all is gone: {sources:?} {paths:?}"
    );
    let again = unpublish(client, 410);
    assert_eq!(
        (&again["seq"], &again["unpublished"], &again["events"]),
        (&first["seq"], &first["unpublished"], &json!([]))
    );
    let other = unpublish(client, 404);
    assert_eq!((&other["seq"], &other["kv"]), (&json!(3), &json!("current")));
    assert_eq!(other["unpublished"], json!({ "status": 404, "at": first["unpublished"]["at"] }), "down since then");
    assert_eq!(client.get(ALPHA, "/").status, 404);
    assert!(open.is_quiet(), "nothing that is shown has changed");
}

#[test]
fn the_history_stays_and_says_since_when_the_site_is_down() {
    let server = Server::new();
    let client = server.client();
    let (first, second) = (server.publish("alpha", "v1"), server.publish("alpha", "v2"));
    site::rollback(client, "alpha", &first);
    let since = site::deploys(client, "alpha")[1]["activatedAt"].clone();
    assert!(since.is_string(), "since when it is shown");
    let done = unpublish(client, 410);
    let listed = site::deploys(client, "alpha");
    let ids: Vec<&str> = listed.iter().map(|deploy| deploy["deployId"].as_str().unwrap()).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()]);
    assert!(listed.iter().all(|deploy| deploy["isActive"] == false && deploy.get("activatedAt").is_none()));
    assert_eq!(listed[1]["unpublished"], done["unpublished"], "it is the one that was shown");
    assert!(listed[0].get("unpublished").is_none(), "{listed:?}");
}

#[test]
fn a_rollback_brings_the_site_back_as_it_was() {
    let server = Server::new();
    let client = server.client();
    let (first, second) = (server.publish("alpha", "v1"), server.publish("alpha", "v2"));
    for (id, marker) in [(&second, "v2"), (&first, "v1")] {
        unpublish(client, 410);
        let back = site::rollback(client, "alpha", id);
        assert_eq!(back["events"][1]["type"], "artifacts-changed", "{back}");
        let page = client.get(ALPHA, "/index");
        assert_eq!((page.status, page.header("pmx-deploy")), (200, Some(id.as_str())));
        assert!(page.text().contains(marker));
        let listed = site::deploys(client, "alpha");
        assert_eq!(listed.iter().filter(|deploy| deploy["isActive"] == true).count(), 1);
        assert!(listed.iter().all(|deploy| deploy.get("unpublished").is_none()), "{listed:?}");
    }
}

#[test]
fn a_publish_brings_the_site_back_without_what_was_shown_before() {
    let server = Server::new();
    let client = server.client();
    server.publish("alpha", "secret-words");
    let kept = client.get(ALPHA, &script("secret-words"));
    assert_eq!(kept.status, 200);
    unpublish(client, 410);
    // The same again is a deploy like any other.
    for marker in ["harmless-words", "secret-words", "harmless-words"] {
        server.publish("alpha", marker);
        let page = client.get(ALPHA, "/index");
        assert!(page.status == 200 && page.text().contains(marker));
        if marker == "harmless-words" && page.header("pmx-seq") == Some("3") {
            let asset = client.get(ALPHA, &script("secret-words"));
            assert_eq!(asset.status, 404, "what was taken down stays down: {}", asset.text());
        }
    }
    assert_eq!(client.get(ALPHA, &script("secret-words")).status, 200, "published after it, it is an earlier deploy's");
}

#[test]
fn open_pages_are_told_and_those_that_come_later_learn_it_from_their_document() {
    let server = Server::new();
    let client = server.client();
    let id = server.publish("alpha", "v1");
    let mut open = Events::connect(client, ALPHA, &id);
    let mut beta = Events::connect(client, "beta.localhost", &server.publish("beta", "b1"));
    unpublish(client, 410);
    assert!(open.change().1.contains(&"/index.html".to_owned()));
    // As the live client asks: it shows pages only, and goes by these headers.
    let page = client.get_with(ALPHA, "/index", &[("pmx-fresh", "1")]);
    let said = |name| page.header(name).unwrap_or_default();
    assert_eq!(
        (page.status, said("content-type"), said("pmx-seq"), said("pmx-fresh")),
        (410, "text/html; charset=utf-8", "2", "1")
    );
    let nothing = said("pmx-deploy").to_owned();
    // Which files there were is told to nobody who asks now.
    assert_eq!(Events::connect(client, ALPHA, &id).closed(), 4404);
    let mut waiting = Events::connect(client, ALPHA, &nothing);
    assert!(waiting.is_quiet() && beta.is_quiet());
    let back = server.publish("alpha", "v2");
    for socket in [&mut open, &mut waiting] {
        assert!(socket.change().1.contains(&"/index.html".to_owned()));
    }
    assert_eq!(Events::connect(client, ALPHA, &nothing).closed(), 4404, "a page that still shows nothing loads anew");
    assert!(Events::connect(client, ALPHA, &back).is_quiet());
}

#[test]
fn commits_rollbacks_and_unpublishes_at_once_are_one_order() {
    let server = Server::new();
    let client = server.client();
    let first = server.publish("alpha", "v1");
    let fixtures: Vec<_> = (0..6).map(|n| Fixture::page(&format!("n{n}"))).collect();
    for fixture in &fixtures {
        fixture.upload(client, "alpha");
    }
    let mut answers: Vec<Value> = std::thread::scope(|scope| {
        let commits = fixtures.iter().map(|fixture| {
            let body = json!({ "subdomain": "alpha", "roots": fixture.roots });
            scope.spawn(move || client.api("POST", "/api/publish/commit", &body).json())
        });
        let mut all: Vec<_> = commits.collect();
        for status in [410, 404, 410, 404] {
            all.push(scope.spawn(move || call(client, status).json()));
        }
        for _ in 0..3 {
            let body = json!({ "subdomain": "alpha", "deployId": first });
            all.push(scope.spawn(move || client.api("POST", "/api/publish/rollback", &body).json()));
        }
        all.into_iter().map(|call| call.join().unwrap()).collect()
    });
    answers.sort_by_key(|answer| answer["seq"].as_u64().unwrap());
    let last = answers.last().unwrap();
    let listed = site::deploys(client, "alpha");
    let active: Vec<_> = listed.iter().filter(|deploy| deploy["isActive"] == true).collect();
    let page = client.get_with(ALPHA, "/index", &[("pmx-fresh", "1")]);
    assert_eq!((listed.len(), page.header("pmx-seq")), (7, Some(last["seq"].to_string().as_str())), "{last}");
    match last.get("deployId") {
        Some(id) => assert_eq!((active.len(), &active[0]["deployId"], page.status), (1, id, 200)),
        None => {
            assert_eq!((active.len(), u64::from(page.status)), (0, last["unpublished"]["status"].as_u64().unwrap()));
        }
    }
}

#[test]
fn a_server_that_is_killed_or_started_anew_keeps_the_site_down() {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    let id = Fixture::page("v1").publish(pmx.client, "alpha")["deployId"].as_str().unwrap().to_owned();
    unpublish(pmx.client, 410);
    pmx.kill();
    let pmx = Pmx::serve(state.path());
    shows_nothing(pmx.client, "v1", 410);
    pmx.end();
    let pmx = Pmx::serve(state.path());
    assert_eq!(pmx.client.get(ALPHA, "/").status, 410);
    site::rollback(pmx.client, "alpha", &id);
    pmx.kill();
    let pmx = Pmx::serve(state.path());
    assert!(pmx.client.get(ALPHA, "/index").text().contains("v1"));
}

#[test]
fn a_prune_forgets_old_deploys_but_not_the_one_that_can_be_brought_back() {
    let server = Server::new();
    let client = server.client();
    let first = server.publish("alpha", "v1");
    for n in 2..=9 {
        server.publish("alpha", &format!("v{n}"));
    }
    site::rollback(client, "alpha", &first);
    unpublish(client, 410);
    let answer = client.api("POST", "/api/deploys/prune", &json!({ "subdomain": "alpha", "keep": 1 }));
    assert_eq!(answer.json(), json!({ "pruned": 7, "kept": 2 }));
    shows_nothing(client, "v1", 410);
    site::rollback(client, "alpha", &first);
    assert!(client.get(ALPHA, "/index").text().contains("v1"));
}

/// Runs `pmx` against this server.
fn pmx(client: Client, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let server = format!("http://{}", client.address);
    let mut command: Command = process::pmx();
    command.current_dir(folder.path()).env("PATHMX_PUBLISH_TOKEN", SECRET).args(arguments).args(["--server", &server]);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&server, "SERVER");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn the_command_asks_first_and_says_how_the_site_comes_back() {
    let server = Server::new();
    let client = server.client();
    let (code, _, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--yes"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("`alpha` was never published to SERVER"), "{stderr}");
    let id = server.publish("alpha", "v1");
    let (code, stdout, stderr) = pmx(client, &["unpublish", "-s", "alpha"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    assert!(stderr.contains("there is nobody to ask") && stderr.contains("--yes"), "{stderr}");
    let (code, stdout, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--dry-run"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "nothing was changed\n"));
    let planned = "would unpublish `alpha` on SERVER: every address of it would answer 410; its deploy stays\n";
    assert_eq!(stdout, planned, "the plan is data, as that of every dry run");
    assert_eq!(client.get(ALPHA, "/index").status, 200, "asking and a dry run change nothing");
    let (code, stdout, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--yes"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.starts_with("http://alpha.localhost:") && stdout.lines().count() == 1,
        "the address alone: {stdout}"
    );
    assert!(stderr.contains("every address of it answers 410") && stderr.contains(&id[..8]), "{stderr}");
    assert_eq!(client.get(ALPHA, "/index").status, 410);
    let (code, _, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--yes"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("unpublished already, since 20"), "{stderr}");
    let (code, stdout, stderr) = pmx(client, &["deploys", "-s", "alpha"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains(&id[..8]) && stderr.contains("unpublished since 20"), "{stdout}{stderr}");
    let (code, stdout, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--yes", "--status", "404", "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    let event: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&event["event"], &event["unpublished"]["status"], &event["undo"]),
        (&json!("unpublished"), &json!(404), &json!(id))
    );
    assert!(stderr.contains("every address of it answers 404"), "{stderr}");
    let (code, _, stderr) = pmx(client, &["unpublish", "-s", "alpha", "--status", "200"]);
    assert_eq!(code, Some(2), "{stderr}");
}

#[test]
fn an_export_carries_it_and_an_import_brings_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let (state, other, archive) =
        (folder.path().join("state"), folder.path().join("other"), folder.path().join("archive.tar"));
    let server = Pmx::serve(&state);
    let id = Fixture::page("v1").publish(server.client, "alpha")["deployId"].as_str().unwrap().to_owned();
    unpublish(server.client, 410);
    server.end();
    for (action, state) in [("export", &state), ("import", &other)] {
        let output = process::pmx().args(["state", action]).arg(&archive).arg("--state").arg(state).output().unwrap();
        assert!(output.status.success(), "{action}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let server = Pmx::serve(&other);
    shows_nothing(server.client, "v1", 410);
    site::rollback(server.client, "alpha", &id);
    assert!(server.client.get(ALPHA, "/index").text().contains("v1"));
}

#[test]
fn pmx_dev_shows_what_it_builds_although_the_site_was_taken_down_in_its_state_folder() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let paths = folder.path().join("site/paths");
    std::fs::create_dir_all(&paths).unwrap();
    std::fs::write(paths.join("index.path.md"), "# Home\n\nThe words.\n").unwrap();
    let dev = |state| {
        let mut command = process::pmx();
        command.args(["dev", "--json", "--port", "0", "--site", "alpha", "--state"]).arg(state);
        command.arg(folder.path().join("site"));
        Pmx::start(command)
    };
    let first = dev(&state);
    assert!(first.client.get(ALPHA, "/index.path").text().contains("The words."));
    first.end();
    let server = Pmx::serve(&state);
    unpublish(server.client, 410);
    assert_eq!(server.client.get(ALPHA, "/index.path").status, 410);
    server.end();
    let again = dev(&state);
    let page = again.client.get(ALPHA, "/index.path");
    assert!(page.status == 200 && page.text().contains("The words."), "{}: {}", page.status, page.text());
}
