//! The emulator as a host: a process of its own, since scripts kill it. It is this test's own executable, told to run one test.
#![allow(unsafe_code, reason = "machine code that was compiled a moment ago")]

use crate::script;
use pmx_emulator::{BindingTarget, Emulator, Worker, WorkerSetup, clock::Clock, profile::Profile, state_dir::StateDir};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, Write as _},
    path::Path,
    process::Command,
    sync::LazyLock,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::NamedTempFile;
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// Tells the process which state it is to run on.
const STATE: &str = "PMX_CORPUS_STATE";
/// And where the machine code of the guest is.
const GUEST: &str = "PMX_CORPUS_GUEST";
/// And how many milliseconds its clock is ahead of the machine's.
const AHEAD: &str = "PMX_CORPUS_AHEAD";
/// How finely the emulator's time follows the machine's.
const TICK: Duration = Duration::from_millis(2);
/// Time that is waited for passes in such steps, so that what falls due in it happens in its order.
const STEP: Duration = Duration::from_millis(100);

/// The replay guest as machine code: compiled once, since each of many hosts would take seconds for it.
static COMPILED: LazyLock<NamedTempFile> = LazyLock::new(|| {
    let wasm = fs_err::read(script::folder().join("guest/dist/pmx_corpus_guest.wasm")).unwrap();
    let file = NamedTempFile::new().unwrap();
    fs_err::write(file.path(), Worker::compile(&wasm).unwrap()).unwrap();
    file
});

/// What starts such a process.
///
/// Its clock is `ahead` of the machine's: time that was waited for before a kill has passed.
pub(crate) fn command(state: &Path, ahead: Duration) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["emulator::host", "--exact", "--ignored", "--nocapture"])
        .env(STATE, state)
        .env(GUEST, COMPILED.path());
    command.env(AHEAD, ahead.as_millis().to_string());
    command
}

#[test]
#[ignore = "a host of the other tests"]
fn host() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let ahead: u64 = std::env::var(AHEAD).unwrap().parse().unwrap();
    let clock = Clock::manual(machine_ms() + ahead);
    let runtime = Runtime::new().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let emulator = runtime.block_on(async { build(Path::new(&state), clock.clone()) });
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    say(&json!({ "ready": format!("http://{}", listener.local_addr().unwrap()) }));
    let served = emulator.clone();
    let serving = runtime.spawn(async move { served.serve(listener, async { drop(stopped.await) }).await });
    tick(clock.clone());
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line.unwrap()).unwrap();
        match command["do"].as_str() {
            Some("now") => say(&json!({ "now": clock.now_ms() })),
            Some("wait") => {
                let ms = command["ms"].as_u64().unwrap();
                let until = clock.now_ms() + ms;
                while clock.now_ms() < until {
                    clock.advance(STEP.min(Duration::from_millis(until - clock.now_ms())));
                    thread::sleep(TICK);
                }
                say(&json!({ "waited": ms }));
            }
            // As by SIGKILL: nothing is flushed, nothing is told.
            Some("kill") => std::process::abort(),
            _ => break,
        }
    }
    let _ = stop.send(());
    runtime.block_on(emulator.shutdown());
    drop(runtime.block_on(serving));
    say(&json!({ "ended": true }));
}

/// The machine's time of day, in milliseconds since 1970.
pub(crate) fn machine_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// Time passes as on the machine.
fn tick(clock: Clock) {
    thread::spawn(move || {
        let mut last = Instant::now();
        loop {
            thread::sleep(TICK);
            clock.advance(last.elapsed());
            last = Instant::now();
        }
    });
}

fn say(answer: &Value) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "\n{answer}").unwrap();
}

/// The two Workers of `tests/corpus/workerd.mjs`, with the same bindings.
fn build(state: &Path, clock: Clock) -> Emulator {
    let compiled = fs_err::read(std::env::var_os(GUEST).unwrap()).unwrap();
    // SAFETY: it is what `Worker::compile` returned, in a file that only the process that started this one has written.
    let worker = unsafe { Worker::precompiled(compiled, None) };
    let named = Some("Named");
    let of_corpus = BindingTarget::DurableObject { class: "One".into(), worker: Some("corpus".into()) };
    let second = WorkerSetup::new("second", worker.clone())
        .kv_namespace("KV", "corpus")
        .r2_bucket("BUCKET", "corpus")
        .var("TEXT", "the second's text")
        .bind("ONE", of_corpus)
        .durable_object("OWN", "One");
    Emulator::builder(worker)
        .main(|main| {
            main.named("corpus")
                .kv_namespace("KV", "corpus")
                .r2_bucket("BUCKET", "corpus")
                .durable_object("ONE", "One")
                .durable_object("OTHER", "Other")
                .service("SERVICE", "second", None, None)
                .service("NAMED", "second", named, Some(r#"{"from":"corpus","list":[1,2]}"#))
                .service("PLAIN", "second", named, None)
                .var("TEXT", "a text")
                .var("EMPTY", "")
                .json_var("JSON", r#"{"a":[1,"b",null]}"#)
        })
        .worker(second)
        .state(StateDir::open(state.join("emulator")).unwrap())
        .profile(Profile::WorkerdLocal)
        .isolates(1)
        .clock(clock)
        .build()
        .unwrap()
}
