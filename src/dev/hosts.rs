//! What a Host means in `pmx dev`.

use axum::{extract::Request, http::header};
use pmx_model::SiteName;

/// The name of a request's host, without the port, in lower case.
pub(super) fn name_of(request: &Request) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| request.uri().host());
    let host = host.unwrap_or_default();
    let name = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => &host[..colon],
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The label before `.localhost`, if the host is below it.
pub(super) fn label_of(request: &Request) -> Option<String> {
    name_of(request).strip_suffix(".localhost").map(str::to_owned)
}

/// The site that a request is for, by its host; none if that is below no `localhost`.
pub(super) fn site_of(request: &Request) -> Option<SiteName> {
    label_of(request)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn a_site_is_the_label_before_localhost() {
        for (host, name, site) in [
            ("A.localhost:8787", "a.localhost", Some("a")),
            ("localhost", "localhost", None),
            ("[::1]:80", "[::1]", None),
            ("a.b.localhost.", "a.b.localhost", None),
            ("pmx.localhost", "pmx.localhost", None),
        ] {
            let request = Request::get("/").header("host", host).body(Body::empty()).unwrap();
            assert_eq!((name_of(&request).as_str(), site_of(&request).as_ref().map(SiteName::as_str)), (name, site));
        }
    }
}
