//! What one connection may cost: time, and memory.

use std::time::Duration;

/// How long a client may take for the head of a request, from its connection or its last answer on: the time for which a connection
/// without a request is kept, too. Above what clients of HTTP keep one in their pools (`ureq` 15 s).
const HEAD: Duration = Duration::from_secs(20);
/// How long the body of a request may stand still while somebody waits for it. Its whole time is not bounded: links are slow.
const BODY_STALL: Duration = Duration::from_secs(30);
/// How long a client may take none of what it is sent.
const WRITE_STALL: Duration = Duration::from_secs(60);
/// How long a client that has ended its side, and may be gone, is worked for without taking a byte.
const HALF_CLOSED: Duration = Duration::from_secs(30);
/// How long a client that was answered before it had sent all of its request may go on to send (nginx: `lingering_timeout`).
const LINGER: Duration = Duration::from_secs(2);
/// Bytes that it may go on to send.
pub(super) const MAX_LINGER_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a request's head: a URL of 16 KiB, the platform's limit, and as much again for the headers. The platform takes 128 KiB of
/// headers from its own front; browsers send a tenth of this.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Bytes that are read at once, and that may wait to be written: a chunk of a file.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// Bytes of WebSocket messages that are not complete, or that no object has dealt with yet, over all connections of a server: what an
/// isolate of the platform has for everything.
pub(super) const MAX_INCOMING_BYTES: usize = 128 * 1024 * 1024;
/// Bytes of such a message that are counted for nobody, so that an idle connection shares nothing with the others.
pub(super) const FREE_INCOMING_BYTES: usize = 16 * 1024;

/// Bounds of a connection; the defaults are for a server that strangers reach.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How long the head of a request may take, and how long a connection is kept without one.
    pub head: Duration,
    /// How long a body may stand still while it is waited for; then the answer is 408.
    pub body_stall: Duration,
    /// How long a client may take none of its answer; then the connection is dropped.
    pub write_stall: Duration,
    /// How long a client that has ended its side is worked for without taking a byte.
    pub half_closed: Duration,
    /// How long a client that was refused may go on to send, so that the refusal reaches it.
    pub linger: Duration,
    /// Bytes of the head of a request; above them the answer is 431.
    pub head_bytes: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            head: HEAD,
            body_stall: BODY_STALL,
            write_stall: WRITE_STALL,
            half_closed: HALF_CLOSED,
            linger: LINGER,
            head_bytes: MAX_HEAD_BYTES,
        }
    }
}
