//! What a Durable Object promises: one instance, turns that are transactions, an output gate, alarms, eviction.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod alarms;
mod identity;
mod storage;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use pmx_emulator::Emulator;
use pmx_emulator::clock::Clock;
use pmx_emulator::faults::Faults;
use support::{Answer, Script, builder, eventually, fields, run_object, script};

const CREATE: [&str; 1] = ["CREATE TABLE IF NOT EXISTS log (text TEXT)"];

fn note(script: Script, text: &str) -> Script {
    script.sql(CREATE).sql(["INSERT INTO log VALUES (?)", &format!("t{text}")])
}

/// The body of an object's answer, from the answer to the op that called it.
fn body(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.fields()[0], "ok", "{:?}", answer.fields());
    fields(support::raw_fields(&answer.body)[3])
}

/// The values of an answer of SQL.
fn values(answer: &[String]) -> &[String] {
    assert_eq!(answer[0], "ok", "{answer:?}");
    &answer[5 + answer[1].parse::<usize>().unwrap()..]
}

/// What the object has noted.
async fn log(emulator: &Emulator) -> Vec<String> {
    let query = script().sql(CREATE).sql(["SELECT text FROM log ORDER BY rowid"]).respond();
    let answer = body(&run_object(emulator, "a", query).await);
    values(&answer).iter().map(|text| text.trim_start_matches('t').to_owned()).collect()
}

#[tokio::test]
async fn a_call_brings_the_request_there_and_the_answer_back() {
    let emulator = builder().build().unwrap();
    let answer = run_object(&emulator, "a", script().event().respond()).await.fields();
    assert_eq!(answer[..3], ["ok", "200", "bytes"]);
    let event = body(&run_object(&emulator, "a", script().event().respond()).await);
    let id = pmx_emulator::durable_object::id::object_id("pmx-SpaceDO", "a");
    assert_eq!(event[..8], ["object.fetch", "SpaceDO", &id, "1", "a", "POST", "https://object/", "bytes"]);
    let with_headers = script().answer(["404", "none", "", "x-a", "1", "x-b", "2"]);
    let answer = run_object(&emulator, "a", with_headers).await.fields();
    assert_eq!(answer, ["ok", "404", "bytes", "", "", "x-a", "1", "x-b", "2"], "the body is there, if only empty");
    run_object(&emulator, "b", note(script(), "a file").respond()).await;
    let constructed = emulator.stats().constructed;
    run_object(&emulator, "b", script().event().respond()).await;
    assert_eq!(emulator.stats().constructed, constructed, "one instance serves all calls");
}

#[tokio::test]
async fn sql_is_typed_and_its_errors_are_the_platform_s() {
    let emulator = builder().build().unwrap();
    let query = script().sql(["SELECT ?, ?, ?, ?, 1.5", "n", "i7", "tx", "b\u{1}"]).respond();
    let answer = body(&run_object(&emulator, "a", query).await);
    assert_eq!(answer[1..3], ["5", "1"]);
    // A bound number is a REAL, and the platform's numbers do not tell 7.0 from 7.
    assert_eq!(values(&answer), ["n", "i7", "tx", "b\u{1}", "r1.5"]);
    let answer = body(&run_object(&emulator, "a", script().sql(["SELEC"]).respond()).await);
    assert_eq!(answer, ["err", "near \"SELEC\": syntax error at offset 0: SQLITE_ERROR", "Error", ""]);
    let answer = body(&run_object(&emulator, "a", script().sql(["SELECT ?", "?"]).respond()).await);
    assert_eq!(answer[0], "err");
}

#[tokio::test]
async fn a_trap_undoes_its_turn_and_keeps_the_turns_before() {
    let emulator = builder().build().unwrap();
    run_object(&emulator, "a", note(script(), "first").respond()).await;
    let two_turns = note(note(script(), "kept").op(["sleep", "1"]), "lost").trap();
    let answer = run_object(&emulator, "a", two_turns).await.fields();
    assert_eq!(answer, ["err", "the Worker trapped", "Error", "durableObjectReset"]);
    assert_eq!(log(&emulator).await, ["first", "kept"]);
    assert_eq!((emulator.stats().traps, emulator.stats().constructed), (1, 2));
}

#[tokio::test]
async fn nothing_leaves_a_turn_that_is_not_committed() {
    let emulator = builder().build().unwrap();
    let premature = note(script().answer(["200", "none", ""]), "lost").trap();
    let answer = run_object(&emulator, "a", premature).await.fields();
    assert_eq!(answer[0], "err", "the answer was written before the trap, and must not have left");
    assert_eq!(log(&emulator).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_trap_fails_the_other_calls_in_flight() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock).build().unwrap();
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        async move { run_object(&emulator, "a", script().op(["sleep", "1000"]).respond()).await }
    });
    eventually(|| emulator.stats().object_tasks == 1).await;
    run_object(&emulator, "a", script().trap()).await;
    assert_eq!(waiting.await.unwrap().fields()[0], "err");
    eventually(|| emulator.stats().object_tasks == 0).await;
}

#[tokio::test]
async fn a_loop_in_an_object_is_stopped() {
    let emulator = builder().turn_limit(Duration::from_millis(50)).build().unwrap();
    assert_eq!(run_object(&emulator, "a", note(script(), "lost").spin()).await.fields()[0], "err");
    assert_eq!(log(&emulator).await, Vec::<String>::new());
}

#[tokio::test]
async fn calls_that_wait_let_others_in() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        async move { run_object(&emulator, "a", note(script().op(["sleep", "1000"]), "second").respond()).await }
    });
    eventually(|| emulator.stats().object_tasks == 1).await;
    run_object(&emulator, "a", note(script(), "first").respond()).await;
    clock.advance(Duration::from_secs(1));
    waiting.await.unwrap();
    assert_eq!(log(&emulator).await, ["first", "second"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_event() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let call = script().object("a", &note(script().op(["sleep", "1000"]), "done").respond()).respond();
    let caller = tokio::spawn(emulator.fetch(support::request(call)));
    eventually(|| emulator.stats().object_tasks == 1).await;
    caller.abort();
    eventually(|| emulator.stats().tasks == 0).await;
    clock.advance(Duration::from_secs(1));
    eventually(|| emulator.stats().object_tasks == 0).await;
    assert_eq!(log(&emulator).await, ["done"]);
}

#[tokio::test]
async fn an_evicted_object_comes_back_fresh_over_the_same_rows() {
    let emulator = builder().build().unwrap();
    run_object(&emulator, "a", note(script(), "kept").respond()).await;
    emulator.evict("a").await;
    assert_eq!(emulator.stats().objects, 0);
    assert_eq!(log(&emulator).await, ["kept"]);
    assert_eq!(emulator.stats().constructed, 2);
    emulator.evict("never seen").await;
}

#[tokio::test]
async fn an_object_is_evicted_when_it_was_idle_for_long_enough_and_not_before() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).evict_after(Duration::from_secs(10)).build().unwrap();
    run_object(&emulator, "a", note(script(), "a file").respond()).await;
    eventually(|| emulator.stats().object_tasks == 0).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(6));
    run_object(&emulator, "a", script().respond()).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(6));
    run_object(&emulator, "a", script().respond()).await;
    assert_eq!(emulator.stats().constructed, 1);
    eventually(|| {
        clock.advance(Duration::from_secs(10));
        emulator.stats().objects == 0
    })
    .await;
}

#[tokio::test]
async fn eviction_waits_for_events_to_end() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        async move { run_object(&emulator, "a", note(script().op(["sleep", "1000"]), "done").respond()).await }
    });
    eventually(|| emulator.stats().object_tasks == 1).await;
    let eviction = tokio::spawn({
        let emulator = emulator.clone();
        async move { emulator.evict("a").await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!eviction.is_finished());
    clock.advance(Duration::from_secs(1));
    eviction.await.unwrap();
    assert_eq!(body(&waiting.await.unwrap())[0], "ok");
}

#[tokio::test]
async fn objects_of_different_names_share_nothing() {
    let emulator = builder().build().unwrap();
    run_object(&emulator, "b", note(script(), "b's").respond()).await;
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    assert_eq!(emulator.stats().objects, 2);
}

#[tokio::test]
async fn an_object_may_put_to_kv_and_call_another_object() {
    let emulator = builder().build().unwrap();
    let answer =
        run_object(&emulator, "a", script().kv_put("k", "v").object("b", &script().event().respond()).respond());
    let answer = body(&answer.await);
    assert_eq!(answer[..2], ["ok", "200"]);
    assert_eq!(emulator.kv().get("k").unwrap().as_deref(), Some(&b"v"[..]));
}

#[tokio::test]
async fn ordered_faults_reach_the_callers_of_objects() {
    let faults = Faults::none();
    let emulator = builder().faults(faults.clone()).build().unwrap();
    faults.set_object_error(true);
    let answer = run_object(&emulator, "a", script().respond()).await.fields();
    assert_eq!(answer[..2], ["err", "Network connection lost."]);
    faults.set_object_error(false);
    assert_eq!(run_object(&emulator, "a", script().respond()).await.fields()[0], "ok");
}

#[tokio::test]
async fn an_object_that_has_only_its_memory_keeps_it_until_there_are_many() {
    let emulator = builder().clock(Clock::manual(1_000)).max_objects(32).build().unwrap();
    for _ in 0..10 {
        run_object(&emulator, "a", script().sql(["SELECT 1"]).op(["sleep", "0"]).respond()).await;
    }
    assert_eq!(emulator.stats().constructed, 1, "what it has in memory may be all that it is for");
    for name in 0..200 {
        run_object(&emulator, &name.to_string(), script().sql(["SELECT 1"]).respond()).await;
    }
    eventually(|| emulator.stats().objects <= 2).await;
    run_object(&emulator, "b", note(script(), "kept").respond()).await;
    let constructed = emulator.stats().constructed;
    for name in 200..400 {
        run_object(&emulator, &name.to_string(), script().sql(["SELECT 1"]).respond()).await;
    }
    run_object(&emulator, "b", note(script(), "kept").respond()).await;
    assert_eq!(emulator.stats().constructed, constructed + 200, "one with a file stays for its next event");
}

#[tokio::test]
async fn the_object_that_was_idle_for_the_longest_gives_way() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).max_objects(2).build().unwrap();
    let idle = |name: &'static str| {
        let (emulator, clock) = (emulator.clone(), clock.clone());
        async move {
            run_object(&emulator, name, note(script(), name).respond()).await;
            // An answer leaves before its object rests.
            eventually(|| emulator.stats().idle_objects == emulator.stats().objects).await;
            clock.advance(Duration::from_millis(10));
        }
    };
    idle("a").await;
    idle("b").await;
    idle("a").await;
    idle("c").await;
    let stats = emulator.stats();
    assert_eq!((stats.objects, stats.max_objects, stats.constructed), (2, 2, 3));
    idle("a").await;
    assert_eq!(emulator.stats().constructed, 3, "b went, a stayed");
    assert_eq!(log(&emulator).await, ["a", "a", "a"]);
    idle("b").await;
    assert_eq!((emulator.stats().objects, emulator.stats().constructed), (2, 4));
}

#[tokio::test]
async fn when_all_objects_are_at_work_more_events_are_told_so_and_nothing_grows() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).max_objects(2).build().unwrap();
    let busy: Vec<_> = ["a", "b"]
        .map(|name| {
            let emulator = emulator.clone();
            tokio::spawn(async move {
                run_object(&emulator, name, note(script(), name).op(["sleep", "1000"]).respond()).await.fields()
            })
        })
        .into();
    eventually(|| emulator.stats().object_tasks == 2).await;
    for _ in 0..10 {
        let answer = run_object(&emulator, "c", script().respond()).await.fields();
        assert_eq!(answer, ["err", "Durable Object is overloaded. Too many requests queued.", "Error", "overloaded"]);
    }
    assert_eq!((emulator.stats().objects, emulator.stats().traps), (2, 0));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    for answer in busy {
        assert_eq!(answer.await.unwrap()[0], "ok", "who was at work goes on");
    }
    eventually(|| emulator.stats().idle_objects > 0).await;
    assert_eq!(run_object(&emulator, "c", note(script(), "c").respond()).await.fields()[0], "ok");
}
