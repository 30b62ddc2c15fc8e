//! Connections as they come in: from every listener, in the clear or through TLS.

use super::{
    ConnectionBounds, Listening,
    caller::Connection,
    connection_permits::{ConnectionPermit, ConnectionPermits},
    tls::Identity,
};
use axum::serve::Listener;
use std::{
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How long accepting pauses when the system has no files left (what hyper does).
const PAUSE: Duration = Duration::from_secs(1);
/// How long a client may acquire to say handshake and to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many clients may be in their handshake at once, in all and from one address; more are hung up on. A handshake takes some
/// milliseconds, and a browser begins six at a time.
const HANDSHAKES: ConnectionBounds = ConnectionBounds { in_all: 1024, per_address: 64 };
/// How often it is said that there are too many connections.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How many connections may have their handshake behind them without being served yet.
const READY: usize = 64;
/// The first byte of a TLS connection: a record of type handshake (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// All listeners of a server as one.
pub(super) struct Acceptor {
    listeners: Vec<TcpListener>,
    address: SocketAddr,
    permits: ConnectionPermits,
    warned: Option<Instant>,
    tls: Option<Tls>,
}

struct Tls {
    identity: Arc<Identity>,
    permits: ConnectionPermits,
    done: mpsc::Sender<(ConnectionStream, Connection)>,
    ready: mpsc::Receiver<(ConnectionStream, Connection)>,
}

impl Acceptor {
    pub(super) fn new(listening: Listening, bounds: ConnectionBounds) -> Self {
        let tls = listening.tls.map(|identity| {
            let (done, ready) = mpsc::channel(READY);
            Tls { identity, permits: ConnectionPermits::new(HANDSHAKES), done, ready }
        });
        Self {
            listeners: listening.listeners,
            address: listening.address,
            permits: ConnectionPermits::new(bounds),
            warned: None,
            tls,
        }
    }

    /// Gives a connection its permit, or hangs up.
    fn count(&mut self, stream: TcpStream, peer: SocketAddr) -> Option<CountedStream> {
        match self.permits.acquire(peer.ip()) {
            Ok(permit) => Some(CountedStream { stream, _permit: permit }),
            Err(limit) => {
                // Not for each: who opens too many does not fill the log as well.
                if self.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
                    self.warned = Some(Instant::now());
                    tracing::warn!(%peer, "a connection is hung up on: {limit}");
                }
                None
            }
        }
    }
}

impl Listener for Acceptor {
    type Io = ConnectionStream;
    type Addr = Connection;

    async fn accept(&mut self) -> (ConnectionStream, Connection) {
        loop {
            let ready = async {
                match &mut self.tls {
                    Some(tls) => tls.ready.recv().await,
                    None => std::future::pending().await,
                }
            };
            let (stream, peer) = tokio::select! {
                accepted = accept(&self.listeners) => accepted,
                Some(ready) = ready => return ready,
            };
            let Some(stream) = self.count(stream, peer) else { continue };
            match &self.tls {
                Some(tls) => tls.begin(stream, peer),
                None => return (ConnectionStream::Plain(stream), Connection { peer, is_encrypted: false }),
            }
        }
    }

    fn local_addr(&self) -> io::Result<Connection> {
        Ok(Connection { peer: self.address, is_encrypted: self.tls.is_some() })
    }
}

/// The next connection of any of the listeners. Loses none when it is dropped.
async fn accept(listeners: &[TcpListener]) -> (TcpStream, SocketAddr) {
    loop {
        let accepted = poll_fn(|context| {
            let ready = listeners.iter().find_map(|listener| match listener.poll_accept(context) {
                Poll::Ready(accepted) => Some(accepted),
                Poll::Pending => None,
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        });
        match accepted.await {
            Ok((stream, peer)) => {
                // Costs latency where it fails, and nothing else.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "Nagle's algorithm stays on");
                }
                return (stream, peer);
            }
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

impl Tls {
    /// Lets a client say handshake beside the others, so that one that does not holds up nobody.
    fn begin(&self, stream: CountedStream, peer: SocketAddr) {
        let permit = match self.permits.acquire(peer.ip()) {
            Ok(permit) => permit,
            Err(limit) => return tracing::debug!(%peer, "a handshake is hung up on: {limit}"),
        };
        let (acceptor, done) = (TlsAcceptor::from(self.identity.config()), self.done.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE, handshake(acceptor, stream)).await {
                Ok(Ok(stream)) => {
                    let is_encrypted = matches!(stream, ConnectionStream::Tls(_));
                    // The server has ended where nobody takes it.
                    let _ = done.send((stream, Connection { peer, is_encrypted })).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, %peer, "no TLS"),
                Err(_) => tracing::debug!(%peer, "no TLS in time"),
            }
            drop(permit);
        });
    }
}

/// TLS, or a client that speaks in the clear and is to be warned.
async fn handshake(acceptor: TlsAcceptor, stream: CountedStream) -> io::Result<ConnectionStream> {
    let mut first = [0];
    if stream.stream.peek(&mut first).await? == 1 && first[0] != TLS_HANDSHAKE {
        return Ok(ConnectionStream::Plain(stream));
    }
    Ok(ConnectionStream::Tls(Box::new(acceptor.accept(stream).await?)))
}

/// A connection and the permit that it takes for as long as it is open.
pub(super) struct CountedStream {
    stream: TcpStream,
    _permit: ConnectionPermit,
}

impl AsyncRead for CountedStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CountedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// A connection's bytes.
pub(super) enum ConnectionStream {
    Plain(CountedStream),
    Tls(Box<TlsStream<CountedStream>>),
}

impl AsyncRead for ConnectionStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for ConnectionStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
