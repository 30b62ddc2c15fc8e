//! WebSockets that the Worker has accepted: the opening handshake, and the server's end of each socket. The connection that carries one is
//! in [`http`](crate::http); what a client does is reported to a [`SocketEvents`].

pub(crate) mod handshake;
mod socket;

pub use socket::SocketInfo;
pub(crate) use socket::{
    ClientEnd, Closed, Incoming, MAX_REASON_BYTES, Outgoing, Socket, SocketEvents, Sockets, may_close_with,
};
