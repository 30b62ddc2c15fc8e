//! Alarms: when they are delivered, how often they are tried again, and what becomes of them.

use std::time::Duration;

use pmx_emulator::clock::Clock;
use pmx_emulator::state_dir::StateDir;
use pmx_emulator::{Builder, Emulator};

use crate::support::{self, builder, eventually, run_object, script};
use crate::{body, log, note};

/// What an object that notes its alarms does for one.
fn noting_alarms(builder: Builder) -> Builder {
    builder.var("object.alarm", note(script(), "alarm").op(["sleep", "0"]).text())
}

async fn set_alarm(emulator: &Emulator, at: &str) -> Vec<String> {
    let answer = run_object(emulator, "a", script().op(["alarm.set", at]).respond()).await;
    body(&answer)
}

async fn alarm(emulator: &Emulator) -> Vec<String> {
    body(&run_object(emulator, "a", script().op(["alarm.get"]).respond()).await)
}

#[tokio::test]
async fn an_alarm_fires_once_at_its_time() {
    let clock = Clock::manual(1_000);
    let emulator = noting_alarms(builder()).clock(clock.clone()).build().unwrap();
    assert_eq!(alarm(&emulator).await, ["none"]);
    assert_eq!(set_alarm(&emulator, "5000").await, ["ok"]);
    assert_eq!(alarm(&emulator).await, ["ok", "5000"]);
    clock.advance(Duration::from_millis(3_999));
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    clock.advance(Duration::from_millis(1));
    eventually(|| emulator.stats().object_tasks == 0).await;
    support::deadline(async { while log(&emulator).await != ["alarm"] {} }).await;
    assert_eq!(alarm(&emulator).await, ["none"]);
    clock.advance(Duration::from_secs(100));
    assert_eq!(log(&emulator).await, ["alarm"]);
}

#[tokio::test]
async fn an_alarm_wakes_an_evicted_object_and_an_overdue_one_fires_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    {
        let emulator = noting_alarms(builder())
            .state(StateDir::open(folder.path()).unwrap())
            .clock(Clock::manual(1_000))
            .build()
            .unwrap();
        set_alarm(&emulator, "5000").await;
        emulator.evict("a").await;
        emulator.shutdown().await;
    }
    let state = support::deadline(async {
        loop {
            // The last of the old emulator's tasks lets go of the folder when it ends.
            match StateDir::open(folder.path()) {
                Ok(state) => break state,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    let emulator = noting_alarms(builder()).state(state).clock(Clock::manual(9_000)).build().unwrap();
    support::deadline(async { while log(&emulator).await != ["alarm"] {} }).await;
}

#[tokio::test]
async fn an_alarm_whose_turn_is_lost_is_not_set() {
    let emulator = noting_alarms(builder()).clock(Clock::manual(1_000)).build().unwrap();
    run_object(&emulator, "a", script().op(["alarm.set", "5000"]).trap()).await;
    assert_eq!(alarm(&emulator).await, ["none"]);
    assert_eq!(
        set_alarm(&emulator, "0").await,
        ["err", "setAlarm() cannot be called with an alarm time <= 0", "TypeError", ""]
    );
    assert_eq!(set_alarm(&emulator, "NaN").await[2], "TypeError");
}

/// Moves the clock step by step until a condition holds; how far that was.
async fn advance_until(clock: &Clock, step: Duration, mut holds: impl FnMut() -> bool) -> Duration {
    for count in 0..60 {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if holds() {
                return step * count;
            }
        }
        clock.advance(step);
    }
    panic!("it did not happen");
}

/// How often an alarm was delivered.
fn delivered(emulator: &Emulator) -> usize {
    emulator.trace().recent().iter().filter(|record| record.event == "alarm").count()
}

#[tokio::test]
async fn an_alarm_that_fails_is_tried_again_six_times_after_pauses_that_double() {
    let throws = script().answer(["500", "error", "boom"]);
    for end in [script().trap(), throws] {
        let clock = Clock::manual(1_000);
        let handler = note(script(), "try").op(["sleep", "0"]).then(&end).text();
        let emulator = builder().var("object.alarm", handler).clock(clock.clone()).trace(100).build().unwrap();
        set_alarm(&emulator, "1000").await;
        eventually(|| delivered(&emulator) == 1).await;
        for (tries, seconds) in [2, 4, 8, 16, 32, 64].into_iter().enumerate() {
            assert_eq!(alarm(&emulator).await, ["ok", "1000"], "between the tries it is still set");
            let (shortest, step) = (Duration::from_secs(seconds), Duration::from_millis(seconds * 50));
            let pause = advance_until(&clock, step, || delivered(&emulator) == tries + 2).await;
            assert!(pause >= shortest && pause <= shortest * 5 / 4 + step * 8, "{pause:?} instead of {shortest:?}");
        }
        support::deadline(async { while alarm(&emulator).await != ["none"] {} }).await;
        clock.advance(Duration::from_secs(1_000));
        assert_eq!(log(&emulator).await.len(), 7, "what was written before the failure is kept");
    }
}

#[tokio::test]
async fn an_alarm_that_is_tried_again_keeps_its_time() {
    let clock = Clock::manual(1_000);
    let handler = script().answer(["500", "error", "boom"]).text();
    let emulator = builder().var("object.alarm", handler).clock(clock.clone()).trace(100).build().unwrap();
    set_alarm(&emulator, "1500").await;
    advance_until(&clock, Duration::from_millis(500), || delivered(&emulator) == 1).await;
    assert_eq!(alarm(&emulator).await, ["ok", "1500"]);
    advance_until(&clock, Duration::from_millis(500), || delivered(&emulator) == 2).await;
    assert_eq!(alarm(&emulator).await, ["ok", "1500"], "it is the same one");
}

#[tokio::test]
async fn a_new_alarm_of_a_handler_that_fails_takes_the_place_of_the_retry() {
    let clock = Clock::manual(1_000);
    let handler = note(script(), "alarm").op(["alarm.set", "3000"]).answer(["500", "error", "boom"]).text();
    let emulator = builder().var("object.alarm", handler).clock(clock.clone()).build().unwrap();
    set_alarm(&emulator, "1000").await;
    support::deadline(async { while log(&emulator).await.len() != 1 {} }).await;
    eventually(|| emulator.stats().object_tasks == 0).await;
    assert_eq!(alarm(&emulator).await, ["ok", "3000"]);
    clock.advance(Duration::from_millis(1_999));
    assert_eq!(log(&emulator).await.len(), 1);
    clock.advance(Duration::from_millis(1));
    // From then on it is set for a time that has passed, and so for now.
    support::deadline(async { while log(&emulator).await.len() < 2 {} }).await;
}

#[tokio::test]
async fn a_new_alarm_whose_turn_is_lost_does_not_end_the_retries_of_the_old_one() {
    let clock = Clock::manual(1_000);
    let handler = note(script(), "try").op(["sleep", "0"]).op(["alarm.set", "9000000"]).trap().text();
    let emulator = builder().var("object.alarm", handler).clock(clock.clone()).build().unwrap();
    set_alarm(&emulator, "1000").await;
    eventually(|| emulator.stats().traps == 1).await;
    for _ in 0..50 {
        assert_eq!(log(&emulator).await.len(), 1, "not before its pause has passed");
    }
    advance_until(&clock, Duration::from_millis(200), || emulator.stats().traps == 2).await;
}

#[tokio::test]
async fn an_alarm_can_be_deleted_and_one_for_the_past_fires_now() {
    let clock = Clock::manual(10_000);
    let emulator = noting_alarms(builder()).clock(clock.clone()).build().unwrap();
    set_alarm(&emulator, "20000").await;
    let deleted = run_object(&emulator, "a", script().op(["alarm.delete"]).op(["alarm.get"]).respond()).await;
    assert_eq!(body(&deleted), ["none"]);
    clock.advance(Duration::from_secs(60));
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    let set = script().op(["alarm.set", "1.5"]).op(["alarm.get"]).respond();
    assert_eq!(body(&run_object(&emulator, "a", set).await), ["ok", "70000"]);
    support::deadline(async { while log(&emulator).await != ["alarm"] {} }).await;
}

#[tokio::test]
async fn an_alarm_rolls_back_with_its_transaction() {
    let emulator = noting_alarms(builder()).clock(Clock::manual(1_000)).build().unwrap();
    set_alarm(&emulator, "5000").await;
    let set = script().op_unawaited(["alarm.set", "9000"]);
    let undone = script().transaction(false, &set).op(["alarm.get"]).respond();
    assert_eq!(body(&run_object(&emulator, "a", undone).await), ["ok", "5000"]);
    let kept = script().transaction(true, &set).op(["alarm.get"]).respond();
    assert_eq!(body(&run_object(&emulator, "a", kept).await), ["ok", "9000"]);
    let deleted = script().transaction(false, &script().op_unawaited(["alarm.delete"])).op(["alarm.get"]).respond();
    assert_eq!(body(&run_object(&emulator, "a", deleted).await), ["ok", "9000"]);
    emulator.evict("a").await;
    assert_eq!(alarm(&emulator).await, ["ok", "9000"]);
}

#[tokio::test]
async fn an_alarm_may_set_its_successor() {
    let clock = Clock::manual(1_000);
    let again = note(script(), "alarm").op(["alarm.set", "3000"]);
    let emulator = builder().var("object.alarm", again.text()).clock(clock.clone()).build().unwrap();
    set_alarm(&emulator, "2000").await;
    clock.advance(Duration::from_secs(1));
    support::deadline(async { while log(&emulator).await.is_empty() {} }).await;
    assert_eq!(alarm(&emulator).await, ["ok", "3000"]);
}

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test]
async fn an_alarm_comes_after_as_long_as_it_was_set_for_when_the_clock_is_set_back() {
    let clock = Clock::manual(1_700_000_000_000);
    let emulator = noting_alarms(builder()).clock(clock.clone()).build().unwrap();
    set_alarm(&emulator, "1700000005000").await;
    clock.set_by(-DAY_MS);
    clock.advance(Duration::from_millis(4_999));
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    clock.advance(Duration::from_millis(1));
    support::deadline(async { while log(&emulator).await != ["alarm"] {} }).await;
}

#[tokio::test]
async fn an_alarm_that_was_set_while_the_clock_was_ahead_does_not_wait_for_that_time_after_a_restart() {
    let (folder, now) = (tempfile::tempdir().unwrap(), 1_700_000_000_000_u64);
    let ahead = now + (365 * DAY_MS).cast_unsigned();
    {
        let state = StateDir::open(folder.path()).unwrap();
        let emulator = noting_alarms(builder()).state(state).clock(Clock::manual(ahead)).build().unwrap();
        set_alarm(&emulator, &(ahead + 5_000).to_string()).await;
        emulator.evict("a").await;
        emulator.shutdown().await;
    }
    let state = support::deadline(async {
        loop {
            match StateDir::open(folder.path()) {
                Ok(state) => break state,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    let clock = Clock::manual(now);
    let emulator = noting_alarms(builder()).state(state).clock(clock.clone()).build().unwrap();
    assert_eq!(log(&emulator).await, Vec::<String>::new());
    clock.advance(Duration::from_secs(5));
    support::deadline(async { while log(&emulator).await != ["alarm"] {} }).await;
}

#[tokio::test]
async fn retries_and_eviction_do_not_mind_that_the_clock_is_set_forward_or_back() {
    for by in [-DAY_MS, 365 * DAY_MS] {
        let clock = Clock::manual(1_700_000_000_000);
        let retries = note(script(), "try").op(["sleep", "0"]).trap();
        let builder = builder().var("object.alarm", retries.text()).clock(clock.clone());
        let emulator = builder.evict_after(Duration::from_secs(10)).build().unwrap();
        set_alarm(&emulator, "1700000000000").await;
        eventually(|| emulator.stats().traps == 1).await;
        run_object(&emulator, "b", note(script(), "b").respond()).await;
        eventually(|| emulator.stats().object_tasks == 0).await;
        clock.set_by(by);
        clock.advance(Duration::from_millis(1_999));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(emulator.stats().traps, 1, "set by {by}: not before its pause has passed");
        assert!(emulator.stats().objects >= 1, "set by {by}: not idle for long enough");
        advance_until(&clock, Duration::from_millis(100), || emulator.stats().traps == 2).await;
        emulator.evict("a").await;
        clock.advance(Duration::from_secs(9));
        eventually(|| emulator.stats().objects == 0 || emulator.stats().traps > 2).await;
    }
}
