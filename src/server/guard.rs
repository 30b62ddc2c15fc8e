//! What a request must pass before anything else sees it: its Host, its Origin, the token of a device.

use super::{Access, HostCheck, accept::Connection, access::Admission, host_check::Name, local::refusal, peer::Peer};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use std::net::SocketAddr;

/// The header with the host that a proxy was asked for.
const FORWARDED_HOST: &str = "x-forwarded-host";
/// Paths that only `pmx dev` answers.
const DEV_ONLY: &str = "/_pmx/";

/// The checks of a server.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    hosts: HostCheck,
    /// Only the names that were given by flag, or that the machine's forwarding service has.
    given: HostCheck,
    /// The port speaks TLS.
    pub(super) tls: bool,
    /// Pages of other origins may neither write nor listen.
    pub(super) own_pages_only: bool,
    pub(super) access: Option<Access>,
}

/// A request that is answered here.
type Refused = Box<Response>;

impl Guard {
    /// `domain` is that below which sites live.
    pub(super) fn new(listening: SocketAddr, allowed: &[String], domain: String) -> Self {
        let mut given = allowed.to_vec();
        given.extend(super::forwarding::names(listening.port(), |name| std::env::var(name).ok()));
        let mut all = given.clone();
        all.push(domain);
        Self {
            hosts: HostCheck::new(listening, &all),
            given: HostCheck::new(listening, &given),
            tls: false,
            own_pages_only: false,
            access: None,
        }
    }

    /// The request, perhaps with the Host that a proxy was asked for, or the answer to it.
    pub(super) fn check(&self, connection: Connection, mut request: Request) -> Result<Request, Refused> {
        let Some(host) = self.host(&request)? else {
            // Whatever answers before the Worker would take it for the default site's, and no check below has a name to look at.
            return if self.own_pages_only || self.access.is_some() { Err(unclear()) } else { Ok(request) };
        };
        if self.tls && !connection.secure {
            return Err(in_the_clear(&host, &request));
        }
        let peer = Peer(connection.peer);
        let mut given = Name::parse(&host).is_some_and(|name| self.given.names(&name));
        let mut host = host;
        if self.own_pages_only
            && peer.is_loopback()
            && let Some(asked) = self.forwarded(&host, request.headers())?
        {
            given = Name::parse(&asked).is_some_and(|name| self.given.names(&name));
            set(&mut request, header::HOST, &asked);
            host = asked;
        }
        if let Some(access) = &self.access
            && let Admission::Answer(answer) = access.admit(peer, given, connection.secure, &request)
        {
            return Err(answer);
        }
        if self.own_pages_only {
            self.origin(peer, &host, &mut request)?;
        }
        Ok(request)
    }

    /// Whether a proxy on this machine would be believed about a request that is answered with text.
    pub(super) fn believes_proxies(&self, connection: Connection, request: &Request) -> bool {
        let answers_text = !request.headers().contains_key(header::UPGRADE);
        answers_text && self.own_pages_only && Peer(connection.peer).is_loopback()
    }

    /// The one Host of a request. `None` if it names none.
    fn host(&self, request: &Request) -> Result<Option<String>, Refused> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (header, second) = (hosts.next(), hosts.next());
        let header = header.map(|host| host.to_str().map_err(|_| unclear())).transpose()?;
        // RFC 9112, 3.2.2: who names it in the request line means that one; who names two means no good.
        let line = request.uri().authority().map(axum::http::uri::Authority::as_str);
        let agrees = match (header, line) {
            (Some(header), Some(line)) => header.eq_ignore_ascii_case(line),
            _ => true,
        };
        if second.is_some() || !agrees {
            return Err(unclear());
        }
        let Some(host) = line.or(header) else { return Ok(None) };
        if self.hosts.allows(host) { Ok(Some(host.to_owned())) } else { Err(foreign(host)) }
    }

    /// The host that a proxy on this machine was asked for, if it says so and its own Host is another.
    ///
    /// A script of a page can send this header to its own origin. So it may change the port, lead from this machine's bare name to
    /// a name that was given, and no further: never to the host of another site.
    fn forwarded(&self, host: &str, headers: &HeaderMap) -> Result<Option<String>, Refused> {
        let Some(asked) = headers.get(FORWARDED_HOST) else { return Ok(None) };
        let asked = asked.to_str().map_err(|_| unclear())?;
        let asked = asked.split(',').next().unwrap_or_default().trim();
        if asked.is_empty() || asked.eq_ignore_ascii_case(host) {
            return Ok(None);
        }
        let (Some(name), Some(own)) = (Name::parse(asked), Name::parse(host)) else { return Err(foreign(asked)) };
        let leads_here = own.is_bare_loopback() || self.given.names(&own);
        let may = name == own || (leads_here && (name.is_bare_loopback() || self.given.names(&name)));
        if may { Ok(Some(asked.to_owned())) } else { Err(foreign(asked)) }
    }

    /// A page of another origin may neither change anything nor listen.
    fn origin(&self, peer: Peer, host: &str, request: &mut Request) -> Result<(), Refused> {
        let headers = request.headers();
        let fetch = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let acts = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
            || headers.contains_key(header::UPGRADE);
        let cross_site = fetch("sec-fetch-site") == Some("cross-site");
        let asks_behind = request.uri().path().starts_with(DEV_ONLY) && fetch("sec-fetch-mode") != Some("navigate");
        if cross_site && (acts || asks_behind) {
            return Err(foreign_origin());
        }
        if !acts {
            return Ok(());
        }
        let mut rewrite = false;
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            let Some(from) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
                return Err(foreign_origin());
            };
            if from.eq_ignore_ascii_case(host) {
                continue;
            }
            // A proxy that neither keeps the Host nor says what it was, for a name that was given.
            let is_given = Name::parse(from).is_some_and(|name| self.given.names(&name));
            let own_name = Name::parse(host).is_some_and(|name| name.is_bare_loopback() || self.given.names(&name));
            if !(peer.is_loopback() && is_given && own_name) {
                return Err(foreign_origin());
            }
            rewrite = true;
        }
        if rewrite {
            // The Worker compares the two.
            set(request, header::ORIGIN, &format!("http://{host}"));
        }
        Ok(())
    }
}

fn set(request: &mut Request, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        request.headers_mut().insert(name, value);
    }
}

fn foreign(host: &str) -> Refused {
    // Named only if it is a name: the text goes to people.
    let name = Name::parse(host).map(|_| host.rsplit_once(':').map_or(host, |(name, _)| name));
    let message = match name {
        Some(name) => format!("This server is not reached under that Host; allow a name with --allow-host {name}"),
        None => "This server is not reached under that Host; allow a name with --allow-host".to_owned(),
    };
    Box::new(refusal(StatusCode::FORBIDDEN, "foreign_host", &message))
}

fn unclear() -> Refused {
    Box::new(refusal(StatusCode::BAD_REQUEST, "bad_host", "A request must name one Host"))
}

fn foreign_origin() -> Refused {
    let message = "A page of another origin may not do this here; behind a proxy, pass the Host on or use --allow-host";
    Box::new(refusal(StatusCode::FORBIDDEN, "foreign_origin", message))
}

/// The answer to plain HTTP where TLS is spoken: a browser is sent there, everyone else is told.
fn in_the_clear(host: &str, request: &Request) -> Refused {
    let reads =
        matches!(*request.method(), Method::GET | Method::HEAD) && !request.headers().contains_key(header::UPGRADE);
    let path = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    let location = HeaderValue::from_str(&format!("https://{host}{path}")).ok().filter(|_| reads);
    let Some(location) = location else {
        return Box::new(refusal(
            StatusCode::BAD_REQUEST,
            "https_only",
            "This port speaks HTTPS: use https:// or wss://",
        ));
    };
    let mut response = Response::new(Body::empty());
    // Not for good: the next pmx on this port may speak HTTP.
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Box::new(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let given = ["dev.example".to_owned()];
        Guard { own_pages_only: true, ..Guard::new(([127, 0, 0, 1], 8787).into(), &given, "localhost".into()) }
    }

    fn code(method: &str, target: &str, headers: &[(&str, &str)], peer: &str) -> Result<(String, String), u16> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let connection = Connection { peer: peer.parse().unwrap(), secure: false };
        let passed = guard().check(connection, request.body(Body::empty()).unwrap());
        let passed = passed.map_err(|refused| refused.status().as_u16())?;
        let text = |name| passed.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        Ok((text("host"), text("origin")))
    }

    const HERE: &str = "127.0.0.1:1";

    #[test]
    fn a_request_names_one_host_and_an_own_one() {
        for (target, headers, expected) in [
            ("/", vec![("host", "localhost:8787")], None),
            ("/", vec![], Some(400)),
            ("/", vec![("host", "evil.example")], Some(403)),
            ("/", vec![("host", "localhost"), ("host", "localhost")], Some(400)),
            ("/", vec![("host", "localhost"), ("host", "evil.example")], Some(400)),
            ("http://evil.example/", vec![("host", "localhost")], Some(400)),
            ("http://evil.example/", vec![("host", "evil.example")], Some(403)),
            ("http://evil.example/", vec![], Some(403)),
            ("http://localhost@evil.example/", vec![("host", "localhost@evil.example")], Some(403)),
            ("http://localhost:8787/", vec![("host", "LOCALHOST:8787")], None),
            ("/", vec![("host", "local\u{e9}")], Some(400)),
        ] {
            assert_eq!(code("GET", target, &headers, HERE).err(), expected, "{target} {headers:?}");
        }
    }

    #[test]
    fn a_foreign_page_may_read_what_the_web_lets_it_and_nothing_more() {
        let own = ("origin", "http://localhost:8787");
        for (method, target, headers, expected) in [
            ("GET", "/", vec![("origin", "http://evil.example")], None),
            ("GET", "/", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], None),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], None),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], Some(403)),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "cross-site")], Some(403)),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "same-origin")], None),
            ("POST", "/", vec![], None),
            ("POST", "/", vec![own], None),
            ("POST", "/", vec![("origin", "https://LOCALHOST:8787")], None),
            ("POST", "/", vec![("origin", "http://localhost:3000")], Some(403)),
            ("POST", "/", vec![("origin", "http://localhost")], Some(403)),
            ("POST", "/", vec![("origin", "http://alpha.localhost:8787")], Some(403)),
            ("POST", "/", vec![("origin", "http://evil.example")], Some(403)),
            ("POST", "/", vec![("origin", "null")], Some(403)),
            ("POST", "/", vec![("origin", "")], Some(403)),
            ("POST", "/", vec![("origin", "file://")], Some(403)),
            ("POST", "/", vec![("origin", "http://localhost:8787@evil.example")], Some(403)),
            ("POST", "/", vec![own, ("origin", "http://evil.example")], Some(403)),
            ("POST", "/", vec![own, ("sec-fetch-site", "cross-site")], Some(403)),
            ("DELETE", "/", vec![("origin", "http://evil.example")], Some(403)),
            ("QUERY", "/", vec![("origin", "http://evil.example")], Some(403)),
            ("GET", "/_events", vec![("upgrade", "websocket"), ("origin", "http://evil.example")], Some(403)),
            ("GET", "/any", vec![("upgrade", "websocket"), ("origin", "http://evil.example")], Some(403)),
            ("GET", "/_events", vec![("upgrade", "websocket"), own], None),
            ("GET", "/_events", vec![("upgrade", "websocket")], None),
        ] {
            let mut all = vec![("host", "localhost:8787")];
            all.extend(headers);
            assert_eq!(code(method, target, &all, HERE).err(), expected, "{method} {target} {all:?}");
        }
    }

    #[test]
    fn a_proxy_here_may_say_which_host_it_was_asked_for() {
        for (host, asked, peer, expected) in [
            ("127.0.0.1:8787", "localhost:9000", HERE, Ok("localhost:9000")),
            ("localhost:8787", "dev.example", HERE, Ok("dev.example")),
            ("localhost:8787", "a.dev.example:80, x", HERE, Ok("a.dev.example:80")),
            ("alpha.localhost:8787", "alpha.localhost:9000", HERE, Ok("alpha.localhost:9000")),
            ("localhost:8787", "localhost:8787", HERE, Ok("localhost:8787")),
            ("localhost:8787", "evil.example", HERE, Err(403)),
            ("evil.example", "localhost", HERE, Err(403)),
            // A script of a site must not reach another site, nor the console.
            ("localhost:8787", "pmx.localhost:8787", HERE, Err(403)),
            ("alpha.localhost:8787", "beta.localhost:8787", HERE, Err(403)),
            ("alpha.localhost:8787", "localhost:8787", HERE, Err(403)),
            ("alpha.localhost:8787", "pmx.localhost:8787", HERE, Err(403)),
            // From elsewhere it says nothing.
            ("localhost:8787", "dev.example", "192.168.1.9:1", Ok("localhost:8787")),
        ] {
            let headers = [("host", host), ("x-forwarded-host", asked)];
            let passed = code("GET", "/", &headers, peer).map(|(host, _)| host);
            assert_eq!(passed.as_deref().map_err(|code| *code), expected, "{host} {asked}");
        }
    }

    #[test]
    fn a_proxy_that_changes_the_host_works_for_a_name_that_was_given() {
        let socket = |origin: &str, peer: &str| {
            let headers = [("host", "127.0.0.1:8787"), ("upgrade", "websocket"), ("origin", origin)];
            code("GET", "/_events", &headers, peer).map(|(_, origin)| origin)
        };
        assert_eq!(socket("https://dev.example", HERE), Ok("http://127.0.0.1:8787".into()));
        assert_eq!(socket("http://x.dev.example:8080", HERE), Ok("http://127.0.0.1:8787".into()));
        assert_eq!(socket("http://localhost:9000", HERE), Err(403), "any program here may serve a page");
        assert_eq!(socket("https://dev.example", "192.168.1.9:1"), Err(403));
    }

    #[test]
    fn who_speaks_in_the_clear_is_sent_to_https() {
        let answer = |method: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri("/a?b");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let guard = Guard { tls: true, ..guard() };
            let connection = Connection { peer: HERE.parse().unwrap(), secure: false };
            let refused = guard.check(connection, request.body(Body::empty()).unwrap()).unwrap_err();
            let location = refused.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            (refused.status().as_u16(), location)
        };
        let host = ("host", "localhost:8787");
        assert_eq!(answer("GET", &[host]), (307, Some("https://localhost:8787/a?b".into())));
        assert_eq!(answer("POST", &[host]), (400, None));
        assert_eq!(answer("GET", &[host, ("upgrade", "websocket")]), (400, None));
        assert_eq!(answer("GET", &[("host", "evil.example")]), (403, None));
    }
}
