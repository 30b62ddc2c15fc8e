//! What `pmx dev` adds to pages, over HTTP: a script and what it is told, and nothing where nothing should be.
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
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    time::Duration,
};
use support::{Answer, Client, Pmx, process::pmx};

/// How long an event may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// A Source that fails its build.
const BROKEN: &str = "---\ntitle: [unclosed\n---\n\n# One\n";

/// A small site on disk with its state beside it.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let author = Self { folder: tempfile::tempdir().unwrap() };
        author.write(
            "index.path.md",
            "# Home\n\n[One](./one.lesson.md), [raw](./raw.html), [big](./big.html), [data](./data.csv).\n",
        );
        author.write("one.lesson.md", "# One\n\nThe lesson.\n");
        author.write("raw.html", "<!doctype html><title>Raw</title><p>raw");
        author.write("big.html", &format!("<!doctype html><title>Big</title>{}", "<p>big</p>\n".repeat(1_600_000)));
        author.write("data.csv", "a,b\n");
        author
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join("paths").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Whole, so that no build sees a half.
        let written = self.folder.path().join("written");
        fs::write(&written, text).unwrap();
        fs::rename(written, path).unwrap();
    }

    fn dev(&self, arguments: &[&str]) -> Pmx {
        let mut command = pmx();
        let state = self.folder.path().join("state");
        command.args(["dev", "--json", "--port", "0", "--site", "mine", "--state"]).arg(state);
        command.args(arguments).arg(self.folder.path());
        Pmx::start(command)
    }
}

/// The tag in a page, and the page without it.
#[track_caller]
fn split(page: &str) -> (String, String) {
    let start = page.find("<script src=\"").filter(|at| page[*at..].contains("_pmx/dev.")).expect("the tag");
    let end = start + page[start..].find("</script>").unwrap() + "</script>".len();
    assert!(page[start..end].contains("_pmx/dev."), "the tag is not the first script: {page}");
    (page[start..end].to_owned(), format!("{}{}", &page[..start], &page[end..]))
}

/// The address of a file that a page links to.
#[track_caller]
fn asset(client: Client, name: &str) -> String {
    let page = client.get("localhost", "/index.path").text();
    let start = page.find(&format!("/assets/{name}.")).unwrap_or_else(|| panic!("no {name} in {page}"));
    page[start..].split('"').next().unwrap().to_owned()
}

/// The address of the script, below the origin.
fn script_of(page: &str) -> String {
    let (tag, _) = split(page);
    format!("/{}", tag.split('"').nth(1).unwrap().trim_start_matches("../"))
}

/// The events of a site, as they come.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(client: Client, host: &str) -> Self {
        let mut stream = TcpStream::connect(client.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "GET /_pmx/events HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n").unwrap();
        let mut stream = Self(BufReader::new(stream));
        let status = stream.line();
        assert!(status.starts_with("HTTP/1.1 200"), "{status}");
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The data of the next event of this name.
    fn next(&mut self, name: &str) -> Value {
        loop {
            if self.line() == format!("event: {name}") {
                let data = self.line();
                return serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            }
        }
    }

    /// The next state that this is true of.
    fn state(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let state = self.next("state");
            if wanted(&state) {
                return state;
            }
        }
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.header(name).unwrap_or_default()
}

#[test]
fn a_page_gets_one_tag_and_all_else_is_what_production_sends() {
    let author = Author::new();
    let exact = author.dev(&["--exact"]);
    let [raw, data, big] = ["raw", "data", "big"].map(|name| asset(exact.client, name));
    let names = ["/index.path", "/one.lesson", "/nowhere", &raw, &data, &big];
    let expected = names.map(|path| exact.client.get("localhost", path));
    drop(exact);
    let dev = author.dev(&[]);
    for (path, plain) in names.iter().zip(&expected).take(4) {
        assert!(!plain.text().contains("_pmx"), "--exact adds nothing: {path}");
        let answer = dev.client.get("localhost", path);
        let (tag, rest) = split(&answer.text());
        assert_eq!(rest, plain.text(), "{path}");
        assert_eq!(answer.status, plain.status);
        for name in ["content-type", "pmx-deploy", "pmx-seq", "server-timing", "x-content-type-options"] {
            assert_eq!(answer.header(name), plain.header(name), "{path}: {name}");
        }
        let kept = if *path == raw { "public, max-age=0, must-revalidate" } else { header(plain, "cache-control") };
        assert_eq!(header(&answer, "cache-control"), kept, "{path}: the tag changes where the name does not");
        assert_eq!(header(&answer, "content-length"), (plain.body.len() + tag.len()).to_string());
        let head = dev.client.call("HEAD", "localhost", path, &[], b"");
        for name in ["content-length", "etag", "content-type"] {
            assert_eq!(head.header(name), answer.header(name), "{path}: {name} of HEAD");
        }
        let fresh = dev.client.get_with("localhost", path, &[("pmx-fresh", "1")]);
        assert_eq!(fresh.text(), answer.text(), "{path}: the live client compares the two");
        assert!(fresh.header("pmx-fresh").is_some());
    }
    for (path, plain) in names.iter().zip(&expected).skip(4) {
        let answer = dev.client.get("localhost", path);
        assert_eq!((answer.status, answer.body.len()), (200, plain.body.len()), "{path}");
        assert!(answer.body == plain.body, "{path} is not touched");
        assert_eq!(answer.header("etag"), plain.header("etag"));
    }
    assert!(expected[5].body.len() > 16 * 1024 * 1024, "the big page is too big for the tag");
}

#[test]
fn what_a_client_has_already_is_not_sent_again_and_what_it_has_without_the_tag_is() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let get = |path: &str, etag: &str| dev.client.get_with("localhost", path, &[("if-none-match", etag)]);
    let page = dev.client.get("localhost", "/one.lesson");
    let etag = header(&page, "etag").to_owned();
    let known = get("/one.lesson", &etag);
    assert_eq!((known.status, header(&known, "etag"), known.body.len()), (304, etag.as_str(), 0));
    assert_eq!(get("/one.lesson", &format!("\"x\", W/{etag}")).status, 304);
    let (file, _) = etag.split_once("-dev.").unwrap();
    let again = get("/one.lesson", &format!("{file}\""));
    assert_eq!((again.status, again.text()), (200, page.text()), "the file itself is not the page");
    let path = asset(dev.client, "data");
    let data = dev.client.get("localhost", &path);
    assert_eq!(get(&path, header(&data, "etag")).status, 304);
    let raw = asset(dev.client, "raw");
    let known = get(&raw, header(&dev.client.get("localhost", &raw), "etag"));
    assert_eq!((known.status, known.header("cache-control")), (304, Some("public, max-age=0, must-revalidate")));
    let head = dev.client.call("HEAD", "localhost", "/one.lesson", &[("if-none-match", &etag)], b"");
    assert_eq!((head.status, header(&head, "etag")), (304, etag.as_str()));
}

#[test]
fn sockets_and_what_is_no_document_go_through_untouched() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let raw = asset(dev.client, "raw");
    let get = |headers: &[(&str, &str)]| dev.client.get_with("localhost", &raw, headers);
    let whole = get(&[]);
    assert!(!get(&[("sec-fetch-dest", "image")]).text().contains("_pmx"));
    assert!(get(&[("sec-fetch-dest", "document")]).text().contains("_pmx"));
    let deploy = header(&whole, "pmx-deploy").to_owned();
    let mut live = support::Events::connect(dev.client, "localhost", &deploy);
    author.write("one.lesson.md", "# One\n\nOther words.\n");
    assert_eq!(live.change().0, ["one.lesson"]);
}

#[test]
fn the_script_is_found_from_every_folder_and_kept_under_its_own_name_only() {
    let author = Author::new();
    author.write("a/b/deep.lesson.md", "# Deep\n");
    author.write("index.path.md", "# Home\n\n[deep](./a/b/deep.lesson.md)\n");
    let dev = author.dev(&[]);
    let script = script_of(&dev.client.get("localhost", "/index.path").text());
    let deep = dev.client.get("localhost", "/a/b/deep.lesson").text();
    assert!(split(&deep).0.contains(&format!("\"../..{script}\"")), "{}", split(&deep).0);
    let answer = dev.client.get("localhost", &script);
    assert_eq!((answer.status, header(&answer, "content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(header(&answer, "cache-control").contains("immutable"));
    let older = dev.client.get("localhost", "/_pmx/dev.0123456789abcdef.js");
    assert_eq!((older.text(), header(&older, "cache-control")), (answer.text(), "no-store"));
    assert_eq!(dev.client.get("localhost", "/_pmx/other").error_code(), "not_found");
    assert_eq!(dev.client.call("POST", "localhost", "/_pmx/events", &[], b"").error_code(), "method_not_allowed");
}

#[test]
fn the_dev_servers_own_addresses_are_for_its_own_pages() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let script = script_of(&dev.client.get("localhost", "/index.path").text());
    for path in ["/_pmx/events", &script] {
        for foreign in
            [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
        {
            let refused = dev.client.get_with("localhost", path, &[foreign]);
            assert_eq!((refused.status, refused.error_code().as_str()), (403, "foreign_origin"), "{path} {foreign:?}");
        }
        assert_eq!(dev.client.get("evil.example", path).status, 403, "{path}");
    }
    assert_eq!(dev.client.get("other.localhost", "/_pmx/events").error_code(), "no_site");
    let own = dev.client.get_with("localhost", &script, &[("sec-fetch-site", "same-origin")]);
    assert_eq!(own.status, 200);
}

#[test]
fn an_error_is_told_with_its_lines_and_taken_back() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let mut events = Stream::open(dev.client, "mine.localhost");
    let hello = events.next("hello");
    assert_eq!(hello["overlay"], true);
    let page = dev.client.get("localhost", "/index.path").text();
    assert!(script_of(&page).contains(hello["id"].as_str().unwrap()), "a page knows the id of its program: {hello}");
    events.state(|state| state["phase"] == "ready" && state["findings"]["errorCount"] == 0);
    author.write("one.lesson.md", BROKEN);
    let state = events.state(|state| state["phase"] == "failed");
    let error = &state["findings"]["errors"][0];
    assert!(error["path"].as_str().unwrap().ends_with("one.lesson.md"), "{error}");
    let (line, excerpt) = (error["line"].as_u64().unwrap(), &error["excerpt"]);
    let shown = excerpt["lines"][usize::try_from(line - excerpt["first"].as_u64().unwrap()).unwrap()].as_str().unwrap();
    assert_eq!(Some(shown), BROKEN.lines().nth(usize::try_from(line).unwrap() - 1));
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()) && error["code"].is_string());
    let editor = error["editor"].as_str().unwrap();
    assert!(editor.starts_with("vscode://file/") && editor.contains(&format!("one.lesson.md:{line}:")), "{editor}");
    author.write("one.lesson.md", "# One\n\nMended.\n");
    let state = events.state(|state| state["phase"] == "ready");
    assert_eq!(state["findings"]["errorCount"], 0);
}

#[test]
fn a_reader_elsewhere_is_not_told_where_on_this_machine_the_files_are() {
    let author = Author::new();
    author.write("one.lesson.md", BROKEN);
    let dev = author.dev(&["--allow-host", "dev.example"]);
    let mut events = Stream::open(dev.client, "dev.example");
    let state = events.state(|state| state["findings"]["errorCount"] != 0);
    let error = &state["findings"]["errors"][0];
    assert_eq!(error["editor"], Value::Null, "{error}");
    assert!(!state.to_string().contains(author.folder.path().to_str().unwrap()), "{state}");
    assert!(error["excerpt"].is_object(), "{error}");
}

#[test]
fn only_a_page_of_the_site_on_this_machine_goes_back_to_the_newest() {
    let author = Author::new();
    let dev = author.dev(&["--allow-host", "dev.example"]);
    let ask = |method: &str, host: &str, headers: &[(&str, &str)]| {
        let answer = dev.client.call(method, host, "/_pmx/newest", headers, b"");
        (answer.status, answer.header("allow").map(str::to_owned))
    };
    let origin = |origin: &'static str| ("origin", origin);
    for (host, header) in [
        ("mine.localhost", origin("https://evil.example")),
        ("mine.localhost", origin("null")),
        ("mine.localhost", origin("http://other.localhost")),
        ("mine.localhost", ("sec-fetch-site", "cross-site")),
        ("mine.localhost", ("sec-fetch-site", "same-site")),
        ("dev.example", ("sec-fetch-site", "same-origin")),
        ("mine.localhost", ("x-forwarded-for", "10.0.0.1")),
        ("mine.localhost", ("x-forwarded-prefix", "/a")),
        ("localhost", origin("https://dev.example")),
        ("localhost", origin("http://x.dev.example:1")),
    ] {
        assert_eq!(ask("POST", host, &[header]).0, 403, "{host} {header:?}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(ask(method, "mine.localhost", &[]), (405, Some("POST".to_owned())), "{method}");
    }
    assert_eq!(ask("POST", "other.localhost", &[]).0, 404);
    for host in ["localhost", "mine.localhost"] {
        assert_eq!(ask("POST", host, &[("sec-fetch-site", "same-origin")]).0, 204, "{host}");
    }
}

#[test]
fn the_way_back_to_the_newest_is_no_answer_to_a_question() {
    let author = Author::new();
    let dev = author.dev(&["--write-responses"]);
    let answer = dev.client.call("POST", "mine.localhost", "/_pmx/newest", &[("sec-fetch-site", "same-origin")], b"");
    assert_eq!(answer.status, 204);
}

#[test]
fn without_the_overlay_pages_are_told_so() {
    let author = Author::new();
    let dev = author.dev(&["--no-overlay"]);
    assert_eq!(Stream::open(dev.client, "localhost").next("hello")["overlay"], false);
}

#[test]
fn a_page_hears_of_its_own_site_only() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("one", "# One\n"), ("two", BROKEN)] {
        let paths = folder.path().join("sites").join(name).join("paths");
        fs::create_dir_all(&paths).unwrap();
        fs::write(paths.join("index.path.md"), text).unwrap();
    }
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--state"]).arg(folder.path().join("state"));
    command.arg("--multi-site").arg(folder.path().join("sites"));
    let dev = Pmx::start(command);
    let told = |state: &Value| state["builds"].as_u64() > Some(0);
    let mut two = Stream::open(dev.client, "two.localhost");
    assert_eq!(two.state(told)["findings"]["errorCount"], 1);
    let mut one = Stream::open(dev.client, "one.localhost");
    let state = one.state(told);
    assert_eq!(state["findings"]["errorCount"], 0, "{state}");
    assert!(!state.to_string().contains("two"), "{state}");
    assert_eq!(dev.client.get("localhost", "/_pmx/events").status, 404, "the list of sites is no site");
}

#[test]
fn a_site_that_cannot_be_built_at_all_says_why_and_gives_way_to_the_site() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("sites/broken");
    fs::create_dir_all(site.join("paths")).unwrap();
    fs::write(site.join("paths/index.path.md"), "# Up\n").unwrap();
    fs::write(site.join("pathmx.config.md"), "---\ntitle: [unclosed\n---\n").unwrap();
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--state"]).arg(folder.path().join("state"));
    command.arg("--multi-site").arg(folder.path().join("sites"));
    let mut dev = Pmx::start(command);
    let get = |client: Client| client.get_with("broken.localhost", "/", &[("accept", "text/html")]);
    let page = get(dev.client);
    assert_eq!((page.status, header(&page, "cache-control")), (503, "no-store"), "{}", page.text());
    assert_eq!(header(&page, "retry-after"), "1");
    assert!(page.text().contains("pathmx.config.md"), "{}", page.text());
    let events = page.text().split("data-event-stream=\"").nth(1).expect("what loads it again").to_owned();
    assert!(events.starts_with("/_pmx/reload/status-") && !page.text().contains("_pmx/dev."), "{}", page.text());
    let stream = events.split('"').next().unwrap_or_default();
    let foreign = dev.client.get_with("broken.localhost", stream, &[("sec-fetch-site", "cross-site")]);
    assert_eq!(foreign.status, 403, "pages of other origins get no events");
    fs::remove_file(site.join("pathmx.config.md")).unwrap();
    dev.event("published");
    assert_eq!(get(dev.client).status, 308);
}
