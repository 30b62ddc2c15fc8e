//! The way of one request: it becomes the `fetch` event, an isolate runs it, and what it answers becomes the response.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::response::Response;
use http::header::UPGRADE;
use http::request::Parts;
use http_body::Body as _;
use tracing::Span;

use super::{RunningWorker, client_socket};
use crate::bindings::{BoxFuture, CallChain};
use crate::bodies::Payload;
use crate::http::event::FetchEvent;
use crate::http::exchange::came_over_network;
use crate::http::response::{self, WorkerResponse};
use crate::http::websocket;
use crate::request_log::{self, RequestLog};
use crate::stateless::isolate::TaskStart;
use crate::stateless::pool::{Fetch, PendingResponse};
use crate::stateless::tasks::{Failure, Outcome};
use crate::trace::Recorder;

/// The answer to a request. It begins when it is first polled, and is there at once if the Worker needs nothing but memory.
/// Dropping it before it is there tells the Worker that the client has gone.
pub struct ResponseFuture {
    worker: Arc<RunningWorker>,
    state: FetchState,
    recorder: Option<Recorder>,
    log: Option<RequestLog>,
}

enum FetchState {
    Begin(Request),
    /// The parts of the request are kept if it may be joined to a socket.
    Pending(PendingResponse, Option<Box<Parts>>),
    Joining(BoxFuture<Response>),
    Done,
}

impl ResponseFuture {
    pub(super) fn new(worker: Arc<RunningWorker>, request: Request) -> Self {
        Self { worker, state: FetchState::Begin(request), recorder: None, log: None }
    }

    fn begin(&mut self, request: Request) -> Transition {
        let (parts, body) = request.into_parts();
        self.log = RequestLog::begin(&parts, &self.worker.bindings.world.clock);
        let span = self.log.as_ref().map(RequestLog::span);
        let _within = span.as_ref().map(Span::enter);
        let event = match FetchEvent::new(&parts) {
            Ok(event) => event,
            Err(refused) => return Transition::Done(response::refusal(refused.status(), &refused.to_string())),
        };
        let length = event.content_length().or_else(|| body.size_hint().exact());
        self.recorder = self.worker.bindings.trace.begin(|| event.subject());
        let body = (length != Some(0) || event.announces_body()).then(|| Payload::of_client(body, length));
        let wants_socket = event.wants_socket();
        let start = TaskStart { wants_socket, chain: CallChain::default(), recorder: self.recorder.as_ref() };
        let fetch = self.worker.pool.fetch(start, |frame, task, handles| {
            event.write(frame, body, |body| handles.insert(task, body));
        });
        let upgrade = parts.headers.contains_key(UPGRADE);
        match fetch {
            Fetch::Answered(outcome) => self.answer(outcome, || upgrade.then(|| Box::new(parts))),
            Fetch::Pending(pending) => Transition::To(FetchState::Pending(pending, upgrade.then(|| Box::new(parts)))),
        }
    }

    fn answer(&self, outcome: Outcome, parts: impl FnOnce() -> Option<Box<Parts>>) -> Transition {
        match outcome.and_then(response::from_worker) {
            Ok(WorkerResponse::Plain(response)) => Transition::Done(response),
            Ok(WorkerResponse::Upgrade(headers, socket)) => match parts() {
                Some(parts) if !came_over_network(&parts) => Transition::Done(client_socket::upgraded(headers, socket)),
                Some(parts) => Transition::To(FetchState::Joining(Box::pin(websocket::join(*parts, headers, socket)))),
                None => self.fail(&Failure::Malformed),
            },
            Err(failure) => self.fail(&failure),
        }
    }

    fn fail(&self, failure: &Failure) -> Transition {
        let id =
            self.log.as_ref().map_or_else(|| request_log::id(&self.worker.bindings.world.clock), |log| log.id.clone());
        Transition::Done(response::failure(failure, &id))
    }
}

/// Where a state leads.
enum Transition {
    Done(Response),
    To(FetchState),
}

impl Future for ResponseFuture {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        loop {
            let span = self.log.as_ref().map(RequestLog::span);
            let _within = span.as_ref().map(Span::enter);
            let next = match std::mem::replace(&mut self.state, FetchState::Done) {
                FetchState::Begin(request) => self.begin(request),
                FetchState::Pending(mut pending, parts) => match Pin::new(&mut pending).poll(context) {
                    Poll::Ready(outcome) => self.answer(outcome, || parts),
                    Poll::Pending => {
                        self.state = FetchState::Pending(pending, parts);
                        return Poll::Pending;
                    }
                },
                FetchState::Joining(mut joining) => match joining.as_mut().poll(context) {
                    Poll::Ready(response) => Transition::Done(response),
                    Poll::Pending => {
                        self.state = FetchState::Joining(joining);
                        return Poll::Pending;
                    }
                },
                // Polled again after its end: as futures may, it never completes.
                FetchState::Done => return Poll::Pending,
            };
            match next {
                Transition::Done(response) => {
                    if let Some(recorder) = self.recorder.take() {
                        recorder.answered(response.status().as_u16());
                    }
                    if let Some(log) = self.log.take() {
                        log.answered(response.status(), &self.worker.bindings.world.clock);
                    }
                    return Poll::Ready(response);
                }
                Transition::To(state) => self.state = state,
            }
        }
    }
}

/// [`ResponseFuture`] for a service, whose answers may be errors but never are.
pub struct ServiceFuture(ResponseFuture);

impl ServiceFuture {
    pub(crate) fn new(response: ResponseFuture) -> Self {
        Self(response)
    }
}

impl Future for ServiceFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(Pin::new(&mut self.0).poll(context))))
    }
}
