//! What an object's storage promises: counts, transactions inside of a turn, and what a reset takes away.

use std::time::Duration;

use crate::support::{Script, builder, run_object, script};
use crate::{CREATE, body, log, note, values};

async fn in_object(emulator: &pmx_emulator::Emulator, script: Script) -> Vec<String> {
    body(&run_object(emulator, "a", script.respond()).await)
}

/// Rows read and written, as the platform counts them.
#[tokio::test]
async fn rows_that_are_read_and_written_are_counted() {
    let emulator = builder().build().unwrap();
    in_object(&emulator, script().sql(["CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE TABLE i (id INTEGER PRIMARY KEY, a); CREATE INDEX i_a ON i (a)"])).await;
    for (query, read, written) in [
        ("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", "0", "3"),
        ("INSERT INTO i VALUES (1, 1)", "0", "2"),
        ("SELECT * FROM t", "3", "0"),
        ("SELECT * FROM t WHERE a = 2", "3", "0"),
        ("SELECT * FROM t WHERE id = 2", "1", "0"),
        ("SELECT count(*) FROM t", "3", "0"),
        ("UPDATE i SET a = 2 WHERE id = 1", "1", "2"),
        ("DELETE FROM i WHERE id = 1", "1", "1"),
        ("INSERT INTO i VALUES (1, 1)", "0", "2"),
        ("CREATE INDEX i_b ON i (a, id)", "", ""),
        ("INSERT INTO i VALUES (2, 1)", "0", "3"),
        ("DROP INDEX i_b", "", ""),
        ("INSERT INTO i VALUES (3, 1)", "0", "2"),
        ("SELECT 1 WHERE 0", "0", "0"),
    ] {
        let answer = in_object(&emulator, script().sql([query])).await;
        // What the schema itself costs is not compared.
        if !read.is_empty() {
            assert_eq!((answer[3].as_str(), answer[4].as_str()), (read, written), "{query}");
        }
    }
}

#[tokio::test]
async fn columns_have_their_names_and_duplicates_are_kept() {
    let emulator = builder().build().unwrap();
    let answer = in_object(&emulator, script().sql(["SELECT 1 AS a, 2 AS b, 3 AS a"])).await;
    assert_eq!(answer, ["ok", "3", "1", "1", "0", "a", "b", "a", "i1", "i2", "i3"]);
    let answer = in_object(&emulator, script().sql(CREATE).sql(["INSERT INTO log VALUES ('x')"])).await;
    assert_eq!(answer[1], "0");
}

#[tokio::test]
async fn the_size_is_that_of_the_pages_in_use() {
    let emulator = builder().build().unwrap();
    let empty = in_object(&emulator, script().call(["sql.size"])).await;
    let filled = note(script(), &"x".repeat(100_000));
    let large = in_object(&emulator, filled.call(["sql.size"])).await;
    let after = in_object(&emulator, script().sql(["DROP TABLE log"]).call(["sql.size"])).await;
    let bytes = |answer: &[String]| answer[1].parse::<u64>().unwrap();
    assert!(bytes(&large) > 100_000 && bytes(&large) % 4096 == 0, "{large:?}");
    assert!(bytes(&empty) < 50_000 && bytes(&after) < 50_000, "{empty:?} {after:?}");
}

#[tokio::test]
async fn a_transaction_is_kept_or_undone_as_a_whole_and_the_turn_goes_on() {
    let emulator = builder().build().unwrap();
    let undone = note(script(), "before").transaction(false, &note(script(), "undone"));
    let turn = note(undone, "between").transaction(true, &note(script(), "kept"));
    assert_eq!(in_object(&emulator, turn).await, ["ok"]);
    emulator.evict("a").await;
    assert_eq!(log(&emulator).await, ["before", "between", "kept"]);
}

#[tokio::test]
async fn a_transaction_inside_of_another_is_undone_by_itself_or_with_the_outer_one() {
    let emulator = builder().build().unwrap();
    let inner_undone = note(note(script(), "1").transaction(false, &note(script(), "2")), "3");
    let outer_undone = note(script(), "4").transaction(true, &note(script(), "5"));
    let turn = script().sql(CREATE).transaction(true, &inner_undone).transaction(false, &outer_undone);
    in_object(&emulator, turn).await;
    assert_eq!(log(&emulator).await, ["1", "3"]);
}

#[tokio::test]
async fn a_turn_whose_only_writes_were_undone_leaves_no_file() {
    let emulator = builder().build().unwrap();
    in_object(&emulator, script().transaction(false, &note(script(), "undone"))).await;
    let files = emulator.state().objects("SpaceDO").unwrap();
    assert_eq!(files, []);
    let then = note(script().transaction(false, &note(script(), "undone")), "kept");
    in_object(&emulator, then).await;
    assert_eq!(log(&emulator).await, ["kept"]);
}

#[tokio::test]
async fn an_answer_that_is_an_error_keeps_what_was_written_and_the_instance() {
    let emulator = builder().build().unwrap();
    let failing = note(script(), "kept").answer(["500", "error", "boom"]);
    let answer = run_object(&emulator, "a", failing).await.fields();
    assert_eq!(answer, ["err", "boom", "Error", "remote"]);
    assert_eq!(log(&emulator).await, ["kept"]);
    assert_eq!(emulator.stats().constructed, 1);
}

#[tokio::test]
async fn abort_discards_the_turn_and_tells_all_callers_why() {
    let clock = pmx_emulator::clock::Clock::manual(1_000);
    let emulator = builder().clock(clock).build().unwrap();
    run_object(&emulator, "a", note(script(), "before").respond()).await;
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        async move { run_object(&emulator, "a", script().op(["sleep", "1000"]).respond()).await }
    });
    crate::support::eventually(|| emulator.stats().object_tasks == 1).await;
    let aborting = note(script().answer(["200", "none", ""]), "lost").call(["object.abort", "because"]);
    let told = ["err", "because", "Error", "remote durableObjectReset"];
    assert_eq!(run_object(&emulator, "a", aborting).await.fields(), told);
    assert_eq!(waiting.await.unwrap().fields(), told);
    assert_eq!(log(&emulator).await, ["before"]);
    let answer = run_object(&emulator, "a", script().call(["object.abort", ""])).await.fields();
    assert_eq!(answer[1], "Application called abort() to reset Durable Object.");
    let inside = script().transaction(true, &note(script(), "lost").call(["object.abort", "inside"]));
    assert_eq!(run_object(&emulator, "a", inside).await.fields()[1], "inside");
    assert_eq!(log(&emulator).await, ["before"]);
}

#[tokio::test]
async fn a_turn_that_is_stopped_in_a_transaction_leaves_nothing() {
    let emulator = builder().turn_limit(Duration::from_millis(50)).build().unwrap();
    let stopped = script().transaction(true, &note(script(), "lost").spin());
    assert_eq!(run_object(&emulator, "a", stopped).await.fields()[0], "err");
    assert_eq!(log(&emulator).await, Vec::<String>::new());
}

#[tokio::test]
async fn statements_of_an_object_see_what_its_turn_has_written() {
    let emulator = builder().build().unwrap();
    let turn = note(script(), "x").transaction(true, &note(script(), "y")).sql(["SELECT text FROM log"]);
    assert_eq!(values(&in_object(&emulator, turn).await), ["tx", "ty"]);
}
