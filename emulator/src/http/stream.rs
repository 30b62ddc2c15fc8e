//! The stream of bytes of a connection, whose progress is recorded.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::MAX_LINGER_BYTES;
use super::progress::Progress;

/// Bytes that are thrown away at once.
const DISCARD_BYTES: usize = 8 * 1024;

/// A stream that tells [`Progress`] what moves.
///
/// - A client that ends its side after its request still gets its answer: the reader sees the end when the client is owed nothing any
///   more.
/// - A client that is still sending when the server has ended its side is read from for a while. Closed at once, the system would send
///   a reset, and the client might never see the answer that says why.
pub(super) struct ConnectionStream<T> {
    io: T,
    progress: Arc<Progress>,
    /// The client has ended its side.
    ended: bool,
    /// This side has ended.
    shut: bool,
    /// All that the client has sent so far was read.
    drained: bool,
    discarded: usize,
}

impl<T> ConnectionStream<T> {
    pub(super) fn new(io: T, progress: Arc<Progress>) -> Self {
        Self { io, progress, ended: false, shut: false, drained: false, discarded: 0 }
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => self.progress.write_waits(),
            Poll::Ready(Ok(bytes)) => self.progress.wrote(*bytes),
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ConnectionStream<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ended {
            let before = buffer.filled().len();
            let Poll::Ready(read) = Pin::new(&mut this.io).poll_read(context, buffer) else {
                this.drained = true;
                return Poll::Pending;
            };
            read?;
            this.drained = false;
            let bytes = buffer.filled().len() - before;
            if bytes > 0 || buffer.remaining() == 0 {
                return Poll::Ready(this.progress.read(bytes));
            }
            this.ended = true;
        }
        // The connection polls again once the answer is out, and gives up if it takes too long.
        if this.progress.holds_back_end() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ConnectionStream<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(context, bytes);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(context);
        if flushed.is_pending() {
            this.progress.write_waits();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.shut {
            ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
            this.shut = true;
        }
        let is_sending = !this.ended && (this.progress.is_body_open() || !this.drained);
        if !(is_sending && this.progress.lingers()) {
            return Poll::Ready(Ok(()));
        }
        let mut space = [0; DISCARD_BYTES];
        while this.discarded < MAX_LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut this.io).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => this.discarded += buffer.filled().len(),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => break,
            }
        }
        this.ended = true;
        Poll::Ready(Ok(()))
    }
}
