//! A body that a Worker writes, and whoever consumes it reads.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::error::BodyError;
use super::limits::{MAX_UNATTACHED_BYTES, MAX_WAITING_BYTES};
use super::payload::{Payload, PayloadError};
use crate::sync::lock;

/// What consumers are told of a body whose writer went away.
const BROKEN_OFF: &str = "the body ended before all of it was written";

/// The Worker's end. Dropped before its end was said, the consumer sees a failure.
#[derive(Debug)]
pub(super) struct PipeWriter {
    pipe: Arc<Pipe>,
    /// How many bytes are still to be written, if their number was announced.
    remaining: Option<u64>,
    has_consumer: bool,
    /// What leaves when the turn has been committed.
    staged: Vec<Piece>,
    staged_bytes: usize,
}

/// The consumer's end.
#[derive(Debug)]
pub(super) struct PipeReader {
    pipe: Arc<Pipe>,
    remaining: Option<u64>,
}

/// Room in a pipe, for a write that has been made.
#[derive(Debug)]
pub(crate) struct PipeRoom(Arc<Pipe>);

#[derive(Debug, Default)]
struct Pipe(Mutex<PipeState>);

#[derive(Debug, Default)]
struct PipeState {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    end: Option<Result<(), PayloadError>>,
    consumer_gone: bool,
    consumer: Option<Waker>,
    writers: Vec<Waker>,
}

#[derive(Debug)]
enum Piece {
    Chunk(Bytes),
    End(Result<(), PayloadError>),
}

/// A pipe for so many bytes, if that is known.
pub(super) fn pipe(length: Option<u64>) -> (PipeWriter, PipeReader) {
    let pipe = Arc::<Pipe>::default();
    let writer = PipeWriter {
        pipe: Arc::clone(&pipe),
        remaining: length,
        has_consumer: false,
        staged: Vec::new(),
        staged_bytes: 0,
    };
    (writer, PipeReader { pipe, remaining: length })
}

impl PipeWriter {
    /// The body has been used.
    pub(super) fn attached(&mut self) {
        self.has_consumer = true;
    }

    /// Adds bytes, which leave with [`Self::release`].
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<PipeRoom, BodyError> {
        let waiting = self.staged_bytes + self.pipe.waiting()? + bytes.len();
        if !self.has_consumer && waiting > MAX_UNATTACHED_BYTES {
            return Err(BodyError::NoConsumer);
        }
        if waiting > MAX_WAITING_BYTES {
            return Err(BodyError::TooMuchWaits);
        }
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.checked_sub(bytes.len() as u64).ok_or(BodyError::TooManyBytes)?;
        }
        if !bytes.is_empty() {
            self.staged.push(Piece::Chunk(Bytes::copy_from_slice(bytes)));
            self.staged_bytes += bytes.len();
        }
        Ok(PipeRoom(Arc::clone(&self.pipe)))
    }

    /// Says that this was all. If it was not, the consumer sees a failure.
    pub(super) fn end(&mut self) -> Result<(), BodyError> {
        if self.remaining.is_some_and(|remaining| remaining > 0) {
            self.staged.push(Piece::End(Err(PayloadError::too_few_bytes())));
            return Err(BodyError::TooFewBytes);
        }
        self.staged.push(Piece::End(Ok(())));
        Ok(())
    }

    pub(super) fn fail(&mut self, message: &str) {
        self.staged.push(Piece::End(Err(PayloadError::new(message, false))));
    }

    /// Lets out what was written.
    pub(super) fn release(&mut self) {
        if self.staged.is_empty() {
            return;
        }
        self.staged_bytes = 0;
        let mut state = lock(&self.pipe.0);
        for piece in self.staged.drain(..) {
            match piece {
                Piece::Chunk(chunk) if !state.consumer_gone => {
                    state.bytes += chunk.len();
                    state.chunks.push_back(chunk);
                }
                Piece::Chunk(_) => {}
                Piece::End(end) => state.end = state.end.take().or(Some(end)),
            }
        }
        state.wake_consumer();
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = lock(&self.pipe.0);
        if state.end.is_none() {
            state.end = Some(Err(PayloadError::new(BROKEN_OFF, false)));
            state.wake_consumer();
        }
    }
}

impl Pipe {
    fn waiting(&self) -> Result<usize, BodyError> {
        let state = lock(&self.0);
        if state.consumer_gone { Err(BodyError::ConsumerGone) } else { Ok(state.bytes) }
    }
}

impl PipeState {
    fn wake_consumer(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            consumer.wake();
        }
    }

    fn wake_writers(&mut self) {
        for writer in self.writers.drain(..) {
            writer.wake();
        }
    }
}

impl PipeRoom {
    /// Completes when so little waits that the next write may be made.
    pub(crate) async fn wait(self) -> Result<(), BodyError> {
        poll_fn(|context| {
            let mut state = lock(&self.0.0);
            if state.consumer_gone {
                return Poll::Ready(Err(BodyError::ConsumerGone));
            }
            if state.bytes <= MAX_UNATTACHED_BYTES {
                return Poll::Ready(Ok(()));
            }
            if !state.writers.iter().any(|writer| writer.will_wake(context.waker())) {
                state.writers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl PipeReader {
    pub(super) fn into_payload(self) -> Payload {
        let length = self.remaining;
        Payload::stream(Body::new(self), length)
    }
}

impl http_body::Body for PipeReader {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        let chunk = {
            let mut state = lock(&self.pipe.0);
            let Some(chunk) = state.chunks.pop_front() else {
                return match &state.end {
                    Some(Ok(())) => Poll::Ready(None),
                    Some(Err(error)) => Poll::Ready(Some(Err(error.clone()))),
                    None => {
                        state.consumer = Some(context.waker().clone());
                        Poll::Pending
                    }
                };
            };
            state.bytes -= chunk.len();
            if state.bytes <= MAX_UNATTACHED_BYTES {
                state.wake_writers();
            }
            chunk
        };
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(chunk.len() as u64));
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining.map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = lock(&self.pipe.0);
        state.consumer_gone = true;
        state.chunks.clear();
        state.bytes = 0;
        state.wake_writers();
    }
}
