//! What the queue of an object holds: events for its instance, answers to its ops, and what is done to it from outside.

use std::io;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::alarm_scheduler::Attempt;
use super::engine::Database;
use super::error::SqlError;
use super::event::Reply;
use crate::abi::answer::Answer;
use crate::abi::requests::FetchRequest;
use crate::bindings::CallChain;
use crate::trace::Subject;
use crate::websocket::{Closed, Incoming, Socket};

/// Bytes of a call's body that are handed over with the event (`worker/ABI.md`, "Events").
pub(super) const MAX_INLINE_BODY: u64 = 64 * 1024;

/// What an object has to deal with, in the order in which it came.
pub(crate) enum Input {
    Fetch {
        request: Box<FetchRequest>,
        chain: CallChain,
        reply: Reply,
    },
    Alarm {
        attempt: Attempt,
    },
    Message {
        socket: Arc<Socket>,
        message: Incoming,
        /// See [`SocketEvents::message`](crate::websocket::SocketEvents::message).
        handled: oneshot::Sender<()>,
    },
    Closed {
        socket: Arc<Socket>,
        close: Closed,
        handled: oneshot::Sender<()>,
    },
    Failed {
        socket: Arc<Socket>,
        error: String,
    },
    Completed {
        incarnation: u64,
        op: u32,
        answer: Answer,
    },
    /// Ends the instance if nothing is alive in it.
    EvictIdle,
    /// Ends the instance as soon as nothing is alive in it, and says so.
    Evict {
        done: oneshot::Sender<()>,
    },
    /// Works on the storage between two turns, without waking anybody.
    Storage(StorageWork),
    /// Makes the alarm due now and delivers it; its end comes from
    /// [`AlarmScheduler::wait_for_end`](super::alarm_scheduler::AlarmScheduler::wait_for_end). Answers whether there is one.
    FireAlarm {
        done: oneshot::Sender<Result<bool, SqlError>>,
    },
    /// Ends the instance at once, drops the sockets, and removes the storage.
    Delete {
        done: oneshot::Sender<io::Result<()>>,
    },
}

/// Work on an object's storage, which may be one that cannot be opened.
pub(crate) type StorageWork = Box<dyn FnOnce(Result<&mut Database, SqlError>) + Send>;

impl Input {
    /// What is recorded of it, if it is an event.
    pub(super) fn subject(&self, object: &str) -> Option<Subject> {
        let event = |event: &'static str, path: String| Subject {
            event,
            method: event.to_owned(),
            host: object.to_owned(),
            path,
            object: true,
        };
        let tags = |socket: &Socket| socket.tags().iter().collect::<Vec<_>>().join(" ");
        match self {
            Self::Fetch { request, .. } => {
                let path = request.path().to_owned();
                Some(Subject { method: request.method.to_string(), ..event("fetch", path) })
            }
            Self::Alarm { .. } | Self::FireAlarm { .. } => Some(event("alarm", String::new())),
            Self::Message { socket, .. } => Some(event("message", tags(socket))),
            Self::Closed { socket, .. } => Some(event("close", tags(socket))),
            Self::Failed { socket, .. } => Some(event("error", tags(socket))),
            _ => None,
        }
    }

    /// Whether it concerns the stored data only, and not what the object does.
    pub(super) fn is_inspection(&self) -> bool {
        matches!(self, Self::Storage(_))
    }
}
