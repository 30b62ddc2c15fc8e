//! The console as a browser, a script and a hostile page see it: over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};
use support::{
    Answer, Pmx,
    process::{console_token, pmx},
};

/// A running `pmx dev` with a small site, and the key of its console.
struct Console {
    folder: tempfile::TempDir,
    dev: Pmx,
    token: String,
    host: String,
    cookie: String,
}

impl Console {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("paths")).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join("paths").join(name), text).unwrap();
        write("index.path.md", "# Home\n\nFirst words, and [a lesson](./one.lesson.md).\n");
        write("one.lesson.md", "# One\n\nThe lesson.\n");
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--site", "tried", "--state"]);
        command.arg(folder.path().join("state")).arg(folder.path());
        let dev = Pmx::start(command);
        let token = console_token(&folder.path().join("state"));
        let port = dev.client.address.port();
        let cookie = format!("pmx-console-{port}={token}");
        Self { folder, dev, token, host: format!("pmx.localhost:{port}"), cookie }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join("paths").join(name), text).unwrap();
    }

    /// As a browser that has the cookie.
    fn get(&self, path: &str) -> Answer {
        self.dev.client.get_with(&self.host, path, &[("cookie", &self.cookie)])
    }

    #[track_caller]
    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// As a form of the console's own pages.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.host);
        self.post_as(path, fields, &[("cookie", &self.cookie), ("origin", &origin), ("sec-fetch-site", "same-origin")])
    }

    fn post_as(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.dev.client.call("POST", &self.host, path, &all, body.join("&").as_bytes())
    }

    /// As a form with a file.
    fn upload(&self, path: &str, fields: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--xyz\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
            body.extend(*value);
            body.extend(b"\r\n");
        }
        body.extend(b"--xyz--\r\n");
        let origin = format!("http://{}", self.host);
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("origin", &origin),
            ("content-type", "multipart/form-data; boundary=xyz"),
        ];
        self.dev.client.call("POST", &self.host, path, &headers, &body)
    }

    /// As a command that has read the token.
    fn data(&self, op: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        self.dev.client.call("POST", &self.host, "/api/data", &[("authorization", &bearer)], op.to_string().as_bytes())
    }

    /// The ids of the deploys, newest first.
    fn deploys(&mut self, count: usize) -> Vec<String> {
        loop {
            let page = self.page("/sites/tried");
            let ids: Vec<String> = page
                .split("class=\"mono name\" title=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .collect();
            if ids.len() >= count {
                return ids;
            }
            self.dev.event("published");
        }
    }
}

#[test]
fn the_page_that_lets_nobody_in_has_its_style() {
    let console = Console::start();
    let client = console.dev.client;
    let locked = client.get(&console.host, "/");
    assert_eq!(locked.status, 401);
    let text = locked.text();
    let style = text.split("rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let answer = client.get(&console.host, style);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "no other page learns of it");
    assert_eq!(client.call("POST", &console.host, style, &[], b"").status, 401);
    // Nothing else is for everyone.
    let inside = console.page("/");
    let script = inside.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(client.get(&console.host, script).status, 401, "{script}");
}

#[test]
fn the_address_with_the_token_lets_in_and_nothing_else_does() {
    let console = Console::start();
    let client = console.dev.client;
    for path in ["/", "/about", "/?token=00", &format!("/about?token={}", console.token), "/nowhere"] {
        let answer = client.get(&console.host, path);
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.text().contains("<kbd>c</kbd>") && !answer.text().contains(&console.token), "{path}");
    }
    let wrong = console.cookie.replace(&console.token[..8], "00000000");
    assert_eq!(client.get_with(&console.host, "/", &[("cookie", &wrong)]).status, 401);

    let entered = client.get(&console.host, &format!("/?token={}", console.token));
    assert_eq!((entered.status, entered.header("location")), (303, Some("/")));
    let cookie = entered.header("set-cookie").unwrap();
    assert!(cookie.starts_with(&console.cookie), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"), "{cookie}");
    assert!(console.page("/").contains("tried"));

    // A page of elsewhere, or a file, leads here: its redirects carry no strict cookie, what this page leads to does.
    let led = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let entered = client.get_with(&console.host, &format!("/?token={}", console.token), &led);
    assert_eq!((entered.status, entered.header("set-cookie")), (200, Some(cookie)), "{}", entered.text());
    let leads = entered.text();
    assert!(leads.contains("http-equiv=\"refresh\" content=\"0;url=/\"") && !leads.contains(&console.token), "{leads}");

    let unnamed = client.get(&console.host, "/api/sites");
    assert_eq!((unnamed.status, unnamed.json()["error"]["code"].as_str()), (401, Some("unauthorized")));
    let bearer = format!("Bearer {}", console.token);
    let sites = client.get_with(&console.host, "/api/sites", &[("authorization", &bearer)]).json();
    assert_eq!((&sites["sites"][0]["name"], &sites["sites"][0]["phase"]), (&"tried".into(), &"ready".into()));
    let page = client.get_with(&console.host, "/", &[("authorization", &bearer)]);
    assert_eq!(page.status, 401, "pages take the cookie only");

    // No site answers for the console, and the console answers for no site.
    for host in ["localhost", "tried.localhost", "a.pmx.localhost", "evil.localhost"] {
        let answer = client.get_with(host, "/api/sites", &[("cookie", &console.cookie), ("authorization", &bearer)]);
        assert!(!answer.text().contains("sourceRoot"), "{host}: {}", answer.text());
        assert!(!client.get(host, "/").text().contains("<kbd>c</kbd>"), "{host}");
    }
}

#[test]
fn every_answer_keeps_other_origins_out() {
    let console = Console::start();
    let object = console.data(&json!({ "op": "do.list" })).json()["objects"][0]["id"].as_str().unwrap().to_owned();
    let paths = [
        "/",
        "/sites/tried",
        "/sites/tried/compare",
        "/events",
        "/data/kv",
        "/data/kv/entry?key=space:tried",
        "/data/r2",
        "/data/objects",
        &format!("/data/objects/{object}"),
        "/requests",
        "/log",
        "/faults",
        "/about",
    ];
    for path in paths {
        let answer = console.get(path);
        let text = answer.text();
        assert_eq!(answer.status, 200, "{path}: {text}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(!text.contains(" style=") && !text.contains("<style") && !text.contains(" onclick="), "{path}");
        assert!(!text.contains(&console.token), "{path} shows the token");
        for asset in text.split("/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let asset = console.get(&format!("/assets/{asset}"));
            assert_eq!(asset.status, 200);
            assert!(asset.header("cache-control").unwrap().contains("immutable"));
        }
    }
    assert_eq!(console.get("/nowhere").status, 404);
    assert_eq!(console.get("/sites/other").status, 404);
    assert_eq!(console.get("/data/objects/none").status, 404);
}

#[test]
fn a_change_is_taken_from_the_console_s_own_pages_only() {
    let console = Console::start();
    let own = format!("http://{}", console.host);
    let with = ("cookie", console.cookie.as_str());
    let fields = [("key", "tried:by-hand"), ("value", "x")];
    for headers in [
        vec![with],
        vec![with, ("origin", "null")],
        vec![with, ("origin", "http://evil.localhost")],
        vec![with, ("origin", "http://tried.localhost")],
        vec![with, ("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
        vec![with, ("origin", own.as_str()), ("sec-fetch-site", "same-site")],
        vec![with, ("origin", own.as_str()), ("x-forwarded-for", "192.168.1.7")],
    ] {
        assert_eq!(console.post_as("/data/kv/put", &fields, &headers).status, 403, "{headers:?}");
    }
    assert_eq!(console.post_as("/data/kv/put", &fields, &[("origin", &own)]).status, 401);
    let bearer = format!("Bearer {}", console.token);
    assert_eq!(console.post_as("/data/kv/put", &fields, &[("authorization", &bearer)]).status, 401);
    assert_eq!(console.data(&json!({ "op": "kv.get", "key": "tried:by-hand" })).json(), Value::Null);
    assert_eq!(console.post("/data/kv/put", &fields).status, 303);

    for path in ["/", "/nowhere", "/data/kv/entry"] {
        assert_eq!(console.post(path, &[]).status, 405, "{path}");
    }
    let put = console.dev.client.call("PUT", &console.host, "/faults", &[with, ("origin", &own)], b"");
    assert_eq!(put.status, 405);
    let kind = ("content-type", "text/plain");
    let plain = console.dev.client.call("POST", &console.host, "/faults", &[with, ("origin", &own), kind], b"a=b");
    assert_eq!(plain.status, 415, "what a foreign form could send as text is no form here");
    let large = "x".repeat(2 * 1024 * 1024);
    assert_eq!(console.post("/data/kv/put", &[("key", "a"), ("value", &large)]).status, 413);
}

#[test]
fn the_history_shows_what_changed_and_rolls_back() {
    let mut console = Console::start();
    console.write("one.lesson.md", "# One\n\nOther words here.\n");
    let deploys = console.deploys(2);
    let compared = console.page(&format!("/sites/tried/compare?from={}&to={}", deploys[1], deploys[0]));
    assert!(compared.contains("one.lesson") && compared.contains("/one.lesson.html"), "{compared}");
    assert!(compared.contains("Other words here.") && compared.contains("class=\"del\""), "{compared}");
    let one = format!("/sites/tried/compare?from={}&to={}&file=/one.lesson.html", deploys[1], deploys[0]);
    assert!(console.page(&one).contains("The lesson."));
    assert_eq!(console.get("/sites/tried/compare?from=zz").status, 404);

    assert_eq!(console.post("/sites/tried/rollback", &[("deploy", "no-such")]).status, 422);
    let done = console.post("/sites/tried/rollback", &[("deploy", &deploys[1])]);
    assert_eq!(done.header("location"), Some("/sites/tried?done=rolled-back"), "{}", done.text());
    assert!(
        console
            .dev
            .client
            .get_with("tried.localhost", "/one.lesson", &[("pmx-fresh", "1")])
            .text()
            .contains("The lesson.")
    );
    let told = console.dev.event("rolled-back");
    assert_eq!((told["deployId"].as_str(), &told["behind"]), (Some(deploys[1].as_str()), &1.into()), "{told}");
    let page = console.page("/sites/tried?done=rolled-back");
    assert!(page.contains("Rolled back"), "{page}");
    assert!(page.contains("1 behind the newest") && page.contains("Back to the newest"), "{page}");
    assert!(page.contains("shown since"), "{page}");
    let listed = console.get("/api/sites").json();
    assert_eq!(listed["sites"][0]["held"]["behind"], 1, "{listed}");
    let newest = console.post("/sites/tried/rollback", &[("deploy", &deploys[0])]);
    assert_eq!(newest.header("location"), Some("/sites/tried?done=newest"), "{}", newest.text());
    let page = console.page("/sites/tried?done=newest");
    assert!(page.contains("The newest deploy is shown again") && !page.contains("Back to the newest"), "{page}");
    let events = console.page("/events");
    assert!(events.contains("rolled-back") && events.contains("published"), "{events}");
    assert!(!console.page("/events?event=published").contains(">rolled-back</span>"));
}

#[test]
fn a_finding_leads_to_its_line_in_the_editor_that_one_has() {
    let mut console = Console::start();
    console.write("one.lesson.md", "# One\n\n[gone](./no-such.md)\n\nThe end.\n");
    console.dev.event("built");
    let end = Instant::now() + Duration::from_secs(30);
    let page = loop {
        let page = console.page("/sites/tried");
        // The line on stdout may come before the status has it.
        if page.contains("class=\"finding\"") || Instant::now() > end {
            break page;
        }
    };
    let file = dunce::canonicalize(console.folder.path()).unwrap().join("paths/one.lesson.md");
    let place = |page: &str, scheme: &str| {
        let names = [file.clone(), console.folder.path().join("paths/one.lesson.md")];
        names.iter().any(|name| page.contains(&format!("{scheme}{}:3:", name.display())))
    };
    assert!(place(&page, "vscode://file"), "{page}");
    assert!(page.contains("data-line=\"3\">[gone](./no-such.md)</span>"), "{page}");
    assert!(console.page("/").contains("1 warning") || console.page("/").contains("1 error"));
    let chosen = console.post("/editor", &[("editor", "zed"), ("back", "/sites/tried")]);
    assert_eq!(chosen.header("location"), Some("/sites/tried"));
    let editor = chosen.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let cookies = format!("{}; {editor}", console.cookie);
    let page = console.dev.client.get_with(&console.host, "/sites/tried", &[("cookie", &cookies)]).text();
    assert!(place(&page, "zed://file"), "{page}");
    for elsewhere in ["//evil.example/", "https://evil.example/", "/\\evil.example"] {
        assert_eq!(console.post("/editor", &[("back", elsewhere)]).header("location"), Some("/"), "{elsewhere}");
    }
}

#[test]
fn kv_is_read_changed_exported_and_imported() {
    let console = Console::start();
    let key = "a/b ä";
    let saved = console.post("/data/kv/put", &[("key", key), ("value", "{\"n\":\r\n1}"), ("ttl", "")]);
    assert_eq!(saved.header("location"), Some("/data/kv/entry?key=a%2Fb%20%C3%A4&done=saved"), "{}", saved.text());
    let shown = console.page("/data/kv/entry?key=a%2Fb%20%C3%A4&done=saved");
    assert!(shown.contains("{\n  &quot;n&quot;: 1\n}") && shown.contains("Saved."), "{shown}");
    assert_eq!(console.data(&json!({ "op": "kv.get", "key": key })).json()["value"]["text"], "{\"n\":\n1}");
    assert!(console.page("/data/kv/entry?key=a%2Fb%20%C3%A4&as=hex").contains("00000000  7b 22 6e"));
    let bytes = b"\xff\x00\r\nend";
    assert_eq!(console.upload("/data/kv/put", &[("key", b"a/bytes"), ("file", bytes)]).status, 303);
    let download = console.get("/data/kv/download?key=a%2Fbytes");
    assert_eq!(download.body, bytes);
    assert_eq!(download.header("content-type"), Some("application/octet-stream"));
    assert!(download.header("content-disposition").unwrap().starts_with("attachment; filename=\"bytes\""));

    let list = console.page("/data/kv?prefix=a/");
    assert!(list.contains("a/bytes") && !list.contains("space:tried"), "{list}");
    let file = console.get("/data/kv/export?prefix=a/");
    assert_eq!(file.text().lines().count(), 2, "{}", file.text());
    for gone in [key, "a/bytes"] {
        assert_eq!(console.post("/data/kv/delete", &[("key", gone)]).status, 303);
        assert_eq!(console.data(&json!({ "op": "kv.get", "key": gone })).json(), Value::Null);
    }
    let imported = console.upload("/data/kv/import", &[("file", &file.body)]);
    assert_eq!(imported.header("location"), Some("/data/kv?done=imported&count=2"), "{}", imported.text());
    assert_eq!(console.get("/data/kv/download?key=a%2Fbytes").body, bytes);
    let broken = console.upload("/data/kv/import", &[("file", b"{\"key\":\"x\",\"value\":{\"text\":\"1\"}}\nno\n")]);
    assert_eq!(broken.status, 422);
    assert!(broken.text().contains("Line 2"), "{}", broken.text());
    assert_eq!(console.get("/data/kv/entry?key=none").status, 404);
    assert_eq!(console.post("/data/kv/put", &[("key", ""), ("value", "x")]).status, 422, "as the platform refuses it");
}

#[test]
fn r2_is_read_changed_exported_and_imported() {
    let console = Console::start();
    let list = console.page("/data/r2");
    assert!(list.matches("/data/r2/entry?key=").count() > 3, "{list}");
    let hostile = b"<script>alert(1)</script>";
    assert_eq!(console.upload("/data/r2/put", &[("key", b"zz.html"), ("file", hostile)]).status, 303);
    let shown = console.page("/data/r2/entry?key=zz.html");
    assert!(shown.contains("&lt;script&gt;alert(1)") && !shown.contains("<script>alert"), "{shown}");
    let download = console.get("/data/r2/download?key=zz.html");
    assert_eq!((download.header("content-type"), &download.body[..]), (Some("application/octet-stream"), &hostile[..]));
    let file = console.get("/data/r2/export?prefix=zz");
    assert_eq!(console.post("/data/r2/delete", &[("key", "zz.html")]).status, 303);
    assert_eq!(console.get("/data/r2/entry?key=zz.html").status, 404);
    assert_eq!(console.upload("/data/r2/import", &[("file", &file.body)]).status, 303);
    assert_eq!(console.get("/data/r2/download?key=zz.html").body, hostile);
}

#[test]
fn an_object_is_asked_and_changed_with_sql() {
    let console = Console::start();
    let objects = console.data(&json!({ "op": "do.list" })).json();
    let object = objects["objects"][0]["id"].as_str().unwrap();
    let at = format!("/data/objects/{object}");
    assert!(console.page("/data/objects").contains(object));
    let page = console.page(&at);
    assert!(page.contains("deploys") && page.contains(">Edit</a>"), "{page}");
    let ran = console.post(&format!("{at}/sql"), &[("sql", "SELECT 6 * 7 AS answer, '<b>' AS markup")]);
    assert_eq!(ran.status, 200, "{}", ran.text());
    assert!(
        ran.text().contains(">42</td>") && ran.text().contains("&lt;b&gt;") && ran.text().contains("1 row"),
        "{}",
        ran.text()
    );
    let refused = console.post(&format!("{at}/sql"), &[("sql", "SELECT no_such")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("no_such"), "what was written stays in the box");
    assert_eq!(console.post(&format!("{at}/sql"), &[("sql", "CREATE TABLE tried (a, b)")]).status, 200);
    let many = "INSERT INTO tried SELECT value, 'x,\"' || value FROM json_each('[1,2,3]')";
    let written = console.post(&format!("{at}/sql"), &[("sql", many)]);
    assert!(written.text().contains("3 rows written"), "{}", written.text());
    let csv = console.get(&format!("{at}/export?table=tried&format=csv"));
    assert_eq!(csv.text(), "a,b\r\n1,\"x,\"\"1\"\r\n2,\"x,\"\"2\"\r\n3,\"x,\"\"3\"\r\n");
    let rows = console.get(&format!("{at}/export?table=tried&format=json")).json();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["a"]), (3, &1.into()));
    assert_eq!(console.get(&format!("{at}/export?table=none")).status, 404);
    assert_eq!(console.post(&format!("{at}/evict"), &[]).status, 303);
    let long = "x".repeat(100_001);
    assert_eq!(console.post(&format!("{at}/sql"), &[("sql", &long)]).status, 422);
}

#[test]
fn what_happens_is_told_while_it_happens() {
    let console = Console::start();
    let mut stream = TcpStream::connect(console.dev.client.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "GET /api/events?topics=events,requests HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        console.host, console.cookie
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("200"));
    assert!(lines.by_ref().any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream")));
    assert!(lines.by_ref().any(|line| line == ": still here"), "it is open before anything happened");
    console.write("one.lesson.md", "# One\n\nTold.\n");
    assert!(lines.by_ref().any(|line| line == "event: events"));
    let told = lines.by_ref().find_map(|line| {
        let event: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
        (event["event"] == "published").then_some(event)
    });
    assert_eq!(told.unwrap()["site"], "tried");
    console.dev.client.get("tried.localhost", "/one.lesson?marked");
    assert!(lines.by_ref().any(|line| line.contains("/one.lesson?marked")));
    let page = console.page("/requests?path=marked");
    assert!(page.contains("/one.lesson?marked") && page.contains("<svg class=\"fall\""), "{page}");
    assert!(!console.page("/requests?path=nothing-like-it").contains("marked"));
}

#[test]
fn faults_are_set_and_shown() {
    let console = Console::start();
    let done = console.post("/faults", &[("kv-lag", "90s")]);
    assert_eq!(done.status, 303, "{}", done.text());
    let page = console.page("/faults");
    assert!(page.contains("value=\"1m30s\"") && page.contains("--simulate=kv-lag=1m30s"), "{page}");
    assert!(console.page("/").contains("count warn"), "the navigation says that something is on");
    assert_eq!(console.post("/faults", &[("kv-lag", "soon")]).status, 422);
    assert_eq!(console.post("/faults", &[]).status, 303);
    assert!(!console.page("/").contains("count warn"));
}

#[test]
fn an_edit_that_could_not_be_published_is_published_when_that_is_possible_again() {
    let mut console = Console::start();
    assert_eq!(console.post("/faults", &[("do-error", "100%")]).status, 303);
    console.write("one.lesson.md", "# One\n\nHeld up.\n");
    console.dev.event("failed");
    assert_eq!(console.post("/faults", &[]).status, 303);
    console.dev.event("published");
    let page = console.dev.client.get("tried.localhost", "/one.lesson").text();
    assert!(page.contains("Held up."), "{page}");
    assert!(!console.page("/sites/tried").contains("note bad"), "nothing is wrong any more");
}
