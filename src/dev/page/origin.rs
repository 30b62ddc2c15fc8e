//! Who asks: a page of this server, a foreign one, someone at this machine.

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, header},
};
use std::net::{IpAddr, SocketAddr};

/// Whether a browser says that another site's page is asking. Programs say nothing, and may.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text("x-forwarded-host").or_else(|| text("host")).unwrap_or_default();
    let cross = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text("origin").is_some_and(|origin| {
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        !name.is_some_and(|name| name.eq_ignore_ascii_case(host))
    });
    cross || origin
}

/// Whether the browser runs on this machine, as far as can be seen: it names a loopback host, no proxy speaks for another,
/// and the connection, where it is known, comes from here.
pub(super) fn is_here(request: &Request) -> bool {
    let headers = request.headers();
    if ["forwarded", "x-forwarded-for", "x-forwarded-host"].iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let loopback = host(request).is_some_and(|host| {
        let name = without_port(host);
        name == "localhost"
            || name.ends_with(".localhost")
            || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    loopback && peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
}

/// The host that a request names.
pub(super) fn host(request: &Request) -> Option<&str> {
    request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| request.uri().host())
}

/// A host without its port.
pub(super) fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => &host[..colon],
        _ => host,
    }
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
            (vec![host, ("x-forwarded-host", "dev.example"), ("origin", "https://dev.example")], false),
        ] {
            assert_eq!(is_foreign(request(&headers).headers()), foreign, "{headers:?}");
        }
    }

    #[test]
    fn here_is_a_loopback_name_without_a_proxy_and_without_a_foreign_peer() {
        for (host, here) in [("localhost:1", true), ("a.localhost", true), ("127.0.0.2:80", true), ("[::1]:80", true)] {
            assert_eq!(is_here(&request(&[("host", host)])), here, "{host}");
        }
        for headers in [
            vec![("host", "192.168.1.2:8787")],
            vec![("host", "localhost.evil.example")],
            vec![("host", "localhost"), ("x-forwarded-for", "10.0.0.1")],
        ] {
            assert!(!is_here(&request(&headers)), "{headers:?}");
        }
        let mut elsewhere = request(&[("host", "localhost")]);
        elsewhere.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 168, 1, 2], 5))));
        assert!(!is_here(&elsewhere));
    }
}
