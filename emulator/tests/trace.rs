//! What is remembered of requests and events, and what is not while nobody asks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::Arc;

use pmx_emulator::Emulator;
use pmx_emulator::clock::Clock;
use pmx_emulator::faults::Faults;
use pmx_emulator::trace::{MAX_OPS, RequestRecord};
use support::{builder, deadline, eventually, get, run, run_object, script};

/// The records so far of requests, or of objects' events.
fn of(emulator: &Emulator, object: bool) -> Vec<Arc<RequestRecord>> {
    emulator.trace().recent().into_iter().filter(|record| record.object == object).collect()
}

fn ops(record: &RequestRecord) -> Vec<(&'static str, &str, &'static str, bool)> {
    record.ops.iter().map(|op| (op.op, op.key.as_str(), op.outcome, op.cached)).collect()
}

#[tokio::test]
async fn a_request_is_recorded_with_its_binding_calls() {
    let emulator = builder().trace(10).build().unwrap();
    let mut live = emulator.trace().subscribe();
    emulator.kv().put("there", b"1", Default::default()).unwrap();
    let calls = script().kv_get("there").kv_get("missing").kv_put("", "x").kv_get("there");
    run(&emulator, calls.respond()).await;
    let record = deadline(live.recv()).await.unwrap();
    assert_eq!((record.method.as_str(), record.host.as_str(), record.path.as_str()), ("POST", "t", "/"));
    assert_eq!((record.event, record.status, record.object), ("fetch", 200, false));
    assert_eq!(
        ops(&record),
        [
            ("body.all", "", "ok", false),
            ("kv.get", "there", "ok", true),
            ("kv.get", "missing", "none", false),
            ("kv.put", "", "error", false),
            ("kv.get", "there", "ok", true),
        ]
    );
    for op in &record.ops {
        assert!(op.at_us + op.took_us <= record.took_us, "{op:?} ends before {} us", record.took_us);
    }
    assert_eq!(emulator.trace().recent(), [record]);
}

#[tokio::test]
async fn what_goes_on_after_the_answer_belongs_to_the_request() {
    let clock = Clock::manual(1_000);
    let emulator = builder().trace(10).clock(clock.clone()).build().unwrap();
    run(&emulator, script().answer(["204", "none", ""]).op(["sleep", "1000"]).kv_put("k", "v")).await;
    assert!(emulator.trace().recent().is_empty(), "it has not ended yet");
    clock.advance(std::time::Duration::from_secs(1));
    eventually(|| !emulator.trace().recent().is_empty()).await;
    let record = &emulator.trace().recent()[0];
    assert_eq!(record.status, 204);
    assert_eq!(ops(record)[1..], [("sleep", "1000 ms", "ok", false), ("kv.put", "k", "ok", false)]);
    assert!(record.ops[2].at_us >= record.took_us);
}

#[tokio::test]
async fn an_event_of_an_object_is_a_record_of_its_own_with_its_sql() {
    let emulator = builder().trace(10).build().unwrap();
    let inside = script().sql(["CREATE TABLE t (a)"]).sql(["SELEC"]).kv_get("k");
    run_object(&emulator, "site", inside.respond()).await;
    eventually(|| emulator.trace().recent().len() == 2).await;
    let (request, event) = (&of(&emulator, false)[0], &of(&emulator, true)[0]);
    assert_eq!(ops(request)[1], ("object.fetch", "site POST /", "ok", false));
    assert_eq!((event.event, event.method.as_str(), event.host.as_str()), ("fetch", "POST", "site"));
    assert_eq!((event.path.as_str(), event.status), ("/", 200));
    let (sql, kv) = (ops(event)[..2].to_vec(), ops(event)[2]);
    assert_eq!(sql, [("sql", "CREATE TABLE t (a)", "ok", false), ("sql", "SELEC", "error", false)]);
    assert_eq!((kv.0, kv.2), ("kv.get", "none"));
    assert!(event.id > request.id, "the request began first");
}

#[tokio::test]
async fn alarms_are_recorded_as_events() {
    let emulator = builder().trace(10).clock(Clock::manual(1_000)).var("object.alarm", "").build().unwrap();
    run_object(&emulator, "a", script().op(["alarm.set", "1000"]).respond()).await;
    eventually(|| of(&emulator, true).len() == 2).await;
    let records = of(&emulator, true);
    assert_eq!(ops(&records[0]), [("alarm.set", "1000", "ok", true)]);
    assert_eq!((records[1].event, records[1].host.as_str(), records[1].status), ("alarm", "a", 0));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_record_without_a_status() {
    let emulator = builder().trace(10).clock(Clock::manual(0)).build().unwrap();
    let mut waiting = Box::pin(run(&emulator, script().op(["sleep", "1000"]).respond()));
    tokio::select! {
        _ = &mut waiting => panic!("it cannot be answered"),
        () = eventually(|| emulator.stats().tasks == 1) => {}
    }
    // The script has to arrive first.
    for _ in 0..100 {
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("it cannot be answered"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(waiting);
    eventually(|| !emulator.trace().recent().is_empty()).await;
    let record = &emulator.trace().recent()[0];
    assert_eq!(record.status, 0);
    assert_eq!(record.ops.last().unwrap().outcome, "cancelled");
}

#[tokio::test]
async fn only_the_last_are_kept_and_a_long_request_says_what_is_left_out() {
    let emulator = builder().trace(3).var("GET", script().answer(["200", "none", ""]).text()).build().unwrap();
    for _ in 0..5 {
        get(&emulator).await;
    }
    let ids: Vec<u64> = emulator.trace().recent().iter().map(|record| record.id).collect();
    assert_eq!(ids, [3, 4, 5]);
    let many = (0..MAX_OPS + 9).fold(script(), |script, _| script.kv_get("k"));
    run(&emulator, many.respond()).await;
    let record = emulator.trace().recent().pop().unwrap();
    assert_eq!((record.ops.len(), record.more_ops), (MAX_OPS, 10), "with the one that read the script");
}

#[tokio::test]
async fn the_log_names_the_request_in_whose_turn_it_was_written() {
    let emulator = builder().trace(10).build().unwrap();
    run(&emulator, script().warn("from a request").object("a", &script().warn("from an object").respond()).respond())
        .await;
    run(&emulator, script().trap()).await;
    eventually(|| emulator.trace().recent().len() == 3).await;
    let log = emulator.trace().recent_log();
    assert_eq!((log[0].level, log[0].text.as_str()), ("warn", "from a request"));
    // Which of the two requests is recorded first is open.
    let requests = of(&emulator, false);
    let answered = |status: u16| requests.iter().find(|request| request.status == status).map(|request| request.id);
    assert_eq!(log[0].request, answered(200));
    assert_eq!((log[1].request, log[1].text.as_str()), (Some(of(&emulator, true)[0].id), "from an object"));
    assert_eq!((log[2].level, log[2].request), ("error", None));
    assert!(log[2].text.starts_with("a stateless instance of the Worker crashed"), "{}", log[2].text);
    assert!(answered(500).is_some());
}

#[tokio::test]
async fn nothing_is_recorded_unless_it_was_asked_for() {
    let emulator = builder().build().unwrap();
    run(&emulator, script().warn("said").object("a", &script().respond()).respond()).await;
    run(&emulator, script().trap()).await;
    assert!(emulator.trace().recent().is_empty() && emulator.trace().recent_log().is_empty());
    assert!(!emulator.trace().is_on());
}

#[tokio::test]
async fn a_fault_is_seen_as_the_error_that_it_is() {
    let faults = Faults::from(Faults::parse(&["r2-error=100%"]).unwrap());
    let emulator = builder().trace(10).faults(faults).build().unwrap();
    let answer = run(&emulator, script().op(["r2.get", "BUCKET", "k", "9", ""]).respond()).await;
    let error = "get: We encountered an internal error. Please try again. (10001)";
    assert_eq!(answer.fields(), ["err", error, "Error", ""]);
    eventually(|| !emulator.trace().recent().is_empty()).await;
    assert_eq!(ops(&emulator.trace().recent()[0])[1], ("r2.get", "k", "error", true));
}
