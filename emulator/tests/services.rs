//! Workers of one process, joined by service bindings, entrypoints and what leaves the process (`worker/ABI.md`, "Requests").
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use pmx_emulator::clock::Clock;
use pmx_emulator::http::LoopbackOutbound;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{
    AtOnce, BUNDLED_BINDINGS, BindingTarget, BuildError, Builder, ClientSocket, Emulator, SocketMessage, WorkerSetup,
};
use support::{Script, bodyless, builder, deadline, eventually, fetch, fields, get, run, script, worker};
use tokio::net::TcpListener;

/// A Worker `a`, bound to a Worker `b` as `B`, to its entrypoint `Admin` as `ADMIN`, and to itself as `SELF`.
fn pair() -> Builder {
    let other = WorkerSetup::new("b", worker()).with(BUNDLED_BINDINGS);
    builder().worker(other).main(|main| {
        main.named("a")
            .service("B", "b", None, None)
            .service("ADMIN", "b", Some("Admin"), Some(r#"{"user":1}"#))
            .service("SELF", "a", None, None)
    })
}

/// A call of a service, whose script is its body. The answer's body comes with it.
fn call(binding: &str, script: &Script) -> Script {
    request(["service.fetch", binding, "1000000", ""], script)
}

fn request<const N: usize>(op: [&str; N], script: &Script) -> Script {
    let mut fields: Vec<&[u8]> = op.iter().map(|field| field.as_bytes()).collect();
    let script_bytes = script.clone().bytes();
    fields.extend([b"POST".as_slice(), b"http://any.host/x", b"bytes", &script_bytes]);
    self::script().op_of(&fields)
}

fn ok() -> Script {
    script().answer(["200", "bytes", "fine"])
}

#[tokio::test]
async fn a_service_is_asked_and_answers() {
    let emulator = pair().build().unwrap();
    let answer = script().answer([
        "418",
        "bytes",
        "tea",
        "X-B",
        "1",
        "set-cookie",
        "b=1",
        "set-cookie",
        "a=2",
        "x-a",
        "2",
        "x-b",
        "3",
    ]);
    let answer = run(&emulator, call("B", &answer).respond()).await.fields();
    let headers = ["set-cookie", "b=1", "set-cookie", "a=2", "x-a", "2", "x-b", "1, 3"];
    assert_eq!(answer, [&["ok", "418", "bytes", "tea", ""], &headers[..]].concat());
}

#[tokio::test]
async fn a_service_sees_the_request_as_it_was_made() {
    let emulator = pair().build().unwrap();
    let event = script().event().respond();
    let hex = event.hex();
    let op = script().op([
        "service.fetch",
        "B",
        "10000",
        "",
        "delete",
        "HTTPS://Any.Host:443/a/../b?c#d",
        "bytes",
        "",
        "X-One",
        "1",
        "script",
        &hex,
        "x-one",
        "2",
        "Host",
        "other",
        "cf-ray",
        "forged",
    ]);
    let answer = run(&emulator, op.clone().respond()).await.fields();
    assert_eq!(answer[..3], ["ok", "200", "bytes"]);
    let seen = fields(&nested(&run(&emulator, call("B", &event).respond()).await.body));
    assert_eq!(seen[..4], ["fetch", "POST", "http://any.host/x", "body"]);
    let seen = fields(&nested(&fetch(&emulator, bodyless(&op.respond())).await.body));
    assert_eq!(seen[..3], ["fetch", "DELETE", "https://any.host/b?c"]);
    let headers = ["cf-ray", "forged", "content-length", "0", "host", "other", "script", &hex, "x-one", "1, 2"];
    assert_eq!(seen[5..], headers);
}

/// The fourth field of a frame: the body in the answer to a fetch.
fn nested(frame: &[u8]) -> Vec<u8> {
    let mut rest = frame;
    for _ in 0..3 {
        let (len, after) = rest.split_first_chunk::<4>().unwrap();
        rest = &after[u32::from_le_bytes(*len) as usize..];
    }
    let (len, after) = rest.split_first_chunk::<4>().unwrap();
    after[..u32::from_le_bytes(*len) as usize].to_vec()
}

#[tokio::test]
async fn what_the_platform_refuses_is_refused_before_anybody_is_asked() {
    let emulator = pair().build().unwrap();
    let refused = async |fields: [&str; 4], headers: &[&str]| {
        let fields = [&["service.fetch", "B", "", ""], &fields[..], headers].concat();
        let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        run(&emulator, script().op_of(&fields).respond()).await.fields()
    };
    for (request, headers, text) in [
        (["GET", "/y", "none", ""], vec![], "Invalid URL: /y"),
        (["GET", "ftp://x/y", "none", ""], vec![], "Fetch API cannot load: ftp://x/y"),
        (["GET", "ws://x/y", "none", ""], vec![], "Fetch API cannot load: ws://x/y"),
        (["FOO", "http://x/", "none", ""], vec![], "Invalid HTTP method string: FOO"),
        (["GET", "http://x/", "bytes", ""], vec![], "Request with a GET or HEAD method cannot have a body."),
        (["GET", "http://x/", "none", ""], vec!["a b", "c"], "Invalid header name."),
        (["GET", "http://x/", "none", ""], vec!["a", "b\nc"], "Invalid header value."),
    ] {
        assert_eq!(refused(request, &headers).await, ["err", text, "TypeError", ""]);
    }
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn what_a_service_throws_is_remote_and_what_crashes_is_not() {
    let emulator = pair().build().unwrap();
    let thrown = call("B", &script().answer(["500", "error", "out of tea"]));
    assert_eq!(run(&emulator, thrown.respond()).await.fields(), ["err", "out of tea", "Error", "remote"]);
    let answer = run(&emulator, call("B", &script().trap()).respond()).await.fields();
    assert_eq!((answer[0].as_str(), answer[3].as_str()), ("err", ""));
    assert_eq!(run(&emulator, call("B", &ok()).respond()).await.fields()[..4], ["ok", "200", "bytes", "fine"]);
    assert_eq!(emulator.stats().traps, 1, "the caller lives on");
    let answer = run(&emulator, call("B", &script().hang()).respond()).await.fields();
    assert!(answer[1].contains("would never generate a response"), "{answer:?}");
    let direct = fetch(&emulator, bodyless(&script().answer(["500", "error", "secret"]))).await;
    assert_eq!(direct.status, 500);
    assert!(!direct.text().contains("secret"), "{}", direct.text());
}

#[tokio::test]
async fn an_entrypoint_is_called_with_its_props_through_a_binding_and_by_the_worker_itself() {
    let emulator = pair().build().unwrap();
    let event = script().event().respond();
    let seen = fields(&nested(&run(&emulator, call("ADMIN", &event).respond()).await.body));
    assert_eq!(seen[..5], ["entrypoint.fetch", "Admin", r#"{"user":1}"#, "POST", "http://any.host/x"]);
    let own = request(["export.fetch", "Jobs", "[2]", "10000", ""], &event);
    let seen = fields(&nested(&run(&emulator, own.respond()).await.body));
    assert_eq!(seen[..4], ["entrypoint.fetch", "Jobs", "[2]", "POST"]);
    let default = request(["export.fetch", "default", "", "10000", ""], &event);
    assert_eq!(fields(&nested(&run(&emulator, default.respond()).await.body))[..2], ["fetch", "POST"]);
}

#[tokio::test]
async fn bodies_stream_through_a_service_both_ways() {
    let emulator = pair().build().unwrap();
    // The handles: 0 is the client's body, which goes to `b`; there it is 0 again, and goes back.
    let echo = script().answer(["200", "body", "0"]).hex();
    let through = script()
        .op(["service.fetch", "B", "", "", "POST", "http://b/", "body", "0", "script", &echo])
        .answer(["200", "body", "1"]);
    let response = fetch(&emulator, support::with_body(&through, "there and back")).await;
    assert_eq!(response.text(), "there and back");
}

#[tokio::test]
async fn what_a_service_does_after_its_answer_outlives_its_caller() {
    let clock = Clock::manual(1_000);
    let emulator = pair().clock(clock.clone()).build().unwrap();
    let lasting = ok().op(["sleep", "1000"]).kv_put("after", "done");
    assert_eq!(run(&emulator, call("B", &lasting).respond()).await.fields()[..2], ["ok", "200"]);
    eventually(|| emulator.stats().tasks == 1).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    eventually(|| emulator.kv().get("after").unwrap().is_some()).await;
}

#[tokio::test]
async fn redirects_are_followed_unless_the_caller_wants_to_see_them() {
    let to_fine = script().answer(["302", "none", "", "location", "/fine"]).text();
    let emulator = pair();
    // `b` is led on to itself: without the script, a GET has the variable's.
    let leads = |status: &str| script().answer([status, "none", "", "location", "/next"]);
    let emulator = emulator.var("GET", to_fine).build().unwrap();
    let manual = request(["service.fetch", "B", "", "manual"], &leads("302"));
    assert_eq!(run(&emulator, manual.respond()).await.fields()[..3], ["ok", "302", "body"]);
    // 302 after POST becomes a GET, for which `b` has no script: its task ends without an answer.
    let answer = run(&emulator, call("B", &leads("302")).respond()).await.fields();
    assert_eq!(answer[0], "err");
    // 307 sends the body again, and it leads on for ever.
    let answer = run(&emulator, call("B", &leads("307")).respond()).await.fields();
    assert!(answer[1] == "Too many redirects." || answer[1].starts_with("Too many Worker invocations"), "{answer:?}");
    let stream = script().answer(["307", "none", "", "location", "/next"]).hex();
    let once = script().op(["service.fetch", "B", "", "", "POST", "http://b/", "body", "0", "script", &stream]);
    let emulator = pair().build().unwrap();
    let answer = fetch(&emulator, support::with_body(&once.respond(), "once")).await.fields();
    assert!(answer[1].starts_with("A request with a one-time-use body"), "{answer:?}");
    let bad = request(["service.fetch", "B", "", "error"], &ok());
    assert!(run(&emulator, bad.respond()).await.fields()[1].starts_with("Invalid redirect value"));
}

#[tokio::test]
async fn calls_inside_of_each_other_have_an_end() {
    let again = script().op(["service.fetch", "SELF", "1000000", "", "GET", "http://a/", "none", ""]).respond();
    let emulator = pair().var("GET", again.text()).build().unwrap();
    let answer = get(&emulator).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Subrequest depth limit exceeded."), "{}", answer.text());
    assert_eq!(answer.text().matches("http").count(), 0);
    let many = (0..33).fold(script(), |script, _| {
        script.op(["service.fetch", "B", "0", "", "HEAD", "http://b/", "none", "", "script", ""])
    });
    let answer = run(&emulator, many.respond()).await.fields();
    assert_eq!(answer[0], "err");
    assert!(answer[1].starts_with("Too many Worker invocations"), "{answer:?}");
}

#[tokio::test]
async fn a_worker_is_told_what_is_bound() {
    let emulator = pair().var("TEXT", "a text").json_var("NUMBER", "5").var("EMPTY", "").build().unwrap();
    let of = async |script: Script| run(&emulator, script.respond()).await.fields();
    for (name, kind) in [("SPACE_KV", "kv"), ("BUCKET", "r2"), ("SPACE_DO", "object"), ("B", "service")] {
        assert_eq!(of(script().binding(name)).await, [kind]);
        assert!(of(script().variable(name)).await.is_empty());
    }
    assert!(of(script().binding("TEXT")).await.is_empty());
    assert_eq!(of(script().variable("TEXT")).await, ["text", "a text"]);
    assert_eq!(of(script().variable("NUMBER")).await, ["json", "5"]);
    assert_eq!(of(script().variable("EMPTY")).await, ["text", ""]);
    assert!(of(script().variable("NOPE")).await.is_empty());
    let wrong = run(&emulator, call("SPACE_KV", &ok()).respond()).await.fields();
    assert_eq!(wrong, ["err", "there is no service bound as `SPACE_KV`", "TypeError", ""]);
}

#[tokio::test]
async fn namespaces_and_buckets_are_apart_by_id_and_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let builder = builder().state(StateDir::open(folder.path()).unwrap()).main(|main| {
            main.kv_namespace("OTHER_KV", "0f2ac74b498b48028cb68387c421e279")
                .kv_namespace("SAME_KV", "0f2ac74b498b48028cb68387c421e279")
                .kv_namespace("ODD_KV", "Größe/../x")
                .r2_bucket("OTHER_BUCKET", "pictures")
        });
        builder.build().unwrap()
    };
    let emulator = start();
    let of = async |emulator: &Emulator, binding: &str| {
        run(emulator, script().op(["kv.get", binding, "k", ""]).respond()).await.fields()
    };
    for (binding, value) in [("SPACE_KV", "default"), ("OTHER_KV", "other"), ("ODD_KV", "odd")] {
        assert_eq!(
            run(&emulator, script().op(["kv.put", binding, "k", "bytes", value, ""]).respond()).await.fields(),
            ["ok"]
        );
    }
    let large = "x".repeat(200_000);
    run(&emulator, script().op(["r2.put", "OTHER_BUCKET", "k", "bytes", &large, ""]).respond()).await;
    let copy = folder.path().join("copy");
    emulator.snapshot(&copy).await.unwrap();
    drop(emulator);
    let copied = builder().state(StateDir::open(&copy).unwrap()).main(|main| main.r2_bucket("B", "pictures")).build();
    assert_eq!(copied.unwrap().r2_bucket("pictures").unwrap().get("k", None).unwrap().unwrap().body.len(), 200_000);
    let emulator = start();
    for (binding, value) in [("SPACE_KV", "default"), ("OTHER_KV", "other"), ("SAME_KV", "other"), ("ODD_KV", "odd")] {
        assert_eq!(of(&emulator, binding).await, ["ok", value], "{binding}");
    }
    assert!(emulator.r2().head("k").unwrap().is_none());
    assert_eq!(emulator.r2_bucket("pictures").unwrap().head("k").unwrap().unwrap().size, 200_000);
    assert!(folder.path().join("kv.sqlite").exists(), "the default one lies where it always did");
}

#[tokio::test]
async fn a_binding_that_leads_nowhere_is_told_at_once() {
    let nowhere = builder().main(|main| main.service("X", "nope", None, None)).build();
    let text = "Worker \"pmx\"'s binding \"X\" refers to a service \"nope\", but no such service is defined.";
    assert_eq!(nowhere.unwrap_err().to_string(), text);
    let foreign = BindingTarget::DurableObject { class: "SpaceDO".into(), worker: Some("nope".into()) };
    assert!(matches!(builder().bind("Y", foreign).build(), Err(BuildError::NoService { .. })));
    let twice = builder().worker(WorkerSetup::new("pmx", worker())).build();
    assert!(matches!(twice, Err(BuildError::WorkerTwice { .. })));
}

#[tokio::test]
async fn every_worker_can_be_asked() {
    let emulator = pair().build().unwrap();
    let other = emulator.worker("b").unwrap();
    assert_eq!(run(&other, script().binding("B").respond()).await.text(), "");
    assert_eq!(fields(&run(&emulator, script().binding("B").respond()).await.body), ["service"]);
    assert!(emulator.worker("c").is_none());
}

#[tokio::test]
async fn nothing_leaves_unless_it_was_allowed() {
    let server = builder().var("GET", ok().text()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move { server.serve(listener, std::future::pending()).await });
    let ask = |url: &str| script().op(["fetch", "1000", "", "GET", url, "none", ""]).respond();
    let denied = run(&builder().build().unwrap(), ask(&url)).await.fields();
    assert!(denied[1].starts_with("This worker is not permitted to access the internet"), "{denied:?}");
    let allowed = builder().outbound(LoopbackOutbound).build().unwrap();
    assert_eq!(run(&allowed, ask(&url)).await.fields()[..4], ["ok", "200", "bytes", "fine"]);
    assert_eq!(run(&allowed, ask("http://example.com/")).await.fields()[0], "err");
    let nobody = deadline(run(&allowed, ask("http://127.0.0.1:1/"))).await.fields();
    assert_eq!(nobody, ["err", "Network connection lost.", "Error", "retryable"]);
}

#[tokio::test]
async fn a_cache_keeps_what_it_is_given_for_as_long_as_the_answer_says() {
    let clock = Clock::manual(1_000_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let of = async |script: Script| run(&emulator, script.respond()).await.fields();
    let put = |cache: &str, url: &str, headers: [&str; 2]| {
        script().op(["cache.put", cache, "GET", url, "200", "bytes", "kept", headers[0], headers[1]])
    };
    let find = |cache: &str| script().op(["cache.match", cache, "1000", "", "GET", "http://c/x", "none", ""]);
    assert_eq!(of(find("")).await, ["none"]);
    assert_eq!(of(put("", "http://c/x", ["cache-control", "max-age=60"])).await, ["ok"]);
    let found = of(find("")).await;
    assert_eq!(found[..5], ["ok", "200", "bytes", "kept", ""]);
    assert!(found.contains(&"cf-cache-status".to_owned()));
    assert_eq!(of(find("mine")).await, ["none"]);
    clock.advance(Duration::from_secs(60));
    assert_eq!(of(find("")).await, ["none"]);
    assert_eq!(of(put("mine", "http://c/x", ["cache-control", "no-store"])).await, ["ok"]);
    assert_eq!(of(find("mine")).await, ["none"]);
    of(put("mine", "http://c/x", ["cache-control", "max-age=60"])).await;
    assert_eq!(of(script().op(["cache.delete", "mine", "", "POST", "http://c/x"])).await, ["ok", ""]);
    assert_eq!(of(script().op(["cache.delete", "mine", "", "GET", "http://c/x"])).await, ["ok", "1"]);
    assert_eq!(of(script().op(["cache.delete", "mine", "", "GET", "http://c/x"])).await, ["ok", ""]);
    let refused = of(script().op(["cache.put", "", "POST", "http://c/x", "200", "bytes", "", "a", "b"])).await;
    assert_eq!(refused, ["err", "Cannot cache response to non-GET request.", "TypeError", ""]);
}

#[tokio::test]
async fn a_worker_does_not_notice_which_ops_are_answered_at_once() {
    let steps = || {
        script()
            .kv_get("k")
            .kv_put("k", "v")
            .kv_get("k")
            .op(["r2.head", "BUCKET", "k"])
            .op(["r2.put", "BUCKET", "k", "bytes", "object", ""])
            .op(["r2.get", "BUCKET", "k", "100", ""])
            .kv_get("k")
            .respond()
    };
    let mut seen = Vec::new();
    for at_once in [AtOnce::Always, AtOnce::Never, AtOnce::Drawn(1), AtOnce::Drawn(2)] {
        let emulator = builder().at_once(at_once).clock(Clock::manual(5)).build().unwrap();
        seen.push(run(&emulator, steps()).await.fields());
    }
    assert_eq!(seen[0], ["ok", "v"]);
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn an_upgrade_passes_through_a_service_and_is_answered_in_this_process() {
    let emulator = pair().var("object.message", script().op(["sleep", "1"]).text()).build().unwrap();
    let accept = script().answer(["101", "accept", "\u{3}\0\0\0tag", "x-from", "object"]).call([
        "socket.broadcast",
        "",
        "",
        "text",
        "welcome",
        "binary",
        "\u{1}",
    ]);
    // `b` asks the object, and `a` asks `b`; each instance holds the socket as its first thing.
    let b = script().socket("room", &accept).hex();
    let a = script()
        .op(["service.fetch", "B", "", "", "GET", "http://b/", "none", "", "upgrade", "websocket", "script", &b])
        .answer(["101", "socket", "0", "x-from", "a"]);
    let request = |script: &Script, upgrade: bool| {
        let request = http::Request::get("http://t/").header("script", script.hex());
        let request = if upgrade { request.header("upgrade", "websocket") } else { request };
        request.body(axum::body::Body::empty()).unwrap()
    };
    let mut response = deadline(emulator.fetch(request(&a, true))).await;
    assert_eq!((response.status().as_u16(), response.headers()["x-from"].as_bytes()), (101, &b"a"[..]));
    let mut socket = ClientSocket::take(&mut response).unwrap();
    assert!(ClientSocket::take(&mut response).is_none());
    assert_eq!(deadline(socket.receive()).await, Some(SocketMessage::Text("welcome".to_owned())));
    assert_eq!(deadline(socket.receive()).await, Some(SocketMessage::Binary("\u{1}".into())));
    deadline(socket.send_text("hello")).await;
    assert_eq!(emulator.stats().sockets, 1);
    drop(socket);
    eventually(|| emulator.stats().sockets == 0).await;
    // Who did not ask for a socket is not given one.
    let refused = "Worker tried to return a WebSocket in a response to a request which did not contain the header \
                   \"Upgrade: websocket\".";
    let asks = script().op(["service.fetch", "B", "", "", "GET", "http://b/", "none", "", "script", &b]);
    let fresh = pair().build().unwrap();
    assert_eq!(run(&fresh, asks.respond()).await.fields(), ["err", refused, "TypeError", "remote"]);
    let fresh = pair().build().unwrap();
    assert_eq!(deadline(fresh.fetch(request(&a, false))).await.status(), 500);
}
