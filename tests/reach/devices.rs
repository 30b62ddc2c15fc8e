//! Other devices: the token.

use super::{Author, lan_address};
use crate::support::{Client, Pmx};
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

/// A server on all addresses, and a client that comes from another address than loopback.
fn open(author: &Author, arguments: &[&str]) -> Option<(Pmx, Client, String, String)> {
    let ip = lan_address()?;
    let mut command = author.command(&["--host", "0.0.0.0"]);
    command.args(arguments);
    let (dev, ready) = Pmx::start_ready(command);
    let client = Client { address: SocketAddr::new(ip, dev.client.address.port()) };
    let base = format!("http://{}/?pmx-token=", client.address);
    let links: Vec<&str> = ready["lan"].as_array().unwrap().iter().map(|link| link.as_str().unwrap()).collect();
    let token = links.iter().find_map(|link| link.strip_prefix(&base)).unwrap_or_else(|| panic!("{links:?}"));
    Some((dev, client, client.address.to_string(), token.to_owned()))
}

#[test]
fn a_device_without_the_token_is_told_so_and_shown_nothing() {
    let author = Author::new();
    let Some((dev, phone, host, token)) = open(&author, &[]) else { return };
    for path in
        ["/", "/index.path", "/nothing", "/api/health", "/_events", "/_pmx/x", "/?pmx-token=wrong", "/?pmx-token"]
    {
        let answer = phone.get(&host, path);
        assert_eq!((answer.status, answer.error_code().as_str()), (401, "device_token"), "{path}");
        let page = phone.get_with(&host, path, &[("accept", "text/html,*/*")]);
        assert_eq!((page.status, page.header("content-type")), (401, Some("text/html; charset=utf-8")), "{path}");
        assert!(page.text().contains("needs a token") && !page.text().contains(&token), "{path}");
    }
    assert_eq!(phone.call("POST", &host, "/", &[], b"").status, 401);
    assert_eq!(phone.get_with(&host, "/", &[("x-forwarded-for", "127.0.0.1")]).status, 401);
    assert_eq!(phone.get("evil.example", &format!("/?pmx-token={token}")).status, 403, "the Host comes first");
    assert_eq!(dev.client.get("localhost", "/index.path").status, 200, "this machine needs none");
}

#[test]
fn the_address_that_was_printed_lets_a_device_in_for_good() {
    let author = Author::new();
    let Some((dev, phone, host, token)) = open(&author, &[]) else { return };
    let answer = phone.get(&host, &format!("/index.path?a=b&pmx-token={token}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("./index.path?a=b")));
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        (Some("no-store"), Some("no-referrer"))
    );
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Domain"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert!(phone.get_with(&host, "/index.path", &[("cookie", cookie)]).text().contains("First words"));

    let socket = |headers: &[(&'static str, &str)]| {
        let mut request = format!("ws://{host}/_events").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = std::net::TcpStream::connect(phone.address).unwrap();
        match tungstenite::client(request, stream) {
            Ok(_) => 101,
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    let origin = format!("http://{host}");
    assert_eq!(socket(&[("origin", &origin)]), 401);
    assert_eq!(socket(&[("origin", &origin), ("cookie", cookie)]), 101);
    assert_eq!(socket(&[("origin", "http://evil.example"), ("cookie", cookie)]), 403);

    drop(dev);
    let (_dev, phone, host, again) = open(&author, &[]).unwrap();
    assert_eq!(again, token, "it is kept for the state folder");
    assert_eq!(phone.get_with(&host, "/index.path", &[("cookie", cookie)]).status, 200);
}

#[test]
fn a_token_that_a_checkout_brings_lets_nobody_in() {
    let author = Author::new();
    let shipped = "0123456789abcdefghjkmnpq";
    std::fs::create_dir_all(author.path("state")).unwrap();
    std::fs::write(author.path("state/device-token"), shipped).unwrap();
    let Some((_dev, phone, host, token)) = open(&author, &[]) else { return };
    assert_ne!(token, shipped);
    assert_eq!(phone.get(&host, &format!("/?pmx-token={shipped}")).status, 401);
    assert_eq!(phone.get(&host, &format!("/?pmx-token={token}")).status, 303);
    assert!(!super::is_file(&author.path("state/device-token")), "nothing of it lies in the state folder");
}

#[test]
fn a_proxy_on_this_machine_is_treated_as_those_it_speaks_for() {
    let author = Author::new();
    let Some((dev, _, _, token)) = open(&author, &["--allow-host", "preview.example"]) else { return };
    let via = |host: &str, headers: &[(&str, &str)]| dev.client.get_with(host, "/index.path", headers).status;
    let other = ("x-forwarded-for", "203.0.113.9");
    assert_eq!(via("localhost", &[]), 200);
    assert_eq!(via("localhost", &[other]), 401);
    assert_eq!(via("localhost", &[("forwarded", "for=203.0.113.9")]), 401);
    for header in [
        ("x-forwarded-prefix", "/a"),
        ("x-forwarded-port", "80"),
        ("x-forwarded-server", "proxy"),
        ("via", "1.1 proxy"),
        ("x-real-ip", "203.0.113.9"),
        ("x-client-ip", "203.0.113.9"),
        ("cf-connecting-ip", "203.0.113.9"),
        ("true-client-ip", "203.0.113.9"),
    ] {
        assert_eq!(via("localhost", &[header]), 401, "{header:?}");
    }
    assert_eq!(via("preview.example", &[other]), 200, "who gives a name opens it");
    assert_eq!(via("localhost", &[other, ("x-forwarded-host", "preview.example")]), 200);
    let link = dev.client.get_with("localhost", &format!("/?pmx-token={token}"), &[other]);
    let cookie = link.header("set-cookie").unwrap().split(';').next().unwrap();
    assert_eq!(via("localhost", &[other, ("cookie", cookie)]), 200);
}

#[test]
fn where_only_this_machine_is_listened_to_there_is_no_token() {
    let author = Author::new();
    let (dev, ready) = Pmx::start_ready(author.command(&[]));
    assert_eq!(ready["lan"], serde_json::json!([]));
    let answer = dev.client.get_with("localhost", "/index.path", &[("x-forwarded-for", "203.0.113.9")]);
    assert_eq!(answer.status, 200, "who forwards to it does so on purpose");
    if let Some(ip) = lan_address() {
        let address = SocketAddr::new(ip, dev.client.address.port());
        assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens at {address}");
    }
    assert!(!super::is_file(&author.path("state/device-token")));
}
