use super::{Body, Headers, Text};
use crate::abi::{Bound, Host, Reader, Writer};
use std::rc::Rc;

/// A response. The Worker writes every header; hosts add none.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// In the order in which they are sent.
    pub headers: Headers,
    /// The body, or what stands in its place.
    pub payload: Payload,
}

/// What an answer consists of beside its head.
#[derive(Debug)]
pub enum Payload {
    /// A body, or none.
    Body(Body),
    /// A socket that another side answered with: whoever gets this answer is joined to it. Status is 101.
    Socket(PeerSocket),
    /// A socket that this object accepts, under these tags, at most 10 distinct ones. It is accepted as soon as the handler returns, so
    /// that what follows the answer in the same turn can send to it. Status is 101.
    Accept(Vec<String>),
    /// The event fails, as if the handler had thrown an `Error` of this message.
    Throw(String),
}

/// The other end of a WebSocket, which the host holds until this is answered with.
#[derive(Debug)]
pub struct PeerSocket(u32);

impl Response {
    /// Of an event that fails, as if the handler had thrown an `Error` of this message.
    #[must_use]
    pub fn throw(message: impl Into<String>) -> Self {
        Self { payload: Payload::Throw(message.into()), ..Self::empty(500) }
    }

    /// Of an object that accepts the WebSocket that it was asked for, under these tags.
    #[must_use]
    pub fn accept(tags: Vec<String>) -> Self {
        Self { payload: Payload::Accept(tags), ..Self::empty(101) }
    }

    /// An answer without a body and without headers.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Headers::with_capacity(12), payload: Payload::Body(Body::NONE) }
    }

    /// These bytes with their length.
    #[must_use]
    pub fn bytes(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        response.header("content-type", content_type).header("content-length", body.len().to_string());
        response.payload = Payload::Body(body.into());
        response
    }

    /// A JSON document that no cache may keep.
    #[must_use]
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        // Only maps with keys that are no strings cannot be written, and there are none.
        let body = serde_json::to_vec(value).unwrap_or_default();
        let mut response = Self::bytes(status, "application/json", body);
        response.header("cache-control", "no-store");
        response
    }

    /// Adds a header.
    pub fn header(&mut self, name: impl Into<Text>, value: impl Into<Text>) -> &mut Self {
        self.headers.append(name, value);
        self
    }

    /// The same with this body, of which the headers say nothing yet.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.payload = Payload::Body(body.into());
        self
    }

    /// The same for `HEAD`: every header, no body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.payload = Payload::Body(Body::NONE);
        self
    }

    /// The whole body, if it has at most `max` bytes; `None` if it has more.
    ///
    /// # Errors
    /// The other side failed, or went away.
    pub async fn into_bytes(self, max: u64) -> Bound<Option<Vec<u8>>> {
        match self.payload {
            Payload::Body(body) => body.all(max).await,
            _ => Ok(Some(Vec::new())),
        }
    }

    /// The fields of a frame from here on.
    pub(crate) fn read(host: &'static dyn Host, frame: &Rc<Vec<u8>>, fields: &mut Reader<'_>) -> Self {
        let status = u16::try_from(fields.number()).unwrap_or_default();
        let body = Body::take(host, fields);
        let payload = match fields.bytes() {
            b"" => Payload::Body(body),
            socket => Payload::Socket(PeerSocket(Reader::number_of(socket) as u32)),
        };
        Self { status, headers: Headers::read(frame, fields), payload }
    }

    /// The frame of `respond`.
    pub(crate) fn give(self) -> Writer {
        let mut frame = match &self.payload {
            Payload::Body(body) => Writer::with_capacity(body.room() + 512),
            _ => Writer::with_capacity(512),
        };
        frame.number(u64::from(self.status));
        match self.payload {
            Payload::Body(body) => body.give(&mut frame),
            Payload::Socket(PeerSocket(handle)) => {
                frame.text("socket").number(u64::from(handle));
            }
            Payload::Accept(tags) => {
                let mut list = Writer::default();
                for tag in &tags {
                    list.text(tag);
                }
                frame.text("accept").field(list.bytes());
            }
            Payload::Throw(message) => {
                frame.text("error").text(&message);
            }
        }
        self.headers.write(&mut frame);
        frame
    }
}
