//! What the code of a Durable Object calls synchronously: SQL and the alarm at once, in the turn's transaction; sockets at the turn's end.

use std::collections::hash_map::Entry;

use super::imports::{Aborted, ObjectImports};
use super::{socket_calls, sql_calls};
use crate::abi::AlarmOp;
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::bodies::Handles;
use crate::runtime::budget::TurnBudget;
use crate::runtime::host::SyncImports;
use crate::websocket::Tags;

/// Sockets that are accepted in one turn: a turn answers one event, and those that it wakes.
const MAX_ACCEPTED: usize = 1_024;
/// What callers are told of an `abort` without a reason; the platform's words.
const NO_REASON: &str = "Application called abort() to reset Durable Object.";

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
            _ => Err(GuestError::unknown_call(name)),
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
        if self.accepted.len() >= MAX_ACCEPTED {
            return;
        }
        // A task answers once.
        if let Entry::Vacant(place) = self.accepted.entry(task) {
            let tags = Tags::new(tags.iter().map(String::as_str));
            place.insert(tags.map(|tags| self.sockets.accept(tags, self.clock.now_ms())));
        }
    }

    fn alarm(&mut self, op: AlarmOp) -> Option<Answer> {
        Some(self.alarm.perform(op, &mut self.database, &self.clock).unwrap_or_else(Answer::Err))
    }
}
