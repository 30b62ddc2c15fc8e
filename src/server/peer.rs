//! Who is at the other end of a connection.

use axum::http::HeaderMap;
use std::net::SocketAddr;

/// Headers with which proxies say that they ask for someone else (RFC 7239 and what came before it).
const FORWARDED: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// The address that a request came from; in the extensions of every request that a [`Before`](super::Before) sees.
///
/// It is the address of the connection, so it cannot be forged; behind a proxy it is the proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// Whether the connection comes from this machine, written as IPv4 or as IPv6.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }

    /// Whether the request comes from a program on this machine that asks for itself. A proxy here that forwards what others
    /// ask, and says so, does not; one that keeps silent about it cannot be told from a browser.
    #[must_use]
    pub fn is_this_machine(self, headers: &HeaderMap) -> bool {
        self.is_loopback() && !is_forwarded(headers)
    }
}

/// Whether a proxy says that it is one.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_in_every_notation() {
        for (address, loopback) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.168.1.5:1", false),
            ("[::ffff:192.168.1.5]:1", false),
            ("[fe80::1]:1", false),
            ("0.0.0.0:1", false),
        ] {
            assert_eq!(Peer(address.parse().unwrap()).is_loopback(), loopback, "{address}");
        }
    }

    #[test]
    fn a_proxy_that_says_so_is_not_this_machine() {
        let peer = Peer(([127, 0, 0, 1], 1).into());
        let mut headers = HeaderMap::new();
        assert!(peer.is_this_machine(&headers));
        headers.insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
        assert!(!peer.is_this_machine(&headers));
    }
}
