//! Who may use the console: a browser on this machine that came through the address with the token, or a command that carries it.
//!
//! A site's script runs in the same browser, at `<site>.localhost`. It has no cookie of this host, its requests carry its own
//! Origin, and what it embeds is not shown; each of the three is checked by itself.

use super::{HOST, Token};
use crate::server::{Peer, cookies};
use axum::http::{HeaderMap, Method, request::Parts};

/// What a request may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everything that it asks for.
    Granted,
    /// Exchange the token of its address for the cookie.
    Enter,
    /// Nothing before it has shown the token.
    Unknown,
    /// Nothing at all, for this reason.
    Refused(&'static str),
}

/// Whether a `Host` header is the console's.
pub(super) fn is_console(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(HOST)
}

/// The name of the cookie. Browsers share cookies between the ports of a host, so the port is part of it.
pub(super) fn cookie_name(port: u16) -> String {
    format!("pmx-console-{port}")
}

/// The cookie that stands for the token.
pub(super) fn cookie(token: &Token, port: u16, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{}={}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(port), token.as_str())
}

/// The value of a cookie of this name.
pub(super) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// What a request to the console's host may do.
pub(super) fn check(parts: &Parts, token: &Token, port: u16, https: bool) -> Access {
    let peer = parts.extensions.get::<Peer>();
    if !peer.is_some_and(|peer| peer.is_this_machine(&parts.headers)) {
        return Access::Refused("The console answers this machine's own browsers only");
    }
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let scheme = if https { "https" } else { "http" };
    let own_origin = |origin: &str| {
        let named = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
        named.is_some_and(|name| name.eq_ignore_ascii_case(text("host").unwrap_or_default()))
    };
    // A name that was given twice is none: what checks one value must not serve another.
    let twice = ["host", "origin", "authorization"].iter().any(|name| parts.headers.get_all(*name).iter().count() > 1);
    let origin = text("origin");
    if twice || origin.is_some_and(|origin| !own_origin(origin)) {
        return Access::Refused("This came from another origin than the console");
    }
    let reading = matches!(parts.method, Method::GET | Method::HEAD);
    let embedded = text("sec-fetch-dest").is_some_and(|dest| matches!(dest, "iframe" | "frame" | "object" | "embed"));
    let from = text("sec-fetch-site");
    // A link from elsewhere may lead here; whatever else another site's page asks for, it may not have.
    let linked = reading && text("sec-fetch-mode") == Some("navigate") && !embedded;
    if from.is_some_and(|from| !matches!(from, "same-origin" | "none")) && !linked {
        return Access::Refused("This came from another origin than the console");
    }
    if parts.uri.path().starts_with("/api/")
        && let Some(authorization) = text("authorization")
    {
        let given = authorization.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        return match given {
            Some((_, given)) if token.is(given.trim()) => Access::Granted,
            _ => Access::Unknown,
        };
    }
    if cookie_value(&parts.headers, &cookie_name(port)).is_some_and(|value| token.is(value)) {
        return match origin {
            // Browsers name the origin of whatever may change something.
            None if !reading => Access::Refused("A change must say which origin it comes from"),
            _ => Access::Granted,
        };
    }
    let query = parts.uri.query().unwrap_or_default();
    let given = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    match given {
        Some(given) if reading && parts.uri.path() == "/" && token.is(given) => Access::Enter,
        _ => Access::Unknown,
    }
}

/// Whether a page of another origin, such as the one that `pmx console` opens, led a browser here.
pub(super) fn led_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|from| from != "none" && from != "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    const PORT: u16 = 8787;

    fn asked(method: &str, uri: &str, peer: Option<&str>, headers: &[(&str, &str)], token: &Token) -> Access {
        let mut request = Request::builder().method(method).uri(uri).header("host", "pmx.localhost:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        if let Some(peer) = peer {
            parts.extensions.insert(Peer(peer.parse().unwrap()));
        }
        check(&parts, token, PORT, false)
    }

    #[test]
    fn the_host_is_the_console_s_and_no_other() {
        for host in ["pmx.localhost", "PMX.localhost:8787", "pmx.localhost.:1"] {
            assert!(is_console(host), "{host}");
        }
        for host in ["a.pmx.localhost", "pmx.localhost.evil.example", "xpmx.localhost", "localhost", "[::1]:80", ""] {
            assert!(!is_console(host), "{host}");
        }
    }

    #[test]
    fn each_way_in_needs_the_token_and_each_change_the_origin() {
        let token = Token::generate().unwrap();
        let cookie = format!("a=b; {}={}", cookie_name(PORT), token.as_str());
        let bearer = format!("Bearer {}", token.as_str());
        let with = ("cookie", cookie.as_str());
        let own = ("origin", "http://pmx.localhost:8787");
        let local = Some("127.0.0.1:4000");
        let ask = |method: &str, uri: &str, headers: &[(&str, &str)]| asked(method, uri, local, headers, &token);
        let refused = |access: &Access| matches!(access, Access::Refused(_));

        let (first, deeper) = (format!("/?token={}", token.as_str()), format!("/about?token={}", token.as_str()));
        assert_eq!(ask("GET", &first, &[]), Access::Enter);
        assert_eq!(ask("GET", "/?token=00", &[]), Access::Unknown);
        assert_eq!(ask("GET", &deeper, &[]), Access::Unknown);
        assert_eq!(ask("GET", "/", &[with]), Access::Granted);
        assert_eq!(ask("POST", "/faults", &[with, own]), Access::Granted);
        assert_eq!(ask("POST", "/faults", &[own]), Access::Unknown);
        assert!(refused(&ask("POST", "/faults", &[with])), "no Origin");
        for foreign in ["http://evil.localhost:8787", "https://pmx.localhost:8787", "null", "http://pmx.localhost:9000"]
        {
            assert!(refused(&ask("POST", "/faults", &[with, ("origin", foreign)])), "{foreign}");
            assert!(refused(&ask("GET", "/", &[with, ("origin", foreign)])), "{foreign}");
            assert!(
                refused(&ask("POST", "/api/data", &[("authorization", &bearer), ("origin", foreign)])),
                "{foreign}"
            );
        }
        assert!(refused(&ask("POST", "/faults", &[with, own, ("sec-fetch-site", "same-site")])));
        assert!(refused(&ask("GET", "/", &[with, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")])));
        let navigated = [with, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(ask("GET", "/", &navigated), Access::Granted, "a link leads here");
        assert!(refused(&ask("GET", "/", &[&navigated[..], &[("sec-fetch-dest", "iframe")]].concat())));

        assert_eq!(ask("POST", "/api/data", &[("authorization", &bearer)]), Access::Granted);
        assert_eq!(ask("POST", "/api/data", &[("authorization", "Bearer 00"), with, own]), Access::Unknown);
        assert_eq!(
            ask("POST", "/faults", &[("authorization", &bearer)]),
            Access::Unknown,
            "pages take the cookie only"
        );
        for peer in [None, Some("192.168.1.5:4000"), Some("[2001:db8::1]:4000")] {
            assert!(refused(&asked("GET", "/", peer, &[with], &token)), "{peer:?}");
        }
        for peer in ["[::1]:4000", "[::ffff:127.0.0.1]:4000", "127.8.8.8:4000"] {
            assert_eq!(asked("GET", "/", Some(peer), &[with], &token), Access::Granted, "{peer}");
        }
        assert!(refused(&ask("GET", "/", &[with, ("x-forwarded-for", "192.168.1.5")])), "a proxy asks for others");
    }
}
