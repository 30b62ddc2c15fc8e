//! Every knob, by the clock of the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use pmx_emulator::Emulator;
use pmx_emulator::clock::Clock;
use pmx_emulator::faults::Faults;
use support::{Script, builder, eventually, run, run_object, script};

/// An emulator with these faults, at a clock that stands still.
fn emulator(faults: &str) -> (Emulator, Clock) {
    let clock = Clock::manual(100_000);
    let faults = Faults::from(Faults::parse(&[faults]).unwrap());
    (builder().clock(clock.clone()).faults(faults).build().unwrap(), clock)
}

async fn op<const N: usize>(emulator: &Emulator, fields: [&str; N]) -> Vec<String> {
    run(emulator, script().op(fields).respond()).await.fields()
}

/// The time at which a script is answered, found by moving the clock a millisecond at a time.
async fn answered_after(emulator: &Emulator, clock: &Clock, script: Script) -> u64 {
    let began = clock.now_ms();
    let answer = tokio::spawn({
        let emulator = emulator.clone();
        async move { run(&emulator, script).await }
    });
    support::deadline(async {
        loop {
            // What needs a thread gets one in the meantime.
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_micros(100)).await;
                if answer.is_finished() {
                    return;
                }
            }
            clock.advance(Duration::from_millis(1));
        }
    })
    .await;
    assert_eq!(answer.await.unwrap().status, 200);
    clock.now_ms() - began
}

#[tokio::test]
async fn kv_lag() {
    let (emulator, clock) = emulator("kv-lag=60s");
    assert_eq!(op(&emulator, ["kv.put", "SPACE_KV", "k", "bytes", "v", ""]).await, ["ok"]);
    assert_eq!(op(&emulator, ["kv.get", "SPACE_KV", "k", ""]).await, ["none"]);
    clock.advance(Duration::from_secs(60));
    assert_eq!(op(&emulator, ["kv.get", "SPACE_KV", "k", ""]).await, ["ok", "v"]);
}

#[tokio::test]
async fn kv_error() {
    let (emulator, _) = emulator("kv-error=100%");
    assert_eq!(
        op(&emulator, ["kv.get", "SPACE_KV", "k", ""]).await,
        ["err", "KV GET failed: 500 Internal Server Error", "Error", ""]
    );
    assert_eq!(
        op(&emulator, ["kv.put", "SPACE_KV", "k", "bytes", "v", ""]).await,
        ["err", "KV PUT failed: 500 Internal Server Error", "Error", ""]
    );
    assert_eq!(op(&emulator, ["r2.head", "BUCKET", "k"]).await, ["none"], "R2 is another service");
    emulator.faults().apply(Faults::parse::<&str>(&[]).unwrap());
    assert_eq!(
        op(&emulator, ["kv.get", "SPACE_KV", "k", ""]).await,
        ["none"],
        "the put stored nothing, and the fault is gone"
    );
}

#[tokio::test]
async fn a_share_of_calls_fails_and_the_same_ones_with_the_same_seed() {
    async fn failures(faults: &str) -> Vec<bool> {
        let (emulator, _) = emulator(faults);
        let mut failed = Vec::new();
        for _ in 0..100 {
            failed.push(op(&emulator, ["kv.get", "SPACE_KV", "k", ""]).await[0] == "err");
        }
        failed
    }
    let first = failures("kv-error=30%,seed=7").await;
    assert_eq!(first, failures("seed=7,kv-error=30%").await);
    assert_ne!(first, failures("kv-error=30%,seed=8").await);
    let count = first.iter().filter(|failed| **failed).count();
    assert!((10..60).contains(&count), "{count} of 100");
}

#[tokio::test]
async fn latencies_are_those_of_the_clock() {
    for (faults, call) in [
        ("kv-latency=20ms", script().op(["kv.get", "SPACE_KV", "k", ""])),
        ("kv-latency=20ms", script().op(["kv.put", "SPACE_KV", "k", "bytes", "v", ""])),
        ("r2-latency=20ms", script().op(["r2.get", "BUCKET", "k", "9", ""])),
        ("do-latency=20ms", script().object("a", &script().respond())),
    ] {
        let (emulator, clock) = emulator(faults);
        assert_eq!(answered_after(&emulator, &clock, call.respond()).await, 20, "{faults}");
    }
}

#[tokio::test]
async fn a_range_of_latencies_is_repeated_by_its_seed() {
    async fn times() -> Vec<u64> {
        let (emulator, clock) = emulator("kv-latency=2ms..6ms,seed=3");
        let mut times = Vec::new();
        for _ in 0..6 {
            times.push(answered_after(&emulator, &clock, script().op(["kv.get", "SPACE_KV", "k", ""]).respond()).await);
        }
        times
    }
    let first = times().await;
    assert!(first.iter().all(|time| (2..=6).contains(time)), "{first:?}");
    assert!(first.iter().any(|time| *time != first[0]), "{first:?}");
    assert_eq!(first, times().await);
}

#[tokio::test]
async fn kv_write_rate() {
    let (emulator, clock) = emulator("kv-write-rate");
    assert_eq!(op(&emulator, ["kv.put", "SPACE_KV", "k", "bytes", "1", ""]).await, ["ok"]);
    assert_eq!(
        op(&emulator, ["kv.put", "SPACE_KV", "k", "bytes", "2", ""]).await,
        ["err", "KV PUT failed: 429 Too Many Requests", "Error", ""]
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(op(&emulator, ["kv.put", "SPACE_KV", "k", "bytes", "3", ""]).await, ["ok"]);
}

#[tokio::test]
async fn r2_error() {
    let (emulator, _) = emulator("r2-error=100%");
    let get = ["r2.get", "BUCKET", "k", "", ""];
    for (answer, name) in [(op(&emulator, ["r2.head", "BUCKET", "k"]).await, "head"), (op(&emulator, get).await, "get")]
    {
        let text = format!("{name}: We encountered an internal error. Please try again. (10001)");
        assert_eq!(answer, ["err", &text, "Error", ""]);
    }
}

#[tokio::test]
async fn do_error() {
    let (emulator, _) = emulator("do-error=100%");
    assert_eq!(
        run_object(&emulator, "a", script().respond()).await.fields(),
        ["err", "Network connection lost.", "Error", "retryable"]
    );
    assert_eq!(emulator.stats().constructed, 0, "the call never came there");
}

/// Moves the clock until no object has an instance.
async fn evicted(emulator: &Emulator, clock: &Clock) {
    eventually(|| {
        clock.advance(Duration::from_millis(20));
        emulator.stats().objects == 0
    })
    .await;
}

#[tokio::test]
async fn do_evict() {
    let (emulator, clock) = emulator("do-evict=2s");
    // With a file: one that has none does not stay.
    run_object(&emulator, "a", script().sql(["CREATE TABLE t (a)"]).respond()).await;
    let began = clock.now_ms();
    evicted(&emulator, &clock).await;
    let idle = clock.now_ms() - began;
    assert!((2_000..10_000).contains(&idle), "{idle}: not before its time, and not as late as without the fault");
}

#[tokio::test]
async fn a_knob_that_is_turned_is_felt_by_those_who_wait_already() {
    let (emulator, clock) = emulator("alarm-late=1h");
    run_object(&emulator, "a", script().op(["alarm.set", "100000"]).respond()).await;
    clock.advance(Duration::from_secs(5));
    emulator.faults().apply(Faults::parse(&["do-evict=1s"]).unwrap());
    evicted(&emulator, &clock).await;
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), None, "the alarm came before the eviction");
    assert_eq!(emulator.faults().to_string(), "do-evict=1s");
}

#[tokio::test]
async fn alarm_late() {
    let (emulator, clock) = emulator("alarm-late=10s");
    run_object(&emulator, "a", script().op(["alarm.set", "101000"]).respond()).await;
    clock.advance(Duration::from_millis(10_999));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(emulator.inspect().alarm("a").await.unwrap(), Some(101_000));
    clock.advance(Duration::from_millis(1));
    support::deadline(async { while emulator.inspect().alarm("a").await.unwrap().is_some() {} }).await;
}
