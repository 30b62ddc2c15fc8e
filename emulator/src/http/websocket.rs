//! A client's WebSocket, joined to the object that accepted it.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::HeaderMap;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, UPGRADE};
use http::request::Parts;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::exchange::ConnectionProgress;
use super::progress::Progress;
use super::response::refusal;
use crate::websocket::frame::{Opcode, write_head};
use crate::websocket::handshake::Handshake;
use crate::websocket::{
    ClientEnd, Closed, Incoming, MAX_MESSAGE_BYTES, Message, MessageReader, NextStep, Outgoing, ProtocolError,
    ReceiveError, Received, Socket,
};

/// How long a client may take to answer a close frame, in milliseconds.
const CLOSE_TIMEOUT_MS: u64 = 10_000;
/// How long a client may take none of what it is sent before it counts as lost.
const WRITE_STALL: Duration = Duration::from_secs(30);
/// Bytes of a payload that are copied behind its head, so that a small message is one write.
const COPIED_BYTES: usize = 4 * 1024;

/// Joins the client of a request to a socket.
pub(crate) async fn join(mut parts: Parts, headers: HeaderMap, end: ClientEnd) -> Response {
    let handshake = match Handshake::read(&mut parts) {
        Ok(handshake) => handshake,
        // Dropping the client's end reports to the object that the socket is gone.
        Err(refused) => return refusal(refused.status(), &refused.to_string()),
    };
    let progress = parts.extensions.remove::<ConnectionProgress>().map(|ConnectionProgress(progress)| progress);
    let mut response = handshake.answer();
    tokio::spawn(async move {
        let reader = MessageReader::new(handshake.agreement.as_ref(), MAX_MESSAGE_BYTES);
        let compresses = handshake.agreement.is_some();
        // A client that goes away meanwhile is lost, which dropping its end says.
        let Ok(upgraded) = handshake.upgraded.await else { return };
        run(end, Connection { stream: TokioIo::new(upgraded), reader, compresses, progress }).await;
    });
    for (name, value) in &headers {
        if ![CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// The connection that carries a socket.
struct Connection {
    stream: TokioIo<Upgraded>,
    reader: MessageReader,
    compresses: bool,
    progress: Option<Arc<Progress>>,
}

/// Why nothing more can be sent.
enum SendError {
    /// The client is gone, or takes nothing of what it is sent.
    Lost,
    /// The connection is to be dropped.
    Dropped,
}

impl From<io::Error> for SendError {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

impl Connection {
    async fn receive(&mut self) -> Result<Received, ReceiveError> {
        self.reader.next(&mut self.stream).await
    }

    async fn send(&mut self, socket: &Socket, frame: &Outgoing) -> Result<(), SendError> {
        match frame {
            Outgoing::Message(message) => {
                let opcode = match message {
                    Message::Text(_) => Opcode::Text,
                    Message::Binary(_) => Opcode::Binary,
                };
                let payload = message.shared();
                match payload.compressed().filter(|_| self.compresses) {
                    Some(compressed) => self.write(socket, opcode, true, compressed).await,
                    None => self.write(socket, opcode, false, payload.bytes()).await,
                }
            }
            Outgoing::Close { code, reason } => {
                let payload = code.map_or_else(Vec::new, |code| [&code.to_be_bytes(), reason.as_bytes()].concat());
                self.write(socket, Opcode::Close, false, &payload).await
            }
        }
    }

    /// Sends a frame. While a client does not read, nothing is read from it either, so that it cannot ask for answers that it does not
    /// take; and it holds up its own connection only.
    async fn write(
        &mut self,
        socket: &Socket,
        opcode: Opcode,
        compressed: bool,
        payload: &[u8],
    ) -> Result<(), SendError> {
        let mut head = Vec::new();
        write_head(opcode, compressed, payload.len(), &mut head);
        let (copied, rest) = payload.split_at(payload.len().min(COPIED_BYTES));
        head.extend_from_slice(copied);
        let Self { stream, progress, .. } = self;
        let written = || progress.as_ref().map_or(0, |progress| progress.written());
        let writing = async {
            stream.write_all(&head).await?;
            stream.write_all(rest).await?;
            stream.flush().await
        };
        let writing = unless_stalled(writing, written);
        tokio::select! {
            biased;
            () = socket.dropped() => Err(SendError::Dropped),
            sent = writing => sent,
        }
    }

    /// Whether there is memory for a message until the object has taken it. What has come was counted as it came; decompressed it is more.
    fn has_room(&self, message: &Incoming) -> bool {
        let bytes = match message {
            Incoming::Text(text) => text.len(),
            Incoming::Binary(bytes) => bytes.len(),
        };
        !self.compresses || self.progress.as_ref().is_none_or(|progress| progress.read(bytes).is_ok())
    }

    /// The object can take the next message.
    fn message_handled(&self) {
        if let Some(progress) = &self.progress {
            progress.message_handled();
        }
    }
}

/// Waits for a write as long as the client takes something.
async fn unless_stalled(
    writing: impl Future<Output = io::Result<()>>,
    written: impl Fn() -> u64,
) -> Result<(), SendError> {
    let mut writing = std::pin::pin!(writing);
    loop {
        let before = written();
        match timeout(WRITE_STALL, writing.as_mut()).await {
            Ok(sent) => return Ok(sent?),
            // It is slow, and reads.
            Err(_) if written() > before => {}
            Err(_) => return Err(SendError::Lost),
        }
    }
}

/// What happens next on a connection.
enum ConnectionEvent {
    Next(NextStep),
    Received(Result<Received, ReceiveError>),
    /// The object can take the next message, or has dealt with the client's close.
    Handled,
    TimedOut,
}

/// Carries frames both ways until the connection ends.
async fn run(mut end: ClientEnd, mut connection: Connection) {
    let socket = Arc::clone(&end.socket);
    // Until the object can take one more message the next is not read: a client that sends faster than that waits.
    let mut handled: Option<oneshot::Receiver<()>> = None;
    let mut close_due: Option<u64> = None;
    loop {
        let reads = handled.is_none() && !end.close_reported;
        let event = tokio::select! {
            biased;
            next = socket.next() => ConnectionEvent::Next(next),
            () = wait(handled.as_mut()) => ConnectionEvent::Handled,
            received = connection.receive(), if reads => ConnectionEvent::Received(received),
            () = end.clock.sleep_until_elapsed(close_due.unwrap_or(u64::MAX)), if close_due.is_some() => ConnectionEvent::TimedOut,
        };
        match event {
            // The object was reset, or the client did not read: an instance that has gone with its sockets learns nothing of it.
            ConnectionEvent::Next(NextStep::Drop) => return,
            ConnectionEvent::Next(NextStep::Send(frame)) => {
                match connection.send(&socket, &frame).await {
                    Ok(()) => {}
                    Err(SendError::Lost) => return lost(end),
                    Err(SendError::Dropped) => return,
                }
                if let Outgoing::Close { .. } = frame {
                    if end.close_reported {
                        return shut_down(&mut connection, &end).await;
                    }
                    close_due = Some(end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS));
                }
            }
            ConnectionEvent::Handled if end.close_reported => {
                // The object has not answered the client's close: it sees the end of its connection. An answer is in the queue.
                if !socket.is_closed() {
                    return;
                }
                handled = None;
            }
            ConnectionEvent::Handled => {
                handled = None;
                connection.message_handled();
            }
            ConnectionEvent::Received(Ok(Received::Message(message))) if !connection.has_room(&message) => {
                drop(message);
                return lost(end);
            }
            ConnectionEvent::Received(Ok(Received::Message(message))) => match &message {
                Incoming::Text(text) if socket.answer_by_itself(text, end.clock.now_ms()) => {
                    connection.message_handled()
                }
                _ => handled = Some(end.events.message(&socket, message)),
            },
            // Answered without waking anybody.
            ConnectionEvent::Received(Ok(Received::Ping(data))) => {
                match connection.write(&socket, Opcode::Pong, false, &data).await {
                    Ok(()) => {}
                    Err(SendError::Lost) => return lost(end),
                    Err(SendError::Dropped) => return,
                }
            }
            ConnectionEvent::Received(Ok(Received::Close(code, reason))) => {
                let has_closed = socket.is_closed();
                handled = Some(end.report(Closed { code: code.unwrap_or(1005), reason, clean: true }));
                if has_closed {
                    return shut_down(&mut connection, &end).await;
                }
            }
            ConnectionEvent::Received(Ok(Received::End) | Err(ReceiveError::Io(_))) | ConnectionEvent::TimedOut => {
                return lost(end);
            }
            ConnectionEvent::Received(Err(ReceiveError::Protocol(error))) => {
                return failed(end, connection, error).await;
            }
        }
    }
}

/// The connection ended without a close frame of the client.
fn lost(mut end: ClientEnd) {
    if !end.close_reported {
        drop(end.report(Closed::lost()));
    }
}

/// Both sides have closed: the server ends the connection (RFC 6455, 7.1.1).
async fn shut_down(connection: &mut Connection, end: &ClientEnd) {
    let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
    tokio::select! {
        _ = connection.stream.shutdown() => {}
        () = end.clock.sleep_until_elapsed(due) => {}
    }
}

/// The client broke the protocol.
async fn failed(mut end: ClientEnd, mut connection: Connection, error: ProtocolError) {
    let socket = Arc::clone(&end.socket);
    end.report_failure(error.event_message());
    let frame = Outgoing::Close { code: Some(error.code()), reason: error.reason().into() };
    let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
    tokio::select! {
        _ = connection.send(&socket, &frame) => {}
        () = end.clock.sleep_until_elapsed(due) => {}
    }
}

async fn wait(handled: Option<&mut oneshot::Receiver<()>>) {
    match handled {
        // Whether the object said so or has gone: it will not deal with it any more.
        Some(handled) => drop(handled.await),
        None => std::future::pending().await,
    }
}
