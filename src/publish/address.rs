use super::resolve::is_localhost;
use std::{fmt, net::IpAddr};
use ureq::http::Uri;

/// A server's origin: scheme, host, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    /// Lower case; IPv6 in brackets.
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// The longest name of the DNS in text (RFC 1035, 2.3.4).
const MAX_HOST: usize = 253;

/// Why a text is no address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL, or another scheme than http and https.
    #[error("`{0}` is no http:// or https:// address")]
    NotHttp(String),
    /// More than scheme, host and port.
    #[error("`{0}` has more than scheme, host and port")]
    NotAnOrigin(String),
}

impl Address {
    /// Reads the address of a server. A path, a query and a user name have no place in it.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let not_http = || AddressError::NotHttp(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| not_http())?;
        let address = Self::of(&uri).ok_or_else(not_http)?;
        let user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if user || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(AddressError::NotAnOrigin(text.to_owned()));
        }
        Ok(address)
    }

    /// The address that a text most likely means that is none: a page's URL, a host without its scheme.
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        let host = text.split(['/', ':', '?']).next().unwrap_or_default();
        let of = |text: String| Self::of(&text.parse().ok()?);
        if text.contains("://") {
            return of(text.to_owned());
        }
        let here = of(format!("http://{text}")).filter(Self::is_loopback);
        here.or_else(|| of(format!("https://{text}")).filter(|_| host.contains('.') && !host.starts_with('.')))
    }

    /// The origin of an absolute URL.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let scheme = match uri.scheme_str()? {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let host = uri.host().filter(|host| is_host(host))?.to_ascii_lowercase();
        // `Uri` reads a port that is no number as no port at all.
        let authority = uri.authority()?.as_str();
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let port = match place.get(host.len()..)? {
            "" => scheme.port(),
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        Some(Self { scheme, host, port })
    }

    /// The absolute URL of a target: a path below this server, or an absolute URL as it is.
    pub(super) fn resolve(&self, target: &str) -> Result<Uri, AddressError> {
        let text = if target.starts_with("//") {
            format!("{}:{target}", self.scheme.name())
        } else if target.starts_with('/') {
            format!("{self}{target}")
        } else if target.contains("://") {
            target.to_owned()
        } else {
            format!("{self}/{target}")
        };
        text.parse().map_err(|_| AddressError::NotHttp(target.to_owned()))
    }

    /// The host, in lower case; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, that of the scheme if none was named.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it speaks TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The same scheme and port on another host.
    #[must_use]
    pub fn with_host(&self, host: &str) -> Self {
        Self { host: host.to_ascii_lowercase(), ..self.clone() }
    }

    /// Whether what is sent there can be read on the way: plain HTTP to another machine.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.scheme == Scheme::Http && !self.is_loopback()
    }

    /// Whether it is this machine, or by its IP address one of a network that is not the internet: what listens there is for those within.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let of_network = |ip: IpAddr| match ip.to_canonical() {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
        };
        self.is_loopback() || bare.parse().is_ok_and(of_network)
    }

    /// Whether it is this machine, by name.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        is_localhost(&self.host) || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

/// Whether a host is a name of the DNS or an IP address. A URL's grammar has more, down to what a shell runs where an address is pasted.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    (1..=MAX_HOST).contains(&host.len()) && host.bytes().all(plain)
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        if self.port == self.scheme.port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn an_address_is_an_origin() {
        assert_eq!(address("HTTPS://PathMX.path.app:443/").to_string(), "https://pathmx.path.app");
        assert_eq!(address("http://127.0.0.1:8787").to_string(), "http://127.0.0.1:8787");
        for bad in [
            "https://a.example;$(make)",
            "https://$(id)",
            "https://a`b",
            "https://a'b",
            "",
            "path.app",
            "ftp://x",
            "/x",
            "http://",
            "https://a/b",
            "https://u@a",
            "https://a?q",
            "http://a:b",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_near_the_one_it_means() {
        for (text, near) in [
            ("https://alpha.path.app/a/b?q#f", "https://alpha.path.app"),
            ("https://user@path.app/", "https://path.app"),
            ("path.app", "https://path.app"),
            ("path.app/alpha", "https://path.app"),
            ("localhost:8787", "http://localhost:8787"),
            ("127.0.0.1:8787/x", "http://127.0.0.1:8787"),
        ] {
            assert_eq!(Address::guess(text).map(|address| address.to_string()).as_deref(), Some(near), "{text}");
        }
        for far in ["", "nowhere", "ftp://path.app", "https://$(id)", "./a", "https://"] {
            assert_eq!(Address::guess(far), None, "{far}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for here in ["http://localhost:1", "http://a.localhost", "http://127.9.9.9", "http://[::1]:8787"] {
            assert!(!address(here).is_exposed(), "{here}");
        }
        for there in ["http://path.app", "http://localhost.path.app", "http://10.0.0.1", "http://127.0.0.1.nip.io"] {
            assert!(address(there).is_exposed(), "{there}");
        }
        assert!(!address("https://path.app").is_exposed());
    }

    #[test]
    fn what_is_no_address_of_the_internet_is_known() {
        for inside in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "[::1]",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "[fd00::1]",
            "[fe80::1]",
            "0.0.0.0",
            "[::ffff:10.0.0.1]",
        ] {
            assert!(address(&format!("http://{inside}:1")).is_internal(), "{inside}");
        }
        for outside in ["path.app", "1.1.1.1", "[2606:4700::1]", "10.0.0.1.nip.io"] {
            assert!(!address(&format!("https://{outside}")).is_internal(), "{outside}");
        }
    }

    #[test]
    fn the_origin_of_an_upload_is_that_of_the_parsed_url() {
        let server = address("https://pathmx.path.app");
        let origin = |target: &str| server.resolve(target).ok().and_then(|uri| Address::of(&uri));
        for own in ["/api/x?hash=1", "api/x", "https://pathmx.path.app/x", "https://PATHMX.path.app:443/x"] {
            assert_eq!(origin(own).as_ref(), Some(&server), "{own}");
        }
        for foreign in [
            "http://pathmx.path.app/x",
            "https://pathmx.path.app:444/x",
            "https://pathmx.path.app.evil.net/x",
            "https://pathmx.path.app@evil.net/x",
            "https://pathmx.path.app:443@evil.net/x",
            "//evil.net/x",
        ] {
            assert!(origin(foreign).is_some_and(|found| found != server), "{foreign}");
        }
        assert_eq!(origin("ftp://evil.net/x"), None);
        assert_eq!(origin("https://pathmx.path.app:port/x"), None);
        assert_eq!(origin("https://pathmx.path.app\\@evil.net/x"), None);
    }
}
