use crate::bindings::Blob;
use std::{ops::Deref, rc::Rc};

/// A response. The Worker writes every header; hosts add none.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// In the order in which they are sent.
    pub headers: Vec<(&'static str, HeaderValue)>,
    /// The body.
    pub payload: Payload,
}

/// The value of a header. What every page of a deploy says is made once and shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// Known when this was written.
    Static(&'static str),
    /// Made for this answer.
    Owned(String),
    /// Made for many.
    Shared(Rc<str>),
}

impl Deref for HeaderValue {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Owned(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl From<&'static str> for HeaderValue {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}

impl From<Rc<str>> for HeaderValue {
    fn from(text: Rc<str>) -> Self {
        Self::Shared(text)
    }
}

/// Where the body comes from.
#[derive(Debug)]
pub enum Payload {
    /// No body.
    None,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A blob that the host streams.
    Blob(Blob),
    /// The socket that an object answered with.
    Socket(u32),
    /// A socket that this object accepts, under this tag.
    Accept(String),
}

impl Response {
    /// An answer without a body and without headers.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::with_capacity(12), payload: Payload::None }
    }

    /// These bytes with their length.
    #[must_use]
    pub fn bytes(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        response.header("content-type", content_type).header("content-length", body.len().to_string());
        response.payload = Payload::Bytes(body);
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
    pub fn header(&mut self, name: &'static str, value: impl Into<HeaderValue>) -> &mut Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same for `HEAD`: every header, no body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.payload = Payload::None;
        self
    }
}
