//! Requests and answers as they pass between a connection and a service.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT, UPGRADE};
use http::{HeaderValue, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::limits::BUFFER_BYTES;
use super::progress::Progress;
use super::response::refusal;

/// An extension of requests: the progress of the connection that one came over, for an upgrade that takes the connection over.
#[derive(Clone)]
pub(crate) struct ConnectionProgress(pub(crate) Arc<Progress>);

/// Whether a request for an upgrade came over a connection, which it may take over.
pub(crate) fn came_over_network(parts: &http::request::Parts) -> bool {
    parts.extensions.get::<ConnectionProgress>().is_some()
}

/// Has a service answer a request, which counts as begun at once: hyper reads on before it polls what this returns.
pub(super) fn answer<S>(
    service: S,
    progress: Arc<Progress>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<OutgoingBody>, Infallible>>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    progress.began(!request.body().is_end_stream());
    pass(service, progress, request)
}

async fn pass<S>(
    mut service: S,
    progress: Arc<Progress>,
    request: Request<Incoming>,
) -> Result<Response<OutgoingBody>, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let (mut parts, incoming) = request.into_parts();
    let has_body = !incoming.is_end_stream();
    let mut is_costly = false;
    let body = if has_body {
        // What is small has come with the head, and costs less to read than a new connection does.
        is_costly = parts.headers.contains_key(EXPECT)
            || incoming.size_hint().exact().is_none_or(|bytes| bytes > BUFFER_BYTES as u64);
        Body::new(IncomingBody { incoming, progress: Arc::clone(&progress), clock: None })
    } else {
        Body::empty()
    };
    if parts.headers.contains_key(UPGRADE) {
        parts.extensions.insert(ConnectionProgress(Arc::clone(&progress)));
    }
    poll_fn(|context| service.poll_ready(context)).await?;
    let mut response = service.call(Request::from_parts(parts, body)).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        progress.upgraded();
    } else if progress.has_body_timed_out() {
        response = refusal(StatusCode::REQUEST_TIMEOUT, "Request Timeout");
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    } else if is_costly && progress.is_body_open() {
        // It was refused for what its head says. The rest is thrown away after the answer (see `ConnectionStream`).
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| OutgoingBody { body, progress }))
}

/// The body of a request. One that stands still for too long while it is waited for ends with an error.
struct IncomingBody {
    incoming: Incoming,
    progress: Arc<Progress>,
    clock: Option<Stall>,
}

/// Watches over a body once it has been waited for.
struct Stall {
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl IncomingBody {
    /// Nothing has come; whether that was so for too long.
    fn stalls(&mut self, context: &mut Context<'_>) -> bool {
        let limit = self.progress.body_stall();
        let clock = self.clock.get_or_insert_with(|| {
            let since = Instant::now();
            Stall { since, timer: Box::pin(sleep_until(since + limit)) }
        });
        while clock.timer.as_mut().poll(context).is_ready() {
            if clock.since.elapsed() >= limit {
                return true;
            }
            clock.timer.as_mut().reset(clock.since + limit);
        }
        false
    }
}

impl HttpBody for IncomingBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.incoming).poll_frame(context) else {
            if !this.stalls(context) {
                return Poll::Pending;
            }
            this.progress.body_timed_out();
            let error = io::Error::new(io::ErrorKind::TimedOut, "the body of the request does not come");
            return Poll::Ready(Some(Err(error.into())));
        };
        if let Some(clock) = &mut this.clock {
            clock.since = Instant::now();
        }
        if frame.is_none() || this.incoming.is_end_stream() {
            this.progress.body_ended();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of an answer, until all of it was handed to the connection.
pub(super) struct OutgoingBody {
    body: Body,
    progress: Arc<Progress>,
}

impl HttpBody for OutgoingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        self.progress.answered();
    }
}
