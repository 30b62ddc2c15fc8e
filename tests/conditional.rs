//! Preconditions and ranges (RFC 9110, 13.2.2 and 14.2): one table over what the Worker answers by itself, and what `pmx dev` and a proxy's
//! prefix make of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{fs, path::Path};
use support::{Answer, Client, Fixture, Pmx, process::pmx};

/// Method, headers, and what is answered: the status, and the part of the whole.
type Row<'a> = (&'a str, Vec<(&'a str, &'a str)>, u16, std::ops::Range<usize>);

/// A resource on a server.
struct At {
    client: Client,
    host: &'static str,
    path: String,
    /// What every request has.
    headers: &'static [(&'static str, &'static str)],
    /// Whether a deploy may change it.
    is_stable: bool,
}

impl At {
    fn call(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        self.client.call(method, self.host, &self.path, &[self.headers, headers].concat(), b"")
    }

    #[track_caller]
    fn holds(&self, name: &str) {
        let whole = self.call("GET", &[]);
        assert_eq!(whole.status, 200, "{name}");
        let size = whole.body.len();
        let tag = whole.header("etag").map(str::to_owned);
        let [first, all, beyond] = ["bytes=0-9".to_owned(), "bytes=0-".to_owned(), format!("bytes={size}-")];
        let last = format!("bytes=-{}", size.min(3));
        let old = ("if-unmodified-since", "Fri, 01 Jan 2021 00:00:00 GMT");
        let ahead = ("if-unmodified-since", "Fri, 01 Jan 2038 00:00:00 GMT");
        let since = if self.is_stable { 412 } else { 200 };
        let mut table: Vec<Row<'_>> = Vec::new();
        for method in ["GET", "HEAD"] {
            let part = |status| if method == "GET" { status } else { 200 };
            let some = |range: std::ops::Range<usize>| if method == "GET" { range } else { 0..size };
            table.extend([
                (method, vec![], 200, 0..size),
                (method, vec![("if-none-match", "*")], 304, 0..0),
                (method, vec![("if-none-match", "\"x\"")], 200, 0..size),
                (method, vec![("if-match", "*")], 200, 0..size),
                (method, vec![("if-match", "\"x\"")], 412, 0..0),
                (method, vec![("if-match", "\"x\""), ("range", "bytes=0-9")], 412, 0..0),
                (method, vec![old], since, if since == 200 { 0..size } else { 0..0 }),
                (method, vec![ahead], 200, 0..size),
                (method, vec![old, ("if-match", "*")], 200, 0..size),
                (method, vec![("if-modified-since", "Fri, 01 Jan 2038 00:00:00 GMT")], 200, 0..size),
                (method, vec![("range", &first)], part(206), some(0..10)),
                (method, vec![("range", &all)], part(206), some(0..size)),
                (method, vec![("range", &last)], part(206), some(size - size.min(3)..size)),
                (method, vec![("range", &beyond)], part(416), if method == "GET" { 0..0 } else { 0..size }),
                (method, vec![("range", "bytes=0-1,4-5")], 200, 0..size),
                (method, vec![("range", &first), ("if-range", "\"x\"")], 200, 0..size),
                (method, vec![("range", &first), ("if-none-match", "*")], 304, 0..0),
            ]);
            if let Some(tag) = &tag {
                table.extend([
                    (method, vec![("if-none-match", tag.as_str())], 304, 0..0),
                    (method, vec![("if-none-match", "\"x\""), ("if-none-match", tag)], 304, 0..0),
                    (method, vec![("if-match", tag)], 200, 0..size),
                    (method, vec![("if-match", tag), ("range", &first)], part(206), some(0..10)),
                    (method, vec![("if-match", tag), ("if-none-match", tag)], 304, 0..0),
                    (method, vec![("range", &first), ("if-range", tag)], part(206), some(0..10)),
                ]);
            }
        }
        for (method, headers, status, part) in table {
            let answer = self.call(method, &headers);
            let said = format!("{name}: {method} {headers:?}");
            assert_eq!(answer.status, status, "{said}");
            let body = if method == "GET" { &whole.body[part.clone()] } else { &[] };
            assert!(answer.body == body, "{said}: {}", answer.text());
            match status {
                200 => {
                    assert_eq!(answer.header("content-length"), Some(&*size.to_string()), "{said}");
                    for name in ["etag", "content-type", "cache-control", "accept-ranges"] {
                        assert_eq!(answer.header(name), whole.header(name), "{said}: {name}");
                    }
                }
                206 => {
                    let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                    assert_eq!(answer.header("content-range"), Some(&*range), "{said}");
                    assert_eq!(answer.header("etag"), tag.as_deref(), "{said}");
                }
                304 => {
                    assert_eq!(answer.header("etag"), tag.as_deref(), "{said}");
                    assert_eq!(answer.header("cache-control"), whole.header("cache-control"), "{said}");
                    assert_eq!(answer.header("content-type"), None, "{said}");
                }
                416 => assert_eq!(answer.header("content-range"), Some(&*format!("bytes */{size}")), "{said}"),
                _ => assert_eq!(answer.header("cache-control"), Some("no-store"), "{said}"),
            }
            assert_eq!(answer.header("pmx-deploy"), whole.header("pmx-deploy"), "{said}");
        }
        // What is not there is not there, whatever is asked of it.
        for asked in [("if-match", "*"), ("if-match", "\"x\""), ("if-none-match", "*"), ("range", "bytes=0-9"), old] {
            let nothing = At { path: "/nothing-here".into(), ..*self };
            assert_eq!(nothing.call("GET", &[asked]).status, 404, "{name}: {asked:?}");
        }
    }
}

fn author() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let paths = folder.path().join("paths");
    fs::create_dir(&paths).unwrap();
    for (name, text) in [
        ("index.path.md", "# Home\n\n[One](./one.lesson.md), [raw](./raw.html), [data](./data.csv).\n"),
        ("one.lesson.md", "# One\n\nThe lesson.\n"),
        ("raw.html", "<!doctype html><title>Raw</title><p>raw"),
        ("data.csv", "a,b\nc,d\ne,f\n"),
    ] {
        fs::write(paths.join(name), text).unwrap();
    }
    folder
}

fn dev(folder: &Path, arguments: &[&str]) -> Pmx {
    let mut command = pmx();
    command.args(["dev", "--json", "--port", "0", "--site", "mine", "--state"]).arg(folder.join("state"));
    Pmx::start({
        command.args(arguments).arg(folder);
        command
    })
}

/// The address of a hashed file that a page leads to.
fn asset(client: Client, name: &str) -> String {
    let page = client.get("localhost", "/").header("location").unwrap().to_owned();
    let text = client.get("localhost", &page).text();
    let at = text.find(&format!("/assets/{name}.")).unwrap_or_else(|| panic!("{name} is not in {text}"));
    text[at..].split('"').next().unwrap().to_owned()
}

#[test]
fn the_worker_answers_by_the_table() {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    Fixture::page("a page that is longer than ten bytes").publish(pmx.client, "alpha");
    for headers in [&[][..], &[("x-forwarded-prefix", "/below")]] {
        let at = At { client: pmx.client, host: "alpha.localhost", path: "/index".into(), headers, is_stable: true };
        at.holds(&format!("serve {headers:?}"));
    }
    let files =
        [("index.html", "<!doctype html><title>A page</title>"), ("index.md", "# A page that is long enough\n")];
    Fixture::new(&files).publish(pmx.client, "beta");
    for (path, headers) in [
        ("/index", &[("accept", "text/markdown")][..]),
        ("/index", &[("accept", "text/html;q=0.4, text/markdown;q=0.5"), ("x-forwarded-prefix", "/below")]),
        ("/index.md", &[]),
    ] {
        let at = At { client: pmx.client, host: "beta.localhost", path: path.into(), headers, is_stable: true };
        assert_eq!(at.call("GET", &[]).text(), files[1].1, "{path} {headers:?}");
        at.holds(&format!("serve Markdown {path} {headers:?}"));
    }
}

#[test]
fn what_the_loop_adds_to_pages_is_answered_by_the_same_table() {
    for arguments in [&["--exact"][..], &[]] {
        let folder = author();
        let dev = dev(folder.path(), arguments);
        let client = dev.client;
        for (path, is_stable) in
            [("/one.lesson".to_owned(), true), (asset(client, "raw"), false), (asset(client, "data"), false)]
        {
            for headers in [
                &[][..],
                &[("accept", "text/html")],
                &[("sec-fetch-dest", "image")],
                &[("x-forwarded-prefix", "/below")],
                &[("x-forwarded-prefix", "/below"), ("accept", "text/html")],
                &[("accept", "text/markdown")],
            ] {
                let name = format!("dev {arguments:?}: {path} {headers:?}");
                At { client, host: "localhost", path: path.clone(), headers, is_stable }.holds(&name);
            }
        }
    }
}
