//! A body that is read piece by piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::Mutex;

use super::payload::{Payload, PayloadError, PayloadStream};

/// A body of which a part may have been read.
#[derive(Debug)]
pub(crate) struct PayloadReader {
    /// Bytes that have come and were not asked for yet.
    rest: Bytes,
    stream: Option<PayloadStream>,
    /// How many bytes are still to be read, if that is known.
    remaining: Option<u64>,
}

/// A reader that the table of handles shares with the op that reads.
pub(crate) type SharedReader = Arc<Mutex<PayloadReader>>;

impl PayloadReader {
    pub(crate) fn new(payload: Payload) -> Self {
        let remaining = payload.len();
        match payload {
            Payload::Bytes(rest) => Self { rest, stream: None, remaining },
            Payload::Stream(stream) => Self { rest: Bytes::new(), stream: Some(stream), remaining },
        }
    }

    /// The next bytes, at least one and at most `max`; `None` at the end. Nothing is lost if the future is dropped.
    pub(crate) async fn read(&mut self, max: usize) -> Result<Option<Bytes>, PayloadError> {
        if self.rest.is_empty() {
            let Some(stream) = &mut self.stream else { return Ok(None) };
            match stream.next().await? {
                Some(chunk) => self.rest = chunk,
                None => {
                    self.stream = None;
                    return Ok(None);
                }
            }
        }
        let taken = self.rest.split_to(max.max(1).min(self.rest.len()));
        self.count(taken.len());
        Ok(Some(taken))
    }

    /// What has not been read.
    pub(crate) fn into_payload(self) -> Payload {
        match &self.stream {
            None => Payload::Bytes(self.rest),
            Some(_) => {
                let remaining = self.remaining;
                Payload::stream(Body::new(self), remaining)
            }
        }
    }

    fn count(&mut self, read: usize) {
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(read as u64));
    }
}

impl http_body::Body for PayloadReader {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        let chunk = if self.rest.is_empty() {
            let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
            match ready!(stream.poll_next(context)) {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        } else {
            std::mem::take(&mut self.rest)
        };
        self.count(chunk.len());
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining.map(SizeHint::with_exact).unwrap_or_default()
    }
}
