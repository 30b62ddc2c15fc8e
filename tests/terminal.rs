//! Other people's text on a terminal is text: whatever stands in a repository, in stored data or in a server's answer moves no cursor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{Read, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use support::{Pmx, process::pmx};

/// What clears a screen, writes into the clipboard, makes a link, begins a line anew, turns letters around.
const ACTIVE: &str =
    "a\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{1b}]8;;http://evil.example\u{1b}\\b\rc\u{9b}31md\u{7f}e\u{202e}f\u{2066}g";

/// Whether nothing in a text does anything but end a line.
#[track_caller]
fn assert_letters(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let active = text.chars().find(|&c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(active, None, "{what}: {text:?}");
}

/// Runs a command to its end; what it printed.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let what = format!("{command:?}");
    assert_letters(&what, &output.stdout);
    assert_letters(&what, &output.stderr);
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// A repository whose every text is hostile: names, links, frontmatter, component names, the config.
fn hostile() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let paths = folder.path().join("paths");
    let name = ACTIVE.replace('/', "");
    fs::create_dir_all(paths.join(&name)).unwrap();
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let home = format!(
        "---\ntitle: \"{ACTIVE}\n---\n\n# {ACTIVE}\n\n[x](./{encoded}.md) [y](./missing-{encoded}.md) [z](<./{ACTIVE}>)\n\n\
         ![{ACTIVE}](./{encoded}/missing.png)\n\n[[{ACTIVE}]]\n\n<{ACTIVE}>\n\n```mermaid\n{ACTIVE}\n```\n\n$\\{ACTIVE}$\n"
    );
    fs::write(paths.join("index.path.md"), home).unwrap();
    fs::write(paths.join(format!("{name}.md")), format!("---\n{ACTIVE}: [\n---\n\n[y](./no-{encoded}.md)\n")).unwrap();
    fs::write(paths.join(format!("two\nerror: lines {name}.md")), "---\na: [\n---\n").unwrap();
    folder
}

#[test]
fn a_repository_says_nothing_to_the_terminal() {
    let site = hostile();
    let out = tempfile::tempdir().unwrap();
    let at = |arguments: &[&str]| {
        let mut command = pmx();
        command.args(arguments).current_dir(site.path());
        command
    };
    let built = printed(at(&["build", "-o"]).arg(out.path().join("out")));
    assert!(built.contains("\\u{1b}]52;c;aGk=\\u{7}"), "it is shown by its number: {built}");
    for arguments in [
        &["check", "--unreachable"][..],
        &["check", "--unreachable", "--json"],
        &["check", "-vv"],
        &["mv", "paths/index.path.md", "paths/other.path.md", "--dry-run"],
        &["rm", "paths/nothing.md"],
        &["route", "nothing"],
        &["no-such-command"],
    ] {
        printed(&mut at(arguments));
    }
    let unlinked = printed(&mut at(&["check", "--unreachable"]));
    assert!(!unlinked.lines().any(|line| line.starts_with("error: lines")), "a name makes no lines: {unlinked}");
    // What a shell makes of `pmx build *`.
    for arguments in [vec!["build", ACTIVE], vec!["check", "--", ACTIVE], vec!["state", ACTIVE], vec!["mv", ACTIVE]] {
        printed(&mut at(&arguments));
    }
}

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a stream gives, while it is read.
fn gathered(mut stream: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let gathering = all.clone();
    thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part) {
            gathering.lock().unwrap().extend_from_slice(&part[..length]);
        }
    });
    all
}

/// Waits until one of the streams has these words.
#[track_caller]
fn until(streams: &[&Arc<Mutex<Vec<u8>>>], words: &str) {
    let deadline = Instant::now() + DEADLINE;
    let texts = || streams.iter().map(|stream| String::from_utf8_lossy(&stream.lock().unwrap()).into_owned());
    while !texts().any(|text| text.contains(words)) {
        assert!(Instant::now() < deadline, "no {words}: {:?}", texts().collect::<Vec<_>>());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_loop_says_letters_only() {
    for arguments in [&["-vv"][..], &["--json"]] {
        let site = hostile();
        let mut command = pmx();
        command.args(["dev", "--port", "0", "--state"]).arg(site.path().join("state")).args(arguments).arg(site.path());
        let mut dev = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = gathered(dev.stdout.take().unwrap());
        let stderr = gathered(dev.stderr.take().unwrap());
        // Findings of the first build, and of one after it.
        until(&[&stdout, &stderr], "source/frontmatter");
        let broken = format!("# Home\n\n[{ACTIVE}](./last-missing.md)\n\n[x](./last-missing.md)\n");
        fs::write(site.path().join("paths/index.path.md"), broken).unwrap();
        until(&[&stdout, &stderr], "last-missing");
        dev.kill().unwrap();
        dev.wait().unwrap();
        assert_letters("stdout of dev", &stdout.lock().unwrap());
        assert_letters("stderr of dev", &stderr.lock().unwrap());
    }
}

#[test]
fn stored_data_is_listed_in_letters_and_given_out_as_it_is() {
    let state = tempfile::tempdir().unwrap();
    drop(Pmx::serve(state.path()));
    let at = |arguments: &[&str]| {
        let mut command = pmx();
        command.args(arguments).arg("--state").arg(state.path());
        command
    };
    assert!(
        at(&["kv", "put", ACTIVE, ACTIVE])
            .args(["--metadata", "{\"a\":\"\\u001b[2J\\u009b\"}"])
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(at(&["r2", "put", ACTIVE, "--file", "Cargo.toml"]).output().unwrap().status.success());
    for arguments in [
        &["kv", "list"][..],
        &["kv", "list", "--json"],
        &["kv", "get", ACTIVE, "--json"],
        &["kv", "get", "missing\u{1b}[2J"],
        &["r2", "list"],
        &["r2", "head", ACTIVE],
        &["r2", "list", "--json"],
        &["kv", "delete", "missing\u{1b}[2J"],
        &["do", "sql", "no\u{1b}[2J", "SELECT 1"],
    ] {
        printed(&mut at(arguments));
    }
    let value = at(&["kv", "get", ACTIVE]).output().unwrap().stdout;
    assert_eq!(value, ACTIVE.as_bytes(), "content that is no terminal's is as it was stored");
}

#[test]
fn what_a_server_answers_is_said_in_letters() {
    let site = tempfile::tempdir().unwrap();
    fs::create_dir_all(site.path().join("paths")).unwrap();
    fs::write(site.path().join("paths/index.path.md"), "# Home\n").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let message =
        serde_json::json!({ "error": { "code": ACTIVE, "message": ACTIVE }, "requestId": ACTIVE }).to_string();
    let deploys = serde_json::json!([{
        "deployId": ACTIVE, "createdAt": ACTIVE, "isActive": true, "meta": { "branch": ACTIVE, "commit": ACTIVE },
        "roots": { "roots": {}, "default": "main" },
    }]);
    let answers = [
        format!("HTTP/1.1 400 no\r\ncontent-length: {}\r\n\r\n{message}", message.len()),
        "HTTP/1.1 302 no\r\nlocation: http://evil\u{9b}2J.example/\u{202e}\r\ncontent-length: 0\r\n\r\n".to_owned(),
        format!("HTTP/1.1 400 no\r\ncontent-length: {}\r\n\r\n{ACTIVE}", ACTIVE.len()),
        format!("HTTP/1.1 200 yes\r\ncontent-length: {}\r\n\r\n{deploys}", deploys.to_string().len()),
    ];
    let serving = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    for _ in 0..4 {
        deploys_of(&server, site.path());
    }
    serving.join().unwrap();
}

fn deploys_of(server: &str, folder: &Path) {
    let mut command = pmx();
    command.args(["deploys", "-s", "alpha", "--server", server]).current_dir(folder);
    printed(command.env("PATHMX_PUBLISH_TOKEN", "t"));
}
