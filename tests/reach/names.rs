//! Host and Origin: DNS rebinding, and pages of other origins.

use super::Author;
use crate::support::{Client, Events};

/// One answer to a request as it is on the wire.
fn raw(client: Client, head: &str) -> u16 {
    client.raw(false, &[head.as_bytes(), b"\r\nconnection: close\r\n\r\n"]).expect("an answer").status
}

#[test]
fn a_name_that_is_not_ours_reaches_nothing() {
    let author = Author::new();
    let dev = author.dev(&["--allow-host", "dev.example"]);
    let port = dev.client.address.port();
    for host in ["localhost", "LocalHost.", "course.localhost", "127.0.0.1", "[::1]", "dev.example", "x.dev.example"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            assert_eq!(dev.client.get(&host, "/index.path").status, 200, "{host}");
        }
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "10.0.0.1",
        "[::]",
        "localhost@evil.example",
        "evil.example/@localhost",
        "evil.example:80:localhost",
        "evil.example, localhost",
    ] {
        for path in ["/index.path", "/api/health", "/_events", "/_pmx/events"] {
            let answer = dev.client.get(host, path);
            assert_eq!((answer.status, answer.error_code().as_str()), (403, "foreign_host"), "{host}{path}");
        }
    }
    let named = dev.client.get("evil.example:8787", "/").json()["error"]["message"].to_string();
    assert!(named.contains("--allow-host evil.example\""), "{named}");
}

#[test]
fn a_request_that_names_two_hosts_reaches_nothing() {
    let author = Author::new();
    let dev = author.dev(&[]);
    for (head, status) in [
        ("GET /index.path HTTP/1.1\r\nhost: localhost\r\nhost: evil.example", 400),
        ("GET /index.path HTTP/1.1\r\nhost: localhost\r\nhost: localhost", 400),
        ("GET http://evil.example/index.path HTTP/1.1\r\nhost: localhost", 400),
        ("GET http://evil.example/index.path HTTP/1.1\r\nhost: evil.example", 403),
        ("GET http://localhost@evil.example/index.path HTTP/1.1\r\nhost: localhost@evil.example", 403),
        ("GET http://localhost/index.path HTTP/1.1\r\nhost: localhost", 200),
        ("GET /index.path HTTP/1.0", 400),
        ("GET /_pmx/events HTTP/1.1", 400),
        ("GET /index.path HTTP/1.1\r\nhost:", 403),
    ] {
        assert_eq!(raw(dev.client, head), status, "{head}");
    }
}

#[test]
fn a_page_of_another_origin_can_neither_write_nor_listen() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let own = format!("localhost:{}", dev.client.address.port());
    let socket = |origin: &str| {
        let refused = Events::try_connect(dev.client, &own, "", Some(origin)).err();
        refused.map(|response| response.status().as_u16())
    };
    for origin in ["http://evil.example", "http://localhost:1", "http://course.localhost", "null", "file://"] {
        assert_eq!(socket(origin), Some(403), "{origin}");
        for (method, path) in [("POST", "/index.path"), ("PUT", "/x"), ("DELETE", "/x"), ("POST", "/api/publish/begin")]
        {
            let answer = dev.client.call(method, &own, path, &[("origin", origin)], b"");
            assert_eq!((answer.status, answer.error_code().as_str()), (403, "foreign_origin"), "{method} {origin}");
        }
        assert_eq!(dev.client.get_with(&own, "/index.path", &[("origin", origin)]).status, 200, "reading is the web's");
    }
    // Either of the two is enough: a browser that names a page of another origin, though of this site, without an `Origin`.
    for (site, path) in [("same-site", "/_events"), ("cross-site", "/_events"), ("same-site", "/_pmx/events")] {
        assert_eq!(dev.client.get_with(&own, path, &[("sec-fetch-site", site)]).status, 403, "{site} {path}");
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nhost: {own}\r\nsec-fetch-site: {site}\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nx: y"
        );
        assert_eq!(raw(dev.client, &upgrade), 403, "{site} {path}");
        assert_eq!(dev.client.call("POST", &own, "/index.path", &[("sec-fetch-site", site)], b"").status, 403);
    }
    for path in ["/_events", "/_pmx/events", "/_pmx/reload/x"] {
        let listened = dev.client.get_with(&own, path, &[("origin", "http://evil.example")]);
        assert_eq!((listened.status, listened.error_code().as_str()), (403, "foreign_origin"), "{path}");
    }
    assert_eq!(dev.client.get(&own, "/_events").status, 426, "a program is told what to do");
    let own_origin = format!("http://{own}");
    assert_eq!(socket(&own_origin), None);
    let answer = dev.client.call("POST", &own, "/index.path", &[("origin", &own_origin)], b"");
    assert_eq!(answer.status, 405, "an own page is answered as in production");
}

#[test]
fn what_only_dev_answers_is_for_its_own_pages() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let status = |site: &str, mode: &str| {
        dev.client.get_with("localhost", "/_pmx/x", &[("sec-fetch-site", site), ("sec-fetch-mode", mode)]).status
    };
    assert_eq!(status("cross-site", "no-cors"), 403);
    assert_eq!(status("cross-site", "websocket"), 403);
    assert_eq!(status("same-origin", "cors"), 404);
    assert_eq!(status("cross-site", "navigate"), 403);
}
