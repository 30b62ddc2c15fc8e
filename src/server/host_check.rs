//! Which Host names may reach a local server. A page elsewhere that points its own name at this machine (DNS rebinding) may not.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

/// The names that are let through.
#[derive(Clone, Debug)]
pub struct HostCheck {
    listening: IpAddr,
    allowed: Vec<String>,
}

/// The name of a `Host` header, apart from its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    Ip(IpAddr),
    /// In lower case, without the trailing dot.
    Dns(Cow<'a, str>),
}

impl<'a> Name<'a> {
    /// Takes a `Host` apart. `None` for what is no host: user names, spaces, empty labels, a port that is no number. Numbers in
    /// other notations (`0x7f.1`, `2130706433`) are no addresses here: browsers write an address before they send it, so these
    /// are names that nobody allowed.
    pub(super) fn parse(host: &'a str) -> Option<Self> {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (inside, after) = rest.split_once(']')?;
                let ip = inside.parse::<std::net::Ipv6Addr>().ok()?;
                (Err(IpAddr::V6(ip).to_canonical()), after)
            }
            None => {
                let colon = host.find(':').unwrap_or(host.len());
                (Ok(&host[..colon]), &host[colon..])
            }
        };
        if !port.is_empty() {
            let digits = port.strip_prefix(':').filter(|port| port.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse::<u16>().ok()?;
        }
        let name = match name {
            Ok(name) => name.strip_suffix('.').unwrap_or(name),
            Err(ip) => return Some(Self::Ip(ip)),
        };
        if let Ok(ip) = name.parse::<std::net::Ipv4Addr>() {
            return Some(Self::Ip(ip.into()));
        }
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !name.split('.').all(is_label) {
            return None;
        }
        let upper = name.bytes().any(|b| b.is_ascii_uppercase());
        Some(Self::Dns(if upper { name.to_ascii_lowercase().into() } else { name.into() }))
    }

    /// `localhost` itself or a loopback address: the name of this machine, and of no site on it.
    pub(super) fn is_bare_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Dns(name) => name == "localhost",
        }
    }
}

impl HostCheck {
    /// `localhost`, `*.localhost`, the listening address, and these names with what is below them.
    #[must_use]
    pub fn new(listening: SocketAddr, allowed: &[String]) -> Self {
        let allowed = allowed
            .iter()
            .map(|name| name.trim().trim_start_matches("*.").trim_matches('.').to_ascii_lowercase())
            .filter(|name| !name.is_empty());
        Self { listening: listening.ip().to_canonical(), allowed: allowed.collect() }
    }

    /// Whether a `Host` header may pass.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        Name::parse(host).is_some_and(|name| self.passes(&name))
    }

    pub(super) fn passes(&self, name: &Name<'_>) -> bool {
        match name {
            // Who listens on every address is reached by any of them; a browser cannot be rebound to an address.
            Name::Ip(ip) => {
                ip.is_loopback() || *ip == self.listening || self.listening.is_unspecified() || self.names(name)
            }
            Name::Dns(dns) => is_below(dns, "localhost") || self.names(name),
        }
    }

    /// Whether it is one of the names that were given, or below one.
    pub(super) fn names(&self, name: &Name<'_>) -> bool {
        match name {
            Name::Ip(ip) => self.allowed.iter().any(|base| base.parse() == Ok(*ip)),
            Name::Dns(dns) => self.allowed.iter().any(|base| is_below(dns, base)),
        }
    }
}

fn is_below(name: &str, base: &str) -> bool {
    name == base || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listening: [u8; 4], allowed: &[&str]) -> HostCheck {
        let allowed: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        HostCheck::new((listening, 8787).into(), &allowed)
    }

    #[test]
    fn a_foreign_name_does_not_pass() {
        let check = check([127, 0, 0, 1], &["dev.example", "*.wild.example", ".dot.example.", "", "*."]);
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "localhost.:8787",
            "alpha.localhost:1",
            "Alpha.LocalHost.",
            "127.0.0.1:8787",
            "127.0.0.1.",
            "127.1.2.3",
            "[::1]:8787",
            "[::1]",
            "[0:0:0:0:0:0:0:1]:8787",
            "[::ffff:127.0.0.1]:1",
            "[::FFFF:7f00:1]",
            "dev.example",
            "a.dev.example.",
            "x.wild.example",
            "dot.example",
        ] {
            assert!(check.allows(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "localhost..",
            ".localhost",
            "a..localhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::2]",
            "",
            ":8787",
            ".",
            "..",
            "x.",
            "evildev.example",
            "127.0.0.1.evil.example",
            "127.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.01",
            "::1",
            "::1:8787",
            "[::1",
            "[::1]x",
            "[::1]:x",
            "[::1%25lo]",
            "[127.0.0.1]",
            "localhost:",
            "localhost:99999",
            "localhost:+80",
            "localhost:80:80",
            "localhost@evil.example",
            "evil.example@localhost",
            "evil.example/localhost",
            "evil.example#localhost",
            "evil.example?.localhost",
            "evil.example\\.localhost",
            "evil.example%00.localhost",
            "evil.example .localhost",
            "evil.example,localhost",
            "local\u{212a}ost",
        ] {
            assert!(!check.allows(host), "{host}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_reached_at_any_address_and_at_no_name() {
        let everywhere = check([0, 0, 0, 0], &[]);
        assert!(everywhere.allows("192.168.1.5:80") && everywhere.allows("[fd00::5]:80"));
        assert!(!everywhere.allows("evil.example") && !everywhere.allows("3232235781"));
        let one = check([192, 168, 1, 5], &["10.1.1.1"]);
        assert!(one.allows("192.168.1.5") && one.allows("[::ffff:192.168.1.5]") && one.allows("10.1.1.1:1"));
        assert!(!one.allows("192.168.1.6"));
    }
}
