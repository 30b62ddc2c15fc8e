//! Who asks: a page of this server, a foreign one, someone at this machine.

use crate::{dev::hosts, server::Peer};
use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use std::net::IpAddr;

/// Whether a browser says that another site's page is asking. Programs say nothing, and may.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let cross = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text("origin").is_some_and(|origin| {
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        !name.is_some_and(|name| name.eq_ignore_ascii_case(host))
    });
    cross || origin
}

/// Whether the browser runs on this machine, as far as can be seen: it names a loopback host, the connection comes from here,
/// and no proxy says that it asks for another.
pub(super) fn is_here(request: &Request) -> bool {
    let name = hosts::name_of(request);
    let loopback = name == "localhost"
        || name.ends_with(".localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let peer = request.extensions().get::<Peer>();
    loopback && peer.is_some_and(|peer| peer.is_this_machine(request.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::get("/_pmx/events");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_a_page_of_the_same_origin_or_a_program_asks() {
        let host = ("host", "a.localhost:8787");
        for (headers, foreign) in [
            (vec![host], false),
            (vec![host, ("sec-fetch-site", "same-origin")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
            (vec![host, ("sec-fetch-site", "same-site")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], true),
            (vec![host, ("origin", "http://a.localhost:8787")], false),
            (vec![host, ("origin", "https://A.localhost:8787")], false),
            (vec![host, ("origin", "http://b.localhost:8787")], true),
            (vec![host, ("origin", "null")], true),
        ] {
            assert_eq!(is_foreign(request(&headers).headers()), foreign, "{headers:?}");
        }
    }

    #[test]
    fn here_is_a_loopback_name_asked_for_from_this_machine_without_a_proxy() {
        let here = |headers: &[(&str, &str)], peer: &str| {
            let mut request = request(headers);
            request.extensions_mut().insert(Peer(format!("{peer}:5").parse().unwrap()));
            is_here(&request)
        };
        for host in ["localhost:1", "a.localhost", "127.0.0.2:80", "[::1]:80"] {
            assert!(here(&[("host", host)], "127.0.0.1"), "{host}");
            assert!(!here(&[("host", host)], "192.168.1.2"), "{host}");
        }
        for host in ["192.168.1.2:8787", "localhost.evil.example", "dev.example"] {
            assert!(!here(&[("host", host)], "127.0.0.1"), "{host}");
        }
        assert!(!here(&[("host", "localhost"), ("x-forwarded-for", "10.0.0.1")], "127.0.0.1"));
        assert!(!is_here(&request(&[("host", "localhost")])), "nobody knows who asks");
    }
}
