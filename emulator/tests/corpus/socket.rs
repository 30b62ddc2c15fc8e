//! WebSockets of a script, by name.

use crate::{
    client::{self, Answer},
    values::shown,
};
use serde_json::{Value, json};
use std::{
    io::{ErrorKind, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    handshake::client::generate_key,
    protocol::{CloseFrame, Role, frame::coding::CloseCode},
};

/// How long frames and ends of connections are waited for.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Socket {
    socket: WebSocket<TcpStream>,
    frames: Vec<Value>,
    /// How the connection ended.
    closed: Option<Value>,
}

/// The socket and what the handshake said, or what the host answered instead.
pub(crate) fn open(address: &str, headers: &[(String, String)]) -> Result<(Socket, Value), Option<Answer>> {
    let mut request = client::head("GET", "/socket", address, headers);
    request.push_str("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n");
    request.push_str(&format!("sec-websocket-key: {}\r\n\r\n", generate_key()));
    let (answer, stream, rest) = client::upgrade(address, request.as_bytes())?;
    let shown = ["sec-websocket-extensions", "sec-websocket-protocol", "x-test"];
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| shown.contains(&name.as_str())).collect();
    let socket = WebSocket::from_partially_read(stream, rest, Role::Client, None);
    Ok((Socket { socket, frames: Vec::new(), closed: None }, json!({ "status": 101, "headers": headers })))
}

impl Socket {
    /// Sends what a step says: `text`, `binary`, `ping`, `close` (a code and a reason, or nothing), or `frame` (the bytes of one, as they are).
    pub(crate) fn send(&mut self, what: &Value) -> Value {
        if let Some(frame) = what.get("frame") {
            let _ = self.socket.get_mut().write_all(&crate::values::bytes(frame));
            return json!("sent");
        }
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
        // Whether the other side has hung up already is a race; how it ended is seen when it is read from.
        let _ = self.socket.send(message);
        json!("sent")
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
                // The answer to it, which is only prepared so far.
                let _ = self.socket.flush();
            }
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.closed = Some(json!([1006, ""])),
        }
    }
}
