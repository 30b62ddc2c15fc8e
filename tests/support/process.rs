//! The real `pmx` binary, in a fresh folder, ended with the test.

use super::{Client, Fixture};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// A running `pmx … --json`.
pub struct Pmx {
    child: Child,
    events: mpsc::Receiver<Value>,
    stderr: thread::JoinHandle<String>,
    pub client: Client,
    pub url: String,
}

/// What `pmx` keeps for its user, in tests: never what the user has.
pub const USER_FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/user");

/// A `pmx` that is yet to be given its arguments, without any of the machine's settings.
pub fn pmx() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmx"));
    for name in ["PUBLISH_SECRET", "PATHMX_PUBLISH_TOKEN", "PATHMX_SHARE_TOKEN", "PMX_SERVER", "RUST_LOG", "PMX_CA_DIR"]
    {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("PMX_DATA_DIR", USER_FOLDER);
    command
}

/// Runs `pmx` in a folder to its end: exit code, stdout, stderr.
pub fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = pmx().args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What `pmx console --json` says of the process that has a state folder; none if no process does.
pub fn console_of(state: &Path) -> Option<Value> {
    let mut command = pmx();
    let output = command.args(["console", "--json", "--no-open", "--state"]).arg(state).output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

/// The token of the console of the process that has a state folder.
#[track_caller]
pub fn console_token(state: &Path) -> String {
    let console = console_of(state).expect("somebody has the state");
    console["url"].as_str().unwrap().split_once("?token=").unwrap().1.to_owned()
}

impl Pmx {
    /// `pmx serve --port 0` over a state folder.
    pub fn serve(state: &Path) -> Self {
        Self::serve_with(state, &[])
    }

    pub fn serve_with(state: &Path, arguments: &[&str]) -> Self {
        let mut command = pmx();
        command
            .args(["serve", "--json", "--port", "0", "--state"])
            .arg(state)
            .args(arguments)
            .env("PUBLISH_SECRET", super::SECRET);
        Self::start(command)
    }

    /// `pmx serve --port 0` with this secret.
    pub fn serve_secret(state: &Path, secret: &str) -> Self {
        let mut command = pmx();
        command.args(["serve", "--json", "--port", "0", "--state"]).arg(state).env("PUBLISH_SECRET", secret);
        Self::start(command)
    }

    /// `pmx dev --port 0` on a site.
    pub fn dev(site: &Path, state: &Path) -> Self {
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--state"]).arg(state).arg(site);
        Self::start(command)
    }

    /// Starts a command that prints `ready` with its address.
    pub fn start(command: Command) -> Self {
        Self::start_ready(command).0
    }

    /// As `start`, with what it said when it was ready.
    pub fn start_ready(mut command: Command) -> (Self, Value) {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, events) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    let _ = sender.send(event);
                }
            }
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let stderr = thread::spawn(move || stderr.lines().map_while(Result::ok).map(|line| line + "\n").collect());
        let mut pmx =
            Self { child, events, stderr, client: Client { address: ([127, 0, 0, 1], 0).into() }, url: String::new() };
        let ready = pmx.event("ready");
        pmx.url = ready["url"].as_str().unwrap().to_owned();
        let port = pmx.url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        pmx.client.address.set_port(port);
        (pmx, ready)
    }

    /// The next event of this kind; others before it are dropped.
    #[track_caller]
    pub fn event(&mut self, kind: &str) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) if event["event"] == kind => return event,
                Ok(_) => {}
                Err(error) => panic!("no `{kind}` event: {error}; exit {:?}", self.child.try_wait()),
            }
        }
    }

    /// The next event of this kind about this site; others before it are dropped.
    #[track_caller]
    pub fn event_of(&mut self, kind: &str, site: &str) -> Value {
        loop {
            let event = self.event(kind);
            if event["site"] == site {
                return event;
            }
        }
    }

    /// Sends a signal by its name.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.pid().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Ends it as a person would, where a test can do that; what it wrote to stderr.
    #[track_caller]
    pub fn end(self) -> String {
        #[cfg(unix)]
        {
            self.signal("INT");
            self.ended().1
        }
        #[cfg(not(unix))]
        self.kill()
    }

    /// Waits until it has ended by itself; what it wrote to stderr.
    #[track_caller]
    pub fn ended(mut self) -> (std::process::ExitStatus, String) {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        (status, std::mem::replace(&mut self.stderr, thread::spawn(String::new)).join().unwrap())
    }

    /// The next event of any kind, if one comes in this time.
    pub fn try_event(&mut self, within: Duration) -> Option<Value> {
        self.events.recv_timeout(within).ok()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing is flushed.
    pub fn kill(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.stderr, thread::spawn(String::new)).join().unwrap()
    }
}

impl Drop for Pmx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `pmx serve` over a state folder of its own.
pub struct Server {
    state: tempfile::TempDir,
    pub pmx: Pmx,
}

impl Server {
    pub fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let pmx = Pmx::serve(state.path());
        Self { state, pmx }
    }

    pub fn client(&self) -> Client {
        self.pmx.client
    }

    /// Publishes a page with this marker; the id of its deploy.
    pub fn publish(&self, site: &str, marker: &str) -> String {
        Fixture::page(marker).publish(self.client(), site)["deployId"].as_str().unwrap().to_owned()
    }

    /// Ends the server and answers what it wrote to stderr.
    pub fn log(self) -> String {
        let Self { pmx, state } = self;
        let log = pmx.kill();
        drop(state);
        log
    }
}
