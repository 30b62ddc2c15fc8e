//! `pmx serve` as a host: what it shows at its root, what it says of what happens, and what it says nothing of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, UdpSocket},
    path::Path,
    process::{Command, Output},
};
use support::{
    Client, Fixture, Pmx, SECRET,
    process::{console_token, pmx},
    site::rollback,
};

fn publish(pmx: &Pmx, site: &str, marker: &str) -> String {
    Fixture::page(marker).publish(pmx.client, site)["deployId"].as_str().unwrap().to_owned()
}

#[test]
fn the_root_shows_this_machine_the_sites_and_how_to_publish() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    let port = server.client.address.port();
    let empty = server.client.get("localhost", "/");
    assert_eq!((empty.status, empty.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(empty.header("cache-control"), Some("no-store"));
    let text = empty.text();
    assert!(text.contains("Nothing was published") && text.contains("pmx publish -s &lt;name&gt;"), "{text}");
    assert!(text.contains(&format!("--server http://localhost:{port}")), "{text}");

    publish(&server, "alpha", "one");
    publish(&server, "beta", "two");
    for host in ["localhost", "127.0.0.1", "[::1]", &format!("localhost:{port}")] {
        let text = server.client.get(host, "/").text();
        for site in ["alpha", "beta"] {
            assert!(text.contains(&format!("href=\"http://{site}.localhost:{port}\"")), "{host}: {text}");
        }
    }
    let text = server.client.get("localhost", "/").text();
    let token = console_token(&folder.path().join("state"));
    for private in [SECRET, &token, folder.path().to_str().unwrap(), "pmx.localhost"] {
        assert!(!text.contains(private), "{private}");
    }
    let head = server.client.call("HEAD", "localhost", "/", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    // All else is the Worker's, as it is in production.
    assert_eq!(server.client.get("localhost", "/other").status, 404);
    assert_eq!(server.client.call("POST", "localhost", "/", &[], b"").error_code(), "not_found");
    assert!(server.client.get("alpha.localhost", "/index").text().contains("one"));
    assert_eq!(server.client.get("nosuch.localhost", "/").status, 404);
}

/// The address that this machine has in a network, if it is in one. Nothing is sent.
fn lan_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[test]
fn others_are_not_told_which_sites_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--host", "0.0.0.0", "--allow-host", "dev.example", "--base-domains", "path.test,localhost"];
    let server = Pmx::serve_with(&folder.path().join("state"), &options);
    publish(&server, "secretsite", "one");
    let told = |client: Client, host: &str, headers: &[(&str, &str)]| {
        let answer = client.get_with(host, "/", headers);
        assert_eq!(answer.status, 200, "{host}");
        let text = answer.text();
        assert!(text.contains("pmx publish -s"), "{text}");
        text.contains("secretsite")
    };
    let here = server.client;
    assert!(told(here, "localhost", &[]));
    assert!(!told(here, "path.test", &[]), "a name that others know");
    assert!(!told(here, "localhost", &[("x-forwarded-for", "192.0.2.7")]), "a proxy asks for somebody");
    let Some(ip) = lan_address() else { return };
    let there = Client { address: SocketAddr::new(ip, here.address.port()) };
    for host in ["localhost", &there.address.to_string()] {
        assert!(!told(there, host, &[]), "{host}");
    }
    let console = format!("pmx.localhost:{}", here.address.port());
    assert_eq!(there.get(&console, "/").status, 403);
}

#[test]
fn a_name_that_is_not_the_server_s_reaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--allow-host", "dev.example", "--base-domain", "localhost", "--base-domain", "path.test"];
    let server = Pmx::serve_with(&folder.path().join("state"), &options);
    publish(&server, "alpha", "one");
    let status = |host: &str, path: &str| server.client.get(host, path).status;
    for host in ["alpha.localhost", "alpha.path.test", "ALPHA.path.test.:80"] {
        assert_eq!(status(host, "/nowhere"), 404, "{host}");
    }
    for host in ["localhost", "127.0.0.1", "[::1]", "dev.example", "path.test"] {
        assert_ne!(status(host, "/"), 403, "{host}");
    }
    for host in ["evil.example", "alpha.localhost.evil.example", "evilpath.test", "10.0.0.1", "0x7f.1", "[::2]"] {
        for path in ["/", "/api/health", "/_events", "/api/publish/begin"] {
            let answer = server.client.get(host, path);
            assert_eq!((answer.status, answer.error_code().as_str()), (403, "foreign_host"), "{host}{path}");
        }
    }
    let twice: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(server.client.raw(false, &[twice]).expect("an answer").status, 400);
}

#[test]
fn each_publish_and_rollback_is_a_line_and_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Pmx::serve(&folder.path().join("state"));
    let first = publish(&server, "alpha", "one");
    let said = server.event_of("published", "alpha");
    assert_eq!((&said["deployId"], said["seq"].as_u64()), (&first.as_str().into(), Some(1)));
    assert!(said["url"].as_str().is_some_and(|url| url.starts_with("http://alpha.localhost:")), "{said}");
    let second = publish(&server, "alpha", "two");
    assert_eq!(server.event("published")["deployId"], second.as_str());
    rollback(server.client, "alpha", &first);
    let rolled = server.event("rolled-back");
    assert_eq!((&rolled["deployId"], &rolled["behind"]), (&first.as_str().into(), &1.into()), "{rolled}");
    // What is refused has not happened.
    let refused = server.client.call("POST", "localhost", "/api/publish/rollback", &[], b"{}");
    assert_eq!(refused.status, 401);
    let lines = server.end();
    let of_alpha: Vec<&str> =
        lines.lines().filter_map(|line| line.split_once("  alpha  ").map(|(_, said)| said)).collect();
    assert_eq!(of_alpha.len(), 3, "{lines}");
    assert!(of_alpha[0].starts_with("published") && of_alpha[0].contains(&format!("→ {}…", &first[..8])), "{lines}");
    assert!(of_alpha[2].starts_with("rolled back") && of_alpha[2].contains(&first[..8]), "{lines}");
    assert!(!lines.contains("GET "), "requests are for those who ask: {lines}");
}

#[test]
fn each_request_is_a_line_where_that_is_asked_for_and_no_line_lets_anybody_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Pmx::serve_with(&folder.path().join("state"), &["-v"]);
    publish(&server, "alpha", "one");
    let console = format!("pmx.localhost:{}", server.client.address.port());
    let token = console_token(&folder.path().join("state"));
    assert_eq!(server.client.get(&console, &format!("/?token={token}")).status, 303);
    server.client.get("alpha.localhost", "/index");
    server.client.get("alpha.localhost", "/nope?a=b");
    server.client.get("evil.example", "/");
    loop {
        let seen = server.event("request");
        if seen["host"] == "evil.example" {
            assert_eq!((&seen["method"], &seen["path"], &seen["status"]), (&"GET".into(), &"/".into(), &403.into()));
            break;
        }
    }
    let lines = server.end();
    assert!(!lines.contains(&token), "{lines}");
    assert!(!lines.contains(SECRET), "{lines}");

    let folder = tempfile::tempdir().unwrap();
    let (output, lines) = said_to_people(&folder.path().join("state"), &[], |client| {
        client.get("alpha.localhost", "/nope?a=b");
        client.get("localhost", "/");
    });
    assert!(output.is_empty(), "stdout is data: {output}");
    assert!(lines.contains("GET alpha.localhost/nope?a=b  404  "), "{lines}");
    assert!(lines.contains("GET localhost/  200  "), "{lines}");
}

/// What `pmx serve -v` says without `--json` while something is done: on stdout, and on stderr.
fn said_to_people(state: &Path, variables: &[(&str, &str)], done: impl FnOnce(Client)) -> (String, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = pmx();
    command.args(["serve", "-v", "--port", &port.to_string(), "--state"]).arg(state).env("PUBLISH_SECRET", SECRET);
    command.env_remove("NO_COLOR").envs(variables.iter().copied());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let client = Client { address: ([127, 0, 0, 1], port).into() };
    let started = std::time::Instant::now();
    while TcpStream::connect(client.address).is_err() {
        assert!(started.elapsed().as_secs() < 30, "it does not come up");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    done(client);
    child.kill().unwrap();
    let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn lines_have_colours_where_they_are_asked_for_and_nowhere_else() {
    let coloured = |variables: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let (_, lines) = said_to_people(&folder.path().join("state"), variables, |client| {
            publish_through(client);
        });
        // The banner, the line of a publish, the line of a request, and the log.
        let mut kinds = ["the publish API", "published", "GET ", " INFO "].map(|kind| {
            let line =
                lines.lines().find(|line| line.contains(kind.trim())).unwrap_or_else(|| panic!("{kind}: {lines}"));
            line.contains('\u{1b}')
        });
        kinds.sort_unstable();
        assert_eq!(kinds[0], kinds[3], "all of them or none: {lines}");
        kinds[0]
    };
    assert!(!coloured(&[]), "stderr is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]));
}

fn publish_through(client: Client) {
    Fixture::page("one").publish(client, "alpha");
    client.get("alpha.localhost", "/index");
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_is_no_terminal_has_no_colours_beside_one_that_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    publish(&server, "alpha", "one");
    let at = |name: &str| folder.path().join(name);
    // `script` gives the command a terminal; one stream of it goes to a file.
    let run = |redirect: &str, term: &str| {
        let line = format!(
            "{} deploys -s alpha --server {} {redirect}; {} deploys -s -x {redirect}",
            env!("CARGO_BIN_EXE_pmx"),
            server.url,
            env!("CARGO_BIN_EXE_pmx"),
        );
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env("PATHMX_PUBLISH_TOKEN", SECRET).env("TERM", term);
        command.env("PMX_DATA_DIR", support::process::USER_FOLDER).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.stdin(std::process::Stdio::null());
        let output = match command.output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("{error}"),
        };
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(shown) = run(&format!(">{}", at("out").display()), "xterm") else { return };
    let file = std::fs::read_to_string(at("out")).unwrap();
    assert!(!file.contains('\u{1b}'), "stdout is a file: {file:?}");
    assert!(shown.contains('\u{1b}'), "stderr is a terminal: {shown:?}");
    let shown = run(&format!("2>>{}", at("err").display()), "xterm").unwrap();
    let file = std::fs::read_to_string(at("err")).unwrap();
    assert!(file.contains("error") && !file.contains('\u{1b}'), "stderr is a file: {file:?}");
    assert!(shown.contains("\u{1b}["), "stdout is a terminal: {shown:?}");
    let shown = run("", "dumb").unwrap();
    assert!(shown.contains("DEPLOY") && !shown.contains('\u{1b}'), "a terminal without colours: {shown:?}");
}

#[test]
fn names_below_localhost_need_no_resolver() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    let site = folder.path().join("site/paths");
    std::fs::create_dir_all(&site).unwrap();
    std::fs::write(site.join("index.path.md"), "# Home\n").unwrap();
    let port = server.client.address.port();
    for (host, site) in [("pathmx.localhost", "alpha"), ("PATHMX.LocalHost.", "beta"), ("localhost", "gamma")] {
        let address = format!("http://{host}:{port}");
        for arguments in [&["publish", "-s", site][..], &["deploys", "-s", site]] {
            let mut command = pmx();
            command.args(arguments).args(["--server", &address]).env("PATHMX_PUBLISH_TOKEN", SECRET);
            let output = command.current_dir(folder.path().join("site")).output().unwrap();
            assert!(output.status.success(), "{address}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    // A port where nobody listens is said to be that, and not a name that is not known.
    drop(server);
    let mut command = pmx();
    command.args(["deploys", "-s", "alpha", "--server", &format!("http://pathmx.localhost:{port}")]);
    let output = command.env("PATHMX_PUBLISH_TOKEN", SECRET).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("refuses connections"), "{stderr}");
}

#[test]
fn a_site_whose_documents_are_lost_does_not_fill_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let server = Pmx::serve(&state);
    publish(&server, "alpha", "one");
    let deploys = support::site::deploys(server.client, "alpha");
    let root = deploys[0]["roots"]["roots"].as_object().unwrap().values().next().unwrap();
    let lost = root["manifest"].as_str().unwrap();
    let mut command = pmx();
    assert!(command.args(["r2", "delete", lost, "--state"]).arg(&state).status().unwrap().success());
    // A server that has not read it yet.
    server.kill();
    let server = Pmx::serve(&state);
    for _ in 0..20 {
        assert_eq!(server.client.get("alpha.localhost", "/index").status, 500);
    }
    let lines = server.end();
    let told = lines.lines().filter(|line| line.contains(lost) && line.contains("not in the bucket")).count();
    assert!((1..=4).contains(&told), "one of its kind for a while: {lines}");
}

#[test]
fn a_client_that_left_is_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pmx::serve(&folder.path().join("state"));
    let large = vec![b'x'; 4 * 1024 * 1024];
    let files = [("index.html", "<h1>Home</h1>"), ("large.txt", std::str::from_utf8(&large).unwrap())];
    Fixture::new(&files).publish(server.client, "alpha");
    let upload = format!(
        "POST /api/publish/upload?hash={} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {SECRET}\r\ncontent-length: 1000000\r\n\r\nsome",
        "0".repeat(64)
    );
    let commit = format!(
        "POST /api/publish/commit HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {SECRET}\r\ncontent-length: 1000\r\n\r\n{{"
    );
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: alpha.localhost\r\n\r\n");
    let socket = "GET /_events HTTP/1.1\r\nhost: alpha.localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                  sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let partial = "GET / HT".to_owned();
    for round in 0..30 {
        for request in [&upload, &commit, &get("/index.html"), &get("/large.txt"), &get("/nope"), &partial, socket] {
            let mut stream = TcpStream::connect(server.client.address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            match round % 3 {
                // What is not read when the connection is closed makes the system reset it.
                0 => {}
                1 => stream.shutdown(std::net::Shutdown::Write).unwrap(),
                _ => {
                    stream.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
                    let _ = stream.read(&mut [0; 100]);
                }
            }
        }
    }
    // All of them were seen: this one comes after them.
    assert!(server.client.get("alpha.localhost", "/index.html").text().contains("Home"));
    let lines = server.end();
    let complaints: Vec<&str> =
        lines.lines().filter(|line| ["WARN", "ERROR", "warning", "error"].iter().any(|w| line.contains(w))).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What the console answers to who has its token.
struct Console {
    client: Client,
    host: String,
    cookie: String,
}

impl Console {
    fn of(client: Client, state: &Path) -> Self {
        let port = client.address.port();
        let cookie = format!("pmx-console-{port}={}", console_token(state));
        Self { client, host: format!("pmx.localhost:{port}"), cookie }
    }

    #[track_caller]
    fn page(&self, path: &str) -> String {
        let answer = self.client.get_with(&self.host, path, &[("cookie", &self.cookie)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Rolls alpha back in the console; where that leads.
    fn rollback(&self, deploy: &str) -> String {
        let origin = format!("http://{}", self.host);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [("cookie", self.cookie.as_str()), ("origin", &origin), kind];
        let body = format!("deploy={deploy}");
        let answer = self.client.call("POST", &self.host, "/sites/alpha/rollback", &headers, body.as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").unwrap().to_owned()
    }
}

fn names(event: &serde_json::Value) -> Vec<&str> {
    event.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_rollback_in_the_console_says_what_is_shown_and_is_the_same_event_as_one_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut server = Pmx::serve(&state);
    let first = publish(&server, "alpha", "one");
    let second = publish(&server, "alpha", "two");
    let console = Console::of(server.client, &state);
    let back = console.rollback(&first);
    assert_eq!(back, "/sites/alpha?done=rolled-back");
    let page = console.page(&back);
    assert!(page.contains("Rolled back. It stays until somebody publishes."), "{page}");
    assert!(page.contains("1 behind the newest. It stays until somebody publishes."), "{page}");
    assert!(page.contains("Back to the newest") && !page.contains("until a Source"), "{page}");
    let newest = console.rollback(&second);
    assert_eq!(newest, "/sites/alpha?done=newest");
    assert!(!console.page(&newest).contains("Back to the newest"));
    let inside = server.event("rolled-back");
    let newer = server.event("rolled-back");
    assert_eq!((&inside["behind"], &newer["behind"]), (&1.into(), &0.into()), "{inside} {newer}");
    rollback(server.client, "alpha", &first);
    let outside = server.event("rolled-back");
    assert_eq!(names(&inside), names(&outside));
    for name in ["deployId", "behind", "url", "pages", "others", "sources", "paths"] {
        assert_eq!(inside[name], outside[name], "{name}");
    }
}

#[test]
fn the_console_of_serve_shows_that_a_site_was_taken_down_and_the_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut server = Pmx::serve(&state);
    publish(&server, "alpha", "one");
    let second = publish(&server, "alpha", "two");
    let down = server.client.api("POST", "/api/unpublish", &serde_json::json!({ "subdomain": "alpha", "status": 410 }));
    assert_eq!(down.status, 200, "{}", down.text());
    let told = server.event("unpublished");
    assert_eq!((&told["site"], &told["status"]), (&"alpha".into(), &410.into()), "{told}");
    let console = Console::of(server.client, &state);
    let sites = console.page("/");
    assert!(sites.contains("href=\"/sites/alpha\"") && sites.contains("unpublished"), "{sites}");
    assert!(!sites.contains("http://alpha.localhost"), "{sites}");
    let listed: serde_json::Value = serde_json::from_str(&console.page("/api/sites")).unwrap();
    assert_eq!(listed["sites"][0]["unpublished"]["status"], 410, "{listed}");
    let page = console.page("/sites/alpha");
    assert!(!page.contains("Published to this server.") && !page.contains("Open site"), "{page}");
    assert!(page.contains("A publish or a rollback brings it back.") && page.contains("Show it again"), "{page}");
    // Whoever has no token still learns nothing of it.
    assert!(!server.client.get("localhost", "/").text().contains("alpha"));
    console.rollback(&second);
    let page = console.page("/sites/alpha");
    assert!(page.contains("Published to this server.") && page.contains("Open site"), "{page}");
    assert!(console.page("/").contains("http://alpha.localhost"));
}
