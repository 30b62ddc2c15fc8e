//! Which Hosts a request may name, and who sends it.

use super::{
    super::{
        caller::{Caller, Connection, HostName, is_upgrade},
        host_policy::HostPolicy,
        reply::refusal,
    },
    RequestLayer, next,
};
use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, header,
        uri::{Authority, PathAndQuery},
    },
    response::Response,
};
use std::sync::Arc;

/// The header with the host that a proxy was asked for.
const FORWARDED_HOST: &str = "x-forwarded-host";

/// The first of all checks.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    pub(super) policy: Arc<HostPolicy>,
    /// The port speaks TLS.
    pub(super) is_https: bool,
    /// A proxy on this machine may say which host it was asked for.
    pub(super) believes_proxies: bool,
    /// A request must name one: where it need not, the Worker takes it for the default site's.
    pub(super) must_be_named: bool,
}

impl Hosts {
    pub(super) fn new(policy: HostPolicy, is_https: bool) -> Self {
        Self { policy: Arc::new(policy), is_https, believes_proxies: false, must_be_named: false }
    }
}

/// The layer. It notes the [`Caller`] of every request that it lets go on.
pub(super) fn layer(hosts: Hosts) -> RequestLayer {
    next::check(move |request| check(&hosts, request))
}

/// Notes who sends a request, perhaps with the Host that a proxy was asked for, or answers it.
pub(super) fn check(hosts: &Hosts, request: &mut Request) -> Result<(), Box<Response>> {
    let connection = request.extensions().get().copied().unwrap_or(Connection::UNKNOWN);
    let named = named(request)?;
    let Some(authority) = named else {
        if hosts.must_be_named {
            return Err(unclear());
        }
        let caller = Caller::read(connection, None, request.headers());
        request.extensions_mut().insert(caller);
        return Ok(());
    };
    let Some(name) = HostName::parse(authority).filter(|name| hosts.policy.allows(name)) else {
        return Err(foreign(authority));
    };
    if hosts.is_https && !connection.is_encrypted {
        return Err(in_the_clear(authority, request));
    }
    let mut caller = Caller::read(connection, Some((authority, name.clone())), request.headers());
    let mut asked = None;
    if hosts.believes_proxies
        && caller.is_loopback()
        && let Some((authority, name)) = forwarded(&hosts.policy, authority, &name, request.headers())?
    {
        caller = Caller::read(connection, Some((authority, name)), request.headers());
        asked = HeaderValue::from_str(authority).ok();
    }
    caller.host_is_given = caller.host().is_some_and(|name| hosts.policy.is_given(name));
    if let Some(asked) = asked {
        request.headers_mut().insert(header::HOST, asked);
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// The one Host of a request. `None` if it names none.
fn named(request: &Request) -> Result<Option<&str>, Box<Response>> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (header, second) = (hosts.next(), hosts.next());
    let header = header.map(|host| host.to_str().map_err(|_| unclear())).transpose()?;
    // RFC 9112, 3.2.2: who names it in the request line means that one; who names two means no good.
    let line = request.uri().authority().map(Authority::as_str);
    let agrees = match (header, line) {
        (Some(header), Some(line)) => header.eq_ignore_ascii_case(line),
        _ => true,
    };
    if second.is_some() || !agrees { Err(unclear()) } else { Ok(line.or(header)) }
}

/// The host that a proxy on this machine was asked for, if it says so and its own Host is another.
///
/// A script of a page can send this header to its own origin. So it may change the port, lead from this machine's bare name to
/// a name that was given, and no further: never to the host of another site.
fn forwarded<'a>(
    policy: &HostPolicy,
    host: &str,
    own: &HostName,
    headers: &'a HeaderMap,
) -> Result<Option<(&'a str, HostName)>, Box<Response>> {
    let Some(asked) = headers.get(FORWARDED_HOST) else { return Ok(None) };
    let asked = asked.to_str().map_err(|_| unclear())?;
    let asked = asked.split(',').next().unwrap_or_default().trim();
    if asked.is_empty() || asked.eq_ignore_ascii_case(host) {
        return Ok(None);
    }
    let Some(name) = HostName::parse(asked) else { return Err(foreign(asked)) };
    let leads_here = own.is_bare_loopback() || policy.is_given(own);
    let may = name == *own || (leads_here && (name.is_bare_loopback() || policy.is_given(&name)));
    if may { Ok(Some((asked, name))) } else { Err(foreign(asked)) }
}

fn foreign(host: &str) -> Box<Response> {
    // Named only if it is a name: the text goes to people.
    let name = HostName::parse(host).map(|_| host.rsplit_once(':').map_or(host, |(name, _)| name));
    let message = match name {
        Some(name) => format!("This server is not reached under that Host; allow a name with --allow-host {name}"),
        None => "This server is not reached under that Host; allow a name with --allow-host".to_owned(),
    };
    Box::new(refusal(StatusCode::FORBIDDEN, "foreign_host", &message))
}

fn unclear() -> Box<Response> {
    Box::new(refusal(StatusCode::BAD_REQUEST, "bad_host", "A request must name one Host"))
}

/// The answer to plain HTTP where TLS is spoken: a browser is sent there, everyone else is told.
fn in_the_clear(host: &str, request: &Request) -> Box<Response> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && !is_upgrade(request);
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
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
pub(super) mod tests {
    use super::*;

    pub(crate) const HERE: &str = "127.0.0.1:1";

    pub(crate) fn hosts() -> Hosts {
        let policy = HostPolicy::new(([127, 0, 0, 1], 8787).into(), &["dev.example".to_owned()], &[]);
        Hosts { believes_proxies: true, must_be_named: true, ..Hosts::new(policy, false) }
    }

    pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], peer: &str) -> Request {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let connection = Connection { peer: peer.parse().unwrap(), is_encrypted: false };
        request.extension(connection).body(Body::empty()).unwrap()
    }

    fn code(method: &str, target: &str, headers: &[(&str, &str)], peer: &str) -> Result<String, u16> {
        let mut request = request(method, target, headers, peer);
        check(&hosts(), &mut request).map_err(|refused| refused.status().as_u16())?;
        assert!(Caller::of(request.extensions()).host().is_some());
        Ok(request.headers().get("host").map_or("", |value| value.to_str().unwrap()).to_owned())
    }

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
            let passed = code("GET", "/", &headers, peer);
            assert_eq!(passed.as_deref().map_err(|code| *code), expected, "{host} {asked}");
        }
    }

    #[test]
    fn who_speaks_in_the_clear_is_sent_to_https() {
        let answer = |method: &str, headers: &[(&str, &str)]| {
            let mut request = request(method, "/a?b", headers, HERE);
            let refused = check(&Hosts { is_https: true, ..hosts() }, &mut request).unwrap_err();
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
