//! From a Worker's answer to an HTTP response. The Worker writes every header; nothing is added.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;

use crate::abi::requests::FetchResponse;
use crate::bodies::Payload;
use crate::stateless::tasks::Failure;
use crate::websocket::ClientEnd;

/// Headers that speak of a connection: what a Worker says in them is not about the client's.
const OF_CONNECTION: [HeaderName; 6] =
    [CONNECTION, HeaderName::from_static("keep-alive"), TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// What a client is answered.
pub(crate) enum WorkerResponse {
    Plain(Response),
    /// The client is to be joined to a socket, and gets these headers.
    Upgrade(HeaderMap, ClientEnd),
}

/// Makes a response of an answer.
pub(crate) fn from_worker(answer: FetchResponse) -> Result<WorkerResponse, Failure> {
    let FetchResponse { status, mut headers, body, socket } = answer;
    if let Some(socket) = socket {
        return Ok(WorkerResponse::Upgrade(headers, socket));
    }
    let mut response = Response::new(body.map_or_else(Body::empty, Payload::into_http));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Failure::Malformed)?;
    if response.status().canonical_reason().is_none() {
        response.extensions_mut().insert(ReasonPhrase::from_static(reason_of(status)));
    }
    if headers.keys().any(|name| OF_CONNECTION.contains(name)) {
        for name in &OF_CONNECTION {
            headers.remove(name);
        }
    }
    *response.headers_mut() = headers;
    Ok(WorkerResponse::Plain(response))
}

/// The reason of a status that has no name, in workerd's words.
fn reason_of(status: u16) -> &'static [u8] {
    match status {
        200..300 => b"Successful",
        300..400 => b"Redirection",
        400..500 => b"Client Error",
        _ => b"Server Error",
    }
}

/// A refusal of the platform, before any Worker ran.
pub(crate) fn refusal(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    // As workerd has it: its own errors have a type, the bare names of statuses have none.
    if text.starts_with("ERROR: ") {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    response
}

/// The platform's own error, when a Worker gave no answer (Cloudflare's page for it has the number 1101).
/// `id` is the one under which the log has the request.
pub(crate) fn failure(failure: &Failure, id: &str) -> Response {
    match failure {
        Failure::Thrown(error) => tracing::error!(request_id = id, "answered 500: {failure}: {error}"),
        failure => tracing::error!(request_id = id, "answered 500: {failure}"),
    }
    let body = format!(r#"{{"error":{{"code":"internal","message":"{failure}"}},"requestId":"{id}"}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("pmx-request-id"), id);
    }
    response
}
