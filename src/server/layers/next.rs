use axum::{extract::Request, response::Response};
use pmx_emulator::{Emulator, ResponseFuture};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower_layer::Layer;
use tower_service::Service;

/// The rest of the way of a request: the layers that are further in, and the Worker. Clones lead to the same.
#[derive(Clone)]
pub struct Next(Arc<dyn Fn(Request) -> Answering + Send + Sync>);

impl Next {
    /// The end of the way: a Worker.
    pub(in crate::server) fn worker(emulator: Emulator) -> Self {
        Self(Arc::new(move |request| Answering(AnsweringState::Worker(emulator.fetch(request)))))
    }

    /// The end of the way: whatever answers.
    #[cfg(feature = "compile")]
    pub fn end(answer: impl Fn(Request) -> Answering + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// Lets a request go on.
    pub fn call(&self, request: Request) -> Answering {
        (self.0)(request)
    }
}

impl Service<Request> for Next {
    type Response = Response;
    type Error = Infallible;
    type Future = Infallibly;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Infallibly {
        Infallibly(Self::call(self, request))
    }
}

/// An [`Answering`] for a service, whose answers may be errors but never are.
pub struct Infallibly(Answering);

impl Future for Infallibly {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(Pin::new(&mut self.0).poll(context))))
    }
}

/// The answer to a request. Whoever drops it before it is there lets the Worker know that nobody waits for it.
pub struct Answering(AnsweringState);

enum AnsweringState {
    Known(Option<Response>),
    /// Not boxed, so that a layer which lets a request go on costs nothing.
    Worker(ResponseFuture),
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Answering {
    /// One that takes its time.
    pub fn later(answer: impl Future<Output = Response> + Send + 'static) -> Self {
        Self(AnsweringState::Later(Box::pin(answer)))
    }
}

impl From<Response> for Answering {
    fn from(response: Response) -> Self {
        Self(AnsweringState::Known(Some(response)))
    }
}

impl Future for Answering {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        match &mut self.0 {
            // Polled once more than a future may be, it would be an empty answer.
            AnsweringState::Known(response) => Poll::Ready(response.take().unwrap_or_default()),
            AnsweringState::Worker(answer) => Pin::new(answer).poll(context),
            AnsweringState::Later(answer) => answer.as_mut().poll(context),
        }
    }
}

/// A layer: it answers a request itself, or calls `next`, and may change what it gives on and what comes back.
pub type RequestLayer = Box<dyn Layer<Next, Service = Next> + Send + Sync>;

/// The layer that is this function.
pub fn layer(call: impl Fn(Request, &Next) -> Answering + Send + Sync + 'static) -> RequestLayer {
    let call = Arc::new(call);
    Box::new(tower_layer::layer_fn(move |next: Next| {
        let call = Arc::clone(&call);
        Next(Arc::new(move |request| call(request, &next)))
    }))
}

/// The layer that answers what `check` refuses, and lets all else go on as `check` leaves it.
pub(super) fn check(check: impl Fn(&mut Request) -> Result<(), Box<Response>> + Send + Sync + 'static) -> RequestLayer {
    layer(move |mut request, next| match check(&mut request) {
        Ok(()) => next.call(request),
        Err(refused) => Answering::from(*refused),
    })
}
