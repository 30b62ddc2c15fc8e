//! The commands that a person types in a clone.

use super::{
    ground::{self, Ground},
    support::{Pmx, SECRET, process::pmx},
};
use std::{
    io::{BufRead as _, BufReader},
    process::{self, Child, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a command may take on a busy machine. One that waits for what never comes waits longer.
const DEADLINE: Duration = Duration::from_secs(120);

/// A command of the table.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// Whether it promises to write nothing.
    pub(crate) is_dry: bool,
    pub(crate) run: Box<dyn Fn(&Ground) -> Ran>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    /// None, if it was ended by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn says(&self, text: &str) -> bool {
        self.out.contains(text) || self.err.contains(text)
    }
}

/// All of them.
pub(crate) fn all() -> [Command; 11] {
    [
        build(),
        check(),
        route(),
        publish_dry(),
        publish(),
        share(),
        move_dry(),
        remove_dry(),
        moving(),
        removing(),
        dev(),
    ]
}

pub(crate) fn build() -> Command {
    plain("build", false, &["build"])
}

pub(crate) fn check() -> Command {
    plain("check", true, &["check"])
}

pub(crate) fn route() -> Command {
    plain("route", true, &["route", "/a"])
}

pub(crate) fn move_dry() -> Command {
    plain("mv -n", true, &["mv", "-n", "a.md", "moved.md"])
}

pub(crate) fn remove_dry() -> Command {
    plain("rm -n", true, &["rm", "-n", "a.md"])
}

pub(crate) fn moving() -> Command {
    plain("mv", false, &["mv", "a.md", "moved.md"])
}

pub(crate) fn removing() -> Command {
    plain("rm", false, &["rm", "a.md"])
}

pub(crate) fn publish_dry() -> Command {
    publishing("publish --dry-run", &["publish", "-s", "clone", "--no-git", "--dry-run"])
}

pub(crate) fn publish() -> Command {
    publishing("publish", &["publish", "-s", "clone", "--no-git"])
}

pub(crate) fn share() -> Command {
    publishing("share", &["share", "."])
}

/// To a server of its own.
fn publishing(name: &'static str, words: &'static [&'static str]) -> Command {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    let run = move |ground: &Ground| {
        let url = server.url.trim_end_matches('/').to_owned();
        let arguments = [words, &["--server", &url]].concat();
        let mut command = command(ground, &arguments);
        command.env("PATHMX_PUBLISH_TOKEN", SECRET).env("PATHMX_SHARE_TOKEN", SECRET);
        let ran = ended(command.spawn().unwrap());
        assert_eq!(ground::with_secret(state.path()), None, "it was published: {ran:?}");
        ran
    };
    Command { name, is_dry: words.contains(&"--dry-run"), run: Box::new(run) }
}

/// Started, and ended as a person ends it, once something was published or refused.
pub(crate) fn dev() -> Command {
    let run = |ground: &Ground| {
        let mut command = command(ground, &["dev", "--json", "--port", "0", "--state"]);
        let mut child = command.arg(ground.state()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let pid = child.id().to_string();
        let reading = thread::spawn(move || {
            let mut text = String::new();
            let is_over = |line: &str| {
                ["published", "failed", "kept", "unchanged"]
                    .iter()
                    .any(|event| line.contains(&format!("\"event\":\"{event}\"")))
            };
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|count| count > 0) {
                text.push_str(&line);
                if is_over(&line) {
                    let _ = process::Command::new("kill").args(["-INT", &pid]).status();
                }
                line.clear();
            }
            text
        });
        let mut ran = ended(child);
        ran.out = reading.join().unwrap();
        // That it was ended is what was asked for.
        ran.code = ran.code.map(|code| if code == 130 { 0 } else { code });
        ran
    };
    Command { name: "dev", is_dry: false, run: Box::new(run) }
}

fn plain(name: &'static str, is_dry: bool, arguments: &'static [&'static str]) -> Command {
    Command { name, is_dry, run: Box::new(move |ground| run(ground, arguments)) }
}

/// Runs `pmx` in the clone.
pub(crate) fn run(ground: &Ground, arguments: &[&str]) -> Ran {
    ended(command(ground, arguments).spawn().unwrap())
}

fn command(ground: &Ground, arguments: &[&str]) -> process::Command {
    let mut command = pmx();
    command
        .args(arguments)
        .current_dir(ground.checkout())
        .env("PMX_DATA_DIR", ground.data())
        .env("HOME", ground.data())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end.
fn ended(mut child: Child) -> Ran {
    fn all(from: Option<impl std::io::Read + Send + 'static>) -> thread::JoinHandle<String> {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = from.map(|mut from| from.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }
    let (out, err) = (all(child.stdout.take()), all(child.stderr.take()));
    let deadline = Instant::now() + DEADLINE;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    Ran { code, out: out.join().unwrap(), err: err.join().unwrap() }
}
