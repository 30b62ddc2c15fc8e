//! Who sends a request, for which host, and from which page: read once, by the first layer, and kept in the request's extensions.

mod forwarded;
mod host_name;
mod initiator;

pub use host_name::HostName;
pub use initiator::{Initiator, Origin};

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, header},
};
use std::net::{Ipv4Addr, SocketAddr};

/// A connection of a client. In the extensions of every request that came over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    /// The address at the other end, which cannot be forged. Behind a proxy it is the proxy's.
    pub peer: SocketAddr,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
}

impl Connection {
    /// One of which nothing is known, and which may therefore nothing that this machine may.
    pub(super) const UNKNOWN: Self =
        Self { peer: SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), is_encrypted: false };
}

/// Who sends a request. In the extensions of every request that has passed the layer `Hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    connection: Connection,
    /// Whether a proxy says that it asks for another.
    is_forwarded: bool,
    host: Option<HostName>,
    /// Whether the host was allowed by its name, with `--allow-host` or by a forwarding service.
    pub(super) host_is_given: bool,
    pub(super) initiator: Initiator,
}

/// What is known of a request that passed no layer: nothing.
static UNKNOWN: Caller = Caller {
    connection: Connection::UNKNOWN,
    is_forwarded: false,
    host: None,
    host_is_given: false,
    initiator: Initiator::UNKNOWN,
};

impl Caller {
    /// Reads a request whose `Host` is `host`.
    pub(super) fn read(connection: Connection, host: Option<(&str, HostName)>, headers: &HeaderMap) -> Self {
        let authority = host.as_ref().map_or("", |(authority, _)| authority);
        Self {
            connection,
            is_forwarded: forwarded::is_forwarded(headers),
            initiator: Initiator::read(headers, authority, connection.is_encrypted),
            host: host.map(|(_, name)| name),
            host_is_given: false,
        }
    }

    /// The caller of a request. One that passed no layer has one that may do nothing.
    #[must_use]
    pub fn of(extensions: &Extensions) -> &Self {
        extensions.get().unwrap_or(&UNKNOWN)
    }

    /// The host that is asked for. None if the request names none.
    #[must_use]
    pub const fn host(&self) -> Option<&HostName> {
        self.host.as_ref()
    }

    /// The page that has its browser ask.
    #[must_use]
    pub const fn initiator(&self) -> Initiator {
        self.initiator
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.connection.is_encrypted
    }

    /// Whether the connection comes from this machine, written as IPv4 or as IPv6.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.connection.peer.ip().to_canonical().is_loopback()
    }

    /// Whether the request comes from a program on this machine that asks for itself. A proxy here that forwards what others
    /// ask, and says so, does not; one that keeps silent about it cannot be told from a browser.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        self.is_loopback() && !self.is_forwarded
    }

    /// The same, by a name of this machine: what a browser of its user sends. A proxy here that says nothing of itself asks by the name
    /// that others know.
    #[must_use]
    pub fn is_local_browser(&self) -> bool {
        self.is_this_machine() && self.host.as_ref().is_some_and(HostName::is_loopback)
    }
}

/// Whether a request opens a WebSocket.
#[must_use]
pub fn is_upgrade(request: &Request) -> bool {
    request.headers().contains_key(header::UPGRADE)
}

/// The cookies of a request, in their order.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use axum::{body::Body, http::Request};

    /// A request for `/` as the first layer leaves it: from `peer`, with these headers, of which one is the Host.
    pub(crate) fn passed(peer: &str, headers: &[(&str, &str)]) -> axum::extract::Request {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        pass(&mut request, peer);
        request
    }

    /// Notes who sends a request, as the first layer does.
    pub(crate) fn pass(request: &mut axum::extract::Request, peer: &str) {
        let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
        let host = host.as_deref().and_then(|host| Some((host, HostName::parse(host)?)));
        let connection = Connection { peer: peer.parse().unwrap(), is_encrypted: false };
        let caller = Caller::read(connection, host, request.headers());
        request.extensions_mut().insert(caller);
    }

    fn caller(peer: &str, headers: &[(&str, &str)]) -> Caller {
        Caller::of(passed(peer, headers).extensions()).clone()
    }

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
            assert_eq!(caller(address, &[]).is_loopback(), loopback, "{address}");
        }
    }

    #[test]
    fn a_proxy_that_says_so_is_not_this_machine() {
        assert!(caller("127.0.0.1:1", &[]).is_this_machine());
        for name in ["x-forwarded-for", "x-forwarded-prefix", "X-Forwarded-Port", "via", "cf-connecting-ip"] {
            assert!(!caller("127.0.0.1:1", &[(name, "10.0.0.1")]).is_this_machine(), "{name}");
        }
    }

    #[test]
    fn a_local_browser_asks_for_a_loopback_name_from_this_machine_without_a_proxy() {
        let local = |headers: &[(&str, &str)], peer: &str| caller(&format!("{peer}:5"), headers).is_local_browser();
        for host in ["localhost:1", "a.localhost", "127.0.0.2:80", "[::1]:80"] {
            assert!(local(&[("host", host)], "127.0.0.1"), "{host}");
            assert!(!local(&[("host", host)], "192.168.1.2"), "{host}");
        }
        for host in ["192.168.1.2:8787", "localhost.evil.example", "dev.example"] {
            assert!(!local(&[("host", host)], "127.0.0.1"), "{host}");
        }
        assert!(!local(&[("host", "localhost"), ("x-forwarded-for", "10.0.0.1")], "127.0.0.1"));
        assert!(!UNKNOWN.is_local_browser(), "nobody knows who asks");
    }
}
