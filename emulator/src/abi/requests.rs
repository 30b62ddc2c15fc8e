//! Requests and answers as they go between Workers, objects and the outside (`worker/ABI.md`, "Requests").

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::bodies::{MessageScope, write_body};
use super::error::GuestError;
use super::frame::{FrameReader, FrameWriter};
use crate::bodies::Payload;
use crate::js::parse_url;
use crate::websocket::ClientEnd;

/// Bytes of the headers of a request or an answer (developers.cloudflare.com, "Limits").
pub(super) const MAX_HEAD_BYTES: usize = 128 * 1024;

/// An op that asks another side for an answer to a request.
pub(crate) enum RequestOp {
    Object { binding: String, target: ObjectTarget, inline: Option<u64>, request: FetchRequest },
    Service { binding: String, inline: Option<u64>, redirect: Redirect, request: FetchRequest },
    Export { entrypoint: String, props: Option<String>, inline: Option<u64>, redirect: Redirect, request: FetchRequest },
    Outgoing { inline: Option<u64>, redirect: Redirect, request: FetchRequest },
}

/// Which object of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ObjectTarget {
    Name(String),
    /// In hex.
    Id(String),
}

/// What is done with an answer that leads elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    Follow,
    Manual,
}

/// A request, as the platform lets one out: an absolute `http` or `https` URL in its normal form, headers that can be sent.
#[derive(Debug)]
pub(crate) struct FetchRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// `None` is no body, which is not the same as an empty one.
    pub(crate) body: Option<Payload>,
}

/// An answer. One with a socket has status 101 and no body.
#[derive(Debug)]
pub(crate) struct FetchResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Payload>,
    pub(crate) socket: Option<ClientEnd>,
}

/// The methods that a request may have (the Fetch standard's, without those that it forbids).
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH];

impl RequestOp {
    pub(super) fn parse(
        name: &str,
        fields: &mut FrameReader<'_>,
        scope: &mut MessageScope<'_>,
    ) -> Result<Option<Self>, GuestError> {
        Ok(Some(match name {
            "object.fetch" => {
                let binding = fields.string("binding")?;
                let target = ObjectTarget::parse(fields)?;
                let inline = fields.optional_number("inline")?;
                Self::Object { binding, target, inline, request: FetchRequest::parse(fields, scope)? }
            }
            "service.fetch" => Self::Service {
                binding: fields.string("binding")?,
                inline: fields.optional_number("inline")?,
                redirect: Redirect::parse(fields)?,
                request: FetchRequest::parse(fields, scope)?,
            },
            "export.fetch" => Self::Export {
                entrypoint: fields.string("entrypoint")?,
                props: fields.optional_text("props")?.map(str::to_owned),
                inline: fields.optional_number("inline")?,
                redirect: Redirect::parse(fields)?,
                request: FetchRequest::parse(fields, scope)?,
            },
            "fetch" => Self::Outgoing {
                inline: fields.optional_number("inline")?,
                redirect: Redirect::parse(fields)?,
                request: FetchRequest::parse(fields, scope)?,
            },
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Object { .. } => "object.fetch",
            Self::Service { .. } => "service.fetch",
            Self::Export { .. } => "export.fetch",
            Self::Outgoing { .. } => "fetch",
        }
    }

    /// Whom it asks, and for what.
    pub(super) fn subject(&self) -> String {
        let asked = |whom: &str, request: &FetchRequest| format!("{whom} {} {}", request.method, request.path());
        match self {
            Self::Object { target: ObjectTarget::Name(whom) | ObjectTarget::Id(whom), request, .. }
            | Self::Service { binding: whom, request, .. }
            | Self::Export { entrypoint: whom, request, .. } => asked(whom, request),
            Self::Outgoing { request, .. } => format!("{} {}", request.method, request.url),
        }
    }
}

impl ObjectTarget {
    fn parse(fields: &mut FrameReader<'_>) -> Result<Self, GuestError> {
        match fields.text("name or id")? {
            "name" => Ok(Self::Name(fields.string("name")?)),
            "id" => Ok(Self::Id(fields.string("id")?)),
            other => Err(GuestError::error(format!("an object is named by `name` or `id`, not by `{other}`"))),
        }
    }
}

impl Redirect {
    fn parse(fields: &mut FrameReader<'_>) -> Result<Self, GuestError> {
        match fields.text("redirect")? {
            "" | "follow" => Ok(Self::Follow),
            "manual" => Ok(Self::Manual),
            _ => Err(GuestError::type_error(
                "Invalid redirect value, must be one of \"follow\" or \"manual\" (\"error\" won't be implemented since it \
                 does not make sense at the edge; use \"manual\" and check the response status code).",
            )),
        }
    }
}

impl FetchRequest {
    /// Reads a request to the end of the frame, and refuses what the platform refuses.
    pub(super) fn parse(fields: &mut FrameReader<'_>, scope: &mut MessageScope<'_>) -> Result<Self, GuestError> {
        let (method, url) = (fields.text("method")?, fields.text("url")?);
        let body = scope.body(fields)?;
        let headers = read_headers(fields)?;
        let method = read_method(method)?;
        if body.is_some() && (method == Method::GET || method == Method::HEAD) {
            return Err(GuestError::type_error("Request with a GET or HEAD method cannot have a body."));
        }
        Ok(Self { method, url: read_url(url)?, headers, body })
    }

    /// Says in a header how long its body is, or that it comes in chunks, unless the caller has said so itself. As on the wire, a request
    /// whose headers speak of a body has one, if only an empty one.
    pub(crate) fn announce_body(&mut self) {
        let is_announced = self.headers.contains_key(CONTENT_LENGTH) || self.headers.contains_key(TRANSFER_ENCODING);
        match &self.body {
            None if is_announced => self.body = Some(Payload::default()),
            Some(body) if !is_announced => match body.len() {
                Some(length) => drop(self.headers.insert(CONTENT_LENGTH, length.into())),
                None => drop(self.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"))),
            },
            _ => {}
        }
    }

    /// Whether it asks for a WebSocket.
    pub(crate) fn wants_socket(&self) -> bool {
        asks_for_socket(&self.headers)
    }

    /// The URL and the method's path, without the body and the headers: what is recorded of it.
    pub(crate) fn path(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Writes the fields of a request, as events have them. A body of at most `inline` bytes that is in memory is written out; of any other
    /// `insert` makes a handle.
    pub(crate) fn write(self, frame: &mut FrameWriter<'_>, inline: Option<u64>, insert: impl FnOnce(Payload) -> u32) {
        frame.text(self.method.as_str()).text(self.url.as_str());
        write_body(frame, self.body, inline, insert);
        write_headers(frame, &self.headers);
    }
}

impl FetchResponse {
    /// An answer without a body and headers.
    pub(crate) fn of_status(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: None, socket: None }
    }

    /// The answer as who asked for it sees it: its body is `null` if the method or the status has none (Fetch, "main fetch", step 21), and any
    /// other is there, if only empty.
    #[must_use]
    pub(crate) fn seen_by(self, method: &Method) -> Self {
        let has_none = *method == Method::HEAD || has_null_body(self.status);
        let body = if has_none { None } else { Some(self.body.unwrap_or_default()) };
        Self { body, ..self }
    }
}

/// Whether the answers of a status have no body (Fetch, "null body status").
pub(crate) fn has_null_body(status: u16) -> bool {
    matches!(status, 101 | 204 | 205 | 304)
}

/// Whether a request with these headers asks for a WebSocket.
pub(crate) fn asks_for_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Reads headers to the end of the frame.
pub(super) fn read_headers(fields: &mut FrameReader<'_>) -> Result<HeaderMap, GuestError> {
    if fields.rest().len() > MAX_HEAD_BYTES {
        return Err(GuestError::type_error(format!("The headers have more than {MAX_HEAD_BYTES} bytes.")));
    }
    let mut headers = HeaderMap::new();
    while !fields.rest().is_empty() {
        let name = HeaderName::from_bytes(fields.bytes("header name")?)
            .map_err(|_| GuestError::type_error("Invalid header name."))?;
        let value = HeaderValue::from_bytes(trimmed(fields.bytes("header value")?))
            .map_err(|_| GuestError::type_error("Invalid header value."))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// A header's value without the white space around it (Fetch, "normalize a byte sequence").
fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// Writes headers as hosts hand them over: sorted, values of one name joined, but for `set-cookie`.
pub(crate) fn write_headers(frame: &mut FrameWriter<'_>, headers: &HeaderMap) {
    let mut names: Vec<&HeaderName> = headers.keys().collect();
    names.sort_unstable_by_key(|name| name.as_str());
    for name in names {
        let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        if name == http::header::SET_COOKIE {
            for value in values {
                frame.text(name.as_str()).field(value);
            }
            continue;
        }
        frame.text(name.as_str()).compose(|joined| {
            joined.extend_from_slice(values.next().unwrap_or_default());
            for value in values {
                joined.extend_from_slice(b", ");
                joined.extend_from_slice(value);
            }
        });
    }
}

fn read_method(method: &str) -> Result<Method, GuestError> {
    let upper = method.to_ascii_uppercase();
    METHODS
        .into_iter()
        .find(|known| known.as_str() == upper)
        .ok_or_else(|| GuestError::type_error(format!("Invalid HTTP method string: {method}")))
}

pub(crate) fn read_url(text: &str) -> Result<Url, GuestError> {
    let mut url = parse_url(text).map_err(|_| GuestError::type_error(format!("Invalid URL: {text}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(GuestError::type_error(format!("Fetch API cannot load: {text}")));
    }
    url.set_fragment(None);
    // A name and a password are the caller's own. What has them can have them taken away.
    let (Ok(()) | Err(())) = url.set_username("");
    let (Ok(()) | Err(())) = url.set_password(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_a_bound() {
        let headers = |count: usize| {
            let mut frame = Vec::new();
            let mut fields = FrameWriter::new(&mut frame);
            for number in 0..count {
                fields.text(&format!("x-{number}")).text("");
            }
            read_headers(&mut FrameReader::new(&frame)).map(|headers| headers.len())
        };
        assert_eq!(headers(1_000), Ok(1_000));
        assert!(headers(30_000).is_err());
    }
}
