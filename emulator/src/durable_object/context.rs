//! An object as its instance sees it.

use std::sync::{Arc, Weak};

use tokio::task::AbortHandle;

use super::eviction::Evictable;
use super::namespace_state::NamespaceState;
use super::object_key::ObjectKey;
use crate::bindings::{BoxFuture, Completion};
use crate::websocket::SocketEvents;

/// What an instance needs of its object.
pub(super) trait ObjectContext {
    fn namespace(&self) -> &NamespaceState;
    /// The object, and the name that its code is told.
    fn key(&self) -> &ObjectKey;
    /// The object as the events of its sockets reach it.
    fn events(&self) -> Arc<dyn SocketEvents>;
    /// The object as those reach it who need its instance's place.
    fn evictable(&self) -> Weak<dyn Evictable>;
    /// Runs an op of the instance `incarnation`, and posts its answer to the object.
    fn spawn(&self, incarnation: u64, op: u32, work: BoxFuture<Completion>) -> AbortHandle;
}
