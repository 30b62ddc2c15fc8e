//! Accepted WebSockets. They belong to the object, not to its instance: they stay when the instance is evicted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{Notify, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::Clock;
use crate::sync::lock;

/// Bytes that may wait for one client: twice the list of all files of the largest deploy (25,000 at some 80 bytes).
pub(crate) const MAX_QUEUED_BYTES: usize = 4 * 1024 * 1024;
/// Frames that may wait for one client.
pub(crate) const MAX_QUEUED_FRAMES: usize = 1024;
/// Bytes of a close frame's reason (RFC 6455, 5.5: a control frame has 125, two are the code).
pub(crate) const MAX_REASON_BYTES: usize = 123;

/// The sockets of one object, in the order of their acceptance.
#[derive(Default)]
pub(crate) struct Sockets(Mutex<Vec<Arc<Socket>>>);

/// The object's end of a socket: what is to be sent, in a queue that never waits for the client.
pub(crate) struct Socket {
    tag: String,
    /// When it was accepted, in milliseconds since 1970.
    since_ms: u64,
    /// Frames that were handed to the connection.
    sent: AtomicU64,
    outbox: Mutex<Outbox>,
    /// There is something in the outbox.
    frame_queued: Notify,
    /// The connection is to be dropped.
    dropped: Notify,
}

/// An accepted WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketInfo {
    /// Its tag.
    pub tag: String,
    /// When it was accepted, in milliseconds since 1970.
    pub since_ms: u64,
    /// Frames that were handed to the connection.
    pub sent: u64,
    /// Frames that wait for the client.
    pub queued: usize,
}

struct Outbox {
    frames: VecDeque<Outgoing>,
    bytes: usize,
    state: SocketState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SocketState {
    Open,
    /// A close frame is in the queue or was sent.
    Closing,
    /// Nothing is sent any more, and no close frame either.
    Dropped,
}

/// A frame for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Text(Utf8Bytes),
    Close { code: Option<u16>, reason: Utf8Bytes },
}

/// What a client does, reported to the object. The receivers complete when the object has dealt with it; or has not, and will not.
pub(crate) trait SocketEvents: Send + Sync {
    fn message(&self, socket: &Arc<Socket>, message: Incoming) -> oneshot::Receiver<()>;
    fn closed(&self, socket: &Arc<Socket>, close: Closed) -> oneshot::Receiver<()>;
    fn failed(&self, socket: &Arc<Socket>, error: String);
}

/// A message from a client.
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// The end of a connection.
pub(crate) struct Closed {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) clean: bool,
}

impl Closed {
    /// The connection ended without a close frame: workerd's code and text.
    pub(crate) fn lost() -> Self {
        Self { code: 1006, reason: "WebSocket disconnected without sending Close frame.".to_owned(), clean: false }
    }
}

/// The client's end of an accepted socket, until a connection is joined to it. Dropped without that, it is closed.
pub(crate) struct ClientEnd {
    pub(crate) socket: Arc<Socket>,
    pub(crate) events: Arc<dyn SocketEvents>,
    pub(crate) clock: Clock,
    /// How the connection ended was reported to the object, or need not be.
    pub(crate) close_reported: bool,
}

impl std::fmt::Debug for ClientEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientEnd").field("tag", &self.socket.tag).finish_non_exhaustive()
    }
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        if !self.close_reported {
            drop(self.events.closed(&self.socket, Closed::lost()));
        }
    }
}

impl Sockets {
    /// Accepts a socket.
    pub(crate) fn accept(&self, tag: &str, now_ms: u64) -> Arc<Socket> {
        let socket = Arc::new(Socket {
            tag: tag.to_owned(),
            since_ms: now_ms,
            sent: AtomicU64::new(0),
            outbox: Mutex::new(Outbox { frames: VecDeque::new(), bytes: 0, state: SocketState::Open }),
            frame_queued: Notify::new(),
            dropped: Notify::new(),
        });
        self.list().push(Arc::clone(&socket));
        socket
    }

    /// Those that can be sent to: with this tag, or all if it is empty.
    pub(crate) fn open(&self, tag: &str) -> Vec<Arc<Socket>> {
        let matches = |socket: &&Arc<Socket>| (tag.is_empty() || socket.tag == tag) && socket.is_open();
        self.list().iter().filter(matches).cloned().collect()
    }

    pub(crate) fn contains(&self, socket: &Arc<Socket>) -> bool {
        self.list().iter().any(|other| Arc::ptr_eq(other, socket))
    }

    pub(crate) fn remove(&self, socket: &Arc<Socket>) {
        self.list().retain(|other| !Arc::ptr_eq(other, socket));
    }

    pub(crate) fn len(&self) -> usize {
        self.list().len()
    }

    /// What there is to tell of each.
    pub(crate) fn describe(&self) -> Vec<SocketInfo> {
        self.list().iter().map(|socket| socket.describe()).collect()
    }

    /// Drops all connections: their clients see 1006.
    pub(crate) fn drop_all(&self) {
        for socket in std::mem::take(&mut *self.list()) {
            socket.drop_connection();
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arc<Socket>>> {
        lock(&self.0)
    }
}

impl Socket {
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    fn describe(&self) -> SocketInfo {
        SocketInfo {
            tag: self.tag.clone(),
            since_ms: self.since_ms,
            sent: self.sent.load(Ordering::Relaxed),
            queued: self.outbox().frames.len(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.outbox().state == SocketState::Open
    }

    /// Whether the object has closed it.
    pub(crate) fn is_closing(&self) -> bool {
        self.outbox().state == SocketState::Closing
    }

    /// Queues a frame. A client for which too much is waiting already is dropped: it holds up nobody else.
    pub(crate) fn push(&self, frame: Outgoing) {
        let mut outbox = self.outbox();
        if outbox.state != SocketState::Open {
            return;
        }
        match &frame {
            Outgoing::Text(text) => outbox.bytes += text.len(),
            Outgoing::Close { .. } => outbox.state = SocketState::Closing,
        }
        outbox.frames.push_back(frame);
        if outbox.bytes > MAX_QUEUED_BYTES || outbox.frames.len() > MAX_QUEUED_FRAMES {
            drop(outbox);
            tracing::warn!(tag = self.tag, "a WebSocket client does not read what it is sent: it is disconnected");
            self.drop_connection();
        } else {
            drop(outbox);
            self.frame_queued.notify_one();
        }
    }

    /// Ends the connection without a close frame.
    pub(crate) fn drop_connection(&self) {
        let mut outbox = self.outbox();
        outbox.state = SocketState::Dropped;
        outbox.frames.clear();
        outbox.bytes = 0;
        drop(outbox);
        self.dropped.notify_one();
    }

    /// The next frame to send. Only one caller may wait.
    pub(crate) async fn outgoing(&self) -> Outgoing {
        loop {
            if let Some(frame) = self.pop() {
                return frame;
            }
            self.frame_queued.notified().await;
        }
    }

    fn pop(&self) -> Option<Outgoing> {
        let mut outbox = self.outbox();
        let frame = outbox.frames.pop_front()?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        if let Outgoing::Text(text) = &frame {
            outbox.bytes -= text.len();
        }
        Some(frame)
    }

    /// Completes when the connection is to be dropped. Only one caller may wait.
    pub(crate) async fn dropped(&self) {
        while self.outbox().state != SocketState::Dropped {
            self.dropped.notified().await;
        }
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        lock(&self.outbox)
    }
}

/// Whether an application may close with this code (as the platform's `close()` has it).
pub(crate) fn may_close_with(code: u16) -> bool {
    matches!(code, 1000..=4999) && !matches!(code, 1004 | 1005 | 1006 | 1015)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(len: usize) -> Outgoing {
        Outgoing::Text("x".repeat(len).into())
    }

    #[tokio::test]
    async fn frames_leave_in_order_and_none_after_a_close() {
        let socket = Sockets::default().accept("a", 0);
        socket.push(text(1));
        socket.push(Outgoing::Close { code: Some(1000), reason: "".into() });
        socket.push(text(2));
        assert_eq!(socket.outgoing().await, text(1));
        assert!(matches!(socket.outgoing().await, Outgoing::Close { code: Some(1000), .. }));
        assert!(socket.pop().is_none());
        assert!(!socket.is_open());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_dropped_and_only_that_one() {
        let sockets = Sockets::default();
        let (stalled, reading) = (sockets.accept("stalled", 0), sockets.accept("reading", 0));
        for _ in 0..=MAX_QUEUED_BYTES / 1_000_000 {
            for socket in sockets.open("") {
                socket.push(text(1_000_000));
            }
            reading.outgoing().await;
        }
        stalled.dropped().await;
        assert!(reading.is_open());
        assert_eq!(sockets.open("").len(), 1);
    }

    #[test]
    fn sockets_are_found_by_tag() {
        let sockets = Sockets::default();
        sockets.accept("a", 0);
        let b = sockets.accept("b", 0);
        assert_eq!(sockets.open("b").len(), 1);
        assert_eq!(sockets.open("").len(), 2);
        sockets.remove(&b);
        assert_eq!(sockets.open("b").len(), 0);
        assert_eq!(sockets.len(), 1);
    }
}
