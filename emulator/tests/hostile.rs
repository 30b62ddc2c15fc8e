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
    assert_eq!(answer[..2], ["err", "The Durable Object's code crashed, and the object was reset."]);
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
