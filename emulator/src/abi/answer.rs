//! Answers to ops, as guests are given them.

use bytes::Bytes;

use super::bodies::write_body;
use super::error::GuestError;
use super::frame::FrameWriter;
use super::requests::{FetchResponse, write_headers};
use crate::bodies::{Handles, Payload};
use crate::websocket::ClientEnd;

/// The answer to an op.
#[derive(Debug)]
pub(crate) enum Answer {
    Ok,
    None,
    Err(GuestError),
    /// `ok` and one field.
    Value(Bytes),
    /// `ok` and one field, in decimal.
    Number(u64),
    /// `ok` and these fields, already in the form of a frame.
    Fields(Vec<u8>),
    /// `ok` and what becomes fields when the guest is given it: bodies and sockets become handles of its task.
    Parts(Vec<AnswerPart>),
}

/// A piece of an answer.
#[derive(Debug)]
pub(crate) enum AnswerPart {
    /// Fields, already in the form of a frame.
    Fields(Vec<u8>),
    /// The two fields of a body; see [`write_body`].
    Body { body: Option<Payload>, inline: Option<u64> },
    /// The handle of a socket, or the empty field.
    Socket(Option<ClientEnd>),
}

impl Answer {
    /// `ok` and the fields that `write` writes.
    pub(crate) fn fields(write: impl FnOnce(&mut FrameWriter<'_>)) -> Self {
        Self::Fields(fields(write))
    }

    /// The answer to an op that fetches.
    pub(crate) fn response(response: FetchResponse, inline: Option<u64>) -> Self {
        let FetchResponse { status, headers, body, socket } = response;
        Self::Parts(vec![
            AnswerPart::fields(|frame| {
                frame.number(status);
            }),
            AnswerPart::Body { body, inline },
            AnswerPart::Socket(socket),
            AnswerPart::fields(|frame| write_headers(frame, &headers)),
        ])
    }

    /// Writes the answer to an op of `task`. What it holds is dropped if the task holds too much already.
    pub(crate) fn write(self, frame: &mut FrameWriter<'_>, task: u32, handles: &mut Handles) {
        match self {
            Self::Ok => {
                frame.text("ok");
            }
            Self::None => {
                frame.text("none");
            }
            Self::Err(error) => error.write(frame),
            Self::Value(value) => {
                frame.text("ok").field(&value);
            }
            Self::Number(number) => {
                frame.text("ok").number(number);
            }
            Self::Fields(fields) => {
                frame.text("ok").raw(&fields);
            }
            Self::Parts(parts) => write_parts(parts, frame, task, handles),
        }
    }

    /// The word for it in a trace: `ok`, `none` or `error`.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Err(_) => "error",
            Self::None => "none",
            _ => "ok",
        }
    }
}

impl AnswerPart {
    pub(crate) fn fields(write: impl FnOnce(&mut FrameWriter<'_>)) -> Self {
        Self::Fields(fields(write))
    }

    /// Whether it would be a handle.
    fn is_handle(&self) -> bool {
        match self {
            Self::Body { body: Some(Payload::Bytes(bytes)), inline } => {
                inline.is_none_or(|inline| bytes.len() as u64 > inline)
            }
            Self::Body { body: Some(_), .. } | Self::Socket(Some(_)) => true,
            _ => false,
        }
    }
}

fn fields(write: impl FnOnce(&mut FrameWriter<'_>)) -> Vec<u8> {
    let mut fields = Vec::new();
    write(&mut FrameWriter::new(&mut fields));
    fields
}

fn write_parts(parts: Vec<AnswerPart>, frame: &mut FrameWriter<'_>, task: u32, handles: &mut Handles) {
    if parts.iter().any(AnswerPart::is_handle)
        && let Err(error) = handles.check_answer(task)
    {
        return GuestError::from(error).write(frame);
    }
    frame.text("ok");
    for part in parts {
        match part {
            AnswerPart::Fields(fields) => {
                frame.raw(&fields);
            }
            AnswerPart::Body { body, inline } => {
                write_body(frame, body, inline, |body| handles.insert_answer(task, body));
            }
            AnswerPart::Socket(None) => {
                frame.text("");
            }
            AnswerPart::Socket(Some(socket)) => {
                frame.number(handles.insert_socket(task, socket));
            }
        }
    }
}

impl From<GuestError> for Answer {
    fn from(error: GuestError) -> Self {
        Self::Err(error)
    }
}
