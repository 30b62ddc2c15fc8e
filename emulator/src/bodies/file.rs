//! Bodies that lie in files: read in chunks, as they are wanted.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::payload::Payload;
use crate::world::{Panicked, Seams};

/// Bytes of a file that are in memory for one client.
const CHUNK_BYTES: u64 = 64 * 1024;

/// The body that `len` bytes of a file are, from `offset` on.
pub(crate) fn file_body(world: &Seams, file: File, offset: u64, len: u64) -> Payload {
    let body = FileBody { world: world.clone(), remaining: len, state: FileState::Ready(file), offset: Some(offset) };
    Payload::stream(Body::new(body), Some(len))
}

/// A part of a file, read a chunk at a time where reading may block.
struct FileBody {
    world: Seams,
    remaining: u64,
    /// Where to begin; `None` once reading has begun.
    offset: Option<u64>,
    state: FileState,
}

/// A chunk that is being read; the file comes back with it.
type Reading = Pin<Box<dyn Future<Output = Result<io::Result<(File, Bytes)>, Panicked>> + Send>>;

enum FileState {
    Ready(File),
    Reading(Reading),
    Ended,
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            match &mut self.state {
                FileState::Ended => return Poll::Ready(None),
                FileState::Reading(reading) => {
                    let read = ready!(reading.as_mut().poll(context)).map_err(io::Error::other).and_then(|read| read);
                    return Poll::Ready(Some(match read {
                        Ok((file, chunk)) => {
                            self.remaining -= chunk.len() as u64;
                            self.state = FileState::Ready(file);
                            Ok(Frame::data(chunk))
                        }
                        Err(error) => {
                            tracing::error!(%error, "an R2 object cannot be read to its end");
                            self.state = FileState::Ended;
                            Err(error)
                        }
                    }));
                }
                FileState::Ready(_) => {
                    let (len, offset) = (self.remaining.min(CHUNK_BYTES), self.offset.take());
                    let state = std::mem::replace(&mut self.state, FileState::Ended);
                    if let FileState::Ready(file) = state
                        && len > 0
                    {
                        let reading = self.world.blocking(move || read(file, offset, len));
                        self.state = FileState::Reading(Box::pin(reading));
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0 || matches!(self.state, FileState::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

fn read(mut file: File, offset: Option<u64>, len: u64) -> io::Result<(File, Bytes)> {
    if let Some(offset) = offset {
        file.seek(SeekFrom::Start(offset))?;
    }
    let mut chunk = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    file.read_exact(&mut chunk)?;
    Ok((file, chunk.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::clock::Clock;
    use std::future::poll_fn;
    use std::io::Write as _;

    fn world() -> Seams {
        Seams::machine(Clock::system()).unwrap()
    }

    #[tokio::test]
    async fn a_part_of_a_file_comes_in_chunks_and_ends_where_it_should() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        file.write_all(&content).unwrap();
        let mut body = file_body(&world(), file, 100, 150_000).into_http();
        let mut read = Vec::new();
        while let Some(frame) = poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut body), context)).await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() as u64 <= CHUNK_BYTES);
            read.extend_from_slice(&data);
        }
        assert_eq!(read, content[100..150_100]);
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_it_was_is_an_error_not_a_short_answer() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"short").unwrap();
        let mut body = file_body(&world(), file, 0, 10).into_http();
        let frame = poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut body), context)).await;
        assert!(frame.unwrap().is_err());
    }
}
