//! Pages of other origins may neither change anything nor listen, by `Origin` and by `Sec-Fetch-Site`: whichever says that it is another.

use super::{
    super::{
        Origin,
        caller::{Caller, HostName, is_upgrade},
        host_policy::HostPolicy,
        reply::refusal,
    },
    DEV_ADDRESSES, EVENTS, RequestLayer,
    next::check,
};
use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use std::sync::Arc;

/// The layer. `policy` knows the names that were given.
pub(super) fn layer(policy: Arc<HostPolicy>) -> RequestLayer {
    check(move |request| only_own_pages(&policy, request))
}

fn only_own_pages(policy: &HostPolicy, request: &mut Request) -> Result<(), Box<Response>> {
    let caller = Caller::of(request.extensions());
    let initiator = caller.initiator();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    let path = request.uri().path();
    let listens = is_upgrade(request) || path == EVENTS || path.starts_with(DEV_ADDRESSES);
    if reads && !listens {
        return Ok(());
    }
    if initiator.comes_from_elsewhere() {
        return Err(foreign_origin());
    }
    if initiator.origin() != Origin::Foreign {
        return Ok(());
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !(caller.is_loopback() && is_given(policy, request) && leads_here(policy, caller.host())) {
        return Err(foreign_origin());
    }
    // The Worker compares the two.
    let scheme = if caller.is_encrypted() { "https" } else { "http" };
    let origin = HeaderValue::from_str(&format!("{scheme}://{host}")).map_err(|_| foreign_origin())?;
    request.headers_mut().insert(header::ORIGIN, origin);
    if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
        caller.initiator = initiator.of_given_origin();
    }
    Ok(())
}

/// Whether the page is of a name that was given: a proxy that neither keeps the Host nor says what it was.
fn is_given(policy: &HostPolicy, request: &Request) -> bool {
    let origins = request.headers().get_all(header::ORIGIN);
    origins.iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        name.and_then(HostName::parse).is_some_and(|name| policy.is_given(&name))
    })
}

fn leads_here(policy: &HostPolicy, host: Option<&HostName>) -> bool {
    host.is_some_and(|name| name.is_bare_loopback() || policy.is_given(name))
}

fn foreign_origin() -> Box<Response> {
    let message = "A page of another origin may not do this here; behind a proxy, pass the Host on or use --allow-host";
    Box::new(refusal(StatusCode::FORBIDDEN, "foreign_origin", message))
}

#[cfg(test)]
mod tests {
    use super::super::hosts;
    use super::{
        super::hosts::tests::{HERE, hosts},
        *,
    };
    use axum::body::Body;

    fn code(method: &str, target: &str, headers: &[(&str, &str)], peer: &str) -> Result<String, u16> {
        let mut request = hosts::tests::request(method, target, headers, peer);
        let hosts = hosts();
        hosts::check(&hosts, &mut request)
            .and_then(|()| only_own_pages(&hosts.policy, &mut request))
            .map_err(|refused| refused.status().as_u16())?;
        let _: &Body = request.body();
        Ok(request.headers().get("origin").map_or("", |origin| origin.to_str().unwrap()).to_owned())
    }

    #[test]
    fn a_foreign_page_may_read_what_the_web_lets_it_and_nothing_more() {
        let own = ("origin", "http://localhost:8787");
        for (method, target, headers, expected) in [
            ("GET", "/", vec![("origin", "http://evil.example")], None),
            ("GET", "/", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], None),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], Some(403)),
            ("GET", "/_pmx/x", vec![("origin", "http://evil.example")], Some(403)),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "same-site")], Some(403)),
            ("GET", "/_pmx/x", vec![("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], Some(403)),
            ("HEAD", "/_pmx/x", vec![("origin", "http://evil.example")], Some(403)),
            ("OPTIONS", "/_pmx/x", vec![("origin", "http://evil.example")], Some(403)),
            ("GET", "/_events", vec![("origin", "http://evil.example")], Some(403)),
            ("GET", "/_events", vec![("sec-fetch-site", "same-site")], Some(403)),
            ("GET", "/_events", vec![], None),
            ("POST", "/", vec![("sec-fetch-site", "same-site")], Some(403)),
            ("POST", "/", vec![("sec-fetch-site", "SAME-ORIGIN")], Some(403)),
            ("GET", "/any", vec![("upgrade", "websocket"), ("sec-fetch-site", "same-site")], Some(403)),
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
    fn a_proxy_that_changes_the_host_works_for_a_name_that_was_given() {
        let socket = |origin: &str, peer: &str| {
            let headers = [("host", "127.0.0.1:8787"), ("upgrade", "websocket"), ("origin", origin)];
            code("GET", "/_events", &headers, peer)
        };
        assert_eq!(socket("https://dev.example", HERE), Ok("http://127.0.0.1:8787".into()));
        assert_eq!(socket("http://x.dev.example:8080", HERE), Ok("http://127.0.0.1:8787".into()));
        assert_eq!(socket("http://localhost:9000", HERE), Err(403), "any program here may serve a page");
        assert_eq!(socket("https://dev.example", "192.168.1.9:1"), Err(403));
    }
}
