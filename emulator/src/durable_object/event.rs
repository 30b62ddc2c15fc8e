//! The events that an instance works on.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::abi::error::GuestError;
use crate::abi::requests::FetchResponse;
use crate::bindings::CallChain;
use crate::websocket::Socket;

/// Where the answer to a call goes.
pub(super) type Reply = oneshot::Sender<Result<FetchResponse, GuestError>>;

/// The event that a task handles, and who waits for its end.
pub(super) enum ObjectEvent {
    Fetch {
        wants_socket: bool,
        chain: CallChain,
        reply: Option<Reply>,
    },
    Alarm {
        /// Whether the handler has failed.
        failed: bool,
    },
    Message {
        socket: Arc<Socket>,
        /// Said when the socket's next message can be taken, if that waits for the end of this one.
        handled: Option<oneshot::Sender<()>>,
    },
    Close {
        socket: Arc<Socket>,
        handled: Option<oneshot::Sender<()>>,
    },
}
