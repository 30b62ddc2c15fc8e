//! What a stateless isolate bears: guests that crash, loop, hang or ask for too much.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use axum::body::Body;
use http::Request;
use pmx_emulator::clock::Clock;
use support::{Script, builder, deadline, eventually, fetch, get, request, run, script};

fn ok() -> Script {
    script().answer(["200", "bytes", "fine", "content-type", "text/plain"])
}

#[tokio::test]
async fn an_answer_that_needs_only_memory_is_there_at_the_first_poll() {
    let emulator = builder().var("GET", ok().text()).build().unwrap();
    let mut future = std::pin::pin!(emulator.fetch(Request::get("http://t/").body(Body::empty()).unwrap()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(response) => {
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers().len(), 1, "a host adds no header");
        }
        std::task::Poll::Pending => panic!("it had to wait"),
    }
}

#[tokio::test]
async fn a_value_in_memory_is_read_without_waiting() {
    let get_value = script().kv_get("key").respond().text();
    let emulator = builder().var("GET", get_value).build().unwrap();
    assert_eq!(get(&emulator).await.fields(), ["none"]);
    emulator.kv().put("key", b"value", Default::default()).unwrap();
    assert_eq!(get(&emulator).await.fields(), ["ok", "value"]);
    let mut future = std::pin::pin!(emulator.fetch(Request::get("http://t/").body(Body::empty()).unwrap()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready());
}

#[tokio::test]
async fn a_guest_that_loops_is_stopped_and_the_next_request_is_served() {
    let emulator = builder().turn_limit(Duration::from_millis(50)).build().unwrap();
    let answer = run(&emulator, script().spin()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    assert_eq!(emulator.stats().traps, 1);
}

#[tokio::test]
async fn memory_beyond_the_limit_is_refused_and_below_it_granted() {
    let emulator = builder().memory_limit(64 * 65536).build().unwrap();
    assert_eq!(run(&emulator, script().grow(40).respond()).await.text(), "+");
    assert_eq!(run(&emulator, script().grow(40).respond()).await.text(), "-");
    assert_eq!(emulator.stats().traps, 0, "the guest is told, and goes on");
}

#[tokio::test]
async fn a_trap_fails_what_is_in_flight_and_a_fresh_instance_takes_over() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let sleeping = tokio::spawn({
        let emulator = emulator.clone();
        async move { run(&emulator, script().op(["sleep", "1000"]).respond()).await }
    });
    eventually(|| emulator.stats().tasks == 1).await;
    let crashed = run(&emulator, script().trap()).await;
    let bystander = deadline(sleeping).await.unwrap();
    for answer in [&crashed, &bystander] {
        assert_eq!(answer.status, 500);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.text().starts_with(r#"{"error":{"code":"internal","message":""#), "{}", answer.text());
        let id = answer.headers["pmx-request-id"].to_str().unwrap();
        assert!(answer.text().ends_with(&format!(r#""requestId":"{id}"}}"#)));
    }
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    // What the old instance waited for must not reach the new one.
    clock.advance(Duration::from_secs(2));
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    assert_eq!((emulator.stats().traps, emulator.stats().tasks), (1, 0));
}

#[tokio::test]
async fn requests_that_wait_are_interleaved_in_one_instance() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let sleeping: Vec<_> = (0..8)
        .map(|_| {
            let emulator = emulator.clone();
            tokio::spawn(async move { run(&emulator, script().op(["sleep", "300"]).respond()).await })
        })
        .collect();
    eventually(|| emulator.stats().tasks == 8).await;
    assert_eq!(run(&emulator, ok()).await.text(), "fine", "one that need not wait does not");
    // Until all of them sleep, the clock must not move.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_millis(300));
    for answer in sleeping {
        assert_eq!(deadline(answer).await.unwrap().fields(), ["ok"]);
    }
    assert_eq!(emulator.stats().tasks, 0);
}

#[tokio::test]
async fn a_task_that_waits_for_nothing_is_answered_500_instead_of_never() {
    let emulator = builder().build().unwrap();
    let answer = run(&emulator, script().hang()).await;
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("hung"), "{}", answer.text());
    let answer = run(&emulator, script()).await;
    assert_eq!(answer.status, 500, "an end without an answer too");
    assert_eq!((emulator.stats().traps, emulator.stats().tasks), (0, 0));
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_task_with_it() {
    let emulator = builder().clock(Clock::manual(1_000)).build().unwrap();
    let sleeping = tokio::spawn(emulator.fetch(request(script().op(["sleep", "1000"]).respond())));
    eventually(|| emulator.stats().tasks == 1).await;
    sleeping.abort();
    eventually(|| emulator.stats().tasks == 0).await;
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
}

#[tokio::test]
async fn work_after_the_answer_goes_on() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let script = ok().op(["sleep", "1000"]).kv_put("after", "done");
    assert_eq!(run(&emulator, script).await.text(), "fine");
    assert_eq!(emulator.stats().tasks, 1);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    eventually(|| emulator.stats().tasks == 0).await;
    assert_eq!(emulator.kv().get("after").unwrap().as_deref(), Some(&b"done"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_is_answered_whatever_the_others_do() {
    let emulator = builder().isolates(3).build().unwrap();
    let requests: Vec<_> = (0..400)
        .map(|n| {
            let emulator = emulator.clone();
            let script = match n % 8 {
                0 => script().trap(),
                1 => script().op(["sleep", "1"]).respond(),
                2 => script().kv_put("key", "value").kv_get("key").respond(),
                3 => script()
                    .object(&format!("object {}", n % 3), &script().op(["sleep", "1"]).event().respond())
                    .respond(),
                4 => script().object("object 0", &script().trap()).respond(),
                _ => ok(),
            };
            tokio::spawn(async move { run(&emulator, script).await.status })
        })
        .collect();
    for request in requests {
        let status = deadline(request).await.unwrap();
        assert!(matches!(status, 200 | 500), "{status}");
    }
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    eventually(|| emulator.stats().tasks + emulator.stats().object_tasks == 0).await;
}

#[tokio::test]
async fn a_malformed_op_is_an_error_of_that_op() {
    let emulator = builder().build().unwrap();
    for (op, class, text) in [
        (script().op(["no.such.op"]), "Error", "there is no op `no.such.op`"),
        (script().op(["kv.get"]), "Error", "the message is malformed: the frame has no field `binding`"),
        (script().op(["sleep", "soon"]), "Error", "the message is malformed: field `milliseconds` is not a number"),
        (script().op(["kv.get", "BUCKET", "key", ""]), "TypeError", "there is no kv bound as `BUCKET`"),
        (script().op(["r2.head", "NOPE", "key"]), "TypeError", "there is no r2 bound as `NOPE`"),
        (script().op(["alarm.get"]), "Error", "Alarms are only available inside a Durable Object."),
        (script().sql(["SELECT 1"]), "Error", "This is only available inside of a Durable Object."),
        (script().call(["id.name", "SPACE_KV", "a"]), "TypeError", "there is no object bound as `SPACE_KV`"),
        (script().transaction(true, &script()), "Error", "This is only available inside of a Durable Object."),
        (script().call(["body.no"]), "Error", "the message is malformed: the frame has no field `handle`"),
        (script().call([]), "Error", "the message is malformed: the frame has no field `call`"),
    ] {
        assert_eq!(run(&emulator, op.respond()).await.fields(), ["err", text, class, ""]);
    }
}

#[tokio::test]
async fn a_malformed_answer_is_a_500() {
    let emulator = builder().build().unwrap();
    for answer in [
        ["99", "none", ""],
        ["101", "none", ""],
        ["two hundred", "none", ""],
        ["200", "video", ""],
        ["200", "body", "7"],
        ["200", "body", "x"],
        ["101", "socket", "7"],
        ["101", "accept", "tag"],
    ] {
        assert_eq!(run(&emulator, script().answer(answer)).await.status, 500, "{answer:?}");
    }
    assert_eq!(run(&emulator, script().answer(["200", "none", "", "bad name", "x"])).await.status, 500);
    assert_eq!(run(&emulator, script().answer(["200", "none", "", "x", "a\nb"])).await.status, 500);
    assert_eq!(run(&emulator, script().answer(["200", "bytes", "four", "content-length", "5"])).await.status, 500);
    assert_eq!(run(&emulator, script().answer(["200", "none", "", "content-length", "5"])).await.status, 200);
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn what_is_no_request_never_reaches_the_worker() {
    let emulator = builder().var("GET", ok().text()).build().unwrap();
    let bad_host = Request::get("/").header("host", "a@b").body(Body::empty()).unwrap();
    let answer = fetch(&emulator, bad_host).await;
    assert_eq!((answer.status, answer.text().as_str()), (400, "Bad Request"));
    let bad_method = Request::builder().method("get").uri("http://t/").body(Body::empty()).unwrap();
    let answer = fetch(&emulator, bad_method).await;
    assert_eq!((answer.status, answer.text().as_str()), (501, "ERROR: Unrecognized request method."));
}

#[tokio::test]
async fn a_worker_of_another_abi_version_is_refused() {
    let wat = include_str!("support/guest.wat").replace("(result i32) (i32.const 2))", "(result i32) (i32.const 3))");
    let worker = pmx_emulator::Worker::wasm(wat::parse_str(wat).unwrap());
    let error = pmx_emulator::Emulator::builder(worker)
        .main(|main| main.with(pmx_emulator::BUNDLED_BINDINGS))
        .build()
        .unwrap_err();
    assert_eq!(error.to_string(), "the Worker speaks ABI version 3, this host version 2");
}
