//! The output gate: what a turn sends out is kept until its writes are committed, and discarded if they are not.

use crate::abi::frame::{FrameError, FrameReader, FrameWriter};
use crate::bindings::ObjectAnswer;
use crate::trace::Recorder;
use crate::websocket::Outgoing;

use super::context::ObjectContext;
use super::event::{ObjectEvent, Reply};
use super::imports::ObjectImports;

/// What leaves after the commit.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) replies: Vec<(Reply, Result<ObjectAnswer, String>)>,
    pub(super) ops: Vec<(u32, Vec<u8>)>,
    pub(super) ended: Vec<ObjectEvent>,
    /// Statuses for traces, and the recorders of tasks that have ended.
    pub(super) answered: Vec<(Recorder, u16)>,
    pub(super) recorded: Vec<Recorder>,
}

impl Outputs {
    /// Opens the output gate. `begin_op` begins an op, by its id and its frame.
    pub(super) fn release(
        self,
        context: &impl ObjectContext,
        imports: &mut ObjectImports,
        mut begin_op: impl FnMut(u32, &[u8]),
    ) {
        let faults = &context.namespace().bindings.faults;
        for (socket, frame) in std::mem::take(&mut imports.outgoing) {
            if matches!(frame, Outgoing::Text(_)) && faults.drops_message() {
                socket.drop_connection();
            } else {
                socket.push(frame);
            }
        }
        for (recorder, status) in self.answered {
            recorder.answered(status);
        }
        for (reply, answer) in self.replies {
            // The caller may have gone; its event has run to its end all the same.
            let _ = reply.send(answer);
        }
        for (op, frame) in self.ops {
            begin_op(op, &frame);
        }
        for event in self.ended {
            match event {
                ObjectEvent::Close { socket, handled } => {
                    imports.sockets.remove(&socket);
                    if let Some(handled) = handled {
                        let _ = handled.send(());
                    }
                }
                ObjectEvent::Message { handled, .. } => {
                    let _ = handled.send(());
                }
                ObjectEvent::Alarm => context.namespace().alarms.ended(context.id(), None),
                ObjectEvent::Fetch { .. } => {}
            }
        }
    }
}

/// From the frame of `respond` to the fields of the answer to `object.fetch`.
pub(super) fn response_fields(frame: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut answer = FrameReader::new(frame);
    let status = answer.bytes("status")?;
    let (upgrade, body): (&str, &[u8]) = match (answer.text("body kind")?, answer.bytes("body argument")?) {
        ("none", _) => ("", b""),
        ("bytes", body) => ("", body),
        ("accept", _) => ("1", b""),
        _ => return Err(FrameError::Missing("a body kind that an object may use")),
    };
    let mut fields = Vec::with_capacity(frame.len() + 16);
    FrameWriter::new(&mut fields).field(status).text(upgrade).field(body).raw(answer.rest());
    Ok(fields)
}
