//! Answers that no Worker gives, in the shape of the Worker's.

use crate::secret;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

/// A refusal in the shape of the Worker's.
#[must_use]
pub fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    // Without randomness the id says nothing, and the answer is as good.
    let id = secret::random_hex::<8>().unwrap_or_else(|_| "0".repeat(16));
    let mut response = json(status, &json!({ "error": { "code": code, "message": message }, "requestId": id }));
    if let Ok(id) = id.parse() {
        response.headers_mut().insert("pmx-request-id", id);
    }
    response
}

/// A JSON answer that nobody keeps.
#[must_use]
pub fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
