//! What the code of a Durable Object calls synchronously: SQL and the alarm at once, in the turn's transaction; sockets at the turn's end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::alarm_state::AlarmState;
use super::engine::Database;
use super::{socket_calls, sql_calls};
use crate::abi::AlarmOp;
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::bodies::Handles;
use crate::clock::Clock;
use crate::runtime::budget::TurnBudget;
use crate::runtime::host::SyncImports;
use crate::websocket::{Outgoing, Socket, Sockets, TagError, Tags};

/// What an object's imports work on.
pub(crate) struct ObjectImports {
    pub(super) database: Database,
    pub(super) alarm: AlarmState,
    pub(super) sockets: Arc<Sockets>,
    pub(super) clock: Clock,
    /// How long one statement may run: as long as a turn, which is not stopped while SQLite is at work.
    pub(super) statement_limit: Duration,
    /// Sockets accepted in this turn, by the task that accepted them.
    pub(super) accepted: Vec<(u32, Result<Arc<Socket>, TagError>)>,
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

/// What is told if no reason was given; the platform's words.
const NO_REASON: &str = "Application called abort() to reset Durable Object.";

impl ObjectImports {
    pub(super) fn new(database: Database, sockets: Arc<Sockets>, clock: Clock, statement_limit: Duration) -> Self {
        Self {
            database,
            alarm: AlarmState::default(),
            sockets,
            clock,
            statement_limit,
            accepted: Vec::new(),
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

impl SyncImports for ObjectImports {
    const ANSWERS_AT_ONCE: bool = false;

    fn handles() -> Handles {
        Handles::of_object()
    }

    fn call(
        &mut self,
        _: u32,
        name: &str,
        mut fields: FrameReader<'_>,
        answer: &mut FrameWriter<'_>,
        budget: &mut TurnBudget,
    ) -> wasmtime::Result<()> {
        let result = match name.split_once('.') {
            Some(("sql", what)) => sql_calls::call(self, what, fields, answer),
            Some(("socket", what)) => socket_calls::call(self, what, fields, answer, budget)?,
            Some(("object", "abort")) => {
                let reason = fields.text("reason").unwrap_or("");
                let reason = if reason.is_empty() { NO_REASON } else { reason };
                return Err(wasmtime::Error::new(Aborted { reason: reason.to_owned() }));
            }
            _ => Err(unknown(name)),
        };
        if let Err(error) = result {
            error.write(answer);
        }
        Ok(())
    }

    fn begin_transaction(&mut self) -> Result<(), GuestError> {
        self.database.begin_savepoint()?;
        self.alarm.begin_transaction();
        Ok(())
    }

    fn end_transaction(&mut self, keep: bool) -> Result<(), GuestError> {
        self.alarm.end_transaction(keep);
        Ok(self.database.end_savepoint(keep)?)
    }

    fn accept(&mut self, task: u32, tags: &[String]) {
        let tags = Tags::new(tags.iter().map(String::as_str));
        let socket = tags.map(|tags| self.sockets.accept(tags, self.clock.now_ms()));
        self.accepted.push((task, socket));
    }

    fn alarm(&mut self, op: AlarmOp) -> Option<Answer> {
        Some(self.alarm.perform(op, &mut self.database, &self.clock).unwrap_or_else(Answer::Err))
    }
}

/// The answer to a call that there is not.
pub(super) fn unknown(name: &str) -> GuestError {
    GuestError::error(format!("there is no call `{name}`"))
}
