//! A body, wherever its bytes come from.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};

use super::limits::MAX_WHOLE_BYTES;

use super::error::BodyError;

/// A body: bytes in memory, or a stream of them.
#[derive(Debug)]
pub(crate) enum Payload {
    Bytes(Bytes),
    Stream(PayloadStream),
}

/// A body that comes in pieces: from a client, from a file, from another Worker.
pub(crate) struct PayloadStream {
    /// What was read of it too far.
    front: Bytes,
    body: Body,
    length: Option<u64>,
    of_client: bool,
}

/// A body broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct PayloadError {
    text: String,
    /// Whether it is the client that went away in the middle of its request: no fault of the Worker's, nor of this server's.
    pub(crate) of_client: bool,
    /// Whether the platform throws a `TypeError`, and no `Error`.
    pub(crate) is_type_error: bool,
}

impl Default for Payload {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl Payload {
    /// A stream of so many bytes, if that is known. It must end with an error if it has fewer or more.
    pub(crate) fn stream(body: Body, length: Option<u64>) -> Self {
        let length = length.or_else(|| body.size_hint().exact());
        Self::Stream(PayloadStream { front: Bytes::new(), body, length, of_client: false })
    }

    /// The body of a client's request.
    pub(crate) fn of_client(body: Body, length: Option<u64>) -> Self {
        let length = length.or_else(|| body.size_hint().exact());
        Self::Stream(PayloadStream { front: Bytes::new(), body, length, of_client: true })
    }

    /// How many bytes it has, if that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.length,
        }
    }

    /// The body of an HTTP message.
    pub(crate) fn into_http(self) -> Body {
        match self {
            Self::Bytes(bytes) => Body::from(bytes),
            Self::Stream(stream) if stream.front.is_empty() => stream.body,
            Self::Stream(stream) => Body::new(stream),
        }
    }

    /// All of it in memory, unless it has more than `max` bytes.
    pub(crate) async fn collect(self, max: u64) -> Result<Result<Bytes, TooLarge>, PayloadError> {
        let max = max.min(MAX_WHOLE_BYTES);
        if let Some(length) = self.len().filter(|length| *length > max) {
            return Ok(Err(TooLarge { length }));
        }
        let mut stream = match self {
            Self::Bytes(bytes) => return Ok(Ok(bytes)),
            Self::Stream(stream) => stream,
        };
        let mut whole = BytesMut::new();
        while let Some(chunk) = stream.next().await? {
            let length = (whole.len() + chunk.len()) as u64;
            if length > max {
                return Ok(Err(TooLarge { length }));
            }
            // The usual body is a single chunk.
            if whole.is_empty() && stream.front.is_empty() && stream.body.is_end_stream() {
                return Ok(Ok(chunk));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Ok(whole.freeze()))
    }

    /// As [`Self::collect`], but a body that is too large is read to its end, and thrown away.
    pub(crate) async fn collect_or_discard(self, max: u64) -> Result<Result<Bytes, TooLarge>, PayloadError> {
        let mut stream = match self {
            Self::Bytes(bytes) => return Self::Bytes(bytes).collect(max).await,
            Self::Stream(stream) => stream,
        };
        let (mut whole, mut length) = (BytesMut::new(), 0);
        while let Some(chunk) = stream.next().await? {
            length += chunk.len() as u64;
            if length > max {
                whole = BytesMut::new();
            } else {
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(if length > max { Err(TooLarge { length }) } else { Ok(whole.freeze()) })
    }

    /// The body, in memory if its length is known and at most `max`.
    pub(crate) async fn inlined(self, max: Option<u64>) -> Result<Self, PayloadError> {
        match (self.len(), max) {
            (Some(length), Some(max)) if length <= max.min(MAX_WHOLE_BYTES) => match self.collect(max).await? {
                Ok(bytes) => Ok(Self::Bytes(bytes)),
                Err(TooLarge { .. }) => Err(PayloadError::new("a body has more bytes than it announced", false)),
            },
            _ => Ok(self),
        }
    }
}

/// A body has more bytes than may be read at once: so many, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) length: u64,
}

impl PayloadStream {
    /// The rest of it: `front`, then what is still to come; so many bytes, if that is known.
    pub(super) fn rest(self, front: Bytes, length: Option<u64>) -> Self {
        Self { front, length, ..self }
    }

    /// The next bytes, at least one, or `None` at the end. Nothing is lost if the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, PayloadError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, PayloadError>> {
        if !self.front.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.front))));
        }
        loop {
            return Poll::Ready(match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => Ok(None),
                Some(Err(error)) => Err(match error.into_inner().downcast::<PayloadError>() {
                    Ok(known) => *known,
                    Err(error) => PayloadError::new(error, self.of_client),
                }),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => Ok(Some(data)),
                    // Trailers mean nothing here.
                    _ => continue,
                },
            });
        }
    }
}

/// One whose first bytes were read already is put together again.
impl http_body::Body for PayloadStream {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        self.poll_next(context).map(|next| next.transpose().map(|chunk| chunk.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl PayloadError {
    pub(crate) fn new(error: impl fmt::Display, of_client: bool) -> Self {
        Self { text: error.to_string(), of_client, is_type_error: false }
    }

    /// A body that has fewer bytes than were announced.
    pub(super) fn too_few_bytes() -> Self {
        Self { is_type_error: true, ..Self::new(BodyError::TooFewBytes, false) }
    }
}

impl fmt::Debug for PayloadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadStream").field("length", &self.length).finish_non_exhaustive()
    }
}
