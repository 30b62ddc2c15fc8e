//! Bodies that go into the bucket, where they appear only when they are complete.

use bytes::Bytes;

use super::super::Completion;
use super::{object, options};
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::r2::R2Options;
use crate::bodies::{Payload, PayloadError};
use crate::js::to_int;
use crate::r2::{ArgumentError, PartUpload, R2, R2Error, Upload};

/// Bytes that are read before a thread is asked to write them.
const CHUNK_BYTES: usize = 256 * 1024;
/// What the platform says of a body whose length nobody has announced.
const UNKNOWN_LENGTH: &str =
    "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)";

/// `r2.put`. No body is an empty one.
pub(super) async fn put(r2: R2, key: String, body: Option<Payload>, given: R2Options) -> Completion {
    let begun = length(body).and_then(|(body, length)| {
        let upload = r2.upload(&key, length, options::put(&given)?)?;
        Ok((body, Box::new(upload)))
    });
    match begun {
        Ok((body, upload)) => write_all(upload, body).await,
        Err(error) => error.into(),
    }
}

/// `r2.upload_part`.
pub(super) async fn put_part(r2: R2, key: String, upload_id: String, part: f64, body: Option<Payload>) -> Completion {
    let begun = length(body).and_then(|(body, length)| {
        let number = to_int(part).map_err(ArgumentError::from)?;
        let upload = r2.upload_part(&key, &upload_id, number, length)?;
        Ok((body, Box::new(upload)))
    });
    match begun {
        Ok((body, upload)) => write_all(upload, body).await,
        Err(error) => error.into(),
    }
}

fn length(body: Option<Payload>) -> Result<(Payload, u64), GuestError> {
    let body = body.unwrap_or_default();
    let length = body.len().ok_or_else(|| GuestError::type_error(UNKNOWN_LENGTH))?;
    Ok((body, length))
}

/// What takes the bytes of an object, or of a part of one.
trait ByteSink: Send + 'static {
    fn take(&mut self, bytes: &[u8]) -> Result<(), R2Error>;
    fn finish(self: Box<Self>) -> Result<Answer, R2Error>;
}

impl ByteSink for Upload {
    fn take(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.write(bytes)
    }

    fn finish(self: Box<Self>) -> Result<Answer, R2Error> {
        Ok((*self).finish()?.map_or(Answer::None, |meta| object::written(&meta)))
    }
}

impl ByteSink for PartUpload {
    fn take(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.write(bytes)
    }

    fn finish(self: Box<Self>) -> Result<Answer, R2Error> {
        let part = (*self).finish()?;
        Ok(Answer::fields(|frame| {
            frame.number(part.number).text(&part.etag);
        }))
    }
}

async fn write_all(mut upload: Box<dyn ByteSink>, mut body: Payload) -> Completion {
    loop {
        let (chunks, ended) = match read_chunks(&mut body).await {
            Ok(read) => read,
            // Dropping the upload leaves nothing behind.
            Err(error) => return error.into(),
        };
        upload = match tokio::task::spawn_blocking(move || write(upload, &chunks, ended)).await {
            Ok(UploadStep::Continues(upload)) => upload,
            Ok(UploadStep::Finished(result)) => return result.into(),
            Err(error) => {
                tracing::error!(%error, "an upload failed");
                return GuestError::error("internal error").into();
            }
        };
    }
}

enum UploadStep {
    Continues(Box<dyn ByteSink>),
    Finished(Result<Answer, R2Error>),
}

fn write(mut upload: Box<dyn ByteSink>, chunks: &[Bytes], ended: bool) -> UploadStep {
    for chunk in chunks {
        if let Err(error) = upload.take(chunk) {
            return UploadStep::Finished(Err(error));
        }
    }
    if ended { UploadStep::Finished(upload.finish()) } else { UploadStep::Continues(upload) }
}

/// The next chunks, and whether the body has ended with them.
async fn read_chunks(body: &mut Payload) -> Result<(Vec<Bytes>, bool), PayloadError> {
    let stream = match body {
        Payload::Bytes(bytes) => return Ok((vec![std::mem::take(bytes)], true)),
        Payload::Stream(stream) => stream,
    };
    let (mut chunks, mut size) = (Vec::new(), 0);
    while size < CHUNK_BYTES {
        match stream.next().await? {
            Some(chunk) => {
                size += chunk.len();
                chunks.push(chunk);
            }
            None => return Ok((chunks, true)),
        }
    }
    Ok((chunks, false))
}
