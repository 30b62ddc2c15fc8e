//! Durable Objects: one instance for each, which keeps a value in memory between events, and the platform's storage for good.
#![allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]

mod class;
mod live;
mod socket;
mod sql;

pub use class::{Alarm, Closed, Exception, Handled, ObjectClass, ObjectId, Reply, Rest};
pub use live::{LiveObject, live};
pub(crate) use live::{ObjectEvent, OtherEvent};
pub use socket::{Message, Sender, Socket, SocketState, answer_close};
pub use sql::{Rows, Value};

use crate::{
    Edge,
    abi::{BindingError, Bound, Writer, ask, call, during, some},
};
use std::ops::Deref;

/// The platform below a Durable Object: what an [`Edge`] has, and the object's own SQL, alarm and sockets.
///
/// Writes of one turn (no I/O in between) are one transaction, which the setting of the alarm joins.
#[derive(Clone, Copy)]
pub struct Object {
    edge: Edge,
}

impl Deref for Object {
    type Target = Edge;

    fn deref(&self) -> &Edge {
        &self.edge
    }
}

impl Object {
    /// Over the platform of an object.
    #[must_use]
    pub const fn new(edge: Edge) -> Self {
        Self { edge }
    }

    /// Sets the alarm, in the turn's transaction, to a time in milliseconds since 1970.
    ///
    /// # Errors
    /// The platform refuses.
    pub async fn alarm_set(self, at_ms: f64) -> Bound<()> {
        ask(self.edge.host(), Writer::named("alarm.set").float(at_ms), |_| ()).await.map(drop)
    }

    /// When the alarm is due.
    ///
    /// # Errors
    /// The platform fails.
    pub async fn alarm_get(self) -> Bound<Option<u64>> {
        ask(self.edge.host(), &Writer::named("alarm.get"), |fields| fields.number()).await
    }

    /// Takes the alarm back.
    ///
    /// # Errors
    /// The platform fails.
    pub async fn alarm_delete(self) -> Bound<()> {
        ask(self.edge.host(), &Writer::named("alarm.delete"), |_| ()).await.map(drop)
    }

    /// Runs a closure in a transaction of its own: what it wrote, and the alarm that it set, is kept if it answers `Ok`, and undone
    /// otherwise. One in another is a savepoint of it.
    ///
    /// # Errors
    /// The closure's own; the platform's, if the transaction cannot begin or end.
    pub fn transaction<T, E: From<BindingError>>(self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let (mut work, mut outcome) = (Some(work), None);
        let mut run = || {
            outcome = work.take().map(|work| work());
            matches!(outcome, Some(Ok(_)))
        };
        let ended = during(&mut run, |token| {
            call(self.edge.host(), Writer::named("transaction").number(u64::from(token)), |_| ())
        });
        match (outcome, ended) {
            // What failed is undone either way; why it did is the closure's to say.
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(value)), Ok(_)) => Ok(value),
            (None, Ok(_)) => Err(BindingError::new("the host did not run the transaction").into()),
        }
    }

    /// Ends this instance: what the turn wrote is discarded, callers fail with this reason, sockets drop, and the next event finds a fresh
    /// instance.
    pub fn abort(self, reason: &str) -> ! {
        let _ = some(call(self.edge.host(), Writer::named("object.abort").text(reason), |_| ()));
        // A host does not come back from that call. Should one do so, this traps, which discards the turn as well.
        std::process::abort()
    }
}
