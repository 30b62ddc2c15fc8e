//! Names of servers, as they are looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use ureq::{
    Agent, Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Whether a name is `localhost` or below it, which is this machine (RFC 6761, 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let (from, rest) = match name.len().checked_sub("localhost".len()) {
        Some(from) => (from, name.get(from..).unwrap_or_default()),
        None => return false,
    };
    rest.eq_ignore_ascii_case("localhost") && (from == 0 || name.as_bytes()[from - 1] == b'.')
}

/// An agent that knows by itself that names below `localhost` are this machine: the resolvers of many systems do not.
pub(crate) fn agent(config: Config) -> Agent {
    Agent::with_parts(config, DefaultConnector::default(), LocalhostResolver::default())
}

#[derive(Debug, Default)]
struct LocalhostResolver(DefaultResolver);

impl Resolver for LocalhostResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        if !uri.host().is_some_and(is_localhost) {
            return self.0.resolve(uri, config, timeout);
        }
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let mut found = self.empty();
        // What is said of a server that is not there is what the last of them says, and every machine has that.
        let both: [IpAddr; 2] = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
        config
            .ip_family()
            .keep_wanted(both.into_iter().map(|ip| SocketAddr::new(ip, port)))
            .for_each(|address| found.push(address));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_localhost_are_this_machine_and_no_others() {
        for name in ["localhost", "LOCALHOST.", "alpha.localhost", "a.b.LocalHost", "pathmx.localhost."] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["", "localhos", "alocalhost", "localhost.example", "localhost..", "ä.localhos", "example"] {
            assert!(!is_localhost(name), "{name}");
        }
    }
}
