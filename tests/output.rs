//! Where output goes and cannot go: full disks, readers that have seen enough, FIFOs, the log.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

#[path = "golden/mask.rs"]
mod mask;
#[path = "golden/scene.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod scene;
mod support;

use scene::Scene;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::Client;

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(60);
/// Calls that write data to stdout, over a state that nobody owns.
const SAYING: [&str; 29] = [
    "pmx --help",
    "pmx --version",
    "pmx help kv get",
    "pmx build",
    "pmx build --json",
    "pmx check --json",
    "pmx check --unreachable",
    "pmx init --json ../made",
    "pmx new talk Openings",
    "pmx link -s chess --json",
    "pmx mv -n paths/notes.md paths/remarks.md",
    "pmx rm -n paths/notes.md",
    "pmx route /notes",
    "pmx route /notes --json",
    "pmx worker bundle -o ../bundle",
    "pmx kv get greeting --state ../state",
    "pmx kv list --state ../state",
    "pmx kv put greeting hello --state ../state --json",
    "pmx r2 get pictures/one --state ../state",
    "pmx r2 head pictures/one --state ../state",
    "pmx r2 list --state ../state --json",
    "pmx do list --state ../state",
    "pmx do tables chess --state ../state --json",
    "pmx do sql chess 'SELECT 1 AS one' --state ../state",
    "pmx do alarm chess --state ../state --json",
    "pmx state path",
    "pmx state check --state ../state",
    "pmx state export - --state ../state",
    "pmx state export /dev/stdout --state ../state",
];

/// A project that was built, with a Source that no link leads to and a state.
fn scene() -> Scene {
    let scene = Scene::stored();
    scene.put("site/paths/lonely.md", "# Lonely\n");
    assert_eq!(scene.call("site", "pmx build -q", "").code, Some(0));
    scene
}

/// Waits for its end.
#[track_caller]
fn ended(mut child: Child, what: &str) -> (Option<i32>, String) {
    let mut stderr = child.stderr.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let end = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("`{what}` does not end");
        }
        thread::sleep(Duration::from_millis(5));
    };
    (status.code(), reader.join().unwrap())
}

#[cfg(target_os = "linux")]
fn full() -> fs::File {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
fn into_full(scene: &Scene, line: &str) -> (Option<i32>, String) {
    let mut command = scene.command("site", line);
    ended(command.stdin(Stdio::null()).stdout(full()).stderr(Stdio::piped()).spawn().unwrap(), line)
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_full_disk_does_not_take_fails_every_command_with_one_message() {
    let scene = scene();
    for line in SAYING {
        let (code, stderr) = into_full(&scene, line);
        let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(code, Some(1), "{line}: {stderr}");
        assert_eq!(
            errors,
            ["error: stdout cannot be written: No space left on device (os error 28)"],
            "{line}: {stderr}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_goes_on_until_its_user_ends_it_ends_where_its_data_cannot_be_written() {
    let scene = Scene::served();
    for line in [
        "PUBLISH_SECRET=s pmx serve --port 0 --state ../other --json",
        "PUBLISH_SECRET=s pmx serve --port 0 --state ../other -q",
        "pmx dev --port 0 --state ../another --json",
        "pmx play --port 0 --state ../another --print-url",
        "pmx publish -s chess --no-git --server $SERVER --json",
        "pmx deploys -s chess --server $SERVER",
        "pmx events -s chess --server $SERVER --json",
    ] {
        let (code, stderr) = into_full(&scene, line);
        assert!(code == Some(1) && stderr.contains("error: stdout cannot be written"), "{line}: {code:?} {stderr}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let scene = scene();
    for line in SAYING {
        let mut command = scene.command("site", line);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let (code, stderr) = ended(child, line);
        assert!(code == Some(0) && !stderr.contains("error: "), "{line}: {code:?} {stderr}");
    }
}

#[test]
fn following_a_site_ends_when_nobody_reads_any_more_though_nothing_happens() {
    let scene = Scene::served();
    assert_eq!(scene.call("site", "pmx publish -q -s chess --no-git --server $SERVER", "").code, Some(0));
    let line = "pmx events -s chess --server $SERVER --json";
    let mut command = scene.command("site", line);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains("\"connected\""), "{first}");
    drop(stdout);
    let (code, stderr) = ended(child, line);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_server_goes_on_without_a_reader() {
    let scene = Scene::new();
    let mut command = scene.command("site", "PUBLISH_SECRET=s pmx serve --port 0 --state ../other -q");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    stdout.read_line(&mut url).unwrap();
    drop(stdout);
    let port: u16 = url.trim().rsplit(':').next().unwrap().parse().unwrap();
    let client = Client { address: ([127, 0, 0, 1], port).into() };
    assert_eq!(client.get("localhost", "/api/health").status, 200);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(ended(child, "pmx serve").0, Some(0));
}

#[test]
fn an_export_goes_through_what_is_no_file() {
    let scene = scene();
    let exported = |line: &str| scene.call("site", line, "");
    assert_eq!(exported("pmx state export -q ../file.tar --state ../state").code, Some(0));
    let holds = |bytes: &[u8], what: &str| {
        fs::write(scene.path("came.tar"), bytes).unwrap();
        let imported = exported("pmx state import -q -y ../came.tar --state ../came");
        assert_eq!((imported.code, imported.stderr.as_str()), (Some(0), ""), "{what}");
        assert_eq!(exported("pmx kv get greeting --state ../came").stdout, "hello", "{what}");
    };
    holds(&fs::read(scene.path("file.tar")).unwrap(), "a file");

    let fifo = scene.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = {
        let fifo = fifo.clone();
        thread::spawn(move || fs::read(fifo).unwrap())
    };
    assert_eq!(exported("pmx state export -q ../fifo --state ../state").code, Some(0));
    holds(&reader.join().unwrap(), "a FIFO");
    let kind = fs::symlink_metadata(&fifo).unwrap().file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind), "it is still one");

    for line in ["pmx state export - --state ../state", "pmx state export /dev/stdout --state ../state --json"] {
        let mut command = scene.command("site", line);
        let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
        holds(&output.stdout, line);
        let file = fs::File::create(scene.path("led.tar")).unwrap();
        assert!(scene.command("site", line).stdout(file).stderr(Stdio::null()).status().unwrap().success());
        holds(&fs::read(scene.path("led.tar")).unwrap(), line);
    }
    #[cfg(target_os = "linux")]
    {
        let full = exported("pmx state export /dev/full --state ../state");
        let message = "error: /dev/full cannot be written: No space left on device (os error 28)\n";
        assert_eq!((full.code, full.stderr.as_str()), (Some(1), message));
    }
}

#[test]
fn an_export_through_a_pipe_works_beside_the_process_that_owns_the_state() {
    let scene = Scene::new();
    let mut command = scene.command("site", "pmx dev --json --port 0 --state ../state");
    command.env("PUBLISH_SECRET", "unused");
    let dev = support::Pmx::start(command);
    let output = scene.command("site", "pmx state export - --state ../state").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    drop(dev);
    fs::write(scene.path("came.tar"), &output.stdout).unwrap();
    let imported = scene.call("site", "pmx state import -y ../came.tar --state ../came", "");
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
}

#[test]
fn the_log_in_json_is_one_object_a_line_and_every_request_has_an_id() {
    for command in ["serve", "dev"] {
        let scene = Scene::new();
        let line = format!("RUST_LOG=pmx=debug pmx {command} --json --log-format json --port 0 --state ../state");
        let mut command = scene.command("site", &line);
        command.env("PUBLISH_SECRET", support::SECRET);
        let pmx = support::Pmx::start(command);
        let host = "chess.localhost";
        for path in ["/first", "/second\u{9b}"] {
            pmx.client.get(host, &path.replace('\u{9b}', "%C2%9B"));
        }
        let log = pmx.end();
        let lines: Vec<Value> = log
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect();
        let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
        let of = |path: &str| answered.iter().find(|line| line["span"]["path"] == path).copied();
        let (first, second) = (of("/first").unwrap(), of("/second%C2%9B").unwrap());
        for line in [first, second] {
            assert!(line["status"].is_u64() && line["span"]["method"] == "GET" && line["level"] == "DEBUG", "{line}");
            assert!(line["timestamp"].is_string() && line["span"]["host"] == host, "{line}");
            assert_eq!(line["span"]["request_id"].as_str().map(str::len), Some(16), "{line}");
        }
        assert_ne!(first["span"]["request_id"], second["span"]["request_id"]);
    }
}

#[test]
fn what_is_logged_after_an_answer_that_was_waited_for_is_of_its_request_too() {
    let scene = Scene::new();
    let faults = "--simulate kv-error=100%,kv-latency=1ms";
    let line = format!("RUST_LOG=debug pmx serve --json --log-format json --port 0 --state ../state {faults}");
    let mut command = scene.command("site", &line);
    command.env("PUBLISH_SECRET", support::SECRET);
    let pmx = support::Pmx::start(command);
    assert_eq!(pmx.client.get("chess.localhost", "/first").status, 500);
    let log = pmx.end();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_worker: Vec<&Value> =
        lines.iter().filter(|line| line["target"] == "worker" || line["message"] == "an op failed").collect();
    assert!(!of_worker.is_empty(), "{log}");
    for line in of_worker {
        assert_eq!(line["span"]["path"], "/first", "{line}");
        assert_eq!(line["span"]["request_id"].as_str().map(str::len), Some(16), "{line}");
    }
}

#[test]
fn the_log_in_text_names_the_request_and_is_off_unless_asked_for() {
    for (level, words) in [("pmx=debug", "request_id="), ("", "")] {
        let scene = Scene::new();
        let mut command = scene.command("site", "pmx serve --json --port 0 --state ../state");
        command.env("PUBLISH_SECRET", support::SECRET).env("RUST_LOG", level);
        let pmx = support::Pmx::start(command);
        pmx.client.get("chess.localhost", "/first");
        let log = pmx.end();
        assert_eq!(
            log.contains("answered") && log.contains(words) && log.contains("path=\"/first\""),
            !level.is_empty(),
            "{log}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn talk_that_cannot_be_written_ends_nothing() {
    let scene = scene();
    for line in ["pmx build -v", "pmx kv put greeting hello --state ../state -vv", "pmx check"] {
        let mut command = scene.command("site", line);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{line}");
    }
}
