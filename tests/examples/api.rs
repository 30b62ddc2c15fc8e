//! The HTTP interface as `worker/API.md` and the handbook describe it, beside what a server really takes and answers.

use super::{
    none,
    page::{self, Page, Span},
    shape::{Shape, parse},
    sources::Site,
    support::{Events, Fixture, Pmx, process::pmx},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The whole contract.
const API: &str = "worker/API.md";
const SITE: &str = "alpha";

/// A value that was sent or answered, and below which heading of the contract it is described.
struct Seen {
    heading: &'static str,
    what: &'static str,
    value: Value,
}

/// Calls everything that the interface has, with all that a call may carry.
fn conversation() -> Vec<Seen> {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    let client = server.client;
    let mut seen = Vec::new();
    let site = |marker: &str| {
        let mut site = Fixture { blobs: BTreeMap::new(), roots: json!({ "roots": {}, "default": "index.path" }) };
        let page = format!("<!doctype html><title>{marker}</title>");
        site.root("index.path", &[("index.path.html", &page), ("other.html", "<!doctype html><title>Other</title>")]);
        site
    };
    let mut note = |heading, what, value: &Value| seen.push(Seen { heading, what, value: value.clone() });
    let mut call = |heading: &'static str, method: &str, path: &str, body: Value| {
        if !body.is_null() {
            note(heading, "request", &body);
        }
        let answer = client.api(method, path, &body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        let answer = answer.json();
        note(heading, "answer", &answer);
        answer
    };
    call("GET /api/health", "GET", "/api/health", Value::Null);
    let (mut base, mut last) = (None, Value::Null);
    for marker in ["one", "two"] {
        let site = site(marker);
        let hashes: Vec<_> = site.blobs.keys().collect();
        let mut begin = json!({ "subdomain": SITE, "hashes": hashes });
        if let Some(base) = &base {
            begin["base"] = json!(base);
        }
        let begun = call("POST /api/publish/begin", "POST", "/api/publish/begin", begin);
        for missing in begun["missing"].as_array().unwrap() {
            let hash = missing["hash"].as_str().unwrap();
            let answer = client.upload(hash, &site.blobs[&hash.parse().unwrap()]);
            assert_eq!(answer.status, 200, "{}", answer.text());
            last = answer.json();
        }
        let commit = json!({
            "subdomain": SITE, "roots": site.roots, "meta": { "commit": "0123456", "branch": "main" },
            "events": [{ "type": "artifacts-changed", "paths": ["/index.path.html"] }],
        });
        let done = call("POST /api/publish/commit", "POST", "/api/publish/commit", commit);
        let bare = json!({ "subdomain": SITE, "roots": site.roots });
        call("POST /api/publish/commit", "POST", "/api/publish/commit", bare);
        base.get_or_insert(done["deployId"].clone());
    }
    let first = base.unwrap();
    let back = json!({ "subdomain": SITE, "deployId": first, "events": [] });
    call("POST /api/publish/rollback", "POST", "/api/publish/rollback", back);
    call("GET /api/deploys", "GET", &format!("/api/deploys?subdomain={SITE}"), Value::Null);
    let mut events = Events::connect(client, &format!("{SITE}.localhost"), "");
    let published = site("three");
    published.publish(client, SITE);
    let frames: Vec<Value> = (0..2).map(|_| events.frame()).collect();
    call("POST /api/deploys/prune", "POST", "/api/deploys/prune", json!({ "subdomain": SITE, "keep": 1 }));
    let down = json!({ "subdomain": "beta", "status": 404 });
    site("four").publish(client, "beta");
    call("POST /api/unpublish", "POST", "/api/unpublish", down);
    call("POST /api/unpublish", "POST", "/api/unpublish", json!({ "subdomain": "beta" }));
    call("GET /api/deploys", "GET", "/api/deploys?subdomain=beta", Value::Null);
    note("upload?hash=", "answer", &last);
    for frame in &frames {
        note("/_events", "frame", frame);
    }
    note("Errors", "answer", &client.get("localhost", "/api/nothing").json());
    server.kill();
    for site in [SITE, "beta"] {
        let value = pmx().args(["kv", "get", &format!("space:{site}"), "--state"]).arg(state.path()).output().unwrap();
        note("Documents", "KV", &serde_json::from_slice(&value.stdout).unwrap());
    }
    let built = Site::new(&BTreeMap::from([("one.md".to_owned(), "# One\n".to_owned())]));
    assert!(built.build().is_empty());
    for document in ["roots.json", "index.path/manifest.json", "index.path/routes.json"] {
        let text = fs::read_to_string(built.path().join(".pathmx").join(document)).unwrap();
        note("Documents", "document", &serde_json::from_str(&text).unwrap());
    }
    seen
}

fn is_shape(span: &Span) -> bool {
    span.text.starts_with("{\"") || span.text.starts_with("[{")
}

#[test]
fn calls_answers_and_documents_are_shaped_as_they_are_described() {
    let seen = conversation();
    let page = page::named(API);
    let mut found = Vec::new();
    let mut shapes: Vec<(&Span, Shape)> = Vec::new();
    for span in page.spans.iter().filter(|span| is_shape(span)) {
        match parse(&span.text) {
            Ok(mut parsed) if parsed.len() == 1 => shapes.push((span, parsed.remove(0))),
            Ok(_) => found.push(format!("{}: more than one value", page.at(span.line))),
            Err(error) => found.push(format!("{}: {error}", page.at(span.line))),
        }
    }
    // What was seen is described below its heading; errors are described above all of them.
    for Seen { heading, what, value } in &seen {
        let like_commit = *what == "answer" && page.section(heading).contains("the same answer as commit");
        let is_here = |span: &Span| {
            span.heading.contains(heading)
                || *heading == "Errors"
                || (like_commit && span.heading.contains("/api/publish/commit"))
        };
        let here: Vec<&Shape> = shapes.iter().filter(|(span, _)| is_here(span)).map(|(_, shape)| shape).collect();
        let differences: Vec<String> = here.iter().filter_map(|shape| shape.check(value, what).err()).collect();
        if differences.len() == here.len() {
            found.push(format!(
                "{API}, {heading}: nothing describes this {what}: {value}\n  {}",
                differences.join("\n  ")
            ));
        }
    }
    // And what is described was seen, every member of it: a description of what is not there is as wrong.
    for (span, shape) in &shapes {
        let of_heading = |seen: &&Seen| span.heading.contains(seen.heading) || seen.heading == "Errors";
        let alike: Vec<&Value> = seen
            .iter()
            .filter(of_heading)
            .map(|seen| &seen.value)
            .filter(|value| shape.check(value, "").is_ok())
            .collect();
        if alike.is_empty() {
            let rare = ["\"remaining\"", "{\"type\":\"redirect\""].iter().any(|rare| span.text.contains(rare));
            if !rare {
                found.push(format!("{}: nothing is shaped like {}", page.at(span.line), span.text));
            }
            continue;
        }
        let objects = alike.iter().filter_map(|value| match value {
            Value::Array(list) => list.first().and_then(Value::as_object),
            value => value.as_object(),
        });
        let keys: BTreeSet<&str> = objects.flat_map(|object| object.keys().map(String::as_str)).collect();
        let unseen = shape.keys().into_iter().filter(|key| !keys.contains(key));
        found.extend(unseen.map(|key| format!("{}: `{key}` was never there", page.at(span.line))));
    }
    none("descriptions of the interface are wrong", &found);
}

#[test]
fn json_that_a_page_shows_is_json_of_a_shape_that_was_seen() {
    let seen = conversation();
    let mut found = Vec::new();
    for page in page::all() {
        for fence in page.fences.iter().filter(|fence| fence.language == "json") {
            for value in serde_json::Deserializer::from_str(&fence.text).into_iter::<Value>() {
                let fits = |value: &Value| match parse(&value.to_string()) {
                    Ok(shapes) => seen.iter().any(|seen| shapes[0].check(&seen.value, "").is_ok()),
                    Err(_) => false,
                };
                match value {
                    Ok(value) if fits(&value) => {}
                    Ok(value) => found.push(format!("{}: nothing is shaped like {value}", page.at(fence.line))),
                    Err(error) => found.push(format!("{}: {error}", page.at(fence.line))),
                }
            }
        }
    }
    none("JSON of pages is wrong", &found);
}

#[test]
fn every_call_has_a_heading_and_every_heading_a_call() {
    let worker = fs::read_to_string(page::root().join("worker/src/products/sites/api/mod.rs")).unwrap();
    let (page, short) = (page::named(API), page::named("examples/handbook/paths/http-api.reference.md"));
    let described: Vec<&str> = page.text.lines().filter(|line| line.starts_with("## ")).collect();
    let table: Vec<&String> = short.rows.iter().filter_map(|row| row.cells[0].spans.first()).collect();
    let mut found = Vec::new();
    let calls = worker.split("\"/api/").skip(1).filter_map(|rest| rest.split('"').next());
    for path in calls.collect::<BTreeSet<_>>() {
        if !described.iter().any(|line| line.contains(&format!("/api/{path}"))) {
            found.push(format!("{API} has no heading for /api/{path}"));
        }
        if !table.iter().any(|call| call.contains(&format!("/api/{path}"))) {
            found.push(format!("{} has no row for /api/{path}", short.path));
        }
    }
    for line in described.iter().filter(|line| line.contains("/api/")) {
        let path = line.split("/api/").nth(1).unwrap().split(['`', '?']).next().unwrap();
        if !worker.contains(&format!("\"/api/{path}\"")) {
            found.push(format!("{API}: {line}: there is no such call"));
        }
    }
    none("calls and headings part", &found);
}

#[test]
fn every_error_code_is_told_with_its_status() {
    let source = |path: &str| fs::read_to_string(page::root().join(path)).unwrap();
    // Those of any Worker, and those of sites.
    let source = source("worker/edge/src/http/error.rs") + &source("worker/src/products/sites/codes.rs");
    let codes: BTreeSet<(String, String)> = source
        .split(": Self = Self::new(")
        .flat_map(|part| part.split(": Code = Code::new("))
        .skip(1)
        .filter_map(|rest| rest.split(')').next()?.split_once(", \""))
        .map(|(status, code)| (status.to_owned(), code.trim_end_matches('"').to_owned()))
        .collect();
    assert!(codes.len() > 10, "{codes:?}");
    let told = |page: &Page| -> BTreeSet<(String, String)> {
        let rows = page.rows.iter().filter(|row| row.head.get(1).is_some_and(|head| head.eq_ignore_ascii_case("code")));
        rows.flat_map(|row| {
            let statuses: Vec<String> = row.cells[0].text.split(", ").map(str::to_owned).collect();
            let codes = row.cells[1].spans.iter().enumerate();
            // One status for all codes, or one for each.
            let pairs = codes.map(|(at, code)| (statuses.get(at).unwrap_or(&statuses[0]).clone(), code.clone()));
            pairs.collect::<Vec<_>>()
        })
        .collect()
    };
    let mut found = Vec::new();
    for path in [API, "examples/handbook/paths/http-api.reference.md"] {
        let told = told(page::named(path));
        found.extend(told.difference(&codes).map(|wrong| format!("{path}: there is no {wrong:?}")));
        if path == API {
            found.extend(codes.difference(&told).map(|missing| format!("{path} says nothing of {missing:?}")));
        }
    }
    none("codes of errors are wrong", &found);
}
