//! One connection from its first byte to its last.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::exchange;
use super::limits::{BUFFER_BYTES, ConnectionLimits};
use super::progress::{IncomingBudget, Progress, TimedOut};
use super::stream::ConnectionStream;

/// Serves a connection until it ends, is taken over, or takes too long. Once `ended` has no sender it ends after the request that is
/// under way.
pub(super) async fn serve<T, S>(
    io: T,
    service: S,
    limits: ConnectionLimits,
    incoming: Arc<IncomingBudget>,
    mut ended: watch::Receiver<()>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let progress = Arc::new(Progress::new(limits, incoming));
    let stream = TokioIo::new(ConnectionStream::new(io, Arc::clone(&progress)));
    let exchange = {
        let progress = Arc::clone(&progress);
        service_fn(move |request: Request<Incoming>| exchange::answer(service.clone(), Arc::clone(&progress), request))
    };
    // hyper's own time for a head starts a timer for each request; here one is left to run.
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(limits.head_bytes)
        .max_buf_size(BUFFER_BYTES.max(limits.head_bytes))
        .serve_connection(stream, exchange)
        .with_upgrades();
    let mut connection = std::pin::pin!(TimedConnection { served, deadlines: Deadlines { progress, timer: None } });
    tokio::select! {
        biased;
        () = connection.as_mut() => return,
        // An error, since nothing is ever sent.
        _ = ended.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await;
}

/// What hyper can be asked for besides its end.
trait Graceful {
    fn graceful_shutdown(self: Pin<&mut Self>);
}

impl<T, B, S> Graceful for http1::UpgradeableConnection<T, S>
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    T: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn graceful_shutdown(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// A connection under its time limits.
struct TimedConnection<C> {
    served: C,
    deadlines: Deadlines,
}

struct Deadlines {
    progress: Arc<Progress>,
    timer: Option<Timer>,
}

/// Runs out at `due` or, if that has moved on meanwhile, is set anew: a limit that is never reached costs nothing.
struct Timer {
    due: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Deadlines {
    /// What has lasted for too long, once something has.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<TimedOut> {
        loop {
            let Some((due, reason)) = self.progress.due() else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Timer { due, sleep: Box::pin(sleep_until(due)) });
            if due < timer.due {
                timer.due = due;
                timer.sleep.as_mut().reset(due);
            }
            if timer.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if due <= timer.due {
                return Poll::Ready(reason);
            }
            timer.due = due;
            timer.sleep.as_mut().reset(due);
        }
    }
}

impl<C: Graceful + Unpin> TimedConnection<C> {
    fn graceful_shutdown(self: Pin<&mut Self>) {
        Pin::new(&mut self.get_mut().served).graceful_shutdown();
    }
}

impl<C: Future<Output = hyper::Result<()>> + Unpin> Future for TimedConnection<C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            if let Poll::Ready(result) = Pin::new(&mut this.served).poll(context) {
                if let Err(error) = result {
                    tracing::trace!(%error, "a connection broke");
                }
                return Poll::Ready(());
            }
            // hyper sleeps after an answer until there is something to read, and the end of the client is news of before.
            if !this.deadlines.progress.should_report_end() {
                break;
            }
        }
        this.deadlines.poll(context).map(|reason| tracing::debug!("a connection is dropped: {reason}"))
    }
}
