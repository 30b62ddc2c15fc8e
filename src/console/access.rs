//! Who may use the console: a browser on this machine that came through the address with the token, or a command that carries it.
//!
//! A site's script runs in the same browser, at `<site>.localhost`. It has no cookie of this host, its requests carry its own
//! Origin, and what it embeds is not shown; each of the three is checked by itself.

use crate::{
    server::{Caller, Origin, cookies},
    session::ConsoleToken,
};
use axum::http::{HeaderMap, Method, header, request::Parts};

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

/// The name of the cookie. Browsers share cookies between the ports of a host, so the port is part of it.
pub(super) fn cookie_name(port: u16) -> String {
    format!("pmx-console-{port}")
}

/// The cookie that stands for the token.
pub(super) fn cookie(token: &ConsoleToken, port: u16, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{}={}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(port), token.as_str())
}

/// The value of a cookie of this name.
pub(super) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// What a request to the console's host may do.
pub(super) fn check(parts: &Parts, token: &ConsoleToken, port: u16) -> Access {
    let caller = Caller::of(&parts.extensions);
    let initiator = caller.initiator();
    if !caller.is_this_machine() {
        return Access::Refused("The console answers this machine's own browsers only");
    }
    // A name that was given twice is none: what checks one value must not serve another.
    let twice = parts.headers.get_all(header::AUTHORIZATION).iter().count() > 1;
    let reading = matches!(parts.method, Method::GET | Method::HEAD);
    // A link from elsewhere may lead here; whatever else another site's page asks for, it may not have.
    let linked = reading && initiator.opens_a_page();
    let is_own = matches!(initiator.origin(), Origin::Unnamed | Origin::Own);
    if twice || !is_own || (initiator.comes_from_elsewhere() && !linked) {
        return Access::Refused("This came from another origin than the console");
    }
    if parts.uri.path().starts_with("/api/")
        && let Some(authorization) = parts.headers.get(header::AUTHORIZATION)
    {
        let authorization = authorization.to_str().unwrap_or_default();
        let given = authorization.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        return match given {
            Some((_, given)) if token.is(given.trim()) => Access::Granted,
            _ => Access::Unknown,
        };
    }
    if cookie_value(&parts.headers, &cookie_name(port)).is_some_and(|value| token.is(value)) {
        return match initiator.origin() {
            // Browsers name the origin of whatever may change something.
            Origin::Unnamed if !reading => Access::Refused("A change must say which origin it comes from"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::pass;
    use axum::{body::Body, http::Request};

    const PORT: u16 = 8787;

    fn asked(method: &str, uri: &str, peer: Option<&str>, headers: &[(&str, &str)], token: &ConsoleToken) -> Access {
        let mut request = Request::builder().method(method).uri(uri).header("host", "pmx.localhost:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            pass(&mut request, peer);
        }
        check(&request.into_parts().0, token, PORT)
    }

    #[test]
    fn each_way_in_needs_the_token_and_each_change_the_origin() {
        let token = ConsoleToken::generate().unwrap();
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
