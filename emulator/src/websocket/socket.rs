//! An accepted WebSocket, as its object holds it: what is to be sent, in a queue that never waits for the client, and what the object has
//! attached to it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use tokio::sync::Notify;

use super::auto_response::AutoResponse;
use super::message::Message;
use super::tags::Tags;
use crate::sync::lock;

/// Bytes that may wait for one client, before one message more: twice the list of all files of the largest deploy (25,000 at some 80
/// bytes).
pub(crate) const MAX_QUEUED_BYTES: usize = 4 * 1024 * 1024;
/// Frames that may wait for one client.
pub(crate) const MAX_QUEUED_FRAMES: usize = 1024;
/// Messages of one client whose handlers may be under way at once. The platform has no such bound; without one a client could fill the memory
/// of its object by sending to a handler that waits.
const MAX_HANDLERS: u32 = 256;
/// Places of an empty queue that are kept for the next frames.
const KEPT_PLACES: usize = 4;

/// The object's end of a socket.
pub(crate) struct Socket {
    number: u64,
    tags: Tags,
    /// When it was accepted, in milliseconds since 1970.
    since_ms: u64,
    /// Frames that were handed to the connection.
    sent: AtomicU64,
    /// When a message was last answered without the object, in milliseconds since 1970; 0 for never.
    auto_answered_ms: AtomicU64,
    auto_response: Arc<AutoResponse>,
    /// Handlers of its messages that are under way.
    handlers: AtomicU32,
    state: Mutex<SocketState>,
    /// There is something to send, or the connection is to be dropped. One waits at a time: the connection.
    changed: Notify,
}

/// An accepted WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketInfo {
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was accepted, in milliseconds since 1970.
    pub since_ms: u64,
    /// Frames that were handed to the connection.
    pub sent: u64,
    /// Frames that wait for the client.
    pub queued: usize,
}

struct SocketState {
    frames: VecDeque<Outgoing>,
    /// Bytes of their messages.
    bytes: usize,
    sending: Sending,
    /// Whether the client has closed its side, or is gone.
    received_close: bool,
    attachment: Option<Box<[u8]>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Open,
    /// A close frame is in the queue or was sent.
    Closed,
    /// Nothing is sent any more, and no close frame either.
    Dropped,
}

/// A frame for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Message(Message),
    Close { code: Option<u16>, reason: Box<str> },
}

/// How far a socket is, by the numbers of the platform's `readyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadyState {
    Open = 1,
    /// One side has closed.
    Closing = 2,
    Closed = 3,
}

/// What the connection is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    Send(Outgoing),
    Drop,
}

impl Socket {
    pub(super) fn new(number: u64, tags: Tags, since_ms: u64, auto_response: Arc<AutoResponse>) -> Self {
        Self {
            number,
            tags,
            since_ms,
            sent: AtomicU64::new(0),
            auto_answered_ms: AtomicU64::new(0),
            auto_response,
            handlers: AtomicU32::new(0),
            state: Mutex::new(SocketState {
                frames: VecDeque::new(),
                bytes: 0,
                sending: Sending::Open,
                received_close: false,
                attachment: None,
            }),
            changed: Notify::new(),
        }
    }

    /// By which the object's code names it.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    pub(super) fn describe(&self) -> SocketInfo {
        SocketInfo {
            tags: self.tags.iter().map(str::to_owned).collect(),
            since_ms: self.since_ms,
            sent: self.sent.load(Ordering::Relaxed),
            queued: self.state().frames.len(),
        }
    }

    pub(crate) fn ready_state(&self) -> ReadyState {
        let state = self.state();
        match (state.sending, state.received_close) {
            (Sending::Open, false) => ReadyState::Open,
            (Sending::Open, true) | (Sending::Closed, false) => ReadyState::Closing,
            (Sending::Closed, true) | (Sending::Dropped, _) => ReadyState::Closed,
        }
    }

    /// Whether the object has closed it: nothing more can be sent.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().sending == Sending::Closed
    }

    /// The client's close frame has come, or the client is gone.
    pub(crate) fn received_close(&self) {
        self.state().received_close = true;
    }

    /// The handler of a message begins. Whether another message can be taken before it has ended.
    pub(crate) fn handler_began(&self) -> bool {
        self.handlers.fetch_add(1, Ordering::Relaxed) + 1 < MAX_HANDLERS
    }

    pub(crate) fn handler_ended(&self) {
        self.handlers.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn attach(&self, data: &[u8]) {
        self.state().attachment = Some(data.into());
    }

    pub(crate) fn attachment(&self) -> Option<Box<[u8]>> {
        self.state().attachment.clone()
    }

    /// Answers a text of the client at the time `now_ms` without the object, if the object has said how.
    pub(crate) fn answer_by_itself(&self, text: &str, now_ms: u64) -> bool {
        let Some(answer) = self.auto_response.answer(text) else { return false };
        self.auto_answered_ms.store(now_ms, Ordering::Relaxed);
        self.push(Outgoing::Message(answer));
        true
    }

    /// When a message was last answered so, in milliseconds since 1970.
    pub(crate) fn auto_answered_ms(&self) -> Option<u64> {
        Some(self.auto_answered_ms.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Queues a frame. A client for which too much is waiting already is dropped: it holds up nobody else.
    pub(crate) fn push(&self, frame: Outgoing) {
        let mut state = self.state();
        if state.sending != Sending::Open {
            return;
        }
        let is_stalled = state.bytes > MAX_QUEUED_BYTES || state.frames.len() >= MAX_QUEUED_FRAMES;
        if is_stalled {
            drop(state);
            tracing::warn!(
                socket = self.number,
                "a WebSocket client does not read what it is sent: it is disconnected"
            );
            return self.drop_connection();
        }
        match &frame {
            Outgoing::Message(message) => state.bytes += message.shared().bytes().len(),
            Outgoing::Close { .. } => state.sending = Sending::Closed,
        }
        state.frames.push_back(frame);
        drop(state);
        self.changed.notify_one();
    }

    /// Ends the connection without a close frame.
    pub(crate) fn drop_connection(&self) {
        let mut state = self.state();
        state.sending = Sending::Dropped;
        state.frames = VecDeque::new();
        state.bytes = 0;
        drop(state);
        self.changed.notify_one();
    }

    /// What the connection is to do next. Only one caller may wait, here or for [`Self::dropped`].
    pub(crate) async fn next(&self) -> NextStep {
        loop {
            if let Some(next) = self.pop() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    fn pop(&self) -> Option<NextStep> {
        let mut state = self.state();
        if state.sending == Sending::Dropped {
            return Some(NextStep::Drop);
        }
        let frame = state.frames.pop_front()?;
        if let Outgoing::Message(message) = &frame {
            state.bytes -= message.shared().bytes().len();
        }
        if state.frames.is_empty() {
            state.frames.shrink_to(KEPT_PLACES);
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        Some(NextStep::Send(frame))
    }

    /// Completes when the connection is to be dropped.
    pub(crate) async fn dropped(&self) {
        while self.state().sending != Sending::Dropped {
            self.changed.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, SocketState> {
        lock(&self.state)
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("number", &self.number).field("tags", &self.tags).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sockets;
    use super::*;

    fn text(len: usize) -> Outgoing {
        Outgoing::Message(Message::text("x".repeat(len)))
    }

    #[tokio::test]
    async fn frames_leave_in_order_and_none_after_a_close() {
        let socket = Sockets::default().accept(Tags::default(), 0);
        socket.push(text(1));
        socket.push(Outgoing::Close { code: Some(1000), reason: "".into() });
        socket.push(text(2));
        assert_eq!(socket.next().await, NextStep::Send(text(1)));
        assert!(matches!(socket.next().await, NextStep::Send(Outgoing::Close { code: Some(1000), .. })));
        assert_eq!(socket.pop(), None);
        assert!(socket.is_closed());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_dropped_and_only_that_one() {
        let sockets = Sockets::default();
        let (stalled, reading) = (sockets.accept(Tags::default(), 0), sockets.accept(Tags::default(), 0));
        for _ in 0..=MAX_QUEUED_BYTES / 1_000_000 + 1 {
            for socket in sockets.list(None) {
                socket.push(text(1_000_000));
            }
            reading.next().await;
        }
        stalled.dropped().await;
        assert_eq!((stalled.ready_state(), reading.ready_state()), (ReadyState::Closed, ReadyState::Open));
        let large = sockets.accept(Tags::default(), 0);
        large.push(text(MAX_QUEUED_BYTES + 1));
        assert_eq!(large.ready_state(), ReadyState::Open, "one message may be larger than what may wait");
    }

    #[test]
    fn so_many_handlers_of_one_client_may_be_under_way_and_then_the_next_message_waits() {
        let socket = Sockets::default().accept(Tags::default(), 0);
        assert!((1..MAX_HANDLERS).all(|_| socket.handler_began()));
        assert!(!socket.handler_began());
        socket.handler_ended();
        socket.handler_ended();
        assert!(socket.handler_began());
    }

    #[test]
    fn the_state_is_that_of_both_sides() {
        let sockets = Sockets::default();
        let socket = sockets.accept(Tags::default(), 0);
        assert_eq!(socket.ready_state() as u8, 1);
        socket.received_close();
        assert_eq!(socket.ready_state() as u8, 2);
        socket.push(Outgoing::Close { code: None, reason: "".into() });
        assert_eq!(socket.ready_state() as u8, 3);
        let socket = sockets.accept(Tags::default(), 0);
        socket.push(Outgoing::Close { code: None, reason: "".into() });
        assert_eq!(socket.ready_state() as u8, 2);
    }
}
