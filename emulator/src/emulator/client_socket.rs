//! The client's end of a WebSocket, for a request that did not come over the network.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::sync::lock;
use crate::websocket::{ClientEnd, Closed, Incoming, Message, NextStep, Outgoing};

/// What the Worker sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketMessage {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
    /// The Worker closes. It is answered, and nothing comes after it.
    Close {
        /// The code, if there is one.
        code: Option<u16>,
        /// The reason; empty if there is none.
        reason: String,
    },
}

/// The client's end of a WebSocket that a Worker has accepted. Dropped before a close, it is a client that went away.
///
/// ```no_run
/// # async fn example(emulator: pmx_emulator::Emulator) -> Result<(), Box<dyn std::error::Error>> {
/// use axum::body::Body;
/// use pmx_emulator::{ClientSocket, SocketMessage};
///
/// let request = http::Request::get("http://alpha.localhost/_events").header("upgrade", "websocket").body(Body::empty())?;
/// let mut response = emulator.fetch(request).await;
/// let mut socket = ClientSocket::take(&mut response).ok_or("it was not accepted")?;
/// socket.send_text("hello").await;
/// while let Some(SocketMessage::Text(text)) = socket.receive().await {
///     assert!(!text.is_empty());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ClientSocket {
    end: ClientEnd,
    ended: bool,
}

/// Where a response holds its socket until somebody takes it.
#[derive(Clone)]
struct UntakenSocket(Arc<Mutex<Option<ClientSocket>>>);

impl ClientSocket {
    /// Takes the socket of a response with status 101. `None` if it has none, or it was taken.
    #[must_use]
    pub fn take(response: &mut Response) -> Option<Self> {
        let UntakenSocket(slot) = response.extensions_mut().remove()?;
        lock(&slot).take()
    }

    /// The next message; `None` when the connection has ended.
    pub async fn receive(&mut self) -> Option<SocketMessage> {
        if self.ended {
            return None;
        }
        match self.end.socket.next().await {
            NextStep::Drop => {
                self.ended = true;
                None
            }
            NextStep::Send(Outgoing::Message(message)) => {
                let bytes = message.shared().bytes().clone();
                Some(match message {
                    Message::Text(_) => SocketMessage::Text(String::from_utf8_lossy(&bytes).into_owned()),
                    Message::Binary(_) => SocketMessage::Binary(bytes),
                })
            }
            NextStep::Send(Outgoing::Close { code, reason }) => {
                self.ended = true;
                if !self.end.close_reported {
                    let answer = Closed { code: code.unwrap_or(1005), reason: reason.to_string(), clean: true };
                    drop(self.end.report(answer));
                }
                Some(SocketMessage::Close { code, reason: reason.into() })
            }
        }
    }

    /// Sends a text. Completes when the object can take the next message.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.end.socket.answer_by_itself(&text, self.end.clock.now_ms()) {
            self.send(Incoming::Text(text)).await;
        }
    }

    /// Sends bytes; as [`Self::send_text`].
    pub async fn send_binary(&mut self, bytes: impl Into<Vec<u8>>) {
        self.send(Incoming::Binary(bytes.into())).await;
    }

    async fn send(&mut self, message: Incoming) {
        if !self.end.close_reported {
            // If nobody answers the object is gone, which the next look at what comes tells.
            let _ = self.end.events.message(&self.end.socket, message).await;
        }
    }

    /// Closes. Completes when the object has dealt with that; its answer, if it gives one, is a message to [receive](Self::receive).
    pub async fn close(&mut self, code: Option<u16>, reason: &str) {
        if !self.end.close_reported {
            let close = Closed { code: code.unwrap_or(1005), reason: reason.to_owned(), clean: true };
            let _ = self.end.report(close).await;
            self.ended = !self.end.socket.is_closed();
        }
    }
}

/// The answer to an upgrade in this process.
pub(super) fn upgraded(headers: HeaderMap, end: ClientEnd) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    let socket = ClientSocket { end, ended: false };
    response.extensions_mut().insert(UntakenSocket(Arc::new(Mutex::new(Some(socket)))));
    response
}
