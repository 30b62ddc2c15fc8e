//! Answers to events (`worker/ABI.md`, "Answers"). The Worker writes every header; nothing is added.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::bodies::{MessageScope, handle};
use super::frame::{FrameError, FrameReader};
use super::requests::{FetchResponse, MAX_HEAD_BYTES, has_null_body};
use crate::bodies::{BodyError, Payload};

/// Headers that an answer has room for at first.
const USUAL_HEADERS: usize = 16;
/// The status of an upgrade.
const UPGRADED: u16 = 101;

/// What a task answered.
#[derive(Debug)]
pub(crate) enum Respond {
    Response(FetchResponse),
    /// The object accepts a socket with these tags.
    Accept {
        tags: Vec<String>,
        headers: HeaderMap,
    },
    /// The event fails, as if the handler had thrown an `Error` with this message.
    Error(String),
}

/// An answer that is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RespondError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("{0} is no status")]
    Status(u16),
    #[error("`{0}` is no header name")]
    Name(String),
    #[error("the value of `{0}` is none")]
    Value(HeaderName),
    #[error("`{0}` is no answer kind of this event")]
    Kind(String),
    #[error("it names a body or a socket that is none: {0}")]
    Handle(#[from] BodyError),
    #[error("its headers have {0} bytes, of {MAX_HEAD_BYTES} that they may have")]
    Head(usize),
    #[error("`content-length` is not the length of the body")]
    Length,
    /// The platform's words.
    #[error("Response with null body status (101, 204, 205, or 304) cannot have a body.")]
    NullBody,
}

impl Respond {
    /// Reads an answer. Its header values and its bytes share the frame's.
    pub(crate) fn parse(frame: &Bytes, scope: &mut MessageScope<'_>) -> Result<Self, RespondError> {
        let mut fields = FrameReader::new(frame);
        let status: u16 = fields.number("status")?;
        let kind = fields.text("answer kind")?;
        let argument = fields.bytes("answer argument")?;
        if kind == "error" {
            return Ok(Self::Error(String::from_utf8_lossy(argument).into_owned()));
        }
        let headers = read_headers(frame, fields)?;
        let body = match kind {
            "none" => None,
            "bytes" => Some(Payload::Bytes(frame.slice_ref(argument))),
            "body" => Some(scope.handles.take_body(scope.task, handle(argument)?)?),
            "socket" if status == UPGRADED => {
                let socket = Some(scope.handles.take_socket(scope.task, handle(argument)?)?);
                return Ok(Self::Response(FetchResponse { status, headers, body: None, socket }));
            }
            "accept" if status == UPGRADED => {
                return Ok(Self::Accept { tags: FrameReader::new(argument).texts("tag")?, headers });
            }
            kind => return Err(RespondError::Kind(kind.to_owned())),
        };
        if !(200..600).contains(&status) {
            return Err(RespondError::Status(status));
        }
        let body = match body {
            Some(body) if has_null_body(status) => match body.len() {
                Some(0) => None,
                _ => return Err(RespondError::NullBody),
            },
            body => body,
        };
        // The length that an answer to HEAD names is that of the body which GET would have.
        if let (Some(body), Some(header)) = (&body, headers.get(CONTENT_LENGTH)) {
            let announced = header.to_str().ok().and_then(|header| header.parse().ok());
            if announced.is_none() || announced != body.len() {
                return Err(RespondError::Length);
            }
        }
        Ok(Self::Response(FetchResponse { status, headers, body, socket: None }))
    }

    /// The status, or 500 for an error.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Response(response) => response.status,
            Self::Accept { .. } => UPGRADED,
            Self::Error(_) => 500,
        }
    }
}

fn read_headers(frame: &Bytes, mut fields: FrameReader<'_>) -> Result<HeaderMap, RespondError> {
    if fields.rest().len() > MAX_HEAD_BYTES {
        return Err(RespondError::Head(fields.rest().len()));
    }
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    while let Some(name) = fields.next()? {
        let value = fields.bytes("header value")?;
        let name =
            HeaderName::from_bytes(name).map_err(|_| RespondError::Name(String::from_utf8_lossy(name).into_owned()))?;
        match HeaderValue::from_maybe_shared(frame.slice_ref(value)) {
            Ok(value) => headers.append(name, value),
            Err(_) => return Err(RespondError::Value(name)),
        };
    }
    Ok(headers)
}
