//! The network: HTTP/1.1 in front of a service.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::serve::{Listener, ListenerExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tower_service::Service;

use super::connection;
use super::limits::{ConnectionLimits, MAX_INCOMING_BYTES};
use super::progress::IncomingBudget;

/// How long requests under way may take after the end was asked for: with the sockets' time, less than a second.
const GRACE: Duration = Duration::from_millis(300);

/// Serves connections until `shutdown` completes, and the requests under way then for up to 300 ms more. WebSockets are
/// not waited for: [`Emulator::shutdown`](crate::Emulator::shutdown) closes them.
///
/// The service is an [`Emulator`](crate::Emulator), or a wrapper that looks at requests before one does.
///
/// # Errors
/// None today; it is left to listeners that can fail.
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
    serve_connections(listener, move |_: &_| service.clone(), ConnectionLimits::default(), shutdown).await
}

/// As [`serve`], for any listener, with a service for each connection, which is made from its address, and with bounds for each.
///
/// # Errors
/// Those of [`serve`].
pub async fn serve_connections<L, F, S>(
    mut listener: L,
    mut service: F,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    L: Listener,
    F: FnMut(&L::Addr) -> S + Send + 'static,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let incoming = Arc::new(IncomingBudget::new(MAX_INCOMING_BYTES));
    // Nothing is sent: connections see that the sender has gone, and it sees that they have.
    let (ending, ended) = watch::channel(());
    let (served, all_served) = watch::channel(());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (io, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let connection = connection::serve(io, service(&address), limits, Arc::clone(&incoming), ended.clone());
        let under_way = all_served.clone();
        tokio::spawn(async move {
            connection.await;
            drop(under_way);
        });
    }
    drop(listener);
    drop((ending, all_served));
    if timeout(GRACE, served.closed()).await.is_err() {
        tracing::debug!("requests were still under way at the end");
    }
    Ok(())
}
