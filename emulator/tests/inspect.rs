//! A look into Durable Objects, awake or asleep, that races with nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use pmx_emulator::clock::Clock;
use pmx_emulator::inspect::InspectError;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{Builder, Emulator};
use serde_json::{Value as Json, json};
use support::{builder, deadline, eventually, run_object, script};

const CREATE: &str = "CREATE TABLE log (n INTEGER PRIMARY KEY, text TEXT NOT NULL, bytes BLOB)";

async fn create(emulator: &Emulator, name: &str) {
    run_object(emulator, name, script().sql([CREATE]).sql(["INSERT INTO log (text) VALUES (?)", "tone"]).respond())
        .await;
}

async fn texts(emulator: &Emulator, object: &str) -> Vec<Vec<Json>> {
    emulator.inspect().sql(object, "SELECT text FROM log ORDER BY n", &[]).await.unwrap().rows
}

/// Opens a folder that the emulator before lets go of with its last task.
async fn reopen(path: &std::path::Path, builder: Builder) -> Emulator {
    let state = deadline(async {
        loop {
            match StateDir::open(path) {
                Ok(state) => break state,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    builder.state(state.await).build().unwrap()
}

#[tokio::test]
async fn objects_are_known_by_their_files_and_by_their_instances() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(1_000);
    let emulator = reopen(folder.path(), builder().clock(clock.clone())).await;
    create(&emulator, "kept").await;
    // It has nothing but an event that goes on.
    let event = script().answer(["200", "none", ""]).op(["sleep", "60000"]);
    run_object(&emulator, "fleeting", event).await;
    let objects = emulator.inspect().objects().await.unwrap();
    let told: Vec<_> =
        objects.iter().map(|object| (object.name.as_deref().unwrap(), object.awake, object.bytes > 0)).collect();
    assert_eq!(told, [("fleeting", true, false), ("kept", true, true)]);
    clock.advance(Duration::from_secs(60));
    emulator.shutdown().await;
    drop(emulator);
    let emulator = reopen(folder.path(), builder()).await;
    let objects = emulator.inspect().objects().await.unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(objects[0].name.as_deref(), Some("kept"), "the file tells whose it is");
    assert!(!objects[0].awake);
    assert_eq!(texts(&emulator, &objects[0].id).await, [[json!("one")]], "an id is as good as the name");
    assert_eq!(emulator.stats().constructed, 0, "nobody was woken");
}

#[tokio::test]
async fn a_file_that_does_not_tell_its_name_is_read_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let (id, other) = {
        let emulator = reopen(folder.path(), builder()).await;
        create(&emulator, "old").await;
        create(&emulator, "other").await;
        emulator.shutdown().await;
        let objects = emulator.inspect().objects().await.unwrap();
        (objects[0].id.clone(), objects[1].id.clone())
    };
    // What an earlier version left; and a copy, which tells a name that is not its own.
    let path = |id: &str| folder.path().join("do/SpaceDO").join(format!("{id}.sqlite"));
    std::fs::copy(path(&other), path(&id)).unwrap();
    let emulator = reopen(folder.path(), builder()).await;
    let inspect = emulator.inspect();
    let nameless = inspect.objects().await.unwrap().pop().unwrap();
    assert_eq!((nameless.name.as_deref(), nameless.id.as_str()), (None, id.as_str()));
    let written = inspect.sql(&id, "INSERT INTO log (text) VALUES ('two')", &[]).await.unwrap();
    assert_eq!(written.rows_written, 1);
    assert_eq!(texts(&emulator, &id).await.len(), 2);
    assert!(matches!(inspect.fire_alarm(&id).await, Err(InspectError::NoAlarm { .. })));
    inspect.delete(&id).await.unwrap();
    assert!(!path(&id).exists());
}

#[tokio::test]
async fn tables_tell_their_columns_and_rows_and_the_platform_s_own_are_not_among_them() {
    let emulator = builder().clock(Clock::manual(1_000)).build().unwrap();
    create(&emulator, "a").await;
    run_object(
        &emulator,
        "a",
        script().op(["alarm.set", "9000"]).sql(["CREATE TABLE \"odd \"\" name\" (x)"]).respond(),
    )
    .await;
    let tables = emulator.inspect().tables("a").await.unwrap();
    assert_eq!(
        tables.iter().map(|table| (table.name.as_str(), table.rows)).collect::<Vec<_>>(),
        [("log", 1), ("odd \" name", 0)]
    );
    assert_eq!(
        serde_json::to_value(&tables[0].columns).unwrap(),
        json!([
            { "name": "n", "type": "INTEGER", "notNull": false, "primaryKey": 1 },
            { "name": "text", "type": "TEXT", "notNull": true, "primaryKey": 0 },
            { "name": "bytes", "type": "BLOB", "notNull": false, "primaryKey": 0 },
        ])
    );
    assert_eq!(tables[0].schema, CREATE);
    assert_eq!(emulator.inspect().objects().await.unwrap()[0].alarm_ms, Some(9_000));
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), Some(9_000));
}

#[tokio::test]
async fn sql_by_hand_is_seen_by_the_object_and_under_its_limits() {
    let emulator = builder().build().unwrap();
    create(&emulator, "a").await;
    let inspect = emulator.inspect();
    let parameters = [json!("two"), json!({ "hex": "00ff" })];
    let written =
        inspect.sql("a", "INSERT INTO log (text, bytes) VALUES (?, ?) RETURNING n, bytes", &parameters).await.unwrap();
    assert_eq!(written.columns, ["n", "bytes"]);
    assert_eq!(written.rows, [[json!(2), json!({ "hex": "00ff" })]]);
    assert_eq!((written.rows_read, written.rows_written), (0, 1));
    let seen = run_object(&emulator, "a", script().sql(["SELECT count(*) FROM log"]).respond()).await.fields();
    assert_eq!(support::fields(seen[3].as_bytes())[6], "i2");
    for (query, refused) in [
        ("SELECT * FROM _cf_METADATA", "access to _cf_METADATA.key is prohibited"),
        ("BEGIN", "To execute a transaction, please use"),
        ("ATTACH 'x' AS y", "not authorized"),
        ("SELECT load_extension('x')", "not authorized"),
        ("  ", "SQL code did not contain a statement."),
        ("SELECT ?", "Wrong number of parameter bindings"),
    ] {
        let error = inspect.sql("a", query, &[]).await.unwrap_err().to_string();
        assert!(error.starts_with(refused), "{query}: {error}");
    }
    let error = inspect.sql("a", "DELETE FROM log; SELEC", &[]).await.unwrap_err();
    assert!(matches!(error, InspectError::Sql(_)), "{error}");
    assert_eq!(texts(&emulator, "a").await.len(), 2, "all of a query is committed, or nothing");
    assert!(matches!(inspect.sql("nobody", "SELECT 1", &[]).await, Err(InspectError::NoObject { .. })));
    assert_eq!(emulator.stats().traps, 0);
}

#[tokio::test]
async fn sql_waits_for_the_turn_and_not_for_the_event() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    create(&emulator, "a").await;
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        let insert = ["INSERT INTO log (text) VALUES ('early')"];
        let late = ["INSERT INTO log (text) VALUES ('late')"];
        async move { run_object(&emulator, "a", script().sql(insert).op(["sleep", "1000"]).sql(late).respond()).await }
    });
    eventually(|| emulator.stats().object_tasks == 1).await;
    assert_eq!(texts(&emulator, "a").await, [[json!("one")], [json!("early")]]);
    clock.advance(Duration::from_secs(1));
    waiting.await.unwrap();
    assert_eq!(texts(&emulator, "a").await.len(), 3);
}

#[tokio::test]
async fn looking_does_not_keep_an_object_awake() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    create(&emulator, "a").await;
    for _ in 0..10 {
        clock.advance(Duration::from_secs(1));
        texts(&emulator, "a").await;
    }
    // Its answer came before it rested, so it may rest a second later than the clock began.
    eventually(|| {
        clock.advance(Duration::from_secs(1));
        emulator.stats().objects == 0
    })
    .await;
    assert_eq!(texts(&emulator, "a").await.len(), 1);
    assert_eq!(emulator.stats().constructed, 1);
}

#[tokio::test]
async fn an_alarm_is_fired_by_hand_and_its_end_is_waited_for() {
    let clock = Clock::manual(1_000);
    let handler = script().sql(["INSERT INTO log (text) VALUES ('alarm')"]);
    let emulator = builder().clock(clock.clone()).var("object.alarm", handler.text()).build().unwrap();
    create(&emulator, "a").await;
    assert!(matches!(emulator.inspect().fire_alarm("a").await, Err(InspectError::NoAlarm { .. })));
    run_object(&emulator, "a", script().op(["alarm.set", "999000"]).respond()).await;
    emulator.evict("a").await;
    deadline(emulator.inspect().fire_alarm("a")).await.unwrap();
    assert_eq!(texts(&emulator, "a").await, [[json!("one")], [json!("alarm")]]);
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), None);
    clock.advance(Duration::from_secs(2_000));
    run_object(&emulator, "a", script().respond()).await;
    assert_eq!(texts(&emulator, "a").await.len(), 2, "it was delivered once");
}

#[tokio::test]
async fn an_alarm_fired_by_hand_may_fail_and_is_tried_again() {
    let emulator = builder().clock(Clock::manual(1_000)).var("object.alarm", script().trap().text()).build().unwrap();
    run_object(&emulator, "a", script().op(["alarm.set", "999000"]).respond()).await;
    let fired = deadline(emulator.inspect().fire_alarm("a")).await;
    assert!(matches!(fired, Err(InspectError::AlarmFailed { .. })), "{fired:?}");
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), Some(1_000));
}

#[tokio::test]
async fn an_object_that_is_deleted_begins_anew() {
    let clock = Clock::manual(1_000);
    let emulator = builder().clock(clock.clone()).build().unwrap();
    create(&emulator, "a").await;
    run_object(&emulator, "a", script().op(["alarm.set", "9000"]).respond()).await;
    let waiting = tokio::spawn({
        let emulator = emulator.clone();
        async move { run_object(&emulator, "a", script().op(["sleep", "1000"]).respond()).await }
    });
    eventually(|| emulator.stats().object_tasks == 1).await;
    emulator.inspect().delete("a").await.unwrap();
    assert_eq!(waiting.await.unwrap().fields()[0], "err", "what was under way fails");
    deadline(async { while !emulator.inspect().objects().await.unwrap().is_empty() {} }).await;
    assert!(matches!(emulator.inspect().tables("a").await, Err(InspectError::NoObject { .. })));
    create(&emulator, "a").await;
    assert_eq!(texts(&emulator, "a").await.len(), 1);
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), None);
}
