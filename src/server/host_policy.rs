//! Which names may lead to a local server. A page elsewhere that points its own name at this machine (DNS rebinding) may not.

use super::{caller::HostName, forwarding};
use std::net::{IpAddr, SocketAddr};

/// The names that are let through: `localhost`, `*.localhost`, loopback addresses, the listening address, and what is listed here, with what is below.
#[derive(Clone, Debug)]
pub struct HostPolicy {
    listening: IpAddr,
    /// The domains below which sites live.
    domains: Vec<String>,
    /// Names that were given by flag, or that the machine's forwarding service has.
    given: Vec<String>,
}

impl HostPolicy {
    /// Of a server whose sites live below these domains. `given`: the names of `--allow-host`.
    #[must_use]
    pub fn new(listening: SocketAddr, given: &[String], domains: &[String]) -> Self {
        let mut given = given.to_vec();
        given.extend(forwarding::names(listening.port(), |name| std::env::var(name).ok()));
        let given = given.iter().filter_map(|name| plain(name)).collect();
        let domains = domains.iter().filter_map(|name| plain(name)).collect();
        Self { listening: listening.ip().to_canonical(), domains, given }
    }

    /// Whether a request may name it.
    #[must_use]
    pub fn allows(&self, name: &HostName) -> bool {
        let is_own = match name {
            // Who listens on every address is reached by any of them; a browser cannot be rebound to an address.
            HostName::Ip(ip) => ip.is_loopback() || *ip == self.listening || self.listening.is_unspecified(),
            HostName::Dns(_) => name.is_loopback(),
        };
        is_own || self.is_given(name) || self.domains.iter().any(|domain| is_below(name, domain))
    }

    /// Whether it is one of the names that were given, or below one.
    #[must_use]
    pub fn is_given(&self, name: &HostName) -> bool {
        self.given.iter().any(|base| is_below(name, base))
    }
}

/// A name without what people write around it. None if nothing is left.
fn plain(name: &str) -> Option<String> {
    let name = name.trim().trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

fn is_below(name: &HostName, base: &str) -> bool {
    match name {
        HostName::Ip(ip) => base.parse() == Ok(*ip),
        HostName::Dns(name) => name == base || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listening: [u8; 4], given: &[&str]) -> impl Fn(&str) -> bool {
        let given: Vec<String> = given.iter().map(|&name| name.to_owned()).collect();
        let policy = HostPolicy::new((listening, 8787).into(), &given, &["localhost".to_owned()]);
        move |host| HostName::parse(host).is_some_and(|name| policy.allows(&name))
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
            assert!(check(host), "{host}");
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
            assert!(!check(host), "{host}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_reached_at_any_address_and_at_no_name() {
        let everywhere = check([0, 0, 0, 0], &[]);
        assert!(everywhere("192.168.1.5:80") && everywhere("[fd00::5]:80"));
        assert!(!everywhere("evil.example") && !everywhere("3232235781"));
        let one = check([192, 168, 1, 5], &["10.1.1.1"]);
        assert!(one("192.168.1.5") && one("[::ffff:192.168.1.5]") && one("10.1.1.1:1"));
        assert!(!one("192.168.1.6"));
    }
}
