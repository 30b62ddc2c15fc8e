//! The network: HTTP/1.1 in front of a service.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Future, Ready, ready};
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener, ListenerExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_service::Service;

/// How long requests under way may take after the end was asked for: with the sockets' time, less than a second.
const GRACE: Duration = Duration::from_millis(300);

/// Serves connections until `shutdown` completes, and the requests under way then for up to 300 ms more. WebSockets are
/// not waited for: [`Emulator::shutdown`](crate::Emulator::shutdown) closes them.
///
/// The service is an [`Emulator`](crate::Emulator), or a wrapper that looks at requests before one does.
///
/// # Errors
/// If the listener cannot be used.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let listener = listener.tap_io(|connection| {
        // Costs latency where it fails, and nothing else.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "Nagle's algorithm stays on");
        }
    });
    serve_connections(listener, move |_: &_| service.clone(), shutdown).await
}

/// As [`serve`], for any listener and with a service for each connection, which is made from its address.
///
/// # Errors
/// If the listener cannot be used.
pub async fn serve_connections<L, F, S>(
    listener: L,
    service: F,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    L: Listener<Addr: Debug>,
    F: FnMut(&L::Addr) -> S + Send + 'static,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let (ending, ended) = oneshot::channel::<()>();
    let server = axum::serve(listener, PerConnection(service)).with_graceful_shutdown(async move {
        shutdown.await;
        drop(ending);
    });
    tokio::select! {
        result = server => result,
        () = async {
            // The sender says nothing, it is dropped.
            let _ = ended.await;
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}

/// Makes the service of a connection.
struct PerConnection<F>(F);

impl<L: Listener, F: FnMut(&L::Addr) -> S, S> Service<IncomingStream<'_, L>> for PerConnection<F> {
    type Response = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: IncomingStream<'_, L>) -> Self::Future {
        ready(Ok((self.0)(connection.remote_addr())))
    }
}
