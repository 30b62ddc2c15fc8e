//! The network: HTTP/1.1 in front of a service.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::Duration;

use axum::ServiceExt as _;
use axum::extract::Request;
use axum::response::Response;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_service::Service;

/// How long requests under way may take after the end was asked for.
const GRACE: Duration = Duration::from_millis(800);

/// Serves connections until `shutdown` completes, and the requests under way then for up to 800 ms more. WebSockets are
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
    let (ending, ended) = oneshot::channel::<()>();
    let server = axum::serve(listener, service.into_make_service()).with_graceful_shutdown(async move {
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
