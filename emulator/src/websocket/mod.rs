//! WebSockets that the Worker has accepted: the opening handshake, the frames and their compression, and the server's end of each socket.
//! The connection that carries one is in [`http`](crate::http); what a client does is reported to a [`SocketEvents`].

mod auto_response;
mod client_end;
mod closing;
mod deflate;
pub(crate) mod frame;
pub(crate) mod handshake;
mod message;
mod message_reader;
mod protocol_error;
mod socket;
mod sockets;
mod tags;

/// Bytes of a message that a client may send (developers.cloudflare.com, "WebSockets"; workerd answers 1009 above).
pub(crate) const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;

pub(crate) use auto_response::AutoResponseError;
pub(crate) use client_end::{ClientEnd, Incoming, SocketEvents};
pub(crate) use closing::{CloseError, Closed, check_close};
pub(crate) use message::Message;
pub(crate) use message_reader::{MessageReader, ReceiveError, Received};
pub(crate) use protocol_error::ProtocolError;
pub use socket::SocketInfo;
pub(crate) use socket::{NextStep, Outgoing, ReadyState, Socket};
pub(crate) use sockets::Sockets;
pub(crate) use tags::{TagError, Tags};
