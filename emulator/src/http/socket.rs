//! A client's WebSocket, joined to the object that accepted it.

use axum::extract::FromRequestParts;
use axum::extract::ws::rejection::WebSocketUpgradeRejection as Rejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use tokio::sync::oneshot;

use super::response::refusal;
use crate::durable_object::sockets::{ClientEnd, Closed, Incoming, Outgoing};

/// Bytes of a message that a client may send (developers.cloudflare.com, "WebSockets"; workerd answers 1009 above).
const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;
/// How long a client may take to answer a close frame, in milliseconds.
const CLOSE_TIMEOUT_MS: u64 = 10_000;
/// The close code for a message above the limit, with workerd's text (RFC 6455, 7.4.1).
const TOO_BIG: (u16, &str) = (1009, "Message is too large");
/// The close code for a client that breaks the protocol.
const PROTOCOL_ERROR: (u16, &str) = (1002, "Protocol error");

/// Joins the client of a request to a socket.
pub(crate) async fn join(mut parts: Parts, headers: HeaderMap, end: ClientEnd) -> Response {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        // The texts are workerd's. The object is told that the socket is gone when its end is dropped.
        Err(Rejection::WebSocketKeyHeaderMissing(_)) => {
            return refusal(StatusCode::BAD_REQUEST, "ERROR: Missing Sec-WebSocket-Key");
        }
        Err(Rejection::InvalidWebSocketVersionHeader(_)) => {
            return refusal(StatusCode::BAD_REQUEST, "ERROR: The requested WebSocket version is not supported.");
        }
        Err(rejection) => return refusal(rejection.status(), &rejection.body_text()),
    };
    let mut response = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |connection| run(end, connection));
    for (name, value) in &headers {
        if ![header::CONNECTION, header::UPGRADE, header::SEC_WEBSOCKET_ACCEPT].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// What happens next on a connection.
enum Step {
    Send(Outgoing),
    Received(Option<Result<Message, axum::Error>>),
    /// The object has dealt with the last message.
    Handled,
    Dropped,
    TimedOut,
}

/// Carries frames both ways until the connection ends.
async fn run(end: ClientEnd, mut connection: WebSocket) {
    let socket = std::sync::Arc::clone(&end.socket);
    // While the object deals with a message the next one is not read: a client that sends faster than that waits.
    let mut handled: Option<oneshot::Receiver<()>> = None;
    let mut close_due: Option<u64> = None;
    loop {
        let step = tokio::select! {
            biased;
            () = socket.dropped() => Step::Dropped,
            frame = socket.outgoing() => Step::Send(frame),
            () = wait(handled.as_mut()) => Step::Handled,
            message = connection.recv(), if handled.is_none() => Step::Received(message),
            () = end.clock.sleep_until_elapsed(close_due.unwrap_or(u64::MAX)), if close_due.is_some() => Step::TimedOut,
        };
        match step {
            Step::Send(frame) => {
                if let Outgoing::Close { .. } = frame {
                    close_due = Some(end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS));
                }
                // A client that does not read holds up this loop only, and `dropped` ends that.
                let sent = tokio::select! {
                    biased;
                    () = socket.dropped() => return reset(end),
                    sent = connection.send(outgoing(frame)) => sent,
                };
                if sent.is_err() {
                    return ended(end, Closed::lost());
                }
            }
            Step::Handled => handled = None,
            Step::Received(Some(Ok(Message::Text(text)))) => {
                handled = Some(end.events.message(&socket, Incoming::Text(text)));
            }
            Step::Received(Some(Ok(Message::Binary(bytes)))) => {
                handled = Some(end.events.message(&socket, Incoming::Binary(bytes)));
            }
            // Pings are answered by the protocol's implementation, without waking anybody.
            Step::Received(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Step::Received(Some(Ok(Message::Close(frame)))) => return close(end, connection, frame).await,
            Step::Received(Some(Err(error))) => return failed(end, connection, error).await,
            Step::Received(None) | Step::TimedOut => return ended(end, Closed::lost()),
            Step::Dropped => return reset(end),
        }
    }
}

/// The object was reset, or the client did not read.
fn reset(end: ClientEnd) {
    // The object learns of it when the end is dropped; an instance that has gone with its sockets learns nothing.
    drop(end);
}

fn ended(mut end: ClientEnd, close: Closed) {
    end.ended = true;
    drop(end.events.closed(&end.socket, close));
}

/// The client closes. The object is told, and must answer: only then does the client get its close frame back.
async fn close(mut end: ClientEnd, mut connection: WebSocket, frame: Option<CloseFrame>) {
    end.ended = true;
    let (code, reason) = frame.map_or((1005, String::new()), |frame| (frame.code, frame.reason.to_string()));
    let handled = end.events.closed(&end.socket, Closed { code, reason, clean: true });
    // If the object is reset meanwhile nobody answers.
    let _ = handled.await;
    if end.socket.is_closing() {
        // The implementation has queued the client's own close frame, and sends it with the next read.
        let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
        tokio::select! {
            _ = connection.recv() => {}
            () = end.clock.sleep_until_elapsed(due) => {}
        }
    }
}

/// The connection broke, or the client broke the protocol.
async fn failed(mut end: ClientEnd, mut connection: WebSocket, error: axum::Error) {
    use tungstenite::error::{Error, ProtocolError};
    let error = error.into_inner();
    let (code, reason) = match error.downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => TOO_BIG,
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) | Some(Error::Io(_)) | None => {
            return ended(end, Closed::lost());
        }
        Some(_) => PROTOCOL_ERROR,
    };
    end.ended = true;
    end.events.failed(&end.socket, error.to_string());
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let due = end.clock.elapsed_ms().saturating_add(CLOSE_TIMEOUT_MS);
    tokio::select! {
        _ = connection.send(frame) => {}
        () = end.clock.sleep_until_elapsed(due) => {}
    }
}

fn outgoing(frame: Outgoing) -> Message {
    match frame {
        Outgoing::Text(text) => Message::Text(text),
        Outgoing::Close { code, reason } => Message::Close(code.map(|code| CloseFrame { code, reason })),
    }
}

async fn wait(handled: Option<&mut oneshot::Receiver<()>>) {
    match handled {
        // Whether the object said so or has gone: it will not deal with it any more.
        Some(handled) => drop(handled.await),
        None => std::future::pending().await,
    }
}
