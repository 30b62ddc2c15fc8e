//! WebSockets of a script, by name.

use crate::{client, values::shown};
use serde_json::{Value, json};
use std::{
    io::ErrorKind,
    net::TcpStream,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::{
    Error, HandshakeError, Message, WebSocket,
    handshake::client::{Request, generate_key},
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// How long frames and ends of connections are waited for.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Socket {
    socket: WebSocket<TcpStream>,
    frames: Vec<Value>,
    /// How the connection ended.
    closed: Option<Value>,
}

/// The socket, or what the host answered instead.
pub(crate) fn open(address: &str, headers: &[(String, String)]) -> (Option<Socket>, Value) {
    let mut request = Request::builder()
        .uri(format!("ws://{address}/socket"))
        .header("host", address)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(()).unwrap();
    match tokio_tungstenite::tungstenite::client::client(request, client::connect(address)) {
        Ok((socket, response)) => {
            let mut headers = serde_json::Map::new();
            for name in ["sec-websocket-protocol", "x-test"] {
                if let Some(value) = response.headers().get(name) {
                    headers.insert(name.to_owned(), json!(value.to_str().unwrap()));
                }
            }
            let outcome = json!({ "status": response.status().as_u16(), "headers": headers });
            (Some(Socket { socket, frames: Vec::new(), closed: None }), outcome)
        }
        Err(HandshakeError::Failure(Error::Http(response))) => {
            (None, json!({ "status": response.status().as_u16(), "body": shown(response.body().as_deref().unwrap_or_default()) }))
        }
        Err(error) => (None, json!({ "failed": error.to_string() })),
    }
}

impl Socket {
    /// Sends what a step says: `text`, `binary`, `ping`, or `close` (a code and a reason, or nothing).
    pub(crate) fn send(&mut self, what: &Value) -> Value {
        let message = if let Some(text) = what.get("text") {
            Message::text(crate::values::text(text))
        } else if let Some(bytes) = what.get("binary") {
            Message::binary(crate::values::bytes(bytes))
        } else if let Some(data) = what.get("ping") {
            Message::Ping(crate::values::bytes(data).into())
        } else {
            let frame = what["close"].as_array().filter(|close| !close.is_empty()).map(|close| CloseFrame {
                code: CloseCode::from(u16::try_from(close[0].as_u64().unwrap()).unwrap()),
                reason: close.get(1).and_then(Value::as_str).unwrap_or_default().into(),
            });
            Message::Close(frame)
        };
        match self.socket.send(message) {
            Ok(()) => json!("sent"),
            Err(error) => json!({ "failed": error.to_string() }),
        }
    }

    /// The connection ends without a Close.
    pub(crate) fn drop_connection(self) {
        let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Both);
    }

    /// The next frames, as many as wanted.
    pub(crate) fn receive(&mut self, count: usize) -> Value {
        let end = Instant::now() + DEADLINE;
        while self.frames.len() < count && self.closed.is_none() && Instant::now() < end {
            self.read(end);
        }
        Value::Array(self.frames.drain(..count.min(self.frames.len())).collect())
    }

    /// How the connection ended, and what came before that was not taken.
    pub(crate) fn closed(&mut self) -> Value {
        let end = Instant::now() + DEADLINE;
        while self.closed.is_none() && Instant::now() < end {
            self.read(end);
        }
        json!({ "frames": std::mem::take(&mut self.frames), "closed": self.closed.clone().unwrap_or_else(|| json!("open")) })
    }

    fn read(&mut self, end: Instant) {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.socket.get_ref().set_read_timeout(Some(left)).unwrap();
        match self.socket.read() {
            Ok(Message::Text(text)) => self.frames.push(shown(text.as_bytes())),
            Ok(Message::Binary(bytes)) => self.frames.push(json!({ "binary": shown(&bytes) })),
            Ok(Message::Pong(bytes)) => self.frames.push(json!({ "pong": shown(&bytes) })),
            Ok(Message::Close(frame)) => {
                self.closed = Some(match frame {
                    Some(frame) => json!([u16::from(frame.code), frame.reason.as_str()]),
                    None => json!([1005, ""]),
                });
            }
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.closed = Some(json!([1006, ""])),
        }
    }
}
