//! The accepted WebSockets of a Durable Object.

use super::{Closed, Object};
use crate::abi::{Bound, Host, Reader, Writer, call, some};
use std::fmt;

/// A message of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

impl Message<'_> {
    fn write(self, frame: &mut Writer) {
        match self {
            Self::Text(text) => frame.text("text").text(text),
            Self::Binary(bytes) => frame.text("binary").field(bytes),
        };
    }
}

/// Whether a socket is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketState {
    /// Messages can be sent.
    Open,
    /// One side said that it closes.
    Closing,
    /// Both did.
    Closed,
}

/// A WebSocket that this object accepted. It means the same socket as long as this instance lives.
#[derive(Clone, Copy)]
pub struct Socket {
    host: &'static dyn Host,
    number: u64,
}

/// The client that an event is about.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    /// Its socket.
    pub socket: Socket,
    /// The tags that the socket was accepted under.
    pub tags: Vec<&'a str>,
}

impl<'a> Sender<'a> {
    pub(super) fn read(object: Object, fields: &mut Reader<'a>) -> Self {
        let socket = Socket::read(object, fields);
        Self { socket, tags: fields.list().map(|tag| std::str::from_utf8(tag).unwrap_or_default()).collect() }
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "socket {}", self.number)
    }
}

impl Socket {
    pub(super) fn read(object: Object, fields: &mut Reader<'_>) -> Self {
        Self { host: object.host(), number: fields.number() }
    }

    fn frame(self, name: &str) -> Writer {
        let mut frame = Writer::named(name);
        frame.number(self.number);
        frame
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The socket is closed.
    pub fn send(self, message: Message<'_>) -> Bound<()> {
        let mut frame = self.frame("socket.send");
        message.write(&mut frame);
        call(self.host, &frame, |_| ()).map(drop)
    }

    /// Closes it, with a code of 1000 to 4999 or with none. One that is closed already stays as it is.
    ///
    /// # Errors
    /// The platform refuses the code or the reason.
    pub fn close(self, code: Option<u16>, reason: &str) -> Bound<()> {
        call(self.host, self.frame("socket.close").optional(code.map(u64::from)).text(reason), |_| ()).map(drop)
    }

    /// The tags that it was accepted under.
    ///
    /// # Errors
    /// There is no such socket any more.
    pub fn tags(self) -> Bound<Vec<String>> {
        some(call(self.host, &self.frame("socket.tags"), |fields| {
            fields.map(|tag| String::from_utf8_lossy(tag).into_owned()).collect()
        }))
    }

    /// Keeps bytes with it, which are there after the object slept, too.
    ///
    /// # Errors
    /// They are more than the platform's 16,384 bytes, as it counts them.
    pub fn attach(self, data: &[u8]) -> Bound<()> {
        call(self.host, self.frame("socket.attach").field(data), |_| ()).map(drop)
    }

    /// What was attached.
    ///
    /// # Errors
    /// There is no such socket any more.
    pub fn attachment(self) -> Bound<Option<Vec<u8>>> {
        call(self.host, &self.frame("socket.attachment"), |fields| fields.bytes().to_vec())
    }

    /// When the platform last answered in the object's place ([`Object::auto_response`]), in milliseconds since 1970.
    ///
    /// # Errors
    /// There is no such socket any more.
    pub fn auto_response_ms(self) -> Bound<Option<u64>> {
        call(self.host, &self.frame("socket.auto_response_time"), |fields| fields.number())
    }

    /// Whether it is open.
    ///
    /// # Errors
    /// There is no such socket any more.
    pub fn state(self) -> Bound<SocketState> {
        some(call(self.host, &self.frame("socket.state"), |fields| match fields.number() {
            1 => SocketState::Open,
            2 => SocketState::Closing,
            _ => SocketState::Closed,
        }))
    }
}

impl Object {
    /// The accepted sockets with this tag, or all; the newest first.
    ///
    /// # Errors
    /// The platform fails.
    pub fn sockets(self, tag: Option<&str>) -> Bound<Vec<Socket>> {
        some(call(self.host(), &tagged("socket.list", tag), |fields| {
            let mut sockets = Vec::new();
            while !fields.rest().is_empty() {
                sockets.push(Socket::read(self, fields));
            }
            sockets
        }))
    }

    /// Sends messages to the sockets with this tag, or to all; answers how many took them. One that fails is closed and harms no other.
    pub fn broadcast(self, tag: Option<&str>, messages: &[Message<'_>]) -> u64 {
        let mut frame = tagged("socket.broadcast", tag);
        for message in messages {
            message.write(&mut frame);
        }
        some(call(self.host(), &frame, |fields| fields.number())).unwrap_or_default()
    }

    /// How many accepted sockets are open, with this tag or in all.
    #[must_use]
    pub fn open_sockets(self, tag: Option<&str>) -> u64 {
        self.broadcast(tag, &[])
    }

    /// What the platform answers to a text of a client in this object's place, without waking it; `None` for nothing.
    ///
    /// # Errors
    /// One of them has more than the platform's 2,048 bytes.
    pub fn auto_response(self, pair: Option<(&str, &str)>) -> Bound<()> {
        let mut frame = Writer::named("socket.auto_response");
        if let Some((request, response)) = pair {
            frame.text(request).text(response);
        }
        call(self.host(), &frame, |_| ()).map(drop)
    }
}

fn tagged(name: &str, tag: Option<&str>) -> Writer {
    let mut frame = Writer::named(name);
    frame.flag(tag.is_some()).text(tag.unwrap_or_default());
    frame
}

/// Answers a close with its own code and reason. Codes that only an end of the connection has are not sent (RFC 6455, 7.4).
pub fn answer_close(socket: Socket, closed: Closed<'_>) {
    let is_sendable = matches!(closed.code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let (code, reason) = if is_sendable { (Some(closed.code), closed.reason) } else { (None, "") };
    // What is refused here is a socket that is closed already.
    let _ = socket.close(code, reason);
}
