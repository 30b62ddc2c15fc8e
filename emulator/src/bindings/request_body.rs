//! The body of a request, which stays with the host: read whole under a limit, or streamed into the bucket.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;

use super::Completion;
use crate::abi::ops::Answer;
use crate::r2::{Checksum, Conditional, PutOptions, R2, Upload};

/// Bytes that are read before a thread is asked to write them.
const CHUNK_BYTES: usize = 256 * 1024;

/// A request's body, until an op takes it.
#[derive(Default)]
pub(crate) struct RequestBody(Option<(Body, Option<u64>)>);

impl RequestBody {
    /// A body and its length, if that is known.
    pub(crate) fn new(body: Body, length: Option<u64>) -> Self {
        Self(Some((body, length)))
    }

    /// `body.read`: the whole body, unless it has more than `max` bytes.
    pub(crate) async fn read(self, max: u64) -> Completion {
        let Some((mut body, length)) = self.0 else { return Completion::error(USED) };
        if length.is_some_and(|length| length > max) {
            return Completion::error("too large");
        }
        let mut whole = BytesMut::new();
        loop {
            match next_chunk(&mut body).await {
                Ok(None) => return Answer::Value(whole.freeze()).into(),
                Ok(Some(chunk)) if (whole.len() + chunk.len()) as u64 > max => return Completion::error("too large"),
                // The usual body is a single chunk.
                Ok(Some(chunk)) if whole.is_empty() && body.is_end_stream() => return Answer::Value(chunk).into(),
                Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
                Err(error) => return Completion::client_gone(error),
            }
        }
    }

    /// `r2.put`: streams the body into the bucket, where it appears only when it is complete and has this hash.
    pub(crate) async fn upload(self, r2: R2, key: String, sha256: [u8; 32]) -> Completion {
        let Some((mut body, length)) = self.0 else { return Completion::error(USED) };
        let Some(length) = length else { return Completion::error(UNKNOWN_LENGTH) };
        let options = PutOptions {
            only_if: Some(Conditional::absent()),
            checksum: Some(Checksum::sha256(sha256)),
            ..PutOptions::default()
        };
        let mut upload = match r2.upload(&key, length, options) {
            Ok(upload) => Box::new(upload),
            Err(error) => return Completion::error(error),
        };
        loop {
            let (chunks, ended) = match read_chunks(&mut body).await {
                Ok(read) => read,
                // Dropping the upload leaves nothing behind.
                Err(error) => return Completion::client_gone(error),
            };
            upload = match tokio::task::spawn_blocking(move || write(upload, &chunks, ended)).await {
                Ok(UploadStep::Continues(upload)) => upload,
                Ok(UploadStep::Finished(completion)) => return completion,
                Err(error) => return Completion::error(error),
            };
        }
    }
}

enum UploadStep {
    Continues(Box<Upload>),
    Finished(Completion),
}

/// What the platform says of a body that was consumed before.
const USED: &str =
    "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";
/// What the platform says of a body whose length nobody has announced.
const UNKNOWN_LENGTH: &str =
    "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)";

fn write(mut upload: Box<Upload>, chunks: &[Bytes], ended: bool) -> UploadStep {
    for chunk in chunks {
        if let Err(error) = upload.write(chunk) {
            return UploadStep::Finished(Completion::error(error));
        }
    }
    if !ended {
        return UploadStep::Continues(upload);
    }
    UploadStep::Finished(match upload.finish() {
        Ok(Some(_)) => Answer::Text("stored").into(),
        Ok(None) => Answer::Text("exists").into(),
        Err(error) => Completion::error(error),
    })
}

/// The next chunks, and whether the body has ended with them.
async fn read_chunks(body: &mut Body) -> Result<(Vec<Bytes>, bool), axum::Error> {
    let (mut chunks, mut size) = (Vec::new(), 0);
    while size < CHUNK_BYTES {
        match next_chunk(body).await? {
            Some(chunk) => {
                size += chunk.len();
                chunks.push(chunk);
            }
            None => return Ok((chunks, true)),
        }
    }
    Ok((chunks, false))
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, axum::Error> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            Some(Err(error)) => return Err(error),
            // Trailers mean nothing here.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
