use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The name below which sites of this machine lie (RFC 6761, 6.3).
const LOCALHOST: &str = "localhost";

/// The name of a `Host` header, apart from its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// An address; an IPv4 address as such, however it was written.
    Ip(IpAddr),
    /// A name in lower case, without the trailing dot.
    Dns(String),
}

impl HostName {
    /// Takes a `Host` apart. `None` for what is no host: user names, spaces, empty labels, a port that is no number. Numbers in
    /// other notations (`0x7f.1`, `2130706433`) are no addresses here: browsers write an address before they send it, so these
    /// are names that nobody allowed.
    #[must_use]
    pub fn parse(host: &str) -> Option<Self> {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (inside, after) = rest.split_once(']')?;
                let ip = inside.parse::<Ipv6Addr>().ok()?;
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
        if let Ok(ip) = name.parse::<Ipv4Addr>() {
            return Some(Self::Ip(ip.into()));
        }
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        name.split('.').all(is_label).then(|| Self::Dns(name.to_ascii_lowercase()))
    }

    /// `localhost` itself or a loopback address: the name of this machine, and of no site on it.
    #[must_use]
    pub fn is_bare_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Dns(name) => name == LOCALHOST,
        }
    }

    /// A name that leads to this machine wherever it is used.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_bare_loopback() || self.site_label().is_some()
    }

    /// What stands before `.localhost`, where the names of sites are.
    #[must_use]
    pub fn site_label(&self) -> Option<&str> {
        match self {
            Self::Ip(_) => None,
            Self::Dns(name) => name.strip_suffix(LOCALHOST)?.strip_suffix('.'),
        }
    }

    /// Whether it is this name, which is in lower case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Dns(own) if own == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_the_label_before_localhost() {
        for (host, label) in [
            ("A.localhost:8787", Some("a")),
            ("localhost", None),
            ("[::1]:80", None),
            ("a.b.localhost.", Some("a.b")),
            ("pmx.localhost", Some("pmx")),
            ("evillocalhost", None),
        ] {
            assert_eq!(HostName::parse(host).unwrap().site_label(), label, "{host}");
        }
    }

    #[test]
    fn a_name_is_itself_however_it_is_written_and_no_other_that_holds_it() {
        let is_console = |host: &str| HostName::parse(host).is_some_and(|name| name.is("pmx.localhost"));
        for host in ["pmx.localhost", "PMX.localhost:8787", "pmx.localhost.:1"] {
            assert!(is_console(host), "{host}");
        }
        for host in ["a.pmx.localhost", "pmx.localhost.evil.example", "xpmx.localhost", "localhost", "[::1]:80", ""] {
            assert!(!is_console(host), "{host}");
        }
    }
}
