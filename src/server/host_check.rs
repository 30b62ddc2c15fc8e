//! Which Host names may reach a local server. A page elsewhere that points its own name at this machine (DNS rebinding) may not.

use std::net::{IpAddr, SocketAddr};

/// The names that are let through.
#[derive(Clone, Debug)]
pub struct HostCheck {
    listening: IpAddr,
    allowed: Vec<String>,
}

impl HostCheck {
    /// `localhost`, `*.localhost`, the listening address, and these names with what is below them.
    #[must_use]
    pub fn new(listening: SocketAddr, allowed: &[String]) -> Self {
        let allowed =
            allowed.iter().map(|name| name.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase());
        Self { listening: listening.ip(), allowed: allowed.collect() }
    }

    /// Whether a `Host` header may pass.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        let name = match host.rfind(':') {
            Some(colon) if !host.ends_with(']') => &host[..colon],
            _ => host,
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if let Ok(ip) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // Who listens on every address is reached by any of them; a browser cannot be rebound to an address.
            return ip.is_loopback() || ip == self.listening || self.listening.is_unspecified();
        }
        let below = |base: &str| name == base || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'));
        below("localhost") || self.allowed.iter().any(|base| below(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_name_does_not_pass() {
        let check = HostCheck::new(([127, 0, 0, 1], 8787).into(), &["dev.example".to_owned()]);
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "alpha.localhost:1",
            "127.0.0.1:8787",
            "[::1]:8787",
            "dev.example",
            "a.dev.example.",
        ] {
            assert!(check.allows(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "10.0.0.1",
            "",
            "evildev.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!check.allows(host), "{host}");
        }
        assert!(HostCheck::new(([0, 0, 0, 0], 80).into(), &[]).allows("192.168.1.5:80"));
    }
}
