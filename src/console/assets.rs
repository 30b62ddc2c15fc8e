//! The stylesheet and the script, under names that change with their bytes.

use super::reply;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use pmx_model::Hash;
use std::sync::LazyLock;

/// Digits of the hash in a name.
const DIGITS: usize = 16;
const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
/// The mark of the pages, as it stands in a tab.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a6558'/%3E%3Cpath d='M9 10l6 6-6 6M17 22h7' fill='none' stroke='white' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// Address of the stylesheet.
pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| named(STYLE, "css"));
/// Address of the script.
pub(super) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| named(SCRIPT, "js"));

fn named(text: &str, extension: &str) -> String {
    format!("/assets/{}.{extension}", Hash::of(text.as_bytes()).short(DIGITS))
}

/// The stylesheet, if that is at this path. It is for everyone who comes to the console's host: the page that lets nobody in has it, too.
pub(super) fn style(path: &str) -> Option<Response> {
    (path == *STYLE_PATH).then(|| file("text/css; charset=utf-8", STYLE))
}

/// The script, if that is at this path.
pub(super) fn script(path: &str) -> Option<Response> {
    (path == *SCRIPT_PATH).then(|| file("text/javascript; charset=utf-8", SCRIPT))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = reply::text(StatusCode::OK, kind, Body::from(text));
    let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    response
}
