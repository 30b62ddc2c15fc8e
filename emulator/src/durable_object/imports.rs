//! What the code of a Durable Object works on in a turn: its database, its alarm and its sockets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::alarm_state::AlarmState;
use super::engine::Database;
use crate::websocket::{Outgoing, Socket, Sockets, TagError};
use crate::world::clock::Clock;

/// What an object's imports work on.
pub(crate) struct ObjectImports {
    pub(super) database: Database,
    pub(super) alarm: AlarmState,
    pub(super) sockets: Arc<Sockets>,
    pub(super) clock: Clock,
    /// How long one statement may run: as long as a turn, which is not stopped while SQLite is at work.
    pub(super) statement_limit: Duration,
    /// Sockets accepted in this turn, by the task that accepted them.
    pub(super) accepted: HashMap<u32, Result<Arc<Socket>, TagError>>,
    /// What leaves after the commit.
    pub(super) outgoing: Vec<(Arc<Socket>, Outgoing)>,
    /// The sockets that this turn has closed.
    pub(super) closed: HashSet<u64>,
}

/// Why an instance ends that has called `abort`, in the words that its callers are told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Aborted {
    pub(super) reason: String,
}

impl ObjectImports {
    pub(super) fn new(database: Database, sockets: Arc<Sockets>, clock: Clock, statement_limit: Duration) -> Self {
        Self {
            database,
            alarm: AlarmState::default(),
            sockets,
            clock,
            statement_limit,
            accepted: HashMap::new(),
            outgoing: Vec::new(),
            closed: HashSet::new(),
        }
    }

    /// Undoes what the turn has done, drops all sockets, and gives the database back.
    pub(super) fn reset(&mut self) -> &mut Database {
        self.database.rollback_turn();
        self.outgoing.clear();
        self.accepted.clear();
        self.closed.clear();
        self.sockets.drop_all();
        &mut self.database
    }
}
