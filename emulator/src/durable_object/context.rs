//! An object as its instance and its sockets see it.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use super::container::ObjectContainer;
use super::input::Input;
use super::instance::Context;
use super::namespace::NamespaceState;
use crate::bindings::{BoxFuture, Completion};
use crate::request_log;
use crate::websocket::{Closed, Incoming, Socket, SocketEvents};

impl Context for Arc<ObjectContainer> {
    fn namespace(&self) -> &NamespaceState {
        &self.namespace
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn events(&self) -> Arc<dyn SocketEvents> {
        Arc::new(Events(Arc::clone(self)))
    }

    fn spawn(&self, incarnation: u64, op: u32, work: BoxFuture<Completion>) -> AbortHandle {
        let object = Arc::downgrade(self);
        let task = async move {
            // What an op holds besides its answer is nothing that an object can name.
            let Completion { answer, .. } = work.await;
            if let Some(object) = object.upgrade() {
                // An object with a live op is not forgotten.
                drop(object.post(Input::Completed { incarnation, op, answer }));
            }
        };
        self.namespace.runtime.spawn(task.instrument(request_log::span())).abort_handle()
    }
}

/// An object as its sockets see it. What cannot be posted any more concerns an object without sockets.
struct Events(Arc<ObjectContainer>);

impl SocketEvents for Events {
    fn message(&self, socket: &Arc<Socket>, message: Incoming) -> oneshot::Receiver<()> {
        let (handled, receiver) = oneshot::channel();
        drop(self.0.post(Input::Message { socket: Arc::clone(socket), message, handled }));
        receiver
    }

    fn closed(&self, socket: &Arc<Socket>, close: Closed) -> oneshot::Receiver<()> {
        let (handled, receiver) = oneshot::channel();
        drop(self.0.post(Input::Closed { socket: Arc::clone(socket), close, handled }));
        receiver
    }

    fn failed(&self, socket: &Arc<Socket>, error: String) {
        drop(self.0.post(Input::Failed { socket: Arc::clone(socket), error }));
    }
}
