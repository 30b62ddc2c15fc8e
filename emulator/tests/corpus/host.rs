//! What a script is played on: a process of its own, which can be killed.

use crate::{emulator, script};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// Which of the three hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain JavaScript in workerd.
    Plain,
    /// The replay guest in workerd, through the shim.
    Shim,
    /// The replay guest in the emulator.
    Emulator,
}

impl Kind {
    /// What differences call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Shim => "shim",
            Self::Emulator => "emulator",
        }
    }
}

/// A host that runs, on a state folder that outlives it.
pub(crate) struct Host {
    kind: Kind,
    state: tempfile::TempDir,
    process: Process,
    /// How much of its time has passed that the machine's did not.
    ahead: Duration,
}

struct Process {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Host and port.
    address: String,
}

impl Host {
    pub(crate) fn start(kind: Kind) -> Self {
        let state = tempfile::tempdir().unwrap();
        let process = Process::start(kind, state.path(), Duration::ZERO);
        Self { kind, state, process, ahead: Duration::ZERO }
    }

    pub(crate) fn address(&self) -> &str {
        &self.process.address
    }

    /// The host's time of day, in milliseconds since 1970.
    pub(crate) fn now_ms(&mut self) -> i64 {
        self.process.ask(&json!({ "do": "now" }))["now"].as_i64().unwrap()
    }

    /// Has that much of the host's time pass.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.process.ask(&json!({ "do": "wait", "ms": ms }));
    }

    /// Kills the runtime where it stands.
    pub(crate) fn kill(&mut self) {
        let now = self.now_ms().cast_unsigned();
        self.ahead = Duration::from_millis(now.saturating_sub(emulator::machine_ms()));
        self.process.tell(&json!({ "do": "kill" }));
        let _ = self.process.child.wait();
    }

    /// Starts it again, on the same state.
    pub(crate) fn restart(&mut self) {
        self.process = Process::start(self.kind, self.state.path(), self.ahead);
    }
}

impl Process {
    fn start(kind: Kind, state: &Path, ahead: Duration) -> Self {
        let folder = script::folder();
        let workerd = |modules: Vec<PathBuf>| {
            let mut command = Command::new("node");
            command.arg(folder.join("workerd.mjs")).arg(state).args(modules);
            command
        };
        let mut command = match kind {
            Kind::Plain => workerd(files(&folder.join("plain"))),
            Kind::Shim => workerd(bundle(state)),
            Kind::Emulator => emulator::command(state, ahead),
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut process = Self { child, commands, answers, address: String::new() };
        let ready = process.answer();
        process.address = ready["ready"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        process
    }

    fn tell(&mut self, command: &Value) {
        writeln!(self.commands, "{command}").unwrap();
    }

    fn ask(&mut self, command: &Value) -> Value {
        self.tell(command);
        self.answer()
    }

    /// The next line that is one: a host may say other things first.
    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the host has ended");
            if line.starts_with('{') {
                return serde_json::from_str(&line).unwrap();
            }
        }
    }
}

/// The files of a folder, the one that exports the Worker first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| (!path.ends_with("worker.mjs"), path.clone()));
    files
}

/// The modules of the replay guest, put together as those of any Worker are.
fn bundle(state: &Path) -> Vec<PathBuf> {
    let folder = state.join("bundle");
    fs_err::create_dir_all(&folder).unwrap();
    for path in files(&script::folder().join("../../worker/shim")) {
        fs_err::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let _ = fs_err::remove_file(folder.join("wrangler.toml"));
    fs_err::copy(script::folder().join("guest/worker.mjs"), folder.join("worker.mjs")).unwrap();
    fs_err::copy(script::folder().join("guest/dist/pmx_corpus_guest.wasm"), folder.join("pmx_corpus_guest.wasm"))
        .unwrap();
    files(&folder)
}

impl Drop for Process {
    /// Asked to end, the host ends its runtime too.
    fn drop(&mut self) {
        let _ = writeln!(self.commands, "{}", json!({ "do": "end" }));
        let _ = self.child.wait();
    }
}
