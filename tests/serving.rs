//! `pmx serve` as browsers and caches see it: headers, conditional requests, ranges, hosts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use support::{Client, Fixture, Pmx, site};

const ALPHA: &str = "alpha.localhost";
const REVALIDATE: &str = "public, max-age=0, must-revalidate";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

struct Served {
    _state: tempfile::TempDir,
    pmx: Pmx,
    deploy: String,
}

fn served() -> Served {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    let deploy = Fixture::page("v1").publish(pmx.client, "alpha")["deployId"].as_str().unwrap().to_owned();
    Served { _state: state, pmx, deploy }
}

impl Served {
    fn client(&self) -> Client {
        self.pmx.client
    }
}

#[test]
fn a_page_has_the_headers_of_a_stable_route() {
    let served = served();
    let page = served.client().get(ALPHA, "/index");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("v1"));
    let hash = pmx_model::Hash::of(&page.body).to_string();
    let length = page.body.len().to_string();
    let timing = format!("pmx-deploy;desc=\"{}\", pmx-seq;desc=\"1\"", served.deploy);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", length.as_str()),
        ("cache-control", REVALIDATE),
        ("etag", &format!("\"{hash}\"")),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("pmx-deploy", &served.deploy),
        ("pmx-seq", "1"),
        ("server-timing", &timing),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
}

#[test]
fn the_content_type_follows_from_the_path_and_only_a_hash_in_the_name_is_immutable() {
    let served = served();
    let script = "console.log(\"v1\")";
    let hashed = format!("/assets/app.{}.js", pmx_model::Hash::of(script.as_bytes()).short(16));
    for (path, content_type, cache_control) in [
        ("/index.html", "text/html; charset=utf-8", REVALIDATE),
        ("/style.css", "text/css; charset=utf-8", REVALIDATE),
        ("/data.json", "application/json", REVALIDATE),
        ("/logo.svg", "image/svg+xml", REVALIDATE),
        ("/logo.png", "image/png", REVALIDATE),
        ("/font.woff2", "font/woff2", REVALIDATE),
        ("/mod.wasm", "application/wasm", REVALIDATE),
        (&hashed, "text/javascript; charset=utf-8", IMMUTABLE),
    ] {
        let answer = served.client().get(ALPHA, path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache_control), "{path}");
    }
}

#[test]
fn revalidation_answers_304_with_the_cache_headers_and_no_body() {
    let served = served();
    let etag = served.client().get(ALPHA, "/index").header("etag").unwrap().to_owned();
    for tag in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let answer = served.client().get_with(ALPHA, "/index", &[("if-none-match", &tag)]);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{tag}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        assert_eq!(answer.header("cache-control"), Some(REVALIDATE));
        assert_eq!(answer.header("pmx-deploy"), Some(served.deploy.as_str()));
    }
    assert_eq!(served.client().get_with(ALPHA, "/index", &[("if-none-match", "\"other\"")]).status, 200);
}

#[test]
fn head_is_a_get_without_its_body() {
    let served = served();
    for path in ["/index", "/style.css", "/nope", "/"] {
        let mut get = served.client().get(ALPHA, path);
        let mut head = served.client().call("HEAD", ALPHA, path, &[], b"");
        for answer in [&mut get, &mut head] {
            answer.headers.retain(|(name, _)| name != "date");
            answer.headers.sort();
        }
        assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{path}");
        assert!(head.body.is_empty());
    }
}

#[test]
fn one_range_of_a_blob_is_answered() {
    let served = served();
    let whole = served.client().get(ALPHA, "/style.css");
    let etag = whole.header("etag").unwrap().to_owned();
    let range = |range: &str, extra: &[(&str, &str)]| {
        served.client().get_with(ALPHA, "/style.css", &[&[("range", range)], extra].concat())
    };
    let part = range("bytes=2-5", &[]);
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[2..6]));
    assert_eq!(part.header("content-range"), Some(format!("bytes 2-5/{}", whole.body.len()).as_str()));
    assert_eq!(part.header("content-length"), Some("4"));
    assert_eq!(range("bytes=-3", &[]).body, whole.body[whole.body.len() - 3..]);
    let beyond = range("bytes=1000-", &[]);
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some(format!("bytes */{}", whole.body.len()).as_str()))
    );
    assert_eq!(range("bytes=0-1,3-4", &[]).status, 200);
    assert_eq!(range("bytes=2-5", &[("if-range", &etag)]).status, 206);
    assert_eq!(range("bytes=2-5", &[("if-range", "\"other\"")]).status, 200);
}

#[test]
fn redirects_keep_the_query_and_stay_on_the_site() {
    let served = served();
    for (path, location) in [("/", "/index"), ("/index/", "/index"), ("/?a=1", "/index?a=1")] {
        let answer = served.client().get(ALPHA, path);
        assert_eq!((answer.status, answer.header("location")), (308, Some(location)), "{path}");
    }
}

#[test]
fn what_is_not_there_is_404_and_never_cached() {
    let served = served();
    let page = served.client().get(ALPHA, "/nope");
    assert_eq!((page.status, page.header("cache-control")), (404, Some("no-store")));
    assert!(page.text().contains("nothing here"));
    assert_eq!(page.header("pmx-deploy"), Some(served.deploy.as_str()));
    for path in [
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/INDEX",
        "/%ff",
        "/%00",
        "/index%00",
        "/api",
        "/api/deploys",
    ] {
        assert_eq!(served.client().get(ALPHA, path).status, 404, "{path}");
    }
    let unknown = served.client().get("nosuch.localhost", "/");
    assert_eq!((unknown.status, unknown.error_code().as_str()), (404, "space_not_found"));
    assert!(unknown.text().contains("Space not found"));
}

#[test]
fn only_get_and_head_are_answered() {
    let served = served();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = served.client().call(method, ALPHA, "/index", &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
        assert_eq!(answer.error_code(), "method_not_allowed");
    }
}

#[test]
fn a_host_means_its_site_and_a_foreign_one_nothing() {
    let served = served();
    for host in ["alpha.localhost", "ALPHA.localhost", "alpha.localhost:8787", "alpha.localhost."] {
        assert_eq!(served.client().get(host, "/index").status, 200, "{host}");
    }
    for host in ["a.b.localhost", "www.localhost", "-a.localhost", "localhost", "pathmx.localhost"] {
        assert_eq!(served.client().get(host, "/index").status, 404, "{host}");
    }
    for host in ["evil.example", "alpha.localhost.evil.example", "10.1.2.3"] {
        let answer = served.client().get(host, "/index");
        assert!((400..500).contains(&answer.status), "{host}: {}", answer.status);
        assert_eq!(answer.header("pmx-deploy"), None, "{host}");
    }
}

#[test]
fn two_sites_share_a_server_and_nothing_else() {
    let served = served();
    Fixture::page("beta one").publish(served.client(), "beta");
    Fixture::page("beta two").publish(served.client(), "beta");
    assert!(served.client().get(ALPHA, "/index").text().contains("v1"));
    assert!(served.client().get("beta.localhost", "/index").text().contains("beta two"));
    assert_eq!(site::deploys(served.client(), "alpha").len(), 1);
    assert_eq!(site::deploys(served.client(), "beta").len(), 2);
}

#[test]
fn a_mounted_root_lives_below_its_name() {
    let served = served();
    let mut two = Fixture::page("main");
    two.root("guide", &[("start.html", "<p>guide</p>"), ("404.html", "<p>not in the guide</p>")]);
    two.publish(served.client(), "two");
    let get = |path: &str| served.client().get("two.localhost", path);
    assert_eq!(get("/guide/").header("location"), Some("/guide/start"));
    assert!(get("/guide/start").text().contains("guide"));
    assert!(get("/index").text().contains("main"));
    assert!(get("/guide/nope").text().contains("not in the guide"));
    assert!(get("/nope").text().contains("nothing here"));
}

#[test]
fn an_asset_of_the_deploy_before_is_still_served_to_pages_that_are_just_loading() {
    let served = served();
    let old = format!("/assets/app.{}.js", pmx_model::Hash::of(b"console.log(\"v1\")").short(16));
    Fixture::page("v2").publish(served.client(), "alpha");
    let answer = served.client().get(ALPHA, &old);
    assert_eq!((answer.status, answer.text().as_str()), (200, "console.log(\"v1\")"));
    // Never by hash alone, and never from another site.
    let elsewhere = old.replace("/assets/", "/");
    assert_eq!(served.client().get(ALPHA, &elsewhere).status, 404);
    Fixture::page("b").publish(served.client(), "beta");
    assert_eq!(served.client().get("beta.localhost", &old).status, 404);
}

/// A page with its Markdown, one without, a Markdown file of no page, and a page for nothing.
fn in_two_forms() -> (tempfile::TempDir, Pmx) {
    let state = tempfile::tempdir().unwrap();
    let pmx = Pmx::serve(state.path());
    let mut site = Fixture::new(&[
        ("index.html", "<!doctype html><title>Home</title>"),
        ("index.md", "# Home\n"),
        ("plain.html", "<!doctype html><title>Plain</title>"),
        ("notes.md", "# Of no page\n"),
        ("404.html", "<!doctype html><title>Nothing</title>"),
    ]);
    site.root("guide", &[("one.html", "<!doctype html><title>One</title>"), ("one.md", "# One\n")]);
    site.publish(pmx.client, "alpha");
    (state, pmx)
}

#[test]
fn accept_decides_between_a_page_and_its_markdown() {
    let (_state, pmx) = in_two_forms();
    let (html, markdown) = ("text/html; charset=utf-8", "text/markdown; charset=utf-8");
    for (accept, expected) in [
        ("", html),
        ("*/*", html),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", html),
        ("text/html, text/markdown", html),
        ("text/markdown;q=0.5, */*", html),
        ("text/markdown;q=0", html),
        ("application/json", html),
        ("text/markdown", markdown),
        ("text/markdown, text/html;q=0.9, */*;q=0.1", markdown),
        ("text/html;q=0.3, text/markdown;q=0.31", markdown),
        ("text/markdown, */*", markdown),
    ] {
        for method in ["GET", "HEAD"] {
            let headers = if accept.is_empty() { vec![] } else { vec![("accept", accept)] };
            let answer = pmx.client.call(method, ALPHA, "/index", &headers, b"");
            let said = format!("{method} {accept}");
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(expected)), "{said}");
            assert_eq!(answer.header("vary"), Some("accept"), "{said}");
            let bytes: &[u8] = if expected == html { b"<!doctype html><title>Home</title>" } else { b"# Home\n" };
            assert_eq!(answer.header("content-length"), Some(&*bytes.len().to_string()), "{said}");
            assert_eq!(answer.header("etag"), Some(&*format!("\"{}\"", pmx_model::Hash::of(bytes))), "{said}");
            assert_eq!(answer.body, if method == "GET" { bytes } else { b"" }, "{said}");
        }
    }
}

#[test]
fn a_page_is_at_its_address_with_md_behind_it_and_nothing_else_is() {
    let (_state, pmx) = in_two_forms();
    let asks = [("accept", "text/markdown")];
    for (path, status, text) in [
        ("/index.md", 200, "# Home\n"),
        ("/guide/one.md", 200, "# One\n"),
        ("/notes.md", 200, "# Of no page\n"),
        ("/plain.md", 404, ""),
        ("/draft.md", 404, ""),
        ("/index/.md", 404, ""),
        ("/guide.md", 404, ""),
    ] {
        let answer = pmx.client.get(ALPHA, path);
        assert_eq!(answer.status, status, "{path}");
        if status == 200 {
            assert_eq!((answer.text(), answer.header("vary")), (text.to_owned(), None), "{path}");
            assert_eq!(answer.header("content-type"), Some("text/markdown; charset=utf-8"), "{path}");
        } else {
            assert!(answer.text().contains("<title>Nothing</title>"), "{path}");
        }
    }
    let plain = pmx.client.get_with(ALPHA, "/plain", &asks);
    assert_eq!(
        (plain.status, plain.header("content-type")),
        (200, Some("text/html; charset=utf-8")),
        "there is no other"
    );
    for path in ["/nothing", "/nothing.md"] {
        let page = pmx.client.get(ALPHA, path);
        assert_eq!((page.status, page.header("vary")), (404, Some("accept")), "{path}");
        let nothing = pmx.client.get_with(ALPHA, path, &asks);
        assert_eq!((nothing.status, nothing.header("vary")), (404, Some("accept")), "{path}");
        assert_eq!(nothing.header("content-type"), Some("text/markdown; charset=utf-8"), "{path}");
        assert_eq!(
            (nothing.text(), nothing.header("cache-control")),
            ("# Not found\n\nThere is no page here.\n".to_owned(), Some("no-store"))
        );
    }
}
