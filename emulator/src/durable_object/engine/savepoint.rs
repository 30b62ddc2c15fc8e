//! Transactions inside of the turn's: what `transactionSync` of the platform does.

use super::{Database, SqlError};

/// A transaction that is open inside of the turn's.
#[derive(Debug)]
pub(super) struct Savepoint {
    state: SavepointState,
    /// What the turn had done to the alarm when it began.
    pending_alarm: Option<Option<u64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SavepointState {
    /// Nothing was written in it yet, and the turn's transaction is not open either.
    Unused,
    /// The first write of the turn was in it: it is the outermost one, and to undo it is to undo the turn so far.
    BeganTurn,
    /// It is a savepoint of SQLite's.
    Inside,
}

impl Database {
    /// Begins a transaction inside of those that are open.
    ///
    /// # Errors
    /// If storage fails; nothing has begun then.
    pub fn begin_savepoint(&mut self) -> Result<(), SqlError> {
        let mut state = SavepointState::Unused;
        if self.in_turn {
            if self.connection.is_autocommit() {
                return Err(SqlError::TurnLost);
            }
            self.savepoint("SAVEPOINT", self.savepoints.len())?;
            state = SavepointState::Inside;
        }
        self.savepoints.push(Savepoint { state, pending_alarm: self.pending_alarm });
        Ok(())
    }

    /// Ends the innermost transaction that [`Self::begin_savepoint`] began, and keeps what was written in it, the alarm included, or undoes
    /// it. Nothing begun is as good.
    ///
    /// # Errors
    /// If storage fails, or has given up the whole turn.
    pub fn end_savepoint(&mut self, keep: bool) -> Result<(), SqlError> {
        let Some(Savepoint { state, pending_alarm }) = self.savepoints.pop() else { return Ok(()) };
        if !keep {
            self.pending_alarm = pending_alarm;
        }
        if state == SavepointState::Unused {
            return Ok(());
        }
        if self.connection.is_autocommit() {
            return Err(SqlError::TurnLost);
        }
        match (state, keep) {
            (SavepointState::BeganTurn, false) => self.undo_turn(),
            (SavepointState::Inside, true) => self.savepoint("RELEASE", self.savepoints.len())?,
            (SavepointState::Inside, false) => {
                self.written_trees.forget();
                self.savepoint("ROLLBACK TO", self.savepoints.len())?;
                self.savepoint("RELEASE", self.savepoints.len())?;
            }
            (SavepointState::BeganTurn, true) | (SavepointState::Unused, _) => {}
        }
        Ok(())
    }

    /// The turn's transaction has just been opened: those that are open inside of it follow.
    pub(super) fn open_savepoints(&mut self) -> Result<(), SqlError> {
        for depth in 0..self.savepoints.len() {
            if depth == 0 {
                self.savepoints[0].state = SavepointState::BeganTurn;
            } else {
                self.savepoint("SAVEPOINT", depth)?;
                self.savepoints[depth].state = SavepointState::Inside;
            }
        }
        Ok(())
    }

    fn savepoint(&self, verb: &str, depth: usize) -> Result<(), SqlError> {
        self.trusted(|connection| connection.execute_batch(&format!("{verb} _cf_savepoint_{depth}")))
    }
}
