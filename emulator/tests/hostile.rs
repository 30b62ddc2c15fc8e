//! What a guest cannot do to its host, in a stateless instance and in an object's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use futures_util::StreamExt as _;
use pmx_emulator::{Builder, Emulator};
use support::{Script, builder, deadline, eventually, run, run_object, script};
use tokio::net::TcpListener;

/// Long enough for what is stopped by another bound, on any machine.
const NEVER: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_millis(100);

fn ok() -> Script {
    script().answer(["200", "bytes", "fine"])
}

/// Runs what must end its instance, first in a stateless one and then in an object; the next event of either is answered.
async fn ends_its_instance(builder: impl Fn() -> Builder, hostile: &Script) {
    let emulator = builder().build().unwrap();
    assert_eq!(run(&emulator, hostile.clone()).await.status, 500);
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    assert_eq!(emulator.stats().traps, 1);
    ends_its_object(&emulator, hostile).await;
}

async fn ends_its_object(emulator: &Emulator, hostile: &Script) {
    let traps = emulator.stats().traps;
    let answer = run_object(emulator, "a", hostile.clone()).await.fields();
    assert_eq!(answer[..2], ["err", "the Worker trapped"]);
    assert_eq!(run_object(emulator, "a", ok()).await.fields()[0], "ok");
    assert_eq!(emulator.stats().traps, traps + 1);
    eventually(|| emulator.stats().object_tasks == 0).await;
}

#[tokio::test]
async fn ops_that_memory_answers_count_towards_the_time_of_their_event() {
    let emulator = builder().turn_limit(SOON).build().unwrap();
    // Nothing is there: memory knows that from the second time on.
    assert_eq!(run(&emulator, script().op_again(["kv.get", "SPACE_KV", "key", ""])).await.status, 500);
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    ends_its_object(&emulator, &script().op_again(["alarm.get"])).await;
}

#[tokio::test]
async fn a_statement_that_never_ends_is_stopped() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let emulator = builder().turn_limit(SOON).build().unwrap();
    ends_its_object(&emulator, &script().sql([endless]).sql(["SELECT 1"]).respond().spin()).await;
}

#[tokio::test]
async fn an_op_id_that_is_under_way_is_not_issued_again() {
    ends_its_instance(|| builder().turn_limit(NEVER), &script().op_twice(["sleep", "60000"])).await;
    ends_its_instance(|| builder().turn_limit(NEVER), &script().op_twice(["alarm.get"])).await;
}

#[tokio::test]
async fn an_op_that_was_answered_may_be_followed_by_one_of_its_id() {
    let emulator = builder().build().unwrap();
    let again = script().kv_get("a").op(["r2.get", "BUCKET", "b", "", ""]).kv_get("c").respond();
    assert_eq!(run(&emulator, again).await.fields(), ["none"]);
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn what_a_turn_makes_its_host_keep_is_bounded() {
    let large = "x".repeat(60_000);
    for hostile in [
        script().ops_for_ever(["sleep", "60000"]),
        script().ops_for_ever(["kv.put", "SPACE_KV", "key", "bytes", &large, ""]),
        script().answer_for_ever(["200", "bytes", &large]),
        script().answer_for_ever(["200", "none", ""]),
        script().cancel_for_ever(),
        script().op_outside_of_memory(),
        script().random(65_537),
        script().random(u32::MAX),
    ] {
        ends_its_instance(|| builder().turn_limit(NEVER), &hostile).await;
    }
    let emulator = builder().turn_limit(NEVER).build().unwrap();
    // Sockets that nobody asked for are accepted one by one; frames without a socket are kept for the turn, too.
    ends_its_object(&emulator, &script().answer_for_ever(["101", "accept", "\u{3}\0\0\0tag"])).await;
    let mut broadcast = vec!["socket.broadcast", "1", "tag"];
    broadcast.extend(["text", ""].repeat(10_000));
    ends_its_object(&emulator, &script().raw_call_for_ever(&broadcast)).await;
}

#[tokio::test]
async fn a_broadcast_is_bounded_by_all_that_it_queues() {
    let accept = script().answer(["101", "accept", "\u{3}\0\0\0tag"]);
    let emulator = builder().turn_limit(NEVER).var("GET", script().socket("a", &accept).text()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.serve(listener, std::future::pending()).await }
    });
    let mut client = deadline(tokio_tungstenite::connect_async(format!("ws://{address}/"))).await.unwrap().0;
    ends_its_object(&emulator, &script().call_for_ever(["socket.broadcast", "1", "tag", "text", &"x".repeat(60_000)]))
        .await;
    let end = deadline(client.next()).await;
    assert!(
        !matches!(end, Some(Ok(tokio_tungstenite::tungstenite::Message::Text(_)))),
        "nothing left that turn: {end:?}"
    );
}

#[tokio::test]
async fn random_bytes_up_to_the_limit_are_given() {
    let emulator = builder().build().unwrap();
    assert_eq!(run(&emulator, script().random(1024).answer(["200", "bytes", "fine"])).await.text(), "fine");
}

#[tokio::test]
async fn an_answer_with_more_headers_than_the_platform_takes_is_a_500() {
    let emulator = builder().build().unwrap();
    let head = |pairs: usize| {
        let mut fields = vec!["200", "none", ""];
        fields.extend(["x", "y"].repeat(pairs));
        script().raw_answer(&fields)
    };
    assert_eq!(run(&emulator, head(1_000)).await.status, 200);
    // Above 24,576 a map of headers is full, and once panicked.
    assert_eq!(run(&emulator, head(40_000)).await.status, 500);
    assert_eq!(run(&emulator, ok()).await.text(), "fine");
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn a_statement_with_a_million_parameters_is_refused() {
    let emulator = builder().build().unwrap();
    let mut fields = vec!["SELECT 1"];
    fields.extend(std::iter::repeat_n("n", 1_000_000));
    let answer = run_object(&emulator, "a", script().raw_sql(&fields).respond()).await.fields();
    assert!(answer[3].contains("err"), "{answer:?}");
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn a_frame_that_is_none_is_an_error_of_its_op() {
    let emulator = builder().build().unwrap();
    for frame in [&b"\xff\xff\xff\xffkv.get"[..], b"\x06", b"\x06\0\0\0kv.get\xff\xff\xff\x7fSPACE_KV", b""] {
        let answer = run(&emulator, script().op_of_bytes(frame).respond()).await.fields();
        assert!(answer[1].starts_with("the message is malformed: "), "{answer:?}");
    }
    let options = script().op(["kv.put", "SPACE_KV", "k", "bytes", "", "\u{7f}\0\0\0x"]);
    assert!(run(&emulator, options.respond()).await.fields()[1].starts_with("the message is malformed: "));
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn transactions_inside_of_each_other_have_an_end() {
    let emulator = builder().build().unwrap();
    let nested = |depth: usize| (0..depth).fold(script().respond(), |inner, _| script().transaction(true, &inner));
    // The innermost script responds with the answer to the last call before it, which is the transaction that was refused.
    let innermost = |depth| {
        (0..depth).fold(script().transaction(true, &script()).respond(), |inner, _| script().transaction(true, &inner))
    };
    let answer = run_object(&emulator, "a", innermost(63)).await.fields();
    assert!(answer[3].contains("ok"), "{answer:?}");
    let answer = run_object(&emulator, "a", innermost(64)).await.fields();
    assert!(answer[3].contains("at most 64 transactions"), "{answer:?}");
    assert_eq!(run_object(&emulator, "a", nested(64)).await.fields()[..2], ["ok", "200"]);
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn what_goes_wrong_in_a_transaction_ends_the_instance_and_undoes_the_turn() {
    let emulator = builder().build().unwrap();
    run_object(&emulator, "a", script().sql(["CREATE TABLE t (a)"])).await;
    let insert = script().sql(["INSERT INTO t VALUES (1)"]);
    ends_its_object(&emulator, &insert.clone().transaction(true, &insert.clone().trap())).await;
    ends_its_object(&emulator, &insert.clone().transaction_that_ends_with('2', &insert)).await;
    let rows = run_object(&emulator, "a", script().sql(["SELECT * FROM t"]).respond()).await.fields();
    assert!(rows[3].contains("ok\u{1}\0\0\u{0}1\u{1}\0\0\u{0}0"), "one column, no row: {rows:?}");
}

#[tokio::test]
async fn before_its_first_event_a_worker_may_only_look_at_what_is_bound() {
    let version = "(func (export \"abi_version\") (result i32) (i32.const 2))";
    let guest = include_str!("support/guest.wat");
    assert!(guest.contains(version));
    let calls = |call: &str| {
        let wat = guest.replace(version, &version.replace("(i32.const 2))", &format!("{call} (i32.const 2))")));
        let worker = pmx_emulator::Worker::wasm(wat::parse_str(wat).unwrap());
        Emulator::builder(worker).main(|main| main.with(pmx_emulator::BUNDLED_BINDINGS)).build()
    };
    for allowed in [
        "(drop (call $env (i32.const 64) (i32.const 3)))",
        "(drop (call $binding (i32.const 64) (i32.const 3)))",
        "(call $log (i32.const 4) (i32.const 64) (i32.const 3))",
    ] {
        assert!(calls(allowed).is_ok(), "{allowed}");
    }
    for refused in [
        "(call $random (i32.const 0) (i32.const 1))",
        "(drop (call $op (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(drop (call $call (i32.const 0) (i32.const 0)))",
        "(call $respond (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $cancel (i32.const 0))",
        "(call $done (i32.const 0))",
    ] {
        let error = calls(refused).unwrap_err();
        assert!(format!("{error}").contains("before its first event"), "{refused}: {error}");
    }
}
