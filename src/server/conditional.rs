//! Preconditions and ranges where a layer makes other bytes of some answers: they are about the bytes that go out, so the Worker is asked
//! for the whole, and its own rules are applied to what the layer made of it.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use pmx_edge::http::{ConditionalOutcome, Current, Range};
use std::future::Future;

/// What is asked of the bytes of an answer.
const ASKED: [HeaderName; 4] = [header::IF_MATCH, header::IF_NONE_MATCH, header::RANGE, header::IF_RANGE];
/// What is said of the bytes of an answer that has none.
const OF_BYTES: [HeaderName; 5] = [
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::ACCEPT_RANGES,
    header::CONTENT_RANGE,
];

/// Answers a request through `layer`, which makes other bytes, held in memory, of the answers that `is_changed` knows by their heads. It is
/// called up to twice for a `HEAD` or a request that asks something of the bytes.
pub(crate) async fn answer<F: Future<Output = Response>>(
    mut request: Request,
    is_changed: impl Fn(&Response) -> bool,
    layer: impl Fn(Request) -> F,
) -> Response {
    let is_head = request.method() == Method::HEAD;
    let asks = ASKED.iter().any(|name| request.headers().contains_key(name));
    if request.headers().contains_key(header::UPGRADE) || !(is_head || (asks && request.method() == Method::GET)) {
        return layer(request).await;
    }
    // The head tells which answer it is. The whole would, too, and spare that call where it is a page; but of a film of which a part is asked
    // for it would be begun to be read, and dropped.
    let mut head = again(&request, Method::HEAD);
    ASKED.iter().chain([&header::IF_UNMODIFIED_SINCE]).for_each(|name| drop(head.headers_mut().remove(name)));
    let is_changed = is_changed(&layer(head).await);
    if !is_changed {
        return layer(request).await;
    }
    let mut whole = again(&request, Method::GET);
    ASKED.iter().for_each(|name| drop(whole.headers_mut().remove(name)));
    if request.headers().contains_key(header::IF_MATCH) {
        // Beside tags a date is not looked at; without them the Worker knows since when nothing changed.
        whole.headers_mut().remove(header::IF_UNMODIFIED_SINCE);
    }
    let (method, headers) = (request.method().clone(), std::mem::take(request.headers_mut()));
    apply(&method, &headers, layer(whole).await).await
}

/// The same request without its body. It costs little: names and values are shared.
pub(crate) fn again(request: &Request, method: Method) -> Request {
    let mut again = Request::new(Body::empty());
    *again.method_mut() = method;
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    *again.extensions_mut() = request.extensions().clone();
    again
}

/// What a request gets of a whole answer that is held in memory.
async fn apply(method: &Method, asked: &HeaderMap, response: Response) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
    let size = bytes.len() as u64;
    let current = Current { tag: strong_tag(&parts.headers), unchanged_since: None, size };
    let values = |name| asked.get_all::<&str>(name).iter().filter_map(|value| value.to_str().ok());
    let outcome = current.outcome(method.as_str(), values);
    let headers = &mut parts.headers;
    let body = match outcome {
        ConditionalOutcome::Send(Range::Whole) => {
            headers.insert(header::CONTENT_LENGTH, size.into());
            if method == Method::HEAD { Body::empty() } else { Body::from(bytes) }
        }
        ConditionalOutcome::Send(Range::Part { offset, length }) => {
            parts.status = StatusCode::PARTIAL_CONTENT;
            headers.insert(header::CONTENT_LENGTH, length.into());
            content_range(headers, &format!("bytes {offset}-{}/{size}", offset + length - 1));
            let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(bytes.len());
            Body::from(bytes.slice(at(offset)..at(offset + length)))
        }
        ConditionalOutcome::Send(Range::Unsatisfiable) => {
            parts.status = StatusCode::RANGE_NOT_SATISFIABLE;
            refuse(headers);
            content_range(headers, &format!("bytes */{size}"));
            Body::empty()
        }
        ConditionalOutcome::NotModified => {
            parts.status = StatusCode::NOT_MODIFIED;
            without_bytes(headers);
            Body::empty()
        }
        ConditionalOutcome::Failed => {
            parts.status = StatusCode::PRECONDITION_FAILED;
            refuse(headers);
            Body::empty()
        }
    };
    Response::from_parts(parts, body)
}

/// The tag of an answer without its quotes, unless it is weak.
fn strong_tag(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ETAG)?.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')
}

fn without_bytes(headers: &mut HeaderMap) {
    OF_BYTES.iter().for_each(|name| drop(headers.remove(name)));
}

fn refuse(headers: &mut HeaderMap) {
    without_bytes(headers);
    headers.remove(header::ETAG);
    headers.insert(header::CONTENT_LENGTH, 0.into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn content_range(headers: &mut HeaderMap, range: &str) {
    if let Ok(range) = HeaderValue::from_str(range) {
        headers.insert(header::CONTENT_RANGE, range);
    }
}
