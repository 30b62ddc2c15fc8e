//! Answers, and the headers that all of them carry.

use super::{html, url::encode};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use maud::Markup;
use serde_json::{Value, json};

/// Nothing but the console's own files is loaded, and nobody shows it in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// On every answer. The referrer stays with the console: `no-referrer` would make browsers send forms with `Origin: null`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Why something was not done.
#[derive(Debug)]
pub(super) struct RequestFailure {
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

/// An answer, or why there is none.
pub(super) type ReplyResult = Result<Response, RequestFailure>;

impl RequestFailure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), hints: Vec::new() }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// What was asked for cannot be done, and the sentence says why.
    pub(super) fn refused(error: &impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }

    /// As JSON, in the shape of the Worker's errors.
    pub(super) fn json(&self) -> Response {
        let code = match self.status {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden_origin",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNPROCESSABLE_ENTITY => "refused",
            _ => "internal",
        };
        json_of(self.status, &json!({ "error": { "code": code, "message": self.message, "hints": self.hints } }))
    }
}

impl From<crate::error::Error> for RequestFailure {
    fn from(error: crate::error::Error) -> Self {
        let hints = error.hints().iter().map(ToString::to_string).collect();
        Self { hints, ..Self::refused(&error) }
    }
}

/// A page.
pub(super) fn page(status: StatusCode, markup: Markup) -> Response {
    text(status, "text/html; charset=utf-8", markup.into_string().into())
}

/// A JSON document.
pub(super) fn json_of(status: StatusCode, value: &Value) -> Response {
    text(status, "application/json", value.to_string().into())
}

/// Bytes of a type.
pub(super) fn text(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Bytes to keep in a file of this name. Never shown: they may be a page of a site, and must not become one of the console's.
pub(super) fn download(name: &str, body: Body) -> Response {
    let mut response = text(StatusCode::OK, "application/octet-stream", body);
    let last = name.rsplit('/').next().unwrap_or_default();
    let safe: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    let safe = if safe.trim_matches(['.', ' ']).is_empty() { "download" } else { safe.as_str() };
    let disposition = format!("attachment; filename=\"{safe}\"; filename*=UTF-8''{}", encode(last));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The page to look at after something was done.
pub(super) fn see(location: &str) -> Response {
    let mut response = page(StatusCode::SEE_OTHER, html::nothing());
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Adds what every answer carries.
pub(super) fn protect(mut response: Response) -> Response {
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
