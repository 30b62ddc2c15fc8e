//! A publish server that records every request, keeps blobs and deploys in memory, and misbehaves on request.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

/// No test waits longer for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Whether as many bytes arrived as `content-length` said.
    pub(crate) complete: bool,
}

impl Seen {
    /// `begin`, `upload`, `commit`, `rollback`, `deploys`, or the whole target.
    pub(crate) fn call(&self) -> &str {
        let path = self.target.split('?').next().unwrap();
        path.strip_prefix("/api/publish/").or_else(|| path.strip_prefix("/api/")).unwrap_or(path)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.headers.get("authorization").map(String::as_str)
    }

    fn hash(&self) -> &str {
        self.target.split_once("hash=").map_or("", |(_, hash)| hash)
    }
}

/// What is answered.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    drop: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        // At once, so that retries do not slow the tests.
        Self { status, headers: vec![("retry-after", String::from("0"))], body: body.into(), drop: false }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({ "code": code, "message": message });
        Self::json(status, &json!({ "error": error, "requestId": "00c0ffee00c0ffee" }))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The connection is closed without an answer.
    pub(crate) fn lost() -> Self {
        Self { drop: true, ..Self::text(200, "") }
    }
}

type Script = Box<dyn FnMut(&Seen, &mut State) -> Option<Reply> + Send>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) seen: Vec<Seen>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) deploys: Vec<Value>,
    /// `uploadUrl`s begin with this.
    pub(crate) upload_base: String,
    pub(crate) uploading: usize,
    pub(crate) most_uploading: usize,
    /// Uploads wait until so many are under way, or for good while it is more than ever come.
    pub(crate) hold_until: usize,
    /// Calls of this name are not answered.
    pub(crate) held: String,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    script: Mutex<Script>,
}

/// The server. Its threads end with the test process.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Stub {
    pub(crate) fn start() -> Self {
        Self::scripted(|_, _| None)
    }

    /// `script` sees each request first, and answers it or leaves it to the server.
    pub(crate) fn scripted(script: impl FnMut(&Seen, &mut State) -> Option<Reply> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), script: Mutex::new(Box::new(script)) });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// From now on `script` sees each request first.
    pub(crate) fn script(&self, script: impl FnMut(&Seen, &mut State) -> Option<Reply> + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// The calls in the order in which they came.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state().seen.iter().map(|seen| seen.call().to_owned()).collect()
    }

    pub(crate) fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|have| *have == call).count()
    }

    #[cfg(unix)]
    pub(crate) fn wait_until(&self, what: impl Fn(&State) -> bool) {
        let (_state, result) =
            self.shared.changed.wait_timeout_while(self.state(), DEADLINE, |state| !what(state)).unwrap();
        assert!(!result.timed_out(), "what was waited for did not come");
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut writer = stream.try_clone().unwrap();
        let mut reader = BufReader::new(stream);
        while let Ok(Some(seen)) = receive(&mut reader) {
            let complete = seen.complete;
            self.state.lock().unwrap().seen.push(seen.clone());
            self.changed.notify_all();
            if !complete {
                return;
            }
            let reply = self.reply(&seen);
            if reply.drop || send(&mut writer, &reply).is_err() {
                return;
            }
        }
    }

    fn reply(&self, seen: &Seen) -> Reply {
        let is_upload = seen.call() == "upload";
        if is_upload {
            let mut state = self.state.lock().unwrap();
            state.uploading += 1;
            state.most_uploading = state.most_uploading.max(state.uploading);
            self.changed.notify_all();
            let held = |state: &mut State| state.most_uploading < state.hold_until;
            drop(self.changed.wait_timeout_while(state, DEADLINE, held).unwrap());
        }
        let is_held = |state: &mut State| state.held == seen.call();
        drop(self.changed.wait_timeout_while(self.state.lock().unwrap(), DEADLINE, is_held).unwrap());
        let mut script = self.script.lock().unwrap();
        let mut state = self.state.lock().unwrap();
        if is_upload {
            state.uploading -= 1;
        }
        match script(seen, &mut state) {
            Some(reply) => reply,
            None => state.answer(seen),
        }
    }
}

impl State {
    /// What a server of the API answers.
    pub(crate) fn answer(&mut self, seen: &Seen) -> Reply {
        match seen.call() {
            "begin" => {
                let asked = seen.json()["hashes"].as_array().unwrap().clone();
                Reply::json(200, &json!({ "missing": self.missing(&asked) }))
            }
            "upload" => {
                self.blobs.insert(seen.hash().to_owned(), seen.body.clone());
                Reply::json(200, &json!({ "hash": seen.hash(), "stored": true }))
            }
            "commit" => {
                let (n, seq) = (self.deploys.len() + 1, self.next_seq());
                let body = seen.json();
                let mut deploy = json!({ "deployId": id(n), "roots": body["roots"], "isActive": true, "seq": seq,
                    "createdAt": format!("2026-01-0{n}T10:20:30.456Z") });
                if let Some(meta) = body.get("meta") {
                    deploy["meta"] = meta.clone();
                }
                self.deploys.insert(0, deploy);
                self.activate(0, seq)
            }
            "rollback" => {
                let (wanted, seq) = (seen.json()["deployId"].clone(), self.next_seq());
                match self.deploys.iter().position(|deploy| deploy["deployId"] == wanted) {
                    Some(index) => self.activate(index, seq),
                    None => Reply::error(404, "unknown_deploy", "there is no such deploy"),
                }
            }
            "deploys" => Reply::json(200, &Value::Array(self.deploys.clone())),
            _ => Reply::error(404, "not_found", "no such call"),
        }
    }

    fn next_seq(&self) -> u64 {
        self.deploys.iter().filter_map(|deploy| deploy["seq"].as_u64()).max().unwrap_or(0) + 1
    }

    fn activate(&mut self, index: usize, seq: u64) -> Reply {
        for deploy in &mut self.deploys {
            deploy["isActive"] = json!(false);
        }
        let deploy = &mut self.deploys[index];
        (deploy["isActive"], deploy["seq"]) = (json!(true), json!(seq));
        let id = &deploy["deployId"];
        let answer =
            json!({ "url": "https://alpha.path.app", "deployId": id, "seq": seq, "kv": "current", "events": [] });
        Reply::json(200, &answer)
    }

    pub(crate) fn missing(&self, asked: &[Value]) -> Vec<Value> {
        let lacking = asked.iter().filter(|hash| !self.blobs.contains_key(hash.as_str().unwrap()));
        let url = |hash: &Value| format!("{}/api/publish/upload?hash={}", self.upload_base, hash.as_str().unwrap());
        lacking.map(|hash| json!({ "hash": hash, "uploadUrl": url(hash) })).collect()
    }
}

/// The id of the n-th deploy.
pub(crate) fn id(n: usize) -> String {
    format!("{n:08}-1111-4111-8111-111111111111")
}

fn receive(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length: usize = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = Vec::new();
    // A client that gives up may reset the connection, which is no body either.
    let _ = reader.take(length as u64).read_to_end(&mut body);
    let complete = body.len() == length;
    Ok(Some(Seen { method, target, headers, body, complete }))
}

fn send(writer: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    writer.write_all(&[head.as_bytes(), &reply.body].concat())
}
