//! Bodies: bytes that are here, or a handle of those that the host has.

use crate::{
    Edge,
    abi::{Bound, Host, Reader, Writer, ask, ask_for_bytes, call, some},
};
use std::{fmt, mem};

/// What reading a body at once answers where it is larger than was asked for.
const TOO_LARGE: &str = "too large";

/// The body of a request, of an answer, or of a value. Its bytes do not enter the Worker before they are read; one that is handed on
/// unread never does. Dropped, it is released.
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    None,
    Bytes(Vec<u8>),
    Stream {
        host: &'static dyn Host,
        handle: u32,
    },
}

impl Body {
    /// No body, which is not the same as an empty one.
    pub const NONE: Self = Self(Content::None);

    /// Whether there is no body.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.0, Content::None)
    }

    /// The bytes, where they are here already.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::None => Some(&[]),
            Content::Bytes(bytes) => Some(bytes),
            Content::Stream { .. } => None,
        }
    }

    /// The next bytes, at least one and at most `max`; `None` at the end.
    ///
    /// # Errors
    /// The other side failed, or went away.
    pub async fn read(&mut self, max: usize) -> Bound<Option<Vec<u8>>> {
        match &mut self.0 {
            Content::None => Ok(None),
            Content::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Content::Bytes(bytes) => {
                let rest = bytes.split_off(max.min(bytes.len()));
                Ok(Some(mem::replace(bytes, rest)))
            }
            Content::Stream { host, handle } => {
                let mut frame = Writer::named("body.read");
                ask_for_bytes(*host, frame.number(u64::from(*handle)).number(max as u64)).await
            }
        }
    }

    /// The whole rest, if it has at most `max` bytes; `None` if it has more. Then it is released.
    ///
    /// # Errors
    /// The other side failed, or went away.
    pub async fn all(mut self, max: u64) -> Bound<Option<Vec<u8>>> {
        match mem::take(&mut self.0) {
            Content::None => Ok(Some(Vec::new())),
            Content::Bytes(bytes) => Ok((bytes.len() as u64 <= max).then_some(bytes)),
            Content::Stream { host, handle } => {
                let mut frame = Writer::named("body.all");
                match ask_for_bytes(host, frame.number(u64::from(handle)).number(max)).await {
                    Err(error) if error.message == TOO_LARGE => Ok(None),
                    answer => answer.map(|bytes| Some(bytes.unwrap_or_default())),
                }
            }
        }
    }

    /// From two fields of a frame.
    pub(crate) fn take(host: &'static dyn Host, fields: &mut Reader<'_>) -> Self {
        let (kind, argument) = (fields.bytes(), fields.bytes());
        Self(match kind {
            b"bytes" => Content::Bytes(argument.to_vec()),
            b"body" => Content::Stream { host, handle: Reader::number_of(argument) as u32 },
            _ => Content::None,
        })
    }

    /// Into two fields of a frame, which consumes it.
    pub(crate) fn give(mut self, frame: &mut Writer) {
        match mem::take(&mut self.0) {
            Content::None => frame.text("none").field(b""),
            Content::Bytes(bytes) => frame.text("bytes").field(&bytes),
            Content::Stream { handle, .. } => frame.text("body").number(u64::from(handle)),
        };
    }

    /// How much room [`Self::give`] needs, about.
    pub(crate) fn room(&self) -> usize {
        self.bytes().map_or(0, <[u8]>::len) + 32
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Content::Stream { host, handle } = self.0 {
            let _ = call(host, Writer::named("body.drop").number(u64::from(handle)), |_| ());
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::None => f.write_str("None"),
            Content::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Content::Stream { handle, .. } => write!(f, "body {handle}"),
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

/// The end of a body that the Worker writes. Dropped before [`BodyWriter::end`], it fails: who reads it is told.
pub struct BodyWriter {
    host: &'static dyn Host,
    handle: u32,
    is_open: bool,
}

impl Edge {
    /// A body that this Worker writes, and the end that it writes to. With a length it is a stream of exactly that many bytes, without one
    /// it is sent in chunks. Until the body is used somewhere, at most 64 KiB can be written.
    ///
    /// # Errors
    /// The platform refuses.
    pub fn new_body(self, length: Option<u64>) -> Bound<(BodyWriter, Body)> {
        let host = self.host();
        let handle = some(call(host, Writer::named("body.new").optional(length), |fields| fields.number() as u32))?;
        Ok((BodyWriter { host, handle, is_open: true }, Body(Content::Stream { host, handle })))
    }
}

impl BodyWriter {
    /// Ends when the consumer has taken the bytes; at once while at most 64 KiB wait.
    ///
    /// # Errors
    /// More than 64 KiB wait and nobody reads yet, the consumer is gone, or there are more bytes than the length says.
    pub async fn write(&mut self, bytes: &[u8]) -> Bound<()> {
        let mut frame = Writer::with_capacity(bytes.len() + 64);
        frame.text("body.write").number(u64::from(self.handle)).field(bytes);
        ask(self.host, &frame, |_| ()).await.map(drop)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// Fewer bytes were written than the length says; the consumer sees a failure.
    pub fn end(mut self) -> Bound<()> {
        self.is_open = false;
        call(self.host, Writer::named("body.end").number(u64::from(self.handle)), |_| ()).map(drop)
    }

    /// Ends the body by a failure, which the consumer sees.
    pub fn fail(mut self, message: &str) {
        self.close(message);
    }

    fn close(&mut self, message: &str) {
        if mem::take(&mut self.is_open) {
            let mut frame = Writer::named("body.fail");
            let _ = call(self.host, frame.number(u64::from(self.handle)).text(message), |_| ());
        }
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.close("the body was given up by who wrote it");
    }
}
