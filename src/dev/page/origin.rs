//! Whether someone at this machine asks.

use crate::{dev::hosts, server::Peer};
use axum::extract::Request;
use std::net::IpAddr;

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
