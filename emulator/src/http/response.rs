//! From a Worker's answer to an HTTP response. The Worker writes every header; nothing is added.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::body;
use crate::abi::frame::{FrameError, FrameReader};
use crate::bindings::Resource;
use crate::stateless::tasks::{Failure, TaskResponse};
use crate::websocket::ClientEnd;

/// Bytes of an answer's headers (developers.cloudflare.com, "Limits").
const MAX_HEAD_BYTES: usize = 128 * 1024;
/// Headers that an answer has room for at first.
const USUAL_HEADERS: usize = 16;

/// What a Worker answered.
pub(crate) enum WorkerResponse {
    Plain(Response),
    /// The client is to be joined to a socket, and gets these headers.
    Upgrade(HeaderMap, ClientEnd),
}

#[derive(Debug, thiserror::Error)]
enum ResponseError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("{0} is no status")]
    Status(u16),
    #[error("`{0}` is no header name")]
    Name(String),
    #[error("the value of `{0}` is none")]
    Value(HeaderName),
    #[error("`{0}` is no body kind of this event, or names nothing")]
    Body(String),
    #[error("its headers have {0} bytes, of {MAX_HEAD_BYTES} that they may have")]
    Head(usize),
    #[error("`content-length` is not {0}, the length of the body")]
    Length(u64),
}

/// Reads an answer.
pub(crate) fn read(response: TaskResponse) -> Result<WorkerResponse, Failure> {
    parse(response).map_err(|error| {
        tracing::error!(%error, "an answer is malformed");
        Failure::Malformed
    })
}

fn parse(TaskResponse { frame, resource }: TaskResponse) -> Result<WorkerResponse, ResponseError> {
    let mut fields = FrameReader::new(&frame);
    let status: u16 = fields.number("status")?;
    let kind = fields.text("body kind")?;
    let argument = fields.bytes("body argument")?;
    let headers = read_headers(&frame, fields)?;
    let (body, length) = match (kind, resource) {
        // The length that an answer to HEAD names is that of the body which GET would have.
        ("none", None) => (Body::empty(), None),
        ("bytes", None) => (Body::from(frame.slice_ref(argument)), Some(argument.len() as u64)),
        ("r2", Some(Resource::Body(body))) => {
            let length = body.len();
            (body::object(body), Some(length))
        }
        ("socket", Some(Resource::Socket(socket))) if status == 101 => {
            return Ok(WorkerResponse::Upgrade(headers, socket));
        }
        _ => return Err(ResponseError::Body(kind.to_owned())),
    };
    if let (Some(length), Some(header)) = (length, headers.get(CONTENT_LENGTH))
        && header.to_str().ok().and_then(|header| header.parse().ok()) != Some(length)
    {
        return Err(ResponseError::Length(length));
    }
    let mut response = Response::new(body);
    *response.status_mut() = match StatusCode::from_u16(status) {
        Ok(code) if (200..600).contains(&status) => code,
        _ => return Err(ResponseError::Status(status)),
    };
    *response.headers_mut() = headers;
    Ok(WorkerResponse::Plain(response))
}

/// Header values share the answer's bytes.
fn read_headers(frame: &Bytes, mut fields: FrameReader<'_>) -> Result<HeaderMap, ResponseError> {
    if fields.rest().len() > MAX_HEAD_BYTES {
        return Err(ResponseError::Head(fields.rest().len()));
    }
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    while let Some(name) = fields.next()? {
        let value = fields.bytes("header value")?;
        let name = HeaderName::from_bytes(name)
            .map_err(|_| ResponseError::Name(String::from_utf8_lossy(name).into_owned()))?;
        match HeaderValue::from_maybe_shared(frame.slice_ref(value)) {
            Ok(value) => headers.append(name, value),
            Err(_) => return Err(ResponseError::Value(name)),
        };
    }
    Ok(headers)
}

/// A refusal of the platform, before any Worker ran.
pub(crate) fn refusal(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    response
}

/// The platform's own error, when a Worker gave no answer (Cloudflare's page for it has the number 1101).
/// `id` is the one under which the log has the request.
pub(crate) fn failure(failure: Failure, id: &str) -> Response {
    tracing::error!(request_id = id, "answered 500: {failure}");
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
