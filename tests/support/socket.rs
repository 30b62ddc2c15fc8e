//! A WebSocket client of `/_events`.

use super::Client;
use serde_json::Value;
use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::{
    self, Message, WebSocket,
    client::IntoClientRequest as _,
    http::{HeaderValue, Response},
};

/// How long a frame may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// The connection of a socket on the events of a site, as far as its handshake; `None` if it is refused, or there is no connection.
pub async fn open_events(address: SocketAddr, host: &str) -> Option<tokio::net::TcpStream> {
    let request = format!(
        "GET /_events HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).await.ok()?;
    answer[..read].starts_with(b"HTTP/1.1 101").then_some(stream)
}

/// An open socket on the events of a site.
pub struct Events(WebSocket<TcpStream>);

impl Events {
    /// Connects as a page that shows this deploy; empty for one that does not know.
    #[track_caller]
    pub fn connect(client: Client, host: &str, deploy: &str) -> Self {
        Self::try_connect(client, host, deploy, None).unwrap_or_else(|refused| panic!("refused: {}", refused.status()))
    }

    /// Connects with an Origin; the answer of a server that refuses.
    pub fn try_connect(
        client: Client,
        host: &str,
        deploy: &str,
        origin: Option<&str>,
    ) -> Result<Self, Box<Response<Option<Vec<u8>>>>> {
        let query = if deploy.is_empty() { String::new() } else { format!("?deploy={deploy}") };
        let mut request = format!("ws://{host}/_events{query}").into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
        }
        let stream = TcpStream::connect(client.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut handshake = tungstenite::client(request, stream);
        loop {
            match handshake {
                Ok((socket, _)) => return Ok(Self(socket)),
                Err(tungstenite::HandshakeError::Interrupted(more)) => handshake = more.handshake(),
                Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => return Err(response),
                Err(tungstenite::HandshakeError::Failure(error)) => panic!("{error}"),
            }
        }
    }

    /// The next message within the deadline.
    #[track_caller]
    fn message(&mut self, deadline: Duration) -> Option<Message> {
        let end = Instant::now() + deadline;
        while Instant::now() < end {
            match self.0.read() {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(message) => return Some(message),
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
        None
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> Value {
        match self.message(DEADLINE) {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("no frame: {other:?}"),
        }
    }

    /// The two frames of one change: Sources, then files.
    #[track_caller]
    pub fn change(&mut self) -> (Vec<String>, Vec<String>) {
        let (sources, artifacts) = (self.frame(), self.frame());
        assert_eq!((&sources["type"], &artifacts["type"]), (&"sources-changed".into(), &"artifacts-changed".into()));
        assert_eq!(
            (sources.as_object().unwrap().len(), artifacts.as_object().unwrap().len()),
            (2, 2),
            "no extra field"
        );
        let list = |value: &Value| serde_json::from_value(value.clone()).unwrap();
        (list(&sources["sources"]), list(&artifacts["paths"]))
    }

    /// The code with which the server closes.
    #[track_caller]
    pub fn closed(&mut self) -> u16 {
        match self.message(DEADLINE) {
            Some(Message::Close(Some(frame))) => frame.code.into(),
            other => panic!("not closed: {other:?}"),
        }
    }

    /// Whether nothing came until a message that was sent after it would have: a ping answered.
    #[track_caller]
    pub fn is_quiet(&mut self) -> bool {
        self.0.send(Message::Ping(b"quiet".to_vec().into())).unwrap();
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            match self.0.read() {
                Ok(Message::Pong(data)) if &data[..] == b"quiet" => return true,
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) => return false,
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("a ping was not answered")
    }

    /// Sends a message, which the server is to ignore.
    pub fn send(&mut self, message: Message) {
        self.0.send(message).unwrap();
    }

    /// Closes and answers the code that the server answers with.
    #[track_caller]
    pub fn close(mut self, code: u16) -> u16 {
        let frame = tungstenite::protocol::CloseFrame { code: code.into(), reason: "".into() };
        self.0.close(Some(frame)).unwrap();
        self.closed()
    }
}
