//! Which object an id or a name is, several classes, and what migrations make of them.

use pmx_emulator::durable_object::classes::ClassMigration;
use pmx_emulator::durable_object::id::object_id;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{BindingTarget, Builder, Emulator};

use crate::support::{self, Script, builder, fields, run, run_object, script};
use crate::{body, log, note};

async fn call<const N: usize>(emulator: &Emulator, call: [&str; N]) -> Vec<String> {
    fields(&run(emulator, script().call(call).respond()).await.body)
}

#[tokio::test]
async fn ids_are_made_from_names_and_by_chance_and_read_from_text() {
    let emulator = builder().build().unwrap();
    let a = object_id("pmx-SpaceDO", "a");
    assert_eq!(call(&emulator, ["id.name", "SPACE_DO", "a"]).await, ["ok", &a]);
    assert_eq!(call(&emulator, ["id.parse", "SPACE_DO", &a.to_uppercase()]).await, ["ok", &a]);
    let unique = call(&emulator, ["id.unique", "SPACE_DO"]).await;
    assert_ne!(unique, call(&emulator, ["id.unique", "SPACE_DO"]).await);
    assert_eq!(call(&emulator, ["id.parse", "SPACE_DO", &unique[1]]).await, unique);
    let not_hex = ["err", "Invalid Durable Object ID: must be 64 hex digits", "TypeError", ""];
    assert_eq!(call(&emulator, ["id.parse", "SPACE_DO", "abc"]).await, not_hex);
    let other = object_id("pmx-Other", "a");
    let foreign = ["err", "Durable Object ID is not valid for this namespace.", "TypeError", ""];
    assert_eq!(call(&emulator, ["id.parse", "SPACE_DO", &other]).await, foreign);
    let called = fields(&run(&emulator, script().object_by_id(&other, &script()).respond()).await.body);
    assert_eq!(called, foreign);
    assert_eq!(call(&emulator, ["id.name", "BUCKET", "a"]).await[0], "err");
}

#[tokio::test]
async fn an_object_is_the_same_by_name_and_by_id_and_knows_its_name_only_by_the_first() {
    let emulator = builder().build().unwrap();
    let id = object_id("pmx-SpaceDO", "a");
    let event = |answer: support::Answer| body(&answer);
    let by_id = event(run(&emulator, script().object_by_id(&id, &script().event().respond()).respond()).await);
    assert_eq!(by_id[..5], ["object.fetch", "SpaceDO", &id, "", ""]);
    emulator.evict("a").await;
    run_object(&emulator, "a", note(script(), "by name").respond()).await;
    run(&emulator, script().object_by_id(&id, &note(script(), "by id").respond()).respond()).await;
    assert_eq!(log(&emulator).await, ["by name", "by id"]);
}

#[tokio::test]
async fn an_object_without_a_name_has_storage_an_alarm_and_a_place_in_the_list() {
    let clock = pmx_emulator::clock::Clock::manual(1_000);
    let folder = tempfile::tempdir().unwrap();
    let on_alarm = note(script(), "alarm").text();
    let build = |clock: &pmx_emulator::clock::Clock| {
        let state = StateDir::open(folder.path()).unwrap();
        builder().state(state).clock(clock.clone()).var("object.alarm", on_alarm.clone()).build().unwrap()
    };
    let emulator = build(&clock);
    let id = call(&emulator, ["id.unique", "SPACE_DO"]).await.remove(1);
    let inside = note(script(), "kept").op(["alarm.set", "5000"]).respond();
    run(&emulator, script().object_by_id(&id, &inside).respond()).await;
    let info = emulator.inspect().objects().await.unwrap().remove(0);
    assert_eq!((info.id.as_str(), info.name, info.alarm_ms), (id.as_str(), None, Some(5_000)));
    emulator.inspect().evict(&id).await.unwrap();
    clock.advance(std::time::Duration::from_secs(5));
    support::deadline(async {
        let texts = ["SELECT text FROM log"];
        while emulator.inspect().sql(&id, texts[0], &[]).await.unwrap().rows.len() != 2 {}
    })
    .await;
    emulator.inspect().delete(&id).await.unwrap();
    support::deadline(async { while !emulator.inspect().objects().await.unwrap().is_empty() {} }).await;
}

fn with_class(builder: Builder, class: &'static str) -> Builder {
    builder.bind("OTHER", BindingTarget::DurableObject { class: class.into(), worker: None })
}

fn of_other(inside: &Script) -> Script {
    let fields: [&[u8]; 9] = [
        b"object.fetch",
        b"OTHER",
        b"name",
        b"a",
        b"1000000",
        b"POST",
        b"https://object/",
        b"bytes",
        &inside.clone().bytes(),
    ];
    script().op_of(&fields).respond()
}

#[tokio::test]
async fn objects_of_two_classes_share_nothing_but_their_name() {
    let emulator = with_class(builder(), "Counter").build().unwrap();
    let answer = run(&emulator, of_other(&script().event().respond())).await;
    let event = body(&answer);
    assert_eq!(event[..3], ["object.fetch", "Counter", &object_id("pmx-Counter", "a")]);
    run(&emulator, of_other(&note(script(), "counter's").respond())).await;
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    let inspect = emulator.inspect();
    assert_eq!(inspect.classes().collect::<Vec<_>>(), ["SpaceDO", "Counter"]);
    let counters = inspect.class("Counter").unwrap().objects().await.unwrap();
    assert_eq!((counters.len(), counters[0].name.as_deref()), (1, Some("a")));
    assert!(inspect.class("Nope").is_none());
}

fn step(tag: &str) -> ClassMigration {
    ClassMigration { tag: tag.to_owned(), ..ClassMigration::default() }
}

#[tokio::test]
async fn a_renamed_class_has_its_objects_and_a_deleted_one_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = vec![ClassMigration { new: vec!["SpaceDO".to_owned(), "Old".to_owned()], ..step("v1") }];
    let build = |class: &'static str, steps: &[ClassMigration]| {
        let (steps, state) = (steps.to_vec(), StateDir::open(folder.path())?);
        with_class(builder().state(state), class).main(|main| main.migrations(steps)).build()
    };
    let emulator = build("Old", &steps).unwrap();
    run(&emulator, of_other(&note(script(), "kept").respond())).await;
    emulator.shutdown().await;
    drop(emulator);
    steps.push(ClassMigration { renamed: vec![("Old".to_owned(), "New".to_owned())], ..step("v2") });
    let emulator = reopened(|| build("New", &steps)).await;
    let query = script().sql(["SELECT text FROM log"]).event().respond();
    let event = body(&run(&emulator, of_other(&query)).await);
    assert_eq!(event[1..3], ["New", &object_id("pmx-Old", "a")], "its id stays");
    let rows = script().sql(["SELECT text FROM log"]).respond();
    assert_eq!(body(&run(&emulator, of_other(&rows)).await).last().unwrap(), "tkept");
    emulator.shutdown().await;
    drop(emulator);
    steps.push(ClassMigration { deleted: vec!["New".to_owned()], new: vec!["Old".to_owned()], ..step("v3") });
    let emulator = reopened(|| build("Old", &steps)).await;
    assert_eq!(emulator.inspect().class("Old").unwrap().objects().await.unwrap(), []);
    assert!(!folder.path().join("do/pmx-Old").exists());
    emulator.shutdown().await;
    drop(emulator);
    let refused = support::deadline(async {
        loop {
            match build("Nope", &steps) {
                Err(pmx_emulator::BuildError::State(_)) => tokio::task::yield_now().await,
                other => break other.unwrap_err(),
            }
        }
    })
    .await;
    assert!(refused.to_string().contains("Cannot create binding for class 'Nope'"), "{refused}");
}

/// Builds an emulator on a folder that another one has just had: the last of its tasks lets go of it when it ends.
async fn reopened(build: impl Fn() -> Result<Emulator, pmx_emulator::BuildError>) -> Emulator {
    support::deadline(async {
        loop {
            match build() {
                Ok(emulator) => break emulator,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await
}
