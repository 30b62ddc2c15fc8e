//! Whether a proxy says that it asks for someone else.

use axum::http::HeaderMap;

/// Headers by which proxies name themselves: RFC 9110, 7.6.3, RFC 8586, and what guides for nginx have it add.
const NAMES: [&str; 3] = ["via", "cdn-loop", "x-nginx-proxy"];
/// How the names of headers end in which proxies hand on the address of their client: `x-real-ip`, `true-client-ip`, `cf-connecting-ip`,
/// `x-azure-clientip`, `x-envoy-external-address`, `x-proxied-for`, and what others call it. No browser sends one.
const ENDS: [&str; 7] = ["-ip", "-ipv6", "-addr", "-address", "-clientip", "-socketip", "-for"];

/// Whether any of the headers is a proxy's. Anybody may send one, and is then taken for less than they are.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| speaks_for_another(name.as_str()))
}

/// By the name, which is in lower case: `Forwarded` (RFC 7239), `X-Forwarded-…` whatever it hands on, the address of a client.
fn speaks_for_another(name: &str) -> bool {
    name.contains("forwarded") || NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proxies_say_is_known_and_what_browsers_say_is_not_taken_for_it() {
        for name in [
            "forwarded",
            "via",
            "cdn-loop",
            "x-forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-proto",
            "x-forwarded-scheme",
            "x-forwarded-server",
            "x-forwarded-ssl",
            "x-forwarded-uri",
            "x-forwarded-user",
            "x-original-forwarded-for",
            "x-vercel-forwarded-for",
            "x-real-ip",
            "x-client-ip",
            "client-ip",
            "true-client-ip",
            "x-cluster-client-ip",
            "fastly-client-ip",
            "fly-client-ip",
            "cf-connecting-ip",
            "cf-connecting-ipv6",
            "do-connecting-ip",
            "x-nf-client-connection-ip",
            "x-remote-addr",
            "x-azure-clientip",
            "x-azure-socketip",
            "x-envoy-external-address",
            "cloudfront-viewer-address",
            "wl-proxy-client-ip",
        ] {
            assert!(speaks_for_another(name), "{name}");
        }
        for name in [
            "accept",
            "accept-encoding",
            "accept-language",
            "cache-control",
            "connection",
            "content-length",
            "content-type",
            "cookie",
            "dnt",
            "host",
            "if-none-match",
            "last-event-id",
            "origin",
            "pmx-fresh",
            "priority",
            "range",
            "referer",
            "sec-ch-ua-platform",
            "sec-fetch-dest",
            "sec-gpc",
            "sec-websocket-key",
            "sec-websocket-protocol",
            "upgrade",
            "upgrade-insecure-requests",
            "user-agent",
            "x-requested-with",
            "x-zip",
        ] {
            assert!(!speaks_for_another(name), "{name}");
        }
    }
}
