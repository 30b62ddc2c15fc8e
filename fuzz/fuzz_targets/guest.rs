//! A hostile guest: any sequence of imports with any messages, in a stateless instance and in a Durable Object. The host neither panics nor hangs, and the
//! next event finds an instance that works.
//!
//! From the root of the checkout, on stable Rust (`cargo install cargo-fuzz`, once):
//!
//! ```sh
//! cargo fuzz run --sanitizer none guest fuzz/corpus/guest -- -dict=fuzz/guest.dict -max_len=4096 -timeout=20 -max_total_time=600
//! ```
//!
//! The guest is the remote control of the emulator's own tests (`emulator/tests/support/guest.wat`): the input is the script that it runs.
#![no_main]

use arbitrary::Arbitrary;
use axum::{body::{Body, to_bytes}, extract::Request};
use libfuzzer_sys::fuzz_target;
use pmx_emulator::{Emulator, Worker};
use std::time::Duration;
use tokio::{runtime::Runtime, time::timeout};

const DEADLINE: Duration = Duration::from_secs(10);
/// What the guest can be told that comes to an end by itself; see its head.
const LETTERS: &[u8] = b"OSNCERAMTXWDYK";

#[derive(Arbitrary, Debug)]
struct Input {
    in_object: bool,
    commands: Vec<Command>,
}

#[derive(Arbitrary, Debug)]
struct Command {
    letter: u8,
    payload: Payload,
}

/// Mostly frames: what is none is refused early.
#[derive(Arbitrary, Debug)]
enum Payload {
    Frame(Vec<Field>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Field {
    Name(u8),
    Text(String),
    Number(u32),
    Bytes(Vec<u8>),
    Nested(Vec<Vec<u8>>),
}

/// Names of ops, calls, bindings and kinds, from the dictionary beside this file.
fn names() -> Vec<&'static str> {
    include_str!("../guest.dict").lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"')).collect()
}

fn frame(fields: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut frame = Vec::new();
    for field in fields {
        frame.extend_from_slice(&u32::try_from(field.len()).unwrap().to_le_bytes());
        frame.extend_from_slice(&field);
    }
    frame
}

fn script(commands: Vec<Command>) -> Vec<u8> {
    let names = names();
    let field = |field| match field {
        Field::Name(name) => names[usize::from(name) % names.len()].as_bytes().to_vec(),
        Field::Text(text) => text.into_bytes(),
        Field::Number(number) => number.to_string().into_bytes(),
        Field::Bytes(bytes) => bytes,
        Field::Nested(fields) => frame(fields),
    };
    let mut script = Vec::new();
    for command in commands {
        let payload = match command.payload {
            Payload::Frame(fields) => frame(fields.into_iter().map(field)),
            Payload::Bytes(bytes) => bytes,
        };
        script.push(LETTERS[usize::from(command.letter) % LETTERS.len()]);
        script.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        script.extend_from_slice(&payload);
    }
    script
}

struct Host {
    runtime: Runtime,
    emulator: Emulator,
}

impl Host {
    fn start() -> Self {
        let ends = std::panic::take_hook();
        // A panic in a task would be caught by the runtime.
        std::panic::set_hook(Box::new(move |panic| {
            ends(panic);
            std::process::abort();
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let guest = wat::parse_str(include_str!("../../emulator/tests/support/guest.wat")).unwrap();
        let emulator = runtime.block_on(async {
            Emulator::builder(Worker::wasm(guest)).isolates(1).turn_limit(Duration::from_millis(100)).build().unwrap()
        });
        Self { runtime, emulator }
    }

    fn run(&self, script: Vec<u8>) -> u16 {
        self.runtime.block_on(async {
            let request = Request::post("http://guest/").body(Body::from(script)).unwrap();
            let exchange = async {
                let answer = self.emulator.fetch(request).await;
                let status = answer.status().as_u16();
                let _ = to_bytes(answer.into_body(), 1 << 24).await;
                status
            };
            timeout(DEADLINE, exchange).await.expect("the event does not end")
        })
    }
}

thread_local! {
    static HOST: Host = Host::start();
}

fuzz_target!(|input: Input| {
    HOST.with(|host| {
        let hostile = script(input.commands);
        let hostile = if input.in_object { call_of_object(&hostile) } else { hostile };
        host.run(hostile);
        let ok = [b"A".as_slice(), &length(&frame(ANSWER.map(Vec::from))), &frame(ANSWER.map(Vec::from))].concat();
        assert_eq!(host.run(ok.clone()), 200);
        assert_eq!(host.run(call_of_object(&ok)), 200);
    });
});

const ANSWER: [&[u8]; 3] = [b"200", b"bytes", b"fine"];

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap().to_le_bytes()
}

/// Has an object run the script, and answers with what it said.
fn call_of_object(script: &[u8]) -> Vec<u8> {
    let call = ["object.fetch", "SPACE_DO", "name", "a", "1048576", "POST", "http://object/", "bytes"].map(|field| field.as_bytes().to_vec());
    let call = frame(call.into_iter().chain([script.to_vec()]));
    [b"O".as_slice(), &length(&call), &call, b"R", &[0; 4]].concat()
}
