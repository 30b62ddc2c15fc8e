//! Pages that are not of a site: the list of sites, "no such site", "not built yet".

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What these pages may do: nothing but look like this.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// And with a script that asks this server again.
const POLICY_OF_RELOADED: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                                  connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("small_page.css");

/// Such a page.
#[derive(Debug)]
pub struct SmallPage<'a> {
    /// The status that it comes with.
    pub status: StatusCode,
    /// Of the document, and its heading.
    pub title: &'a str,
    /// What comes below the heading.
    pub main: &'a Markup,
    /// Whether it is loaded again when what it shows is another: whoever says so puts the script in.
    pub reloads: bool,
}

/// An answer with such a page. Nobody keeps it, and nobody shows it in a frame.
#[must_use]
pub fn small_page(page: &SmallPage<'_>) -> Response {
    let SmallPage { status, title, main, reloads } = page;
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · pmx" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                @if *reloads { noscript { meta http-equiv="refresh" content="2"; } }
            }
            body {
                main { h1 { (title) } (main) }
            }
        }
    };
    let text = text.into_string();
    let length = text.len();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = *status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = if *reloads { POLICY_OF_RELOADED } else { POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
