//! A client's WebSocket, joined to the object that accepted it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderMap;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::request::Parts;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};

use super::exchange::ConnectionProgress;
use super::progress::Progress;
use super::response::refusal;
use crate::websocket::handshake::Handshake;
use crate::websocket::{ClientEnd, Closed, Incoming, MAX_REASON_BYTES, Outgoing, Socket};

/// Bytes of a message that a client may send (developers.cloudflare.com, "WebSockets"; workerd answers 1009 above).
const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;
/// How long a client may take to answer a close frame, in milliseconds.
const CLOSE_TIMEOUT_MS: u64 = 10_000;
/// How long a client may take none of what it is sent before it counts as lost.
const WRITE_STALL: Duration = Duration::from_secs(30);
/// Bytes that are read at once: what a connection keeps for as long as it is open.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Bytes of a text that leave in one frame. A larger one leaves in several, so that a client that does not read has no more than this of
/// it in a buffer of its own: the text itself is shared by all that it is sent to.
const MAX_FRAME_BYTES: usize = 16 * 1024;
/// Bytes of frames that wait to be written. Every write is waited for, so there is one frame, and control frames beside it.
const MAX_WRITE_BUFFER_BYTES: usize = 2 * MAX_FRAME_BYTES;
/// The close code for a message above the limit, with workerd's text (RFC 6455, 7.4.1).
const TOO_BIG: (u16, &str) = (1009, "Message is too large");
/// The close code for a client that breaks the protocol.
const PROTOCOL_ERROR: (u16, &str) = (1002, "Protocol error");

type Stream = WebSocketStream<TokioIo<Upgraded>>;

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
        // A client that goes away meanwhile is lost, which dropping its end says.
        let Ok(upgraded) = handshake.upgraded.await else { return };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        run(end, Connection { stream, progress }).await;
    });
    for (name, value) in &headers {
        if ![CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// The connection that carries a socket.
struct Connection {
    stream: Stream,
    progress: Option<Arc<Progress>>,
}

/// A client takes nothing of what it is sent.
struct Stalled;

impl Connection {
    async fn receive(&mut self) -> Option<Result<Message, Error>> {
        self.stream.next().await
    }

    /// Sends a frame. While a client does not read, nothing is read from it either, so that it cannot ask for answers that it does not
    /// take.
    async fn send(&mut self, frame: Outgoing) -> Result<Result<(), Error>, Stalled> {
        match frame {
            Outgoing::Text(text) if text.len() > MAX_FRAME_BYTES => self.send_parts(&text.into()).await,
            Outgoing::Text(text) => self.write(Message::Text(text)).await,
            Outgoing::Close { code, reason } => {
                self.write(Message::Close(code.map(|code| CloseFrame { code: code.into(), reason }))).await
            }
        }
    }

    async fn send_parts(&mut self, text: &Bytes) -> Result<Result<(), Error>, Stalled> {
        for begin in (0..text.len()).step_by(MAX_FRAME_BYTES) {
            let end = text.len().min(begin + MAX_FRAME_BYTES);
            let kind = if begin == 0 { Data::Text } else { Data::Continue };
            let part = Frame::message(text.slice(begin..end), OpCode::Data(kind), end == text.len());
            if let Err(error) = self.write(Message::Frame(part)).await? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    async fn write(&mut self, message: Message) -> Result<Result<(), Error>, Stalled> {
        let Self { stream, progress } = self;
        let written = || progress.as_ref().map_or(0, |progress| progress.written());
        let mut writing = std::pin::pin!(stream.send(message));
        loop {
            let before = written();
            match timeout(WRITE_STALL, writing.as_mut()).await {
                Ok(sent) => return Ok(sent),
                // It is slow, and reads.
                Err(_) if written() > before => {}
                Err(_) => return Err(Stalled),
            }
        }
    }

    /// The object has dealt with the last message.
    fn message_handled(&self) {
        if let Some(progress) = &self.progress {
            progress.message_handled();
        }
    }
}

/// What happens next on a connection.
enum ConnectionEvent {
    Send(Outgoing),
    Received(Option<Result<Message, Error>>),
    /// The object has dealt with the last message.
    Handled,
    Dropped,
    TimedOut,
}

/// Carries frames both ways until the connection ends.
async fn run(end: ClientEnd, mut connection: Connection) {
    let socket = Arc::clone(&end.socket);
    // While the object deals with a message the next one is not read: a client that sends faster than that waits.
    let mut handled: Option<oneshot::Receiver<()>> = None;
    let mut close_due: Option<u64> = None;
    loop {
        let event = tokio::select! {
            biased;
            () = socket.dropped() => ConnectionEvent::Dropped,
            frame = socket.outgoing() => ConnectionEvent::Send(frame),
            () = wait(handled.as_mut()) => ConnectionEvent::Handled,
            message = connection.receive(), if handled.is_none() => ConnectionEvent::Received(message),
            () = end.clock.sleep_until_elapsed(close_due.unwrap_or(u64::MAX)), if close_due.is_some() => ConnectionEvent::TimedOut,
        };
        match event {
            ConnectionEvent::Send(frame) => {
                if let Outgoing::Close { .. } = frame {
                    close_due = Some(end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS));
                }
                match unless_dropped(&socket, connection.send(frame)).await {
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(_)) | Err(Stalled)) => return ended(end, Closed::lost()),
                    None => return reset(end),
                }
            }
            ConnectionEvent::Handled => {
                handled = None;
                connection.message_handled();
            }
            ConnectionEvent::Received(Some(Ok(Message::Text(text)))) => {
                handled = Some(end.events.message(&socket, Incoming::Text(text)));
            }
            ConnectionEvent::Received(Some(Ok(Message::Binary(bytes)))) => {
                handled = Some(end.events.message(&socket, Incoming::Binary(bytes)));
            }
            // Answered without waking anybody.
            ConnectionEvent::Received(Some(Ok(Message::Ping(data)))) => {
                match unless_dropped(&socket, connection.write(Message::Pong(data))).await {
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(_)) | Err(Stalled)) => return ended(end, Closed::lost()),
                    None => return reset(end),
                }
            }
            ConnectionEvent::Received(Some(Ok(Message::Pong(_) | Message::Frame(_)))) => {}
            ConnectionEvent::Received(Some(Ok(Message::Close(frame)))) => return close(end, connection, frame).await,
            ConnectionEvent::Received(Some(Err(error))) => return failed(end, connection, error).await,
            ConnectionEvent::Received(None) | ConnectionEvent::TimedOut => return ended(end, Closed::lost()),
            ConnectionEvent::Dropped => return reset(end),
        }
    }
}

/// What is done, unless the connection is to be dropped first: a client that does not read holds up its own connection only.
async fn unless_dropped<T>(socket: &Socket, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = socket.dropped() => None,
        done = work => Some(done),
    }
}

/// The object was reset, or the client did not read.
fn reset(end: ClientEnd) {
    // The object learns of it when the end is dropped; an instance that has gone with its sockets learns nothing.
    drop(end);
}

fn ended(mut end: ClientEnd, close: Closed) {
    end.close_reported = true;
    drop(end.events.closed(&end.socket, close));
}

/// The client closes. The object is told, and must answer: only then does the client get its close frame back.
async fn close(mut end: ClientEnd, mut connection: Connection, frame: Option<CloseFrame>) {
    end.close_reported = true;
    let (code, reason) = frame.map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
    debug_assert!(reason.len() <= MAX_REASON_BYTES, "a control frame holds no more");
    let handled = end.events.closed(&end.socket, Closed { code, reason, clean: true });
    // If the object is reset meanwhile nobody answers.
    let _ = handled.await;
    if end.socket.is_closing() {
        // The implementation has queued the client's own close frame, and sends it with the next read.
        let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
        tokio::select! {
            _ = connection.receive() => {}
            () = end.clock.sleep_until_elapsed(due) => {}
        }
    }
}

/// The connection broke, or the client broke the protocol.
async fn failed(mut end: ClientEnd, mut connection: Connection, error: Error) {
    let (code, reason) = match &error {
        Error::Capacity(_) => TOO_BIG,
        Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed => return ended(end, Closed::lost()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return ended(end, Closed::lost()),
        _ => PROTOCOL_ERROR,
    };
    end.close_reported = true;
    end.events.failed(&end.socket, error.to_string());
    let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
    tokio::select! {
        _ = connection.send(Outgoing::Close { code: Some(code), reason: reason.into() }) => {}
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
