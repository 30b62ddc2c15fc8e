//! The calls `socket.…` (`worker/ABI.md`, "Synchronous calls"). What they send leaves after the turn's commit; what they ask is answered as if it
//! had left.

use std::sync::Arc;

use super::imports::ObjectImports;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::runtime::budget::{Exceeded, TurnBudget};
use crate::websocket::{AutoResponseError, CloseError, Message, Outgoing, ReadyState, Socket, check_close};

/// What a frame that waits for the end of its turn is counted as besides its bytes.
const QUEUED_BYTES: usize = size_of::<(Arc<Socket>, Outgoing)>();
/// Bytes of an attachment, as the platform serialises it (developers.cloudflare.com, "Durable Object State").
const MAX_ATTACHMENT_BYTES: usize = 16_384;

/// Answers a call; the outer error ends the instance.
pub(super) fn call(
    object: &mut ObjectImports,
    name: &str,
    mut fields: FrameReader<'_>,
    answer: &mut FrameWriter<'_>,
    budget: &mut TurnBudget,
) -> Result<Result<(), GuestError>, Exceeded> {
    let mut calls = SocketCalls { object, budget };
    let result = match name {
        "send" => calls.send(&mut fields),
        "broadcast" => calls.broadcast(&mut fields).map(|count| {
            answer.text("ok").number(count);
        }),
        "close" => calls.close(&mut fields),
        _ => calls.ask(name, &mut fields, answer).map_err(CallError::Guest),
    };
    match result {
        Ok(()) => {
            if let "send" | "close" = name {
                answer.text("ok");
            }
            Ok(Ok(()))
        }
        Err(CallError::Guest(error)) => Ok(Err(error)),
        Err(CallError::Exceeded(exceeded)) => Err(exceeded),
    }
}

struct SocketCalls<'a> {
    object: &'a mut ObjectImports,
    budget: &'a mut TurnBudget,
}

/// How a call ends that does not succeed.
enum CallError {
    Guest(GuestError),
    Exceeded(Exceeded),
}

impl<E: Into<GuestError>> From<E> for CallError {
    fn from(error: E) -> Self {
        Self::Guest(error.into())
    }
}

impl SocketCalls<'_> {
    fn send(&mut self, fields: &mut FrameReader<'_>) -> Result<(), CallError> {
        let socket = self.socket(fields)?;
        let (kind, data) = (fields.text("kind")?, fields.bytes("data")?);
        if socket.is_closed() || self.object.closed.contains(&socket.number()) {
            return Err(GuestError::type_error("Can't call WebSocket send() after close().").into());
        }
        self.spend(QUEUED_BYTES + data.len())?;
        self.object.outgoing.push((socket, Outgoing::Message(message(kind, data)?)));
        Ok(())
    }

    fn broadcast(&mut self, fields: &mut FrameReader<'_>) -> Result<usize, CallError> {
        let tag = one_tag(fields)?;
        let mut messages = Vec::new();
        while let Some(kind) = fields.next()? {
            let data = fields.bytes("data")?;
            self.spend(QUEUED_BYTES + data.len())?;
            messages.push(message(&String::from_utf8_lossy(kind), data)?);
        }
        let mut sockets = self.object.sockets.list(tag);
        sockets.retain(|socket| self.ready_state(socket) == ReadyState::Open);
        self.spend(sockets.len().saturating_mul(messages.len()).saturating_mul(QUEUED_BYTES))?;
        for socket in &sockets {
            let frames = messages.iter().map(|message| (Arc::clone(socket), Outgoing::Message(message.clone())));
            self.object.outgoing.extend(frames);
        }
        Ok(sockets.len())
    }

    fn close(&mut self, fields: &mut FrameReader<'_>) -> Result<(), CallError> {
        let socket = self.socket(fields)?;
        let (code, reason) = (fields.text("code")?, fields.text("reason")?);
        // A second close is none, whatever it was given.
        if socket.is_closed() || self.object.closed.contains(&socket.number()) {
            return Ok(());
        }
        let code = check_close(code, reason)?;
        self.spend(QUEUED_BYTES + reason.len())?;
        self.object.closed.insert(socket.number());
        self.object.outgoing.push((socket, Outgoing::Close { code, reason: reason.into() }));
        Ok(())
    }

    /// The calls that send nothing.
    fn ask(&self, name: &str, fields: &mut FrameReader<'_>, answer: &mut FrameWriter<'_>) -> Result<(), GuestError> {
        match name {
            "list" => {
                let sockets = self.object.sockets.list(one_tag(fields)?);
                answer.text("ok");
                for socket in sockets {
                    answer.number(socket.number());
                }
            }
            "tags" => {
                let socket = self.socket(fields)?;
                answer.text("ok");
                for tag in socket.tags().iter() {
                    answer.text(tag);
                }
            }
            "attach" => {
                let (socket, data) = (self.socket(fields)?, fields.bytes("data")?);
                let bytes = serialized_len(data);
                if bytes > MAX_ATTACHMENT_BYTES {
                    // The platform's words, without the space that they lack.
                    return Err(GuestError::error(format!(
                        "A WebSocket 'attachment' cannot be larger than {MAX_ATTACHMENT_BYTES} bytes.'attachment' was {bytes} bytes."
                    )));
                }
                socket.attach(data);
                answer.text("ok");
            }
            "attachment" => match self.socket(fields)?.attachment() {
                Some(data) => {
                    answer.text("ok").field(&data);
                }
                None => {
                    answer.text("none");
                }
            },
            "auto_response" => {
                let auto_response = self.object.sockets.auto_response();
                match fields.next()? {
                    None => auto_response.unset(),
                    Some(request) => {
                        let response = fields.bytes("response")?;
                        auto_response.set(&String::from_utf8_lossy(request), &String::from_utf8_lossy(response))?;
                    }
                }
                answer.text("ok");
            }
            "auto_response_time" => match self.socket(fields)?.auto_answered_ms() {
                Some(at) => {
                    answer.text("ok").number(at);
                }
                None => {
                    answer.text("none");
                }
            },
            "state" => {
                let socket = self.socket(fields)?;
                answer.text("ok").number(self.ready_state(&socket) as u8);
            }
            _ => return Err(GuestError::unknown_call(&format!("socket.{name}"))),
        }
        Ok(())
    }

    fn socket(&self, fields: &mut FrameReader<'_>) -> Result<Arc<Socket>, GuestError> {
        let number = fields.number("socket")?;
        let socket = self.object.sockets.get(number);
        socket.ok_or_else(|| GuestError::error(format!("there is no socket {number}")))
    }

    /// How far a socket is once this turn's frames have left.
    fn ready_state(&self, socket: &Socket) -> ReadyState {
        match socket.ready_state() {
            ReadyState::Open if self.object.closed.contains(&socket.number()) => ReadyState::Closing,
            ReadyState::Closing if self.object.closed.contains(&socket.number()) => ReadyState::Closed,
            state => state,
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), CallError> {
        self.budget.spend(bytes).map_err(CallError::Exceeded)
    }
}

fn message(kind: &str, data: &[u8]) -> Result<Message, GuestError> {
    match kind {
        // A script's texts are always valid.
        "text" => Ok(Message::text(String::from_utf8_lossy(data).into_owned())),
        "binary" => Ok(Message::binary(data.to_vec())),
        _ => Err(GuestError::error(format!("a message is `text` or `binary`, not `{kind}`"))),
    }
}

/// The tag that is asked for; `None` for all sockets.
fn one_tag<'a>(fields: &mut FrameReader<'a>) -> Result<Option<&'a str>, GuestError> {
    let (one, tag) = (fields.text("one tag only")?, fields.text("tag")?);
    Ok(Some(tag).filter(|_| !one.is_empty()))
}

/// Bytes of an `ArrayBuffer` as V8 serialises it: two for the version, one for the kind, the length in groups of seven bits, and the data.
fn serialized_len(data: &[u8]) -> usize {
    let groups = (usize::BITS - data.len().leading_zeros()).div_ceil(7).max(1) as usize;
    3 + groups + data.len()
}

impl From<CloseError> for GuestError {
    fn from(error: CloseError) -> Self {
        Self { class: error.class(), ..Self::error(error.to_string()) }
    }
}

impl From<AutoResponseError> for GuestError {
    fn from(error: AutoResponseError) -> Self {
        Self::range_error(error.to_string())
    }
}
