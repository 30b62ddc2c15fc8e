//! Reverse proxies and forwarded ports: as nginx, ssh and the clouds do it.

use super::Author;
use crate::support::{Client, Events};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// What a proxy does to a request.
#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    /// The path that it takes away.
    strips: &'static str,
    /// What it makes of the Host; `None` passes it on.
    host: Option<&'static str>,
    /// What it says of itself; `{host}` is the Host that it was asked for.
    adds: &'static [(&'static str, &'static str)],
}

/// Stands before a server until the test ends: one thread for each way of each connection, WebSockets included.
fn proxy(server: Client, rules: Rules) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for inward in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass(inward, server, rules));
        }
    });
    Client { address }
}

fn pass(inward: TcpStream, server: Client, rules: Rules) -> Option<()> {
    let mut outward = TcpStream::connect(server.address).ok()?;
    let mut reader = BufReader::new(inward.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut head = line.replacen(&format!(" {}/", rules.strips), " /", 1);
    let mut asked = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let (name, value) = line.trim_end().split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("host") {
            value.trim().clone_into(&mut asked);
            head.push_str(&format!("host: {}\r\n", rules.host.unwrap_or(&asked)));
        } else if !name.is_empty() {
            head.push_str(&line);
        } else {
            break;
        }
    }
    for (name, value) in rules.adds {
        head.push_str(&format!("{name}: {}\r\n", value.replace("{host}", &asked)));
    }
    outward.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    let (mut back, mut to) = (outward.try_clone().ok()?, inward);
    thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    std::io::copy(&mut reader, &mut outward).ok()?;
    None
}

/// The addresses in a page that are on its own origin.
fn addresses(page: &str) -> Vec<String> {
    let values = ["href=\"", "src=\""].iter().flat_map(|name| page.split(name).skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.filter(|value| value.starts_with('/')).map(|value| value.split('#').next().unwrap().to_owned()).collect()
}

#[test]
fn a_forwarded_port_is_the_site_and_its_live_updates() {
    let author = Author::new();
    let dev = author.dev(&["--allow-host", "x-8787.preview.example"]);
    for (rules, host, scheme) in [
        // ssh -L, VS Code: the Host stays.
        (Rules::default(), "localhost:9000", "http"),
        // A tunnel that keeps the name, with TLS at its end.
        (Rules { adds: &[("x-forwarded-proto", "https")], ..Rules::default() }, "x-8787.preview.example", "https"),
        // A tunnel that asks for localhost and says what it was asked for.
        (
            Rules { host: Some("localhost:8787"), adds: &[("x-forwarded-host", "{host}")], ..Rules::default() },
            "x-8787.preview.example",
            "https",
        ),
        (
            Rules { host: Some("127.0.0.1:8787"), adds: &[("x-forwarded-host", "{host}")], ..Rules::default() },
            "localhost:9000",
            "http",
        ),
        // nginx as it comes: the Host is the address of the server, and nothing else is said.
        (Rules { host: Some("127.0.0.1:8787"), ..Rules::default() }, "x-8787.preview.example", "https"),
    ] {
        let client = proxy(dev.client, rules);
        assert_eq!(client.get(host, "/index.path").status, 200, "{rules:?}");
        let connect =
            |origin: &str| Events::try_connect(client, host, "", Some(origin)).err().map(|r| r.status().as_u16());
        assert_eq!(connect(&format!("{scheme}://{host}")), None, "{rules:?}");
        assert_eq!(connect("http://evil.example"), Some(403), "{rules:?}");
    }
    // A name that nobody gave does not get in by way of a proxy either.
    let rules = Rules { host: Some("localhost:8787"), adds: &[("x-forwarded-host", "{host}")], ..Rules::default() };
    assert_eq!(proxy(dev.client, rules).get("evil.example", "/index.path").status, 403);
}

#[test]
fn below_a_path_of_a_proxy_everything_is_found() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let adds = &[("x-forwarded-prefix", "/preview"), ("x-forwarded-host", "{host}"), ("x-forwarded-for", "192.0.2.7")];
    let rules = Rules { strips: "/preview", host: Some("127.0.0.1:8787"), adds };
    let client = proxy(dev.client, rules);
    let host = format!("localhost:{}", client.address.port());

    let home = client.get(&host, "/preview/");
    assert_eq!(home.header("location"), Some("/preview/index.path"));
    for path in ["/preview/index.path", "/preview/one"] {
        let answer = client.get(&host, path);
        let page = answer.text();
        let found = addresses(&page);
        assert!(found.len() > 3, "{page}");
        for address in found {
            assert!(address.starts_with("/preview/"), "{path}: {address}");
            let answer = client.get(&host, &address);
            assert!(matches!(answer.status, 200 | 303 | 307 | 308), "{path}: {address} is {}", answer.status);
        }
        assert!(
            page.contains("data-pmx-prefix=\"/preview\"") && page.contains("data-pmx-mount=\"/preview\""),
            "{page}"
        );
        let plain = dev.client.get("localhost", path.trim_start_matches("/preview")).text();
        assert_eq!(page.replace(" data-pmx-prefix=\"/preview\"", "").replace("/preview", ""), plain);
        let etag = answer.header("etag").unwrap();
        assert_eq!(client.get_with(&host, path, &[("if-none-match", etag)]).status, 304);
        assert_eq!(client.call("HEAD", &host, path, &[], b"").status, 200);
    }
    let mut request = Events::try_connect(client, &format!("{host}/preview"), "", Some(&format!("http://{host}")));
    let socket = request.as_mut().unwrap_or_else(|refused| panic!("{}", refused.status()));
    fs::write(author.path("paths/one.md"), "# One\n\nOther words.\n").unwrap();
    assert_eq!(socket.change().0, ["one"]);
}

#[test]
fn what_a_proxy_says_makes_another_text_with_another_tag_and_caches_are_told() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let get = |path: &str, headers: &[(&str, &str)]| dev.client.get_with("localhost", path, headers);
    let names = |answer: &crate::support::Answer| {
        let lines =
            answer.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value.to_ascii_lowercase());
        lines.collect::<Vec<_>>().join(",")
    };
    let page = dev.client.get("localhost", "/index.path").text();
    let sheet = addresses(&page).into_iter().find(|address| address.contains(".css")).unwrap();
    let image =
        addresses(&dev.client.get("localhost", "/one").text()).into_iter().find(|address| address.contains(".svg"));
    let (at, below) = (("x-forwarded-prefix", "/a"), ("x-forwarded-prefix", "/b"));
    for path in ["/index.path", &sheet] {
        let (plain, a, b) = (get(path, &[]), get(path, &[at]), get(path, &[below]));
        let tags = [&plain, &a, &b].map(|answer| answer.header("etag").unwrap().to_owned());
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{path}: {tags:?}");
        for answer in [&plain, &a, &b] {
            assert!(
                names(answer).contains("x-forwarded-prefix") && names(answer).contains("x-forwarded-host"),
                "{path}"
            );
        }
        // What one is known by is no other one, whoever asks.
        for (index, headers) in [vec![], vec![at], vec![below]].into_iter().enumerate() {
            for (known, tag) in tags.iter().enumerate() {
                let weak = format!("\"other\", W/{tag}");
                let answer = get(path, &[headers.clone(), vec![("if-none-match", weak.as_str())]].concat());
                assert_eq!(answer.status, if index == known { 304 } else { 200 }, "{path}: {index} {known}");
                assert_eq!(answer.header("etag"), Some(tags[index].as_str()), "{path}");
                assert!(names(&answer).contains("x-forwarded-prefix"), "{path}: {}", answer.status);
                if answer.status == 304 {
                    assert!(answer.body.is_empty(), "{path}");
                    assert_eq!(answer.header("cache-control"), a.header("cache-control"), "{path}");
                }
            }
        }
        let head = dev.client.call("HEAD", "localhost", path, &[at], b"");
        assert_eq!(head.header("etag"), Some(tags[1].as_str()), "{path}");
    }
    let (plain, moved) = (get("/", &[]), get("/", &[at]));
    assert_ne!(plain.header("location"), moved.header("location"));
    assert!(names(&plain).contains("x-forwarded-prefix") && names(&moved).contains("x-forwarded-prefix"));
    // A script that asks for a page as an image gets it without what is added to pages.
    let asked = get("/index.path", &[("sec-fetch-dest", "image")]);
    assert!(names(&asked).contains("sec-fetch-dest") && names(&get("/index.path", &[])).contains("sec-fetch-dest"));
    if let Some(image) = image {
        let tag = get(&image, &[]).header("etag").unwrap().to_owned();
        assert_eq!(get(&image, &[at]).header("etag"), Some(tag.as_str()), "nothing in it is rewritten");
        assert_eq!(get(&image, &[at, ("if-none-match", tag.as_str())]).status, 304);
    }
}

#[test]
fn a_prefix_is_believed_of_a_proxy_on_this_machine_only_and_only_if_it_is_a_path() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let plain = dev.client.get("localhost", "/index.path").text();
    for prefix in ["//evil.example", "/\"><script>alert(1)</script>", "https://evil.example", "/a/../b", ""] {
        let answer = dev.client.get_with("localhost", "/index.path", &[("x-forwarded-prefix", prefix)]);
        assert_eq!(answer.text(), plain, "{prefix}");
    }
    assert_ne!(dev.client.get_with("localhost", "/index.path", &[("x-forwarded-prefix", "/a")]).text(), plain);
    let serve = crate::support::Server::new();
    serve.publish("alpha", "v1");
    let page = |headers: &[(&str, &str)]| serve.client().get_with("alpha.localhost", "/index", headers).text();
    assert_eq!(page(&[("x-forwarded-prefix", "/a")]), page(&[]), "what stands for production changes nothing");
}
