//! A Worker that tests tell what to do (`guest.wat`), and the scripts to tell it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

pub mod example;

use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::Request;
use pmx_emulator::{BUNDLED_BINDINGS, Builder, Emulator, Worker};

/// The scripted Worker.
pub fn worker() -> Worker {
    Worker::wasm(wat::parse_str(include_str!("guest.wat")).unwrap())
}

/// An emulator with the scripted Worker, bound to what the bundled one is bound to, and one isolate.
pub fn builder() -> Builder {
    Emulator::builder(worker()).main(|main| main.with(BUNDLED_BINDINGS)).isolates(1)
}

/// What the scripted Worker is to do.
#[derive(Clone, Default)]
pub struct Script(Vec<u8>);

pub fn script() -> Script {
    Script::default()
}

pub fn frame<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> Vec<u8> {
    let mut frame = Vec::new();
    for field in fields {
        let field = field.as_ref();
        frame.extend_from_slice(&u32::try_from(field.len()).unwrap().to_le_bytes());
        frame.extend_from_slice(field);
    }
    frame
}

pub fn fields(frame: &[u8]) -> Vec<String> {
    raw_fields(frame).into_iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
}

/// As [`fields`], for fields that hold frames themselves.
pub fn raw_fields(mut frame: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while let Some((len, rest)) = frame.split_first_chunk::<4>() {
        let (field, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        fields.push(field);
        frame = rest;
    }
    fields
}

impl Script {
    fn command(mut self, letter: u8, payload: &[u8]) -> Self {
        self.0.push(letter);
        self.0.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        self.0.extend_from_slice(payload);
        self
    }

    pub fn op<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'O', &frame(fields))
    }

    /// Issues an op whose frame is these bytes.
    pub fn op_of_bytes(self, bytes: &[u8]) -> Self {
        self.command(b'O', bytes)
    }

    pub fn op_outside_of_memory(self) -> Self {
        self.command(b'P', b"")
    }

    pub fn op_of(self, fields: &[&[u8]]) -> Self {
        self.command(b'O', &frame(fields))
    }

    /// Issues an op and goes on.
    pub fn op_unawaited<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'J', &frame(fields))
    }

    /// Reads a key of KV.
    pub fn kv_get(self, key: &str) -> Self {
        self.op(["kv.get", "SPACE_KV", key, ""])
    }

    /// Writes a key of KV.
    pub fn kv_put(self, key: &str, value: &str) -> Self {
        self.op(["kv.put", "SPACE_KV", key, "bytes", value, ""])
    }

    /// Calls an object, which runs a script of its own. The answer's body comes with it.
    pub fn object(self, name: &str, script: &Script) -> Self {
        let fields: [&[u8]; 9] = [
            b"object.fetch",
            b"SPACE_DO",
            b"name",
            name.as_bytes(),
            b"1000000",
            b"POST",
            b"https://object/",
            b"bytes",
            &script.0,
        ];
        self.command(b'O', &frame(fields))
    }

    /// As [`Self::object`], of the object with an id, in hex.
    pub fn object_by_id(self, id: &str, script: &Script) -> Self {
        let fields: [&[u8]; 9] = [
            b"object.fetch",
            b"SPACE_DO",
            b"id",
            id.as_bytes(),
            b"1000000",
            b"POST",
            b"https://object/",
            b"bytes",
            &script.0,
        ];
        self.command(b'O', &frame(fields))
    }

    /// Calls an object with a request for a WebSocket. The answer's fourth field is the socket.
    pub fn upgrade(self, name: &str, script: &Script) -> Self {
        let script = script.hex();
        self.op([
            "object.fetch",
            "SPACE_DO",
            "name",
            name,
            "",
            "GET",
            "https://object/",
            "none",
            "",
            "upgrade",
            "websocket",
            "script",
            &script,
        ])
    }

    /// As [`Self::upgrade`], and joins the client to the socket.
    pub fn socket(self, name: &str, script: &Script) -> Self {
        self.upgrade(name, script).command(b'U', b"")
    }

    pub fn call<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'S', &frame(fields))
    }

    pub fn call_of(self, fields: &[&[u8]]) -> Self {
        self.command(b'S', &frame(fields))
    }

    /// Runs SQL; what follows are its typed bindings.
    pub fn sql<const N: usize>(self, fields: [&str; N]) -> Self {
        self.raw_sql(&fields)
    }

    /// Runs a script in a transaction.
    pub fn transaction(self, keep: bool, script: &Script) -> Self {
        self.transaction_that_ends_with(if keep { '1' } else { '0' }, script)
    }

    pub fn transaction_that_ends_with(self, digit: char, script: &Script) -> Self {
        let payload = [digit.to_string().as_bytes(), script.0.as_slice()].concat();
        self.command(b'K', &payload)
    }

    pub fn variable(self, name: &str) -> Self {
        self.command(b'V', name.as_bytes())
    }

    pub fn binding(self, name: &str) -> Self {
        self.command(b'N', name.as_bytes())
    }

    pub fn answer<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'A', &frame(fields))
    }

    pub fn event(self) -> Self {
        self.command(b'E', b"")
    }

    pub fn respond(self) -> Self {
        self.command(b'R', b"")
    }

    pub fn grow(self, pages: u32) -> Self {
        self.command(b'M', &pages.to_le_bytes())
    }

    pub fn trap(self) -> Self {
        self.command(b'T', b"")
    }

    pub fn spin(self) -> Self {
        self.command(b'L', b"")
    }

    pub fn hang(self) -> Self {
        self.command(b'H', b"")
    }

    pub fn warn(self, text: &str) -> Self {
        self.command(b'W', text.as_bytes())
    }

    /// Issues an op, and again whenever it is answered.
    pub fn op_again<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'Q', &frame(fields))
    }

    /// Issues an op twice under one id.
    pub fn op_twice<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'D', &frame(fields))
    }

    pub fn ops_for_ever<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'F', &frame(fields))
    }

    pub fn call_for_ever<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'B', &frame(fields))
    }

    pub fn raw_call_for_ever(self, fields: &[&str]) -> Self {
        self.command(b'B', &frame(fields))
    }

    pub fn answer_for_ever<const N: usize>(self, fields: [&str; N]) -> Self {
        self.command(b'G', &frame(fields))
    }

    pub fn raw_answer(self, fields: &[&str]) -> Self {
        self.command(b'A', &frame(fields))
    }

    pub fn raw_sql(self, fields: &[&str]) -> Self {
        let fields = [&["sql.exec"], fields].concat();
        self.command(b'S', &frame(fields))
    }

    pub fn cancel_for_ever(self) -> Self {
        self.command(b'Z', b"")
    }

    pub fn random(self, bytes: u32) -> Self {
        self.command(b'Y', &bytes.to_le_bytes())
    }

    pub fn cancel_first(self) -> Self {
        self.command(b'X', b"")
    }

    /// As the value of a variable: in hex, unless it is text.
    pub fn text(self) -> String {
        String::from_utf8(self.0).unwrap_or_else(|error| format!("#{}", Self(error.into_bytes()).hex()))
    }

    /// This script, and then another.
    pub fn then(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// As the value of the header `script`.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn fields(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text());
        fields(&self.body)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub fn request(script: Script) -> Request<Body> {
    Request::post("http://t/").body(Body::from(script.bytes())).unwrap()
}

/// Has a script run by a request, and returns its answer.
pub async fn run(emulator: &Emulator, script: Script) -> Answer {
    fetch(emulator, request(script)).await
}

/// Has an object run a script, and returns the body of its answer.
pub async fn run_object(emulator: &Emulator, name: &str, script: Script) -> Answer {
    run(emulator, self::script().object(name, &script).respond()).await
}

/// A request whose body is no script. In a fresh instance the body has the handle 0.
pub fn with_body(script: &Script, body: impl Into<Body>) -> Request<Body> {
    Request::post("http://t/").header("script", script.hex()).body(body.into()).unwrap()
}

/// A request without a body. In a fresh instance what the task is given has handles from 0 on.
pub fn bodyless(script: &Script) -> Request<Body> {
    Request::get("http://t/").header("script", script.hex()).body(Body::empty()).unwrap()
}

pub async fn get(emulator: &Emulator) -> Answer {
    fetch(emulator, Request::get("http://t/").body(Body::empty()).unwrap()).await
}

pub async fn fetch(emulator: &Emulator, request: Request<Body>) -> Answer {
    let (parts, body) = deadline(emulator.fetch(request)).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Waits for what must happen, and fails if it does not.
pub async fn deadline<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it did not happen")
}

/// Waits until something has become true.
pub async fn eventually(mut condition: impl FnMut() -> bool) {
    deadline(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}
