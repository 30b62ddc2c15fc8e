//! The events that an instance works on.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::bindings::ObjectAnswer;
use crate::websocket::Socket;

/// Where the answer to a call goes.
pub(super) type Reply = oneshot::Sender<Result<ObjectAnswer, String>>;

/// The event that a task handles, and who waits for its end.
pub(super) enum ObjectEvent {
    Fetch { upgrade: bool, reply: Option<Reply> },
    Alarm,
    Message { socket: Arc<Socket>, handled: oneshot::Sender<()> },
    Close { socket: Arc<Socket>, handled: Option<oneshot::Sender<()>> },
}
