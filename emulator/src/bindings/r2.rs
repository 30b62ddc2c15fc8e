//! Ops on R2.

use bytes::Bytes;
use pmx_model::Hash;

use super::{Completion, Dispatched, blocking};
use crate::abi::answer::{Answer, AnswerPart};
use crate::abi::error::GuestError;
use crate::abi::frame::FrameWriter;
use crate::abi::r2::{R2Op, R2Options};
use crate::bodies::{Payload, PayloadError, file_body};
use crate::r2::{Body, Method, ObjectMeta, R2, R2Error, Range, Upload, UploadOptions};

/// Bytes that are read before a thread is asked to write them.
const CHUNK_BYTES: usize = 256 * 1024;
/// What the platform says of a body whose length nobody has announced.
const UNKNOWN_LENGTH: &str =
    "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)";

pub(super) fn perform(r2: &R2, op: R2Op) -> Dispatched {
    let r2 = r2.clone();
    match op {
        R2Op::Head { key } => {
            blocking(move || r2.head(&key).map(|meta| meta.map_or(Answer::None, |meta| object(&meta))).into())
        }
        R2Op::Get { key, inline, options } => blocking(move || get(&r2, &key, inline, &options)),
        R2Op::Put { key, body, options } => {
            Dispatched::Pending(Box::pin(put(r2, key, body.unwrap_or_default(), options)))
        }
        R2Op::Delete { keys } => {
            blocking(move || keys.iter().try_for_each(|key| r2.delete(key)).map(|()| Answer::Ok).into())
        }
        R2Op::List { .. }
        | R2Op::Create { .. }
        | R2Op::UploadPart { .. }
        | R2Op::Complete { .. }
        | R2Op::Abort { .. } => GuestError::error("this op of R2 is not there yet").into(),
    }
}

/// The answer to `r2.head`, if memory has it.
pub(super) fn head_in_memory(_: &R2, _: &str) -> Option<Answer> {
    None
}

/// The answer to `r2.get` without options, if memory has it.
pub(super) fn object_in_memory(_: &R2, _: &str, _: Option<u64>) -> Option<Answer> {
    None
}

fn get(r2: &R2, key: &str, inline: Option<u64>, options: &R2Options) -> Completion {
    let number = |name| options.text(name).and_then(|text| text.parse::<u64>().ok());
    let range = match (number("range.offset"), number("range.length"), number("range.suffix")) {
        (None, None, None) => None,
        (_, _, Some(suffix)) => Some(Range::Suffix(suffix)),
        (offset, length, None) => Some(Range::From { offset: offset.unwrap_or(0), length }),
    };
    let found = r2.head(key).and_then(|meta| Ok(meta.zip(r2.get(key, range)?)));
    found
        .map(|found| match found {
            None => Answer::None,
            Some((meta, object)) => with_body(&meta, object.body, inline),
        })
        .into()
}

fn with_body(meta: &ObjectMeta, body: Body, inline: Option<u64>) -> Answer {
    let body = match body {
        Body::Bytes(bytes) => Payload::Bytes(bytes),
        Body::File { file, offset, len } => file_body(file, offset, len),
    };
    Answer::Parts(vec![
        AnswerPart::fields(|frame| write_object(frame, meta)),
        AnswerPart::Body { body: Some(body), inline },
    ])
}

fn object(meta: &ObjectMeta) -> Answer {
    Answer::fields(|frame| write_object(frame, meta))
}

fn write_object(frame: &mut FrameWriter<'_>, meta: &ObjectMeta) {
    frame.list(|pairs| {
        pairs.text("key").text(&meta.key).text("version").text(&meta.version);
        pairs.text("size").number(meta.size).text("etag").text(&meta.etag);
        pairs.text("uploaded").number(meta.uploaded_ms).text("checksum.md5").text(&meta.etag);
        if let Some(sha256) = meta.sha256 {
            pairs.text("checksum.sha256").display(sha256);
        }
    });
}

/// Streams a body into the bucket, where it appears only when it is complete.
async fn put(r2: R2, key: String, body: Payload, options: R2Options) -> Completion {
    let Some(length) = body.len() else { return GuestError::type_error(UNKNOWN_LENGTH).into() };
    let sha256 = match options.text("sha256").map(str::parse::<Hash>) {
        Some(Ok(hash)) => Some(*hash.as_bytes()),
        Some(Err(_)) => return GuestError::type_error("Provided SHA-256 wasn't a valid hex string").into(),
        None => None,
    };
    let only_if_absent = options.text("if.etagDoesNotMatch") == Some("*");
    let upload = match r2.upload(&key, UploadOptions { sha256, only_if_absent, length }) {
        Ok(upload) => Box::new(upload),
        Err(error) => return GuestError::from(error).into(),
    };
    write_all(upload, body).await
}

async fn write_all(mut upload: Box<Upload>, body: Payload) -> Completion {
    let mut body = body;
    loop {
        let (chunks, ended) = match read_chunks(&mut body).await {
            Ok(read) => read,
            // Dropping the upload leaves nothing behind.
            Err(error) => return error.into(),
        };
        upload = match tokio::task::spawn_blocking(move || write(upload, &chunks, ended)).await {
            Ok(UploadStep::Continues(upload)) => upload,
            Ok(UploadStep::Finished(completion)) => return completion,
            Err(error) => return GuestError::error(error.to_string()).into(),
        };
    }
}

enum UploadStep {
    Continues(Box<Upload>),
    Finished(Completion),
}

fn write(mut upload: Box<Upload>, chunks: &[Bytes], ended: bool) -> UploadStep {
    for chunk in chunks {
        if let Err(error) = upload.write(chunk) {
            return UploadStep::Finished(GuestError::from(error).into());
        }
    }
    if !ended {
        return UploadStep::Continues(upload);
    }
    UploadStep::Finished(upload.finish().map(|meta| meta.map_or(Answer::None, |meta| object(&meta))).into())
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

/// The platform's word for an op.
pub(super) fn method(op: &R2Op) -> Method {
    match op {
        R2Op::Head { .. } => Method::Head,
        R2Op::Get { .. } => Method::Get,
        R2Op::Delete { .. } => Method::Delete,
        R2Op::List { .. } => Method::List,
        _ => Method::Put,
    }
}

impl From<R2Error> for GuestError {
    fn from(error: R2Error) -> Self {
        let text = error.to_string();
        match error {
            R2Error::BodyTooLong | R2Error::BodyTooShort => Self::type_error(text),
            _ => Self::error(text),
        }
    }
}
