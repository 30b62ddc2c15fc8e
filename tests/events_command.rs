//! `pmx events` as a person runs it: against `pmx dev`, against `pmx serve`, and against what is neither.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use support::{Fixture, Pmx, process::pmx, put, site};

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(60);

/// A running `pmx events`.
struct Following {
    child: Child,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
}

fn lines(from: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

impl Following {
    fn start(site: &str, server: &str, more: &[&str]) -> Self {
        let mut command = pmx();
        command.args(["events", "-s", site, "--server", server]).args(more);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Self { child, stdout, stderr }
    }

    /// The next line on stdout.
    #[track_caller]
    fn line(&mut self) -> String {
        match self.stdout.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(_) => panic!("no line; stderr: {:?}", self.stderr.try_iter().collect::<Vec<_>>()),
        }
    }

    /// The next object of this kind; others before it are dropped.
    #[track_caller]
    fn event(&mut self, kind: &str) -> Value {
        loop {
            let event: Value = serde_json::from_str(&self.line()).unwrap();
            if event["event"] == kind {
                return event;
            }
        }
    }

    /// Waits for a line on stderr.
    #[track_caller]
    fn says(&mut self, words: &str) {
        let end = Instant::now() + DEADLINE;
        while let Ok(line) = self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return;
            }
        }
        panic!("it never says `{words}`");
    }

    /// Waits for the end; the status, all of stdout, all of stderr.
    #[track_caller]
    fn ended(mut self) -> (ExitStatus, String, String) {
        let end = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let all = |lines: &mpsc::Receiver<String>| lines.iter().map(|line| line + "\n").collect::<String>();
        (status, all(&self.stdout), all(&self.stderr))
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files of a site with two pages, as a build has them, with this text on the first.
fn course(text: &str) -> Fixture {
    let sources = format!(
        "{{\"sources\":{{\"notes\":{{\"path\":\"notes.md\",\"route\":\"/notes\",\"title\":\"Notes of {}\",\"blocks\":[]}},\
         \"start\":{{\"path\":\"start.md\",\"route\":\"/start\",\"title\":\"Start\",\"blocks\":[]}}}}}}",
        text.split(' ').next().unwrap()
    );
    Fixture::new(&[
        ("notes.html", &format!("<!doctype html><p>{text}")),
        ("notes.md", text),
        ("start.html", "<!doctype html><p>start"),
        ("sources.json", &sources),
        ("assets/p.svg", &format!("<svg id=\"{}\"/>", text.len())),
    ])
}

/// The id of the deploy that this becomes.
fn publish(server: &Pmx, fixture: &Fixture) -> String {
    fixture.publish(server.client, "course")["deployId"].as_str().unwrap().to_owned()
}

#[test]
fn an_edit_in_dev_is_a_line_with_the_pages_title() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("course");
    put(&site, "paths/index.path.md", "# The course\n\n[Notes](./notes.lesson.md)\n");
    put(&site, "paths/notes.lesson.md", "# My notes\n\nOne.\n");
    let dev = Pmx::dev(&site, &folder.path().join("state"));
    let mut following = Following::start("course", &dev.url, &[]);
    following.says("Following http://course.localhost:");
    put(&site, "paths/notes.lesson.md", "# My notes\n\nTwo.\n");
    let line = following.line();
    assert!(line.contains("  1 page: My notes (deploy "), "{line}");
    put(&site, "paths/index.path.md", "# The course\n\n[Notes](./notes.lesson.md) [New](./new.lesson.md)\n");
    put(&site, "paths/new.lesson.md", "# A new one\n");
    // A save is looked at when it comes: the new file may be a change of its own.
    let mut told = following.line();
    while !told.contains("A new one (new)") {
        told = following.line();
    }
}

#[test]
fn publishes_and_rollbacks_are_told_as_objects_with_titles_paths_and_deploys() {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    let first = publish(&server, &course("One"));
    let mut following = Following::start("course", &server.url, &["--json"]);
    let connected = following.event("connected");
    assert_eq!(
        (&connected["deployId"], &connected["again"], &connected["site"]),
        (&first.as_str().into(), &false.into(), &"course".into())
    );
    let second = publish(&server, &course("One more"));
    let changed = following.event("changed");
    assert_eq!(changed["deployId"], second.as_str());
    assert_eq!(
        changed["pages"],
        serde_json::json!([{ "title": "Notes of One", "address": "/notes", "change": "changed" }])
    );
    assert_eq!((&changed["files"], &changed["sources"]), (&1.into(), &serde_json::json!(["notes"])), "{changed}");
    assert!(changed["paths"].as_array().unwrap().contains(&"/notes.html".into()), "{changed}");
    site::rollback(server.client, "course", &first);
    let back = following.event("changed");
    assert_eq!((&back["deployId"], &back["pages"]), (&first.as_str().into(), &changed["pages"]));
    assert!(back["seq"].as_u64() > changed["seq"].as_u64(), "{back}");
    publish(&server, &course("Two"));
    assert_eq!(following.event("changed")["pages"][0]["title"], "Notes of Two", "a new title is told as it is now");
}

#[test]
fn after_a_restart_of_the_server_it_comes_back_and_is_told_what_it_missed() {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    publish(&server, &course("One"));
    let port = server.client.address.port().to_string();
    let mut following = Following::start("course", &server.url, &[]);
    following.says("Following");
    server.kill();
    following.says("trying again");
    let mut again = pmx();
    again
        .args(["serve", "--json", "--port", &port, "--state"])
        .arg(state.path())
        .env("PUBLISH_SECRET", support::SECRET);
    let server = Pmx::start(again);
    publish(&server, &course("Two"));
    let line = following.line();
    assert!(line.contains("  1 page: Notes of Two (deploy "), "{line}");
    following.says("connected again");
}

#[test]
fn a_deploy_that_was_pruned_meanwhile_is_said_and_the_next_change_is_told() {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    publish(&server, &course("One"));
    let port = server.client.address.port().to_string();
    let mut following = Following::start("course", &server.url, &["--json"]);
    following.event("connected");
    server.kill();
    following.event("disconnected");
    // On another port first, where nobody follows: the deploy is gone before it can be asked for.
    let elsewhere = Pmx::serve(state.path());
    for n in 0..8 {
        publish(&elsewhere, &course(&format!("{n}")));
    }
    let pruned =
        elsewhere.client.api("POST", "/api/deploys/prune", &serde_json::json!({ "subdomain": "course", "keep": 1 }));
    assert_eq!(pruned.status, 200, "{}", pruned.text());
    elsewhere.kill();
    let mut again = pmx();
    again
        .args(["serve", "--json", "--port", &port, "--state"])
        .arg(state.path())
        .env("PUBLISH_SECRET", support::SECRET);
    let server = Pmx::start(again);
    following.event("missed");
    following.event("connected");
    publish(&server, &course("Last"));
    assert_eq!(following.event("changed")["pages"][0]["title"], "Notes of Last");
}

#[test]
fn what_cannot_be_followed_is_one_clear_error() {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    let (status, stdout, stderr) = Following::start("nosuch", &server.url, &[]).ended();
    assert_eq!((status.code(), stdout.as_str()), (Some(1), ""));
    let port = server.client.address.port();
    assert_eq!(
        stderr,
        format!(
            "error: there is no site at http://nosuch.localhost:{port}\nhint: a site is there once it was published; \
             `-s` is its name, `--server` where it was published to\n"
        )
    );
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let (status, _, stderr) = Following::start("course", &format!("http://localhost:{free}"), &[]).ended();
    assert_eq!(status.code(), Some(1));
    assert!(
        stderr.starts_with(&format!("error: http://course.localhost:{free} refuses connections\nhint: ")),
        "{stderr}"
    );
    for (site, server) in [("a.b", "http://localhost:1"), ("a", "localhost:1"), ("a", "ftp://x")] {
        assert_eq!(Following::start(site, server, &[]).ended().0.code(), Some(2), "{site} {server}");
    }
}

/// A server that answers each connection with these bytes, after it has read a request.
fn stub(answer: impl Fn(&str, &mut TcpStream) + Copy + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                answer(&head, &mut stream);
            });
        }
    });
    address
}

#[test]
fn servers_that_are_none_of_ours_are_named_as_that_and_nothing_they_send_is_waited_for_or_kept() {
    type Answer = fn(&str, &mut TcpStream);
    let answers: [(Answer, &str); 5] = [
        (
            |_, stream| drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")),
            "does not answer as a PathMX server does",
        ),
        (|_, stream| drop(stream.write_all(b"220 mail ready\r\n")), "does not answer as a PathMX server does"),
        (
            |_, stream| {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\npmx-deploy: \x1b[2Jx/../y\r\ncontent-length: 0\r\n\r\n"))
            },
            "error: ",
        ),
        (|_, _| {}, "error: "),
        (
            |_, stream| {
                // Headers without an end.
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                while stream.write_all(&b"x: y\r\n".repeat(1000)).is_ok() {}
            },
            "error: ",
        ),
    ];
    for (answer, words) in answers {
        let address = stub(answer);
        let (status, stdout, stderr) = Following::start("course", &format!("http://{address}"), &[]).ended();
        assert_eq!((status.code(), stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(
            stderr.contains(words) && !stderr.contains('\x1b') && stderr.matches("error: ").count() == 1,
            "{stderr}"
        );
    }
}

/// Answers a handshake, then sends frames: text, if they are text.
fn upgraded(head: &str, stream: &mut TcpStream, frames: &[&[u8]]) {
    let key = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("sec-websocket-key: ").map(|_| &line[19..]));
    let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.unwrap().trim().as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for frame in frames {
        let length = u8::try_from(frame.len()).unwrap();
        stream.write_all(&[&[0x81, length], *frame].concat()).unwrap();
    }
}

#[test]
fn noise_between_events_is_passed_over_and_said_once() {
    let address = stub(|head, stream| {
        if head.starts_with("HEAD") {
            let _ = stream.write_all(b"HTTP/1.1 308 X\r\npmx-deploy: d1\r\npmx-seq: 1\r\npmx-fresh: 1\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n");
        } else if head.starts_with("GET /_events") {
            let event = br#"{"type":"artifacts-changed","paths":["/a.html","/p.svg"]}"#;
            upgraded(head, stream, &[b"what?", b"{\"type\":\"other\"}", b"[", event]);
            // Until it goes away.
            let _ = stream.read(&mut [0]);
        } else {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n<p>");
        }
    });
    let mut following = Following::start("course", &format!("http://{address}"), &[]);
    let line = following.line();
    assert!(line.ends_with("  2 assets (deploy d1)"), "{line}");
    following.child.kill().unwrap();
    let (_, _, stderr) = following.ended();
    assert_eq!(stderr.matches("what is no event of a site").count(), 1, "{stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_130_and_without_a_word() {
    let state = tempfile::tempdir().unwrap();
    let server = Pmx::serve(state.path());
    publish(&server, &course("One"));
    let mut following = Following::start("course", &server.url, &[]);
    following.says("Following");
    let sent = std::process::Command::new("kill").args(["-INT", &following.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let (status, stdout, stderr) = following.ended();
    assert_eq!((status.code(), stdout.as_str(), stderr.as_str()), (Some(130), "", ""));
}
