//! Ops on R2.

mod object;
mod options;
mod upload;

use super::{Completion, Dispatched, blocking};
use crate::abi::answer::{Answer, AnswerPart};
use crate::abi::error::GuestError;
use crate::abi::r2::{R2Op, R2Options};
use crate::bodies::{Payload, file_body};
use crate::js::to_int;
use crate::r2::{ArgumentError, Body, Found, Metadata, Method, Object, R2, R2Error, UploadedPart};

pub(super) fn perform(r2: &R2, op: R2Op) -> Dispatched {
    let r2 = r2.clone();
    match op {
        R2Op::Head { key } => match head_in_memory(&r2, &key) {
            Some(answer) => answer.into(),
            None => {
                blocking(move || r2.head(&key).map(|meta| meta.map_or(Answer::None, |meta| object::read(&meta))).into())
            }
        },
        R2Op::Get { key, inline, options } => {
            match object_in_memory(&r2, &key, inline).filter(|_| options.is_empty()) {
                Some(answer) => answer.into(),
                None => get(r2, key, inline, options),
            }
        }
        R2Op::Put { key, body, options } => Dispatched::Pending(Box::pin(upload::put(r2, key, body, options))),
        R2Op::Delete { keys } => blocking(move || {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            r2.delete_all(&keys).map(|()| Answer::Ok).into()
        }),
        R2Op::List { options } => blocking(move || list(&r2, &options).into()),
        R2Op::Create { key, options } => blocking(move || create(&r2, &key, &options).into()),
        R2Op::UploadPart { key, upload_id, part, body } => {
            Dispatched::Pending(Box::pin(upload::put_part(r2, key, upload_id, part, body)))
        }
        R2Op::Complete { key, upload_id, parts } => blocking(move || complete(&r2, &key, &upload_id, parts).into()),
        R2Op::Abort { key, upload_id } => {
            blocking(move || r2.abort_multipart_upload(&key, &upload_id).map(|()| Answer::Ok).into())
        }
    }
}

/// The answer to `r2.head`, if memory has it.
pub(super) fn head_in_memory(r2: &R2, key: &str) -> Option<Answer> {
    Some(r2.cached(key)?.map_or(Answer::None, |found| object::read(&found.meta)))
}

/// The answer to `r2.get` without options, if memory has it.
pub(super) fn object_in_memory(r2: &R2, key: &str, inline: Option<u64>) -> Option<Answer> {
    Some(r2.cached(key)?.map_or(Answer::None, |found| with_body(found, inline)))
}

fn get(r2: R2, key: String, inline: Option<u64>, given: R2Options) -> Dispatched {
    let read = move || -> Result<Answer, GuestError> {
        let range = options::range(&given)?;
        let found = match options::condition(&given)? {
            Some(only_if) => r2.get_if(&key, range, &only_if)?,
            None => r2.get(&key, range)?.map(Found::Object),
        };
        Ok(match found {
            None => Answer::None,
            Some(Found::Object(object)) => with_body(object, inline),
            Some(Found::ConditionFailed(meta)) => Answer::Parts(vec![
                AnswerPart::fields(|frame| object::write(frame, &meta, Some((0, meta.size)))),
                AnswerPart::Body { body: None, inline },
            ]),
        })
    };
    let inlined = async move |answer| match answer {
        // What is asked for with the answer is read where reading may block.
        Answer::Parts(parts) => read_inline(parts).await,
        answer => answer.into(),
    };
    Dispatched::Pending(Box::pin(async move {
        let completion = super::on_thread(move || read().into()).await;
        inlined(completion.answer).await
    }))
}

/// Brings the bodies that are to come with an answer into memory.
async fn read_inline(mut parts: Vec<AnswerPart>) -> Completion {
    for part in &mut parts {
        if let AnswerPart::Body { body, inline } = part
            && let Some(held) = body.take()
        {
            match held.inlined(*inline).await {
                Ok(held) => *body = Some(held),
                Err(error) => {
                    tracing::error!(%error, "an R2 object cannot be read");
                    return GuestError::error("get: We encountered an internal error. Please try again. (10001)")
                        .into();
                }
            }
        }
    }
    Answer::Parts(parts).into()
}

fn with_body(found: Object, inline: Option<u64>) -> Answer {
    let Object { meta, offset, body } = found;
    let range = (offset, body.len());
    let body = match body {
        Body::Bytes(bytes) => Payload::Bytes(bytes),
        Body::File { file, offset, len } => file_body(file, offset, len),
    };
    Answer::Parts(vec![
        AnswerPart::fields(|frame| object::write(frame, &meta, Some(range))),
        AnswerPart::Body { body: Some(body), inline },
    ])
}

fn list(r2: &R2, given: &R2Options) -> Result<Answer, GuestError> {
    let page = r2.list(options::list(given)?)?;
    Ok(Answer::fields(|frame| {
        frame.flag(page.cursor.is_some()).text(page.cursor.as_deref().unwrap_or("")).list(|prefixes| {
            for prefix in &page.delimited_prefixes {
                prefixes.text(prefix);
            }
        });
        for meta in &page.objects {
            object::write(frame, meta, None);
        }
    }))
}

fn create(r2: &R2, key: &str, given: &R2Options) -> Result<Answer, GuestError> {
    let metadata: Metadata = options::metadata(given)?;
    let id = r2.create_multipart_upload(key, &metadata)?;
    Ok(Answer::fields(|frame| {
        frame.text(&id);
    }))
}

fn complete(r2: &R2, key: &str, upload_id: &str, parts: Vec<(f64, String)>) -> Result<Answer, GuestError> {
    let part = |(number, etag): (f64, String)| {
        let number = crate::r2::part_number(to_int(number).map_err(ArgumentError::from)?)?;
        Ok::<_, ArgumentError>(UploadedPart { number, etag })
    };
    let parts = parts.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
    Ok(object::written(&r2.complete_multipart_upload(key, upload_id, &parts)?))
}

/// The platform's word for an op.
pub(super) fn method(op: &R2Op) -> Method {
    match op {
        R2Op::Head { .. } => Method::Head,
        R2Op::Get { .. } => Method::Get,
        R2Op::Put { .. } => Method::Put,
        R2Op::Delete { .. } => Method::Delete,
        R2Op::List { .. } => Method::List,
        R2Op::Create { .. } => Method::CreateMultipartUpload,
        R2Op::UploadPart { .. } => Method::UploadPart,
        R2Op::Complete { .. } => Method::CompleteMultipartUpload,
        R2Op::Abort { .. } => Method::AbortMultipartUpload,
    }
}

impl From<R2Error> for GuestError {
    fn from(error: R2Error) -> Self {
        Self { class: error.class().name(), ..Self::error(error.to_string()) }
    }
}

impl From<ArgumentError> for GuestError {
    fn from(error: ArgumentError) -> Self {
        Self { class: error.class().name(), ..Self::error(error.to_string()) }
    }
}
