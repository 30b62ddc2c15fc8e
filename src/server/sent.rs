//! What browsers send: cookies, forms, and where the page is from that asks.

use axum::{
    extract::Request,
    http::{HeaderMap, header, uri::Authority},
};

/// The host that a request names, with its port if it has one: that of its target, else its `Host`.
pub fn host_of(request: &Request) -> Option<&str> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    request.uri().authority().map(Authority::as_str).or(named)
}

/// The cookies of a request, in their order.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='))
}

/// Whether a browser says that another site's page is asking. Programs say nothing, and may.
#[must_use]
pub fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let cross = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text("origin").is_some_and(|origin| {
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        !name.is_some_and(|name| name.eq_ignore_ascii_case(host))
    });
    cross || origin
}

/// Names and values of a form or a query as browsers encode them (`application/x-www-form-urlencoded`).
pub fn urlencoded(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    text.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).map(|part| {
        let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        (decode(&part[..equals]), decode(part.get(equals + 1..).unwrap_or_default()))
    })
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    pmx_site::percent_decode(&spaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_same_origin_or_a_program_asks() {
        let host = ("host", "a.localhost:8787");
        for (headers, foreign) in [
            (vec![host], false),
            (vec![host, ("sec-fetch-site", "same-origin")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
            (vec![host, ("sec-fetch-site", "same-site")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], true),
            (vec![host, ("origin", "http://a.localhost:8787")], false),
            (vec![host, ("origin", "https://A.localhost:8787")], false),
            (vec![host, ("origin", "http://b.localhost:8787")], true),
            (vec![host, ("origin", "null")], true),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_foreign(&map), foreign, "{headers:?}");
        }
    }
}
