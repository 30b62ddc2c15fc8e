//! Plays a script on a host: each step has an outcome.

use crate::{
    client,
    host::{Host, Kind},
    kept::Kept,
    script::{Script, Step},
    socket::{self, Socket},
    values::{bytes, pairs, shown, text},
};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    thread,
    time::{Duration, Instant},
};

/// What a connection adds, not the Worker.
const HOP_HEADERS: [&str; 5] = ["date", "connection", "keep-alive", "sec-websocket-accept", "host"];
/// How a stack begins.
const STACK: &str = "\n    at ";
/// Between the beginnings of steps that run together: each has begun before the next one does.
const APART: Duration = Duration::from_millis(100);
/// How long something that must happen is waited for, and how often it is looked for.
const DEADLINE: Duration = Duration::from_secs(30);
const LOOK_EVERY_MS: u64 = 100;

/// The outcome of each step, by its name.
pub(crate) fn play(script: &Script, kind: Kind) -> Vec<(String, Value)> {
    let mut player = Player { host: Host::start(kind), kept: Kept::default(), sockets: HashMap::new() };
    script.steps.iter().map(|step| (step.name.clone(), player.step(step))).collect()
}

struct Player {
    host: Host,
    kept: Kept,
    sockets: HashMap<String, Socket>,
}

impl Player {
    fn step(&mut self, step: &Step) -> Value {
        let what = self.kept.fill(&Value::Object(step.what.clone()));
        let outcome = self.outcome(&step.name, &what);
        self.kept.keep(step.what.get("keep"), &outcome);
        let now = self.host.now_ms();
        self.kept.normal(outcome, now, self.host.address())
    }

    fn outcome(&mut self, name: &str, what: &Value) -> Value {
        if let Some(count) = what["until"].as_u64() {
            return self.until(what, usize::try_from(count).unwrap());
        }
        if let Some(ms) = what["wait"].as_u64() {
            self.host.wait(ms);
            return json!("waited");
        }
        if !what["kill"].is_null() {
            return self.kill(&what["kill"]);
        }
        if let Some(steps) = what["together"].as_array() {
            return together(self.host.address(), steps);
        }
        if let Some(socket) = what["open"].as_str() {
            let (opened, outcome) = open(self.host.address(), what);
            self.sockets.extend(opened.map(|opened| (socket.to_owned(), opened)));
            return outcome;
        }
        if let Some(socket) = what["on"].as_str() {
            return self.socket(socket, what);
        }
        assert!(!what["do"].is_null() || !what["http"].is_null(), "{name} does nothing: {what}");
        request(self.host.address(), what)
    }

    /// Looks again and again, until the list that the ops answer has as many entries as wanted.
    fn until(&mut self, what: &Value, count: usize) -> Value {
        let end = Instant::now() + DEADLINE;
        loop {
            let found = request(self.host.address(), what);
            if found.as_array().is_some_and(|entries| entries.len() >= count) || Instant::now() >= end {
                return found;
            }
            self.host.wait(LOOK_EVERY_MS);
        }
    }

    /// Kills the host, in the middle of a step if there is one (`during`, and after how many milliseconds), and starts it again.
    fn kill(&mut self, how: &Value) -> Value {
        let after = Duration::from_millis(how["after"].as_u64().unwrap_or(0));
        let during = how.get("during").cloned();
        let address = self.host.address().to_owned();
        let running = during.map(|step| thread::spawn(move || request(&address, &step)));
        thread::sleep(after);
        self.host.kill();
        let outcome = running.map(|running| running.join().unwrap());
        self.host.restart();
        self.sockets.clear();
        outcome.unwrap_or_else(|| json!("killed"))
    }

    fn socket(&mut self, name: &str, what: &Value) -> Value {
        if what["drop"] == json!(true) {
            let dropped = self.sockets.remove(name).map(Socket::drop_connection);
            return json!(dropped.map_or("no socket", |()| "dropped"));
        }
        let Some(socket) = self.sockets.get_mut(name) else { return json!("no socket") };
        if let Some(message) = what.get("send") {
            socket.send(message)
        } else if let Some(count) = what["receive"].as_u64() {
            socket.receive(usize::try_from(count).unwrap())
        } else {
            socket.closed()
        }
    }
}

/// Steps that overlap: each begins a little after the one before.
fn together(address: &str, steps: &[Value]) -> Value {
    thread::scope(|scope| {
        let running: Vec<_> = steps
            .iter()
            .map(|step| {
                let running = scope.spawn(move || request(address, step));
                thread::sleep(APART);
                running
            })
            .collect();
        Value::Array(running.into_iter().map(|running| running.join().unwrap()).collect())
    })
}

/// The ops of a step as the Worker gets them: those inside of an object are one op of the Worker's.
fn ops(what: &Value) -> (Vec<Value>, bool) {
    let (ops, is_one) = match &what["do"] {
        Value::Array(ops) => (ops.clone(), false),
        one => (vec![one.clone()], true),
    };
    (ops, is_one)
}

/// Ops as a header carries them.
fn header(ops: &[Value]) -> String {
    let mut out = String::new();
    for c in Value::Array(ops.to_vec()).to_string().chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A step that is one request: `do`, inside of an object or not, or `http`.
fn request(address: &str, what: &Value) -> Value {
    if !what["http"].is_null() {
        return http(address, &what["http"]);
    }
    let (ops, is_one) = ops(what);
    let inside = what.get("in").and_then(Value::as_object);
    let sent = inside.map_or_else(|| ops.clone(), |object| vec![op_of("object.do", object, &ops)]);
    let body = Value::Array(sent).to_string();
    let mut request = client::head(
        "POST",
        "/",
        address,
        &[("x-do".to_owned(), "body".to_owned()), ("content-length".to_owned(), body.len().to_string())],
    );
    request.push_str("\r\n");
    request.push_str(&body);
    let Some(answer) = client::exchange(address, request.as_bytes()) else { return json!("no answer") };
    let Ok(mut outcomes) = serde_json::from_slice::<Value>(&answer.body) else { return shown_answer(&answer) };
    if answer.status != 200 {
        return shown_answer(&answer);
    }
    if inside.is_some() {
        outcomes = outcomes[0].take();
    }
    if is_one && outcomes.is_array() { outcomes[0].take() } else { outcomes }
}

fn op_of(op: &str, object: &Map<String, Value>, ops: &[Value]) -> Value {
    let mut written = object.clone();
    written.insert("op".to_owned(), json!(op));
    written.insert("do".to_owned(), Value::Array(ops.to_vec()));
    Value::Object(written)
}

/// A request as it is written: `raw`, or its parts. With `do` its header `x-do` has the ops.
fn http(address: &str, what: &Value) -> Value {
    let request = match what.get("raw") {
        Some(raw) => text(raw).into_bytes(),
        None => {
            let method = what["method"].as_str().unwrap_or("GET");
            let mut headers = pairs(&what["headers"]);
            if !what["do"].is_null() {
                headers.push(("x-do".to_owned(), header(&ops(what).0)));
            }
            let body = what.get("body").map(bytes);
            if let Some(body) = &body {
                headers.push(("content-length".to_owned(), body.len().to_string()));
            }
            let target = what.get("target").map_or_else(|| "/".to_owned(), text);
            let host = what["host"].as_str().unwrap_or(address);
            let mut request = client::head(method, &target, host, &headers).into_bytes();
            request.extend_from_slice(b"\r\n");
            request.extend(body.unwrap_or_default());
            request
        }
    };
    if let Some(after) = what["leave"].as_u64() {
        client::leave(address, &request, Duration::from_millis(after));
        return json!("left");
    }
    client::exchange(address, &request).map_or_else(|| json!("no answer"), |answer| shown_answer(&answer))
}

/// JSON is shown as what it says, and of an error nothing from where its stack begins; the length of either says nothing.
fn shown_answer(answer: &client::Answer) -> Value {
    let is_json = answer.header("content-type").is_some_and(|value| value == "application/json");
    let json = if is_json { serde_json::from_slice::<Value>(&answer.body).ok() } else { None };
    let stack = answer.body.windows(STACK.len()).position(|window| window == STACK.as_bytes());
    let is_whole = json.is_none() && stack.is_none();
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !HOP_HEADERS.contains(&name.as_str()) && (is_whole || name != "content-length"))
        .collect();
    headers.sort();
    json!({
        "status": answer.status,
        "reason": answer.reason,
        "headers": headers,
        "body": json.unwrap_or_else(|| shown(&answer.body[..stack.unwrap_or(answer.body.len())])),
    })
}

/// Opens a socket to the object `in`, which runs the ops; `through` names a service that passes it on.
fn open(address: &str, what: &Value) -> (Option<Socket>, Value) {
    let (ops, _) = ops(what);
    let inside = what.get("in").and_then(Value::as_object).cloned().unwrap_or_default();
    let upgrade = op_of("object.upgrade", &inside, &ops);
    let sent = match what["through"].as_str() {
        Some(service) => {
            json!({ "op": "service.upgrade", "binding": service, "url": "http://service/socket", "do": [upgrade] })
        }
        None => upgrade,
    };
    let mut headers = pairs(&what["headers"]);
    headers.push(("x-do".to_owned(), header(&[sent])));
    match socket::open(address, &headers) {
        Ok((socket, outcome)) => (Some(socket), outcome),
        Err(answer) => (None, answer.map_or_else(|| json!("no answer"), |answer| shown_answer(&answer))),
    }
}
