//! A body that is read piece by piece.

use std::sync::Arc;

use bytes::Bytes;
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
        match self.stream {
            None => Payload::Bytes(self.rest),
            Some(stream) => Payload::Stream(stream.rest(self.rest, self.remaining)),
        }
    }

    fn count(&mut self, read: usize) {
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(read as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[tokio::test]
    async fn a_body_that_is_read_in_part_and_handed_on_does_not_grow() {
        let mut payload = Payload::stream(Body::from(vec![b'x'; 100_000]), None);
        for _ in 0..50_000 {
            let mut reader = PayloadReader::new(payload);
            assert_eq!(reader.read(1).await.unwrap().unwrap().len(), 1);
            payload = reader.into_payload();
        }
        assert_eq!(payload.len(), Some(50_000));
        assert_eq!(payload.collect(100_000).await.unwrap().unwrap().len(), 50_000);
    }
}
