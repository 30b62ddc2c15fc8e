//! Connections on one side, the layers and the Worker on the other.

use super::{
    ConnectionBounds, Listening,
    accept::Acceptor,
    caller::Connection,
    layers::{Layers, Next},
};
use crate::error::{Error, Result};
use axum::{extract::Request, response::Response};
use pmx_emulator::{
    Emulator,
    http::{ConnectionLimits, serve_connections},
};
use std::{
    convert::Infallible,
    future::Future,
    task::{Context, Poll},
};
use tower_service::Service;

/// Answers the network with a Worker behind these layers until `stop` ends, then closes what is open.
///
/// # Errors
/// The listener cannot be used any more.
pub async fn serve(
    listening: Listening,
    bounds: ConnectionBounds,
    layers: Layers,
    worker: Emulator,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let served = serve_layers(listening, bounds, layers.before(Next::worker(worker.clone())), stop).await;
    // Sockets outlive the server until they are told.
    worker.shutdown().await;
    served
}

/// Answers the network with what is behind these layers until `stop` ends. What the Workers have open is left to the caller.
///
/// # Errors
/// The listener cannot be used any more.
pub async fn serve_layers(
    listening: Listening,
    bounds: ConnectionBounds,
    layers: Next,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let served = serve_connections(
        Acceptor::new(listening, bounds),
        move |&connection: &Connection| ConnectionService { connection, layers: layers.clone() },
        ConnectionLimits::default(),
        stop,
    )
    .await;
    served.map_err(|error| Error::new(format!("the server ended: {error}")))
}

/// Notes of every request of a connection which it is.
#[derive(Clone)]
struct ConnectionService {
    connection: Connection,
    layers: Next,
}

impl Service<Request> for ConnectionService {
    type Response = Response;
    type Error = Infallible;
    type Future = <Next as Service<Request>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        self.layers.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        request.extensions_mut().insert(self.connection);
        Service::call(&mut self.layers, request)
    }
}
