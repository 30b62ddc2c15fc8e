//! The output gate: what a turn sends out is kept until its writes are committed, and discarded if they are not.

use super::alarm_delivery::{AlarmFault, ObjectAlarm};
use super::alarm_scheduler::Attempt;
use super::context::ObjectContext;
use super::event::{ObjectEvent, Reply};
use super::imports::ObjectImports;
use crate::abi::error::GuestError;
use crate::abi::op::Op;
use crate::abi::requests::FetchResponse;
use crate::trace::Recorder;
use crate::websocket::Outgoing;

/// What leaves after the commit.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) replies: Vec<(Reply, Result<FetchResponse, GuestError>)>,
    pub(super) ops: Vec<(u32, Box<Op>)>,
    pub(super) ended: Vec<ObjectEvent>,
    /// An alarm that is tried again: the attempt that has failed.
    pub(super) failed_alarm: Option<Attempt>,
    /// Statuses for traces, and the recorders of tasks that have ended.
    pub(super) answered: Vec<(Recorder, u16)>,
    pub(super) recorded: Vec<Recorder>,
}

impl Outputs {
    /// Opens the output gate. `begin_op` begins an op, by its id.
    pub(super) fn release(
        self,
        context: &impl ObjectContext,
        imports: &mut ObjectImports,
        mut begin_op: impl FnMut(u32, Box<Op>),
    ) {
        let faults = &context.namespace().shared.bindings.faults;
        imports.closed.clear();
        for (socket, frame) in std::mem::take(&mut imports.outgoing) {
            if matches!(frame, Outgoing::Message(_)) && faults.drops_message() {
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
        for (op, request) in self.ops {
            begin_op(op, request);
        }
        for event in self.ended {
            match event {
                ObjectEvent::Close { socket, handled } => {
                    imports.sockets.remove(&socket);
                    if let Some(handled) = handled {
                        let _ = handled.send(());
                    }
                }
                ObjectEvent::Message { socket, handled } => {
                    socket.handler_ended();
                    if let Some(handled) = handled {
                        let _ = handled.send(());
                    }
                }
                ObjectEvent::Alarm { .. } => match self.failed_alarm {
                    Some(attempt) => ObjectAlarm::of(context).retry(attempt, AlarmFault::Worker),
                    None => context.namespace().alarms.ended(&context.key().id, None),
                },
                ObjectEvent::Fetch { .. } => {}
            }
        }
    }
}
