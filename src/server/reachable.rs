//! Where a server is reached: for the banner, and for certificates.

use super::{DeviceToken, Listening};
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The addresses of a server, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachable {
    /// On this machine: `http://localhost:8787`.
    pub local: String,
    /// From other devices, one for each address of this machine, with the token that they need; empty where only this machine
    /// is listened to.
    pub lan: Vec<String>,
    scheme: &'static str,
    port: u16,
}

impl Reachable {
    /// Of a server on this port. `token` is added to the addresses for other devices.
    #[must_use]
    pub fn new(front: &Listening, token: Option<&DeviceToken>) -> Self {
        let (scheme, port) = (front.scheme(), front.address.port());
        let ip = front.address.ip();
        // A loopback address other than the usual one is answered at that one alone.
        let local = if ip.is_loopback() && ip != Ipv4Addr::LOCALHOST && ip != Ipv6Addr::LOCALHOST {
            format!("{scheme}://{}", front.address)
        } else {
            format!("{scheme}://localhost:{port}")
        };
        let lan = lan_addresses(ip).into_iter().map(|ip| {
            let base = format!("{scheme}://{}", SocketAddr::new(ip, port));
            token.map_or_else(|| base.clone(), |token| token.link(&base))
        });
        Self { local, lan: lan.collect(), scheme, port }
    }

    /// The address of a site, on this machine.
    #[must_use]
    pub fn site(&self, name: &str) -> String {
        format!("{}://{name}.localhost:{}", self.scheme, self.port)
    }
}

/// The addresses at which other devices reach a server that listens here: IPv4 first, without those that hold on one link only.
pub(super) fn lan_addresses(listening: IpAddr) -> Vec<IpAddr> {
    if !listening.is_unspecified() {
        return Vec::from_iter(Some(listening).filter(|ip| !ip.is_loopback()));
    }
    let all: BTreeSet<IpAddr> = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces.iter().map(if_addrs::Interface::ip).collect(),
        Err(error) => {
            tracing::warn!(%error, "the addresses of this machine are not known");
            BTreeSet::new()
        }
    };
    let is_of_lan = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified(),
        IpAddr::V6(ip) => {
            listening.is_ipv6() && !ip.is_loopback() && !ip.is_unicast_link_local() && !ip.is_unspecified()
        }
    };
    all.into_iter().filter(is_of_lan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reachable(host: &str) -> Reachable {
        let front = super::super::listen(host.parse().unwrap(), Some(0)).await.unwrap();
        Reachable { port: 1, ..Reachable::new(&front, None) }
    }

    #[tokio::test]
    async fn loopback_is_this_machine_only() {
        let own = reachable("127.0.0.1").await;
        assert!(own.local.starts_with("http://localhost:") && own.lan.is_empty());
        assert_eq!(own.site("alpha"), "http://alpha.localhost:1");
        if cfg!(target_os = "linux") {
            assert!(reachable("127.0.0.2").await.local.starts_with("http://127.0.0.2:"));
        }
    }

    #[test]
    fn every_address_of_the_machine_is_listed_where_all_are_listened_on() {
        let all = lan_addresses(Ipv4Addr::UNSPECIFIED.into());
        assert!(all.iter().all(|ip| ip.is_ipv4() && !ip.is_loopback()), "{all:?}");
        assert_eq!(lan_addresses(Ipv4Addr::new(192, 168, 1, 5).into()), [Ipv4Addr::new(192, 168, 1, 5)]);
        assert!(lan_addresses(Ipv4Addr::LOCALHOST.into()).is_empty());
    }
}
