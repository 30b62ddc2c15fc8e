//! The client's end of an accepted socket, and what is reported of it to the object.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::closing::Closed;
use super::socket::Socket;
use crate::world::clock::Clock;

/// What a client does, reported to the object.
pub(crate) trait SocketEvents: Send + Sync {
    /// A message. The receiver completes when the object can take the next one of this socket: its handler has begun, and not too many
    /// of its kind are under way; or it never will begin.
    fn message(&self, socket: &Arc<Socket>, message: Incoming) -> oneshot::Receiver<()>;
    /// The connection has ended, or its client wants it to. The receiver completes when the object has dealt with that, or never will.
    fn closed(&self, socket: &Arc<Socket>, close: Closed) -> oneshot::Receiver<()>;
    /// The client broke the protocol.
    fn failed(&self, socket: &Arc<Socket>, error: String);
}

/// A message from a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// UTF-8; what was none of it is U+FFFD.
    Text(String),
    Binary(Vec<u8>),
}

/// The client's end of an accepted socket, until a connection is joined to it. Dropped without that, it is closed.
pub(crate) struct ClientEnd {
    pub(crate) socket: Arc<Socket>,
    pub(crate) events: Arc<dyn SocketEvents>,
    pub(crate) clock: Clock,
    /// How the connection ended was reported to the object, or need not be.
    pub(crate) close_reported: bool,
}

impl ClientEnd {
    /// Reports how the connection ended, or that its client wants it to.
    pub(crate) fn report(&mut self, close: Closed) -> oneshot::Receiver<()> {
        self.close_reported = true;
        self.socket.received_close();
        self.events.closed(&self.socket, close)
    }

    /// Reports that the client broke the protocol.
    pub(crate) fn report_failure(&mut self, error: String) {
        self.close_reported = true;
        self.socket.received_close();
        self.events.failed(&self.socket, error);
    }
}

impl std::fmt::Debug for ClientEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientEnd").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        if !self.close_reported {
            drop(self.report(Closed::lost()));
        }
    }
}
