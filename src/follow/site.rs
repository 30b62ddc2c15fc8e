use crate::publish::Address;
use pmx_model::SiteName;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The label of the host that answers publish calls and is no site (`worker/API.md`).
const CONTROL: &str = "pathmx";

/// Where a site is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteAddress {
    /// As readers name it.
    shown: Address,
    /// The host that is connected to: a name, or an address of this machine.
    hosts: Vec<String>,
}

impl SiteAddress {
    /// The site of this name on the server that it is published to: a label before the server's domain. Names below `localhost` are this
    /// machine, whatever its resolver says, and a server that is named by an address of this machine is asked at that address.
    #[must_use]
    pub fn of(server: &Address, site: &SiteName) -> Self {
        let name = server.host().trim_end_matches('.');
        let loopback = |ip: IpAddr| match ip {
            IpAddr::V6(ip) => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        let both = || vec![loopback(Ipv4Addr::LOCALHOST.into()), loopback(Ipv6Addr::LOCALHOST.into())];
        if let Ok(ip) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Self { shown: server.with_host(&format!("{site}.localhost")), hosts: vec![loopback(ip)] };
        }
        if server.is_loopback() {
            return Self { shown: server.with_host(&format!("{site}.localhost")), hosts: both() };
        }
        let domain = name.strip_prefix(CONTROL).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        let host = match domain.strip_prefix(site.as_str()) {
            // It is the site's own address.
            Some(rest) if rest.starts_with('.') => domain.to_owned(),
            _ => format!("{site}.{domain}"),
        };
        Self { shown: server.with_host(&host), hosts: vec![host] }
    }

    /// Host and port as a request names them.
    pub(super) fn authority(&self) -> String {
        let shown = self.shown.to_string();
        shown.split_once("://").map_or(shown.clone(), |(_, authority)| authority.to_owned())
    }

    pub(super) fn is_secure(&self) -> bool {
        self.shown.is_secure()
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.shown.is_loopback()
    }

    /// The origins that may be connected to, best first.
    pub(super) fn origins(&self) -> impl Iterator<Item = Address> {
        self.hosts.iter().map(|host| self.shown.with_host(host))
    }
}

impl fmt::Display for SiteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_label_before_the_domain_of_its_server() {
        for (server, site, hosts) in [
            ("https://pathmx.path.app", "https://chess.path.app", "chess.path.app"),
            ("https://path.app", "https://chess.path.app", "chess.path.app"),
            ("https://chess.path.app", "https://chess.path.app", "chess.path.app"),
            ("http://localhost:8787", "http://chess.localhost:8787", "127.0.0.1 [::1]"),
            ("http://pathmx.localhost:1", "http://chess.localhost:1", "127.0.0.1 [::1]"),
            ("http://chess.localhost:1", "http://chess.localhost:1", "127.0.0.1 [::1]"),
            ("http://127.0.0.1:8787", "http://chess.localhost:8787", "127.0.0.1"),
            ("https://[::1]:8787", "https://chess.localhost:8787", "[::1]"),
            ("http://192.168.1.5:8787", "http://chess.localhost:8787", "192.168.1.5"),
            ("https://chessboard.example", "https://chess.chessboard.example", "chess.chessboard.example"),
        ] {
            let found = SiteAddress::of(&Address::parse(server).unwrap(), &"chess".parse().unwrap());
            assert_eq!((found.to_string().as_str(), found.hosts.join(" ").as_str()), (site, hosts), "{server}");
        }
    }
}
